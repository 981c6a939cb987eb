/** A corrected document is entered for a dead letter: it goes the way of everything that KA sends, and says that an operator sent it. */
import { createHash } from 'node:crypto';
import { Fault, type Finding } from '../../domain/fault.ts';
import { appendAudit } from '../../store/audit.ts';
import { operate } from '../../store/operate.ts';
import { readDeadLetter, readDeadLetterContent, reenteredAs } from '../../store/operator/dead-letters.ts';
import type { Pool } from '../../store/pool.ts';
import type { Act } from '../access/accounts.ts';

/** As intake takes it. */
export interface EnteredFrame {
  /** In the ledger, in the place of the broker's name: the same bytes for the same dead letter again are the same frame. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly document: Buffer;
}

/** Intake's own way, handed over. */
export interface Entrance {
  /** What would be wrong with it; undefined: nothing. Writes nothing. */
  faultOf(frame: EnteredFrame): Fault | undefined;
  /** Checked, stored, counted and answered like any other. */
  receive(frame: EnteredFrame): Promise<void>;
}

/**
 * @returns what is wrong with the document: nothing was done then. Undefined: it was entered; the ledger says what became of it
 * @throws Fault `not-found`
 */
export async function reenter(
  pool: Pool,
  entrance: Entrance,
  order: Act & { readonly deadLetterId: string; readonly document: string },
): Promise<Fault | undefined> {
  const { deadLetterId, actor, reason, now } = order;
  const [letter, content] = [await readDeadLetter(pool, deadLetterId), await readDeadLetterContent(pool, deadLetterId)];
  if (letter === undefined || content === undefined) throw new Fault('not-found', 'there is no such dead letter');
  const document = Buffer.from(order.document);
  const frame = { name: reenteredAs(deadLetterId), headers: headersOf(content.headers, letter.findings), document };
  // 1. What would only become another dead letter is not entered.
  const fault = entrance.faultOf(frame);
  if (fault !== undefined) return fault;
  // 2. The word before the deed: if the process ends between the two, the same again does no harm.
  await operate(pool, false, (db) =>
    appendAudit(db, {
      actor,
      action: 'dead-letter.re-enter',
      subject: `dead-letter/${deadLetterId}`,
      reason,
      details: {
        documentNumber: letter.documentNumber ?? undefined,
        sha256: createHash('sha256').update(document).digest('hex'),
        bytes: document.length,
      },
      at: now,
    }),
  );
  // 3. The way of all frames.
  await entrance.receive(frame);
  return undefined;
}

/** Names that go on with the corrected document; its type and recipient it says itself. */
const keptNames: readonly (readonly string[])[] = [
  ['eventTime', 'event-time'],
  ['timestamp'],
  ['correlationId', 'correlation-id'],
  ['kaMessageId', 'ka-message-id', 'message-id'],
  ['traceparent'],
];

/** As KA sent them, but for those that were found wrong. */
function headersOf(original: Readonly<Record<string, string>>, findings: readonly Finding[]): Record<string, string> {
  const wrong = new Set(findings.map(({ where }) => where));
  return Object.fromEntries(
    keptNames.flatMap((names) => {
      const [kept = ''] = names;
      const value = names.flatMap((name) => (wrong.has(name) ? [] : [original[name]])).find((text) => text);
      return value === undefined ? [] : [[kept, value] as const];
    }),
  );
}
