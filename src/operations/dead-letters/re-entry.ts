/** A corrected document is entered for a dead letter: it goes the way of everything that KA sends, and says that an operator sent it. */
import { createHash } from 'node:crypto';
import { Fault, type Finding } from '../../domain/fault.ts';
import { appendAudit } from '../../store/audit.ts';
import { operate } from '../../store/operate.ts';
import {
  type DeadLetterOne,
  listReentered,
  mostEntered,
  readDeadLetter,
  readDeadLetterContent,
  reenteredAs,
  reenteredFor,
} from '../../store/operator/dead-letters.ts';
import type { Pool } from '../../store/pool.ts';
import type { Act } from '../access/accounts.ts';
import { otherThanKnown, type Says } from './same-document.ts';

/** As intake takes it. */
export interface EnteredFrame {
  /** In the ledger, in the place of the broker's name: the same bytes under the same name again are the same frame. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly document: Buffer;
  readonly isText: boolean;
}

/** Intake's own way, handed over. */
export interface Entrance {
  /** What it says, as far as that can be read, and what would be wrong with it. Writes nothing. */
  read(frame: EnteredFrame): Says & { readonly fault: Fault | undefined };
  /** Checked, stored, counted and answered like any other. */
  receive(frame: EnteredFrame): Promise<void>;
}

/**
 * Only the document that the dead letter is about: what is known of its recipient, type and number stays, but for what was found wrong.
 * One dead letter becomes one message at most. What became a dead letter again may be tried again.
 * @returns what is wrong with the document: nothing was done then. Undefined: it was entered; the ledger says what became of it
 * @throws Fault `not-found` · `not-possible-now` when another document of it is a message already, or it asks for no document
 */
export async function reenter(
  pool: Pool,
  entrance: Entrance,
  order: Act & { readonly deadLetterId: string; readonly document: string },
): Promise<Fault | undefined> {
  const { deadLetterId, actor, reason, now } = order;
  const [letter, content] = [await readDeadLetter(pool, deadLetterId), await readDeadLetterContent(pool, deadLetterId)];
  if (letter === undefined || content === undefined) throw new Fault('not-found', 'there is no such dead letter');
  if (letter.fault.startsWith('withdrawal-') && content.body.length === 0)
    throw new Fault('not-possible-now', 'the dead letter is a withdrawal, and no document takes its place');
  const document = Buffer.from(order.document);
  const sha256 = createHash('sha256').update(document).digest('hex');
  // 1. One message at most, also by way of the dead letters that came of it.
  const origin = originOf(letter);
  const before = await listReentered(pool, origin);
  // The same again is nothing new, unless it was stopped.
  if (before.some((one) => one.sha256 === sha256 && one.messageId !== null)) return undefined;
  if (before.some(({ verdict }) => verdict === 'message')) throw new Fault('not-possible-now', alreadyMessage);
  if (before.length >= mostEntered)
    throw new Fault('not-possible-now', `${mostEntered} documents were entered for this dead letter, and that is all`);
  // 2. What is another document, or would only become another dead letter, is not entered.
  const { headers: original } = content;
  const headers = headersOf(original, letter.findings);
  const frame = { name: reenteredAs(origin, before.length), headers, document, isText: true };
  const { fault, ...says } = entrance.read(frame);
  if (fault !== undefined) return fault;
  const kept = entrance.read({
    name: frame.name,
    headers: withoutWrong(original, letter.findings),
    document: content.body,
    isText: letter.isText,
  });
  const other = otherThanKnown(letter, kept, says);
  if (other !== undefined) return other;
  // 3. The word before the deed: if the process ends between the two, the same again does no harm.
  await operate(pool, false, (db) =>
    appendAudit(db, {
      actor,
      action: 'dead-letter.re-enter',
      subject: `dead-letter/${deadLetterId}`,
      reason,
      details: { ...says, sha256, bytes: document.length },
      at: now,
    }),
  );
  // 4. The way of all frames.
  await entrance.receive(frame);
  return undefined;
}

const alreadyMessage =
  'a document that was entered for this dead letter is a message already; it becomes no second one';

/** The dead letter that KA's own frame became. */
export const originOf = ({ id, brokerMessageId }: Pick<DeadLetterOne, 'id' | 'brokerMessageId'>): string =>
  reenteredFor(brokerMessageId) ?? id;

const withoutWrong = (original: Readonly<Record<string, string>>, findings: readonly Finding[]) => {
  const wrong = new Set(findings.map(({ where }) => where));
  return Object.fromEntries(Object.entries(original).filter(([name]) => !wrong.has(name)));
};

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
