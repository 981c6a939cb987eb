/** The pieces of a seeded book that its laws do not see. */
import { strict as assert } from 'node:assert';
import { makePapers, variants } from '../../../src/cli/seed/papers.ts';
import { fullLane, mostSuppliers, personAt } from '../../../src/cli/seed/people.ts';
import { acceptedAt, backlogOf, isBacklog, type Plan, span } from '../../../src/cli/seed/plan.ts';
import { idAt } from '../../../src/cli/seed/roll.ts';
import { teller } from '../../../src/cli/seed/story.ts';
import { readDocument } from '../../../src/documents/read.ts';
import { messageTypes } from '../../../src/domain/message.ts';
import { isSoleTrader, parseOrganisationNumber } from '../../../src/domain/organisation-number.ts';

const plan: Plan = {
  messages: 20_000,
  suppliers: 3_000,
  documentBytes: 1_024,
  seed: 5,
  endsAt: Date.parse('2026-11-22T10:00:00Z'),
  firstMessage: 1,
  firstDelivery: 1,
};
const limits = { bytes: 1_000_000, depth: 64, elements: 100_000 };

describe('a seed', () => {
  const people = Array.from({ length: plan.suppliers }, (_, index) => personAt(index));

  it('invents as many organisations as may be asked for, each with its own right number, some of them sole traders', () => {
    const numbers = Array.from({ length: mostSuppliers }, (_, index) => personAt(index).organisationNumber);
    assert.equal(new Set(numbers).size, mostSuppliers);
    for (const number of numbers) assert.equal(parseOrganisationNumber(number), number);
    assert.ok(numbers.some(isSoleTrader));
  });

  it('has some of each: pushed to, fetching, behind an agent, unknown, and lanes in every trouble', () => {
    assert.deepEqual(new Set(people.map(({ way }) => way)), new Set(['push', 'pull', 'agent', 'unknown']));
    const troubles = new Set(people.flatMap(({ trouble }) => (trouble ? [trouble.reason ?? trouble.state] : [])));
    assert.equal(troubles.size, 5);
    for (const { way, index } of people) if (way === 'agent') assert.equal(people[index - 1]?.way, 'push', 'its agent');
  });

  it('takes messages one after the other over its 90 days, to its last moment and not beyond', () => {
    let before = plan.endsAt - span - 86_400_000;
    for (let index = 0; index < plan.messages; index++) {
      const at = acceptedAt(plan, index);
      assert.ok(at >= before, `message ${index}`);
      before = at;
    }
    assert.ok(before <= plan.endsAt && before > plan.endsAt - 3_600_000);
    assert.ok(Math.abs(acceptedAt(plan, 0) - (plan.endsAt - span)) < 86_400_000);
  });

  it('lets the full lane wait with as many as were planned, and tells the same story each time', () => {
    const [once, again] = [teller(plan, people, new Map()), teller(plan, people, new Map())];
    let waiting = 0;
    for (let index = 0; index < plan.messages; index++) {
      const story = once(index);
      if (isBacklog(plan, index)) {
        assert.deepEqual([story.person.index, story.state], [fullLane, 'waiting']);
        waiting += 1;
      }
      assert.deepEqual(again(index), story);
    }
    assert.equal(waiting, backlogOf(plan));
  });

  for (const type of messageTypes)
    it(`writes each ${type} as intake wants it, in about as many bytes as were asked for`, () => {
      for (const size of [1_024, 4_000]) {
        const paper = makePapers(size);
        for (let variant = 0; variant < variants; variant++) {
          const words = {
            recipient: '5560160680',
            name: 'Åkessons Åkeri AB',
            number: 'SF-2026-0000017',
            issued: '2026-11-20',
            due: '2026-12-20',
            original: 'SF-2026-0000001',
          };
          const { bytes, total } = paper(type, words, variant);
          const read = readDocument(bytes, limits, 'bytes');
          assert.deepEqual([read.findings, read.messageType, read.recipient], [[], type, '5560160680']);
          assert.deepEqual([read.documentNumber, read.total], ['SF-2026-0000017', total]);
          assert.ok(bytes.length > size * 0.85 && bytes.length < size * 1.15, `${bytes.length} of ${size}`);
        }
      }
    });

  it('names messages by their time, as UUIDs of version 7 do', () => {
    const [a, b] = [idAt(1_000_000_000_000, 1, 7, 1), idAt(1_000_000_000_001, 1, 8, 1)];
    assert.match(a, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.ok(a < b);
    assert.notEqual(idAt(5, 1, 7, 1), idAt(5, 1, 8, 1));
  });
});
