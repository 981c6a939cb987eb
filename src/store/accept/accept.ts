/** The storing transaction of intake: a batch of frames becomes messages, duplicates and dead letters, once and for all. */
import { randomUUIDv7 } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';
import type { Db, Pool } from '../pool.ts';
import { moveAlarms } from '../wake.ts';
import { insertAcceptanceAnswers } from './answers.ts';
import type { Decision } from './decision.ts';
import { decideVersions } from './documents.ts';
import type { Accepted, CheckedFrame, DeadFrame, TakenFrame, Verdict } from './frames.ts';
import { insertDeadLetters, insertFrames, knownFrames } from './ledger.ts';
import { insertMessages } from './messages.ts';

/**
 * Stores a batch in one transaction: all of it, or nothing of it. Power lost before the commit: the broker still has every
 * frame. Power lost after it, before the acknowledgement: the broker brings the frames again and the ledger knows them.
 * @throws whatever PostgreSQL says; see `isServerTrouble`.
 */
export async function accept(pool: Pool, batch: readonly TakenFrame[]): Promise<Accepted> {
  return pool.transaction(async (db) => {
    // 1 ledger: a frame that is in it was taken before; nothing more is owed to anyone.
    const decisions = await decide(db, batch);
    // 2 numbers, messages, deliveries: only what survived deduplication is numbered, so the sequence has no gaps.
    const messages = decisions.flatMap((decision) => (decision.kind === 'message' ? [decision.message] : []));
    const { lanes, states } = await insertMessages(db, messages);
    // 3 the rest of the book: dead letters, the ledger, the answers owed.
    await insertDeadLetters(db, decisions);
    await insertFrames(db, decisions);
    await insertAcceptanceAnswers(db, decisions, states);
    // 4 alarms last: lanes are locked for as short a time as can be.
    const wake = await moveAlarms(db, lanes);
    return { verdicts: decisions.map((decision) => verdict(decision, states)), wake, filled: lanes };
  });
}

async function decide(db: Db, batch: readonly TakenFrame[]): Promise<Decision[]> {
  const known = await knownFrames(db, batch);
  const fresh = batch.filter((frame) => !known.has(frame));
  const versions = await decideVersions(
    db,
    fresh.filter((frame) => frame.kind === 'document'),
  );
  return batch.map((frame): Decision => {
    if (known.has(frame)) return { kind: 'again' };
    if (frame.kind === 'dead-letter')
      return { kind: 'dead-letter', frame, deadLetterId: randomUUIDv7(), firstId: undefined };
    const decided = versions.get(frame);
    if (!decided) throw new Fault('internal', 'a document was stored without a decision about its version');
    switch (decided.kind) {
      case 'new':
        return { kind: 'message', frame, message: { ...decided, frame } };
      case 'duplicate':
        return { kind: 'duplicate', frame, messageId: decided.messageId };
      case 'taken':
        return {
          kind: 'dead-letter',
          frame: numberTaken(frame, decided.messageId),
          deadLetterId: randomUUIDv7(),
          firstId: decided.messageId,
        };
    }
  });
}

function numberTaken(frame: CheckedFrame, firstId: string): DeadFrame {
  const { messageType, documentNumber, recipient } = frame.key;
  return {
    ...frame,
    kind: 'dead-letter',
    body: frame.document,
    messageType,
    documentNumber,
    recipient,
    fault: new Fault(
      'document-number-taken',
      `Another document was accepted as ${messageType} ${documentNumber} (message ${firstId}); corrected bytes need a new number, or the first one cancelled`,
    ),
  };
}

function verdict(
  decision: Decision,
  states: ReadonlyMap<string, { sequence: number; state: 'waiting' | 'held' }>,
): Verdict {
  switch (decision.kind) {
    case 'again':
      return { kind: 'again' };
    case 'duplicate':
      return { kind: 'duplicate', messageId: decision.messageId };
    case 'dead-letter':
      return { kind: 'rejected', deadLetterId: decision.deadLetterId, code: decision.frame.fault.code };
    case 'message': {
      const stored = states.get(decision.message.id);
      if (!stored) throw new Fault('internal', 'a message was stored without a number');
      return { kind: 'accepted', messageId: decision.message.id, ...stored };
    }
  }
}
