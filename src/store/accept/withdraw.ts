/** KA withdraws a message: the storing transaction of one such frame. */
import { randomUUIDv7 } from 'node:crypto';
import { type DeliveryState, nextDeliveryState } from '../../domain/delivery.ts';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { appendAudit } from '../audit.ts';
import { insertDeliveryAnswers } from '../lane/answers.ts';
import { lockMessage, type OperatedDelivery, stopDelivery } from '../messages-operate.ts';
import { operate } from '../operate.ts';
import type { Db, Pool } from '../pool.ts';
import { moveAlarms } from '../wake.ts';
import { insertAcceptanceAnswers } from './answers.ts';
import type { Accepted, DeadFrame, WithdrawalFrame } from './frames.ts';
import { insertDeadLetters, insertFrames, knownFrames } from './ledger.ts';

/** What a withdrawal names, as the register of documents has it. */
interface Named {
  readonly messageId: string;
  readonly messageType: string;
  readonly recipient: string;
  readonly documentNumber: string;
}

/** Whose name stands in the audit. */
const actor = 'ka';
const withoutReason = 'KA sent a withdrawal';

/**
 * Withdraws what the frame names, in one transaction with its row in the ledger, the answer and the audit. What cannot be
 * withdrawn makes the frame a dead letter that says why. The locks are those of an operator's cancel, in the same order; it
 * has its transaction to itself, for intake's own locks lanes last and this one needs its lane before the delivery.
 * @throws whatever PostgreSQL says; see `isServerTrouble`.
 */
export async function withdraw(pool: Pool, frame: WithdrawalFrame, now: Date): Promise<Accepted> {
  return operate(pool, false, async (db): Promise<Accepted> => {
    // 1 ledger: a frame that is in it was taken before.
    if ((await knownFrames(db, [frame])).size > 0) return { verdicts: [{ kind: 'again' }], wake: [], filled: [] };
    // 2 which message: under the lock of its number, so that “the newest” stays the newest.
    const named = await lockNamed(db, frame);
    if (named === undefined) return reject(db, frame, undefined, new Fault('withdrawal-unknown', unknown(frame)));
    const disagreement = disagrees(frame, named);
    if (disagreement) return reject(db, frame, named, disagreement);
    // 3 may it be cancelled: by the table of states, and only if the supplier never got it.
    const delivery = await lockMessage(db, named.messageId);
    const obstacle = await whyNot(db, named, delivery);
    if (obstacle || delivery === undefined) return reject(db, frame, named, obstacle ?? tooLate(named));
    // 4 cancel; what stood behind it in a strict lane goes on.
    const { before, wake } = await cancel(db, delivery, frame);
    // 5 the rest of the book. The audit is last: everyone who writes in it waits for this transaction.
    await insertFrames(db, [{ kind: 'withdrawal', frame, messageId: named.messageId }]);
    const names = { kaMessageId: frame.kaMessageId, correlationId: frame.correlationId };
    await insertDeliveryAnswers(db, 'cancelled', [delivery.deliveryId], names);
    if (before !== 'cancelled')
      await appendAudit(db, {
        actor,
        action: 'message.withdraw',
        subject: `message/${named.messageId}`,
        reason: frame.reason ?? withoutReason,
        details: {
          documentNumber: named.documentNumber,
          delivery: delivery.number,
          before,
          after: 'cancelled',
          ...names,
        },
        at: now,
      });
    return { verdicts: [{ kind: 'withdrawn', messageId: named.messageId }], wake, filled: [] };
  });
}

/** The message that is meant. Its number is locked: a new version of it is decided under the same lock. */
async function lockNamed(db: Db, frame: WithdrawalFrame): Promise<Named | undefined> {
  const { rows: keys } = await db.query<{ message_type: string; organisation_number: string; document_number: string }>(
    frame.messageId === undefined
      ? `select message_type, organisation_number, document_number from accepted_document
          where version = 1 and message_type = $1 and organisation_number = $2 and document_number = $3 for update`
      : `select message_type, organisation_number, document_number from accepted_document
          where version = 1 and (message_type, organisation_number, document_number) in
                (select message_type, organisation_number, document_number from message where id = $1) for update`,
    frame.messageId === undefined ? [frame.messageType, frame.recipient, frame.documentNumber] : [frame.messageId],
  );
  const key = keys[0];
  if (!key) return undefined;
  const { rows } = await db.query<{ message_id: string }>(
    `select message_id from accepted_document
      where message_type = $1 and organisation_number = $2 and document_number = $3 and ($4::uuid is null or message_id = $4)
      order by version desc limit 1`,
    [key.message_type, key.organisation_number, key.document_number, frame.messageId ?? null],
  );
  const { message_type: messageType, organisation_number: recipient, document_number: documentNumber } = key;
  return rows[0] && { messageId: rows[0].message_id, messageType, recipient, documentNumber };
}

function unknown({ messageId, messageType, recipient, documentNumber }: WithdrawalFrame): string {
  return messageId === undefined
    ? `No ${messageType ?? 'document'} ${documentNumber ?? ''} to ${recipient ?? ''} was accepted`
    : `No message ${messageId} was accepted`;
}

/** By its id one message is meant; whoever says more than the id must say it right. */
function disagrees(frame: WithdrawalFrame, named: Named): Fault | undefined {
  const findings = (['messageType', 'recipient', 'documentNumber'] as const).flatMap((where) => {
    const [found, expected] = [frame[where], named[where]];
    if (found === undefined || found === expected) return [];
    const text = `The header ${where} says ${found}, message ${named.messageId} has ${expected}`;
    return [{ where, rule: 'agreement', text, expected, found }];
  });
  return findings[0] && new Fault('header-disagrees', findings.map(({ text }) => text).join('. '), { findings });
}

async function whyNot(db: Db, named: Named, delivery: OperatedDelivery | undefined): Promise<Fault | undefined> {
  // A resend of what was delivered is an operator's matter, and a message that is purged was delivered too.
  const { rowCount } = await db.query("select 1 from delivery where message_id = $1 and state = 'delivered' limit 1", [
    named.messageId,
  ]);
  if (delivery === undefined || rowCount > 0) return tooLate(named);
  if (nextDeliveryState(delivery.state, 'cancel') !== 'conflict') return undefined;
  return new Fault(
    'withdrawal-not-now',
    `${about(named)} is being sent this moment; if the supplier does not take it, it can be withdrawn: send the withdrawal again`,
  );
}

const about = ({ messageType, documentNumber, messageId }: Named): string =>
  `${messageType} ${documentNumber} (message ${messageId})`;

const tooLate = (named: Named): Fault =>
  new Fault('withdrawal-too-late', `${about(named)} was delivered, and what a supplier has is not taken back`);

async function cancel(
  db: Db,
  delivery: OperatedDelivery,
  frame: WithdrawalFrame,
): Promise<{ before: DeliveryState; wake: readonly number[] }> {
  const after = nextDeliveryState(delivery.state, 'cancel');
  if (after === 'conflict') throw new Fault('internal', `a delivery that is ${delivery.state} was to be cancelled`);
  // Withdrawn twice, or cancelled by an operator before: it is so, and stays as it is.
  if (after === 'same') return { before: delivery.state, wake: [] };
  const reason: FaultCode = 'withdrawn-by-ka';
  await stopDelivery(db, delivery.deliveryId, after, reason, frame.reason ?? withoutReason);
  const wake = delivery.lane === undefined ? [] : await moveAlarms(db, [delivery.lane]);
  return { before: delivery.state, wake };
}

/** The frame becomes a dead letter; the answer names the message that stays as it is. */
async function reject(db: Db, frame: WithdrawalFrame, named: Named | undefined, fault: Fault): Promise<Accepted> {
  const { reason: _, messageId: __, ...rest } = frame;
  const dead: DeadFrame = {
    ...rest,
    kind: 'dead-letter',
    fault,
    messageType: named?.messageType ?? frame.messageType,
    recipient: named?.recipient ?? frame.recipient,
    documentNumber: named?.documentNumber ?? frame.documentNumber,
  };
  const deadLetterId = randomUUIDv7();
  const decision = { kind: 'dead-letter', frame: dead, deadLetterId, firstId: named?.messageId } as const;
  await insertDeadLetters(db, [decision]);
  await insertFrames(db, [decision]);
  await insertAcceptanceAnswers(db, [decision], new Map());
  return { verdicts: [{ kind: 'rejected', deadLetterId, code: fault.code }], wake: [], filled: [] };
}
