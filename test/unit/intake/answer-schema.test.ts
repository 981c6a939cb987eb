import { strict as assert } from 'node:assert';
import { randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type AnswerFacts, type AnswerKind, answer, answerKinds } from '../../../src/domain/answer.ts';
import { loadSchema } from '../../../src/platform/schema/schema.ts';

const schema = loadSchema('status/1.json', 'status');

type Facts = Omit<AnswerFacts, 'id' | 'time'>;
const about: Facts = {
  kaMessageId: 'ID:vm-1-1:1:1:1:1',
  correlationId: 'c',
  messageType: 'self-invoice',
  documentNumber: 'F-1',
  recipient: '5560160680',
};
const message: Facts = { ...about, messageId: randomUUIDv7(), sequence: '12', version: 1 };
const fault = { code: 'message-refused', detail: 'The supplier answered 422', findings: [] } as const;
const byKind: Readonly<Record<AnswerKind, readonly Facts[]>> = {
  accepted: [
    message,
    { ...message, warnings: [{ where: 'x', rule: 'BR-CO-16', text: 't', expected: '1', found: '2' }] },
  ],
  duplicate: [{ ...about, messageId: randomUUIDv7() }],
  rejected: [
    { ...about, deadLetterId: randomUUIDv7(), messageId: randomUUIDv7(), fault },
    { deadLetterId: randomUUIDv7(), fault },
  ],
  delivered: [message],
  refused: [{ ...message, fault }],
  cancelled: [{ ...message, fault: { code: 'withdrawn-by-ka', detail: 'wrong sum' } }],
  held: [
    { ...message, fault },
    { recipient: '5560160680', lane: { address: 'main', waiting: 4 }, fault },
  ],
};
const make = (kind: AnswerKind, facts: Facts) =>
  answer(kind, { id: randomUUIDv7(), time: '2026-03-01T11:00:00.120Z', ...facts });

describe('answers to KA', () => {
  for (const kind of answerKinds) {
    it(`${kind}: what we send is what the schema says`, () => {
      for (const facts of byKind[kind]) assert.deepEqual(schema.check(make(kind, facts)), []);
    });
  }

  it('that say too little or the wrong thing are found', () => {
    const { fault: _, ...noFault } = byKind.refused[0] ?? {};
    assert.notDeepEqual(schema.check(make('refused', noFault)), []);
    assert.notDeepEqual(schema.check(make('delivered', { ...message, fault })), []);
    assert.notDeepEqual(schema.check(make('cancelled', message)), []);
    assert.notDeepEqual(schema.check(make('held', { ...message, lane: { address: 'a', waiting: 1 }, fault })), []);
    assert.notDeepEqual(schema.check({ ...make('accepted', message), recipient: '556016-0680' }), []);
    assert.notDeepEqual(schema.check({ ...make('accepted', message), answer: 'taken' }), []);
  });

  it('are as the examples in the contract', () => {
    const contract = readFileSync(new URL('../../../docs/ka-contract.md', import.meta.url), 'utf8');
    const examples = [...contract.matchAll(/```json\n([^`]*"answer"[^`]*)```/g)].map(
      ([, text = '']) => JSON.parse(text) as { answer: string },
    );
    for (const example of examples) assert.deepEqual(schema.check(example), [], JSON.stringify(example));
    assert.deepEqual([...new Set(examples.map((example) => example.answer))].sort(), [...answerKinds].sort());
  });
});
