/** What people did with a message; of one that an operator entered, also who that was, and why. */
import { type AuditRow, listAuditOf } from '../store/audit.ts';
import type { MessageDetails } from '../store/messages.ts';
import { listReentered } from '../store/operator/dead-letters.ts';
import type { Pool } from '../store/pool.ts';

/**
 * Newest first. The row of an entry is written before its document is stored and names no message: it is the one of its dead
 * letter, or of one that came of that, with the same bytes.
 * @param limit rows that name the message
 */
export async function actsOf(
  pool: Pool,
  messageId: string,
  details: Pick<MessageDetails, 'enteredFor' | 'documentSha256'> | undefined,
  limit: number,
): Promise<AuditRow[]> {
  const acts = await listAuditOf(pool, `message/${messageId}`, limit);
  const { enteredFor, documentSha256 } = details ?? {};
  if (enteredFor === undefined) return acts;
  const others = (await listReentered(pool, enteredFor)).flatMap(({ deadLetterId }) => deadLetterId ?? []);
  for (const letter of [...others, enteredFor]) {
    const rows = await listAuditOf(pool, `dead-letter/${letter}`, mostRows);
    acts.push(
      ...rows.filter(
        ({ action, details: said }) =>
          action === reentry && (said as { readonly sha256?: unknown }).sha256 === documentSha256,
      ),
    );
  }
  return acts;
}

export const reentry = 'dead-letter.re-enter';
/** Of one dead letter: opened and entered. */
const mostRows = 1_000;
