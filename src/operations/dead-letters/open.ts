/** Opening the document of a dead letter, with a reason that is on record before anybody sees a line of it. */
import { Fault } from '../../domain/fault.ts';
import { appendAudit } from '../../store/audit.ts';
import { operate } from '../../store/operate.ts';
import { type DeadLetterOne, readDeadLetter, readDeadLetterContent } from '../../store/operator/dead-letters.ts';
import type { Pool } from '../../store/pool.ts';
import type { Act } from '../access/accounts.ts';
import { documentText } from './shown.ts';

/** @returns the letter, and its document as text @throws Fault `not-found` */
export async function openDeadLetter(
  pool: Pool,
  { deadLetterId, actor, reason, now }: Act & { readonly deadLetterId: string },
): Promise<{ readonly letter: DeadLetterOne; readonly text: string }> {
  const letter = await readDeadLetter(pool, deadLetterId);
  if (letter === undefined) throw new Fault('not-found', 'there is no such dead letter');
  // 1. The word before the look.
  await operate(pool, false, (db) =>
    appendAudit(db, {
      actor,
      action: 'dead-letter.open',
      subject: `dead-letter/${deadLetterId}`,
      reason,
      details: { documentNumber: letter.documentNumber ?? undefined },
      at: now,
    }),
  );
  // 2. The document.
  const content = await readDeadLetterContent(pool, deadLetterId);
  return { letter, text: documentText(content?.body ?? Buffer.alloc(0), letter.isText) };
}
