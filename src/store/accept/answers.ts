/** The answers KA is owed for a batch, in the order of the batch. */
import { randomUUIDv7 } from 'node:crypto';
import { type AnswerFacts, type AnswerKind, answer } from '../../domain/answer.ts';
import { faultTable } from '../../domain/fault.ts';
import { insertAnswers } from '../answers.ts';
import type { Db } from '../pool.ts';
import type { Decision } from './decision.ts';
import type { StoredState } from './messages.ts';

export async function insertAcceptanceAnswers(
  db: Db,
  decisions: readonly Decision[],
  states: ReadonlyMap<string, StoredState>,
): Promise<void> {
  const time = new Date().toISOString();
  const bodies = decisions.flatMap((decision) =>
    answersTo(decision, states).map(([kind, facts]) => answer(kind, { ...facts, id: randomUUIDv7(), time })),
  );
  await insertAnswers(db, bodies);
}

type Facts = Omit<AnswerFacts, 'id' | 'time'>;

function answersTo(decision: Decision, states: ReadonlyMap<string, StoredState>): [AnswerKind, Facts][] {
  if (decision.kind === 'again') return [];
  const { kaMessageId, correlationId } = decision.frame;
  if (decision.kind === 'dead-letter') {
    const { messageType, documentNumber, recipient, fault } = decision.frame;
    const about = {
      messageId: decision.firstId,
      deadLetterId: decision.deadLetterId,
      messageType,
      documentNumber,
      recipient,
    };
    return [
      [
        'rejected',
        {
          ...about,
          kaMessageId,
          correlationId,
          fault: { code: fault.code, detail: fault.message, findings: fault.findings },
        },
      ],
    ];
  }
  const { messageType, recipient, documentNumber } = decision.frame.key;
  const about = { kaMessageId, correlationId, messageType, recipient, documentNumber };
  if (decision.kind === 'duplicate') return [['duplicate', { messageId: decision.messageId, ...about }]];
  const { id: messageId, version } = decision.message;
  const stored = states.get(messageId);
  const accepted: Facts = { messageId, sequence: String(stored?.sequence), version, ...about };
  const { findings = [] } = decision.frame;
  const noted: Facts = findings.length > 0 ? { ...accepted, warnings: findings } : accepted;
  if (stored?.reason === undefined) return [['accepted', noted]];
  const fault = {
    code: stored.reason,
    detail: `${faultTable[stored.reason].title}; it is delivered when the address is there`,
  };
  return [
    ['accepted', noted],
    ['held', { ...accepted, fault }],
  ];
}
