import { strict as assert } from 'node:assert';
import { answer, answerKinds } from '../../../src/domain/answer.ts';
import { faultTable } from '../../../src/domain/fault.ts';

const facts = { id: '01936f0e-7c3a-7b7e-9d55-0b9f6f1f2a10', time: '2026-01-02T03:04:05.678Z' };

describe('an answer to KA', () => {
  it('leaves out what has no value, and says its kind', () => {
    for (const kind of answerKinds)
      assert.deepEqual(answer(kind, { ...facts, messageId: undefined, recipient: '5560160680' }), {
        id: facts.id,
        answer: kind,
        time: facts.time,
        recipient: '5560160680',
      });
  });

  it("carries a fault with its code, the table's title, and findings if there are any", () => {
    const findings = [{ where: '/total', rule: 'sum', text: 'is 1, not 2', expected: '2', found: '1' }];
    const fault = { code: 'document-invalid', detail: 'one thing is wrong' } as const;
    const { title } = faultTable['document-invalid'];
    assert.deepEqual(answer('rejected', { ...facts, fault }).fault, { ...fault, title });
    assert.deepEqual(answer('rejected', { ...facts, fault: { ...fault, findings } }).fault, {
      ...fault,
      title,
      findings,
    });
  });
});
