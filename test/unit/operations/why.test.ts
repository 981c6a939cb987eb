import { strict as assert } from 'node:assert';
import { why } from '../../../src/operations/why.ts';
import type { DeliveryRow } from '../../../src/store/messages.ts';

const now = new Date('2026-03-01T12:00:00Z');
const later = new Date('2026-03-01T13:00:00Z');

const delivery = (more: Partial<DeliveryRow>): DeliveryRow => ({
  id: 1,
  number: 1,
  current: true,
  state: 'waiting',
  reason: undefined,
  detail: undefined,
  createdAt: now,
  changedAt: now,
  nextTryAt: now,
  deliveredAt: undefined,
  deliveredBy: undefined,
  address: 'default',
  laneState: 'flowing',
  laneReason: undefined,
  laneDetail: undefined,
  laneWakeAt: undefined,
  strict: false,
  delivery: 'push',
  attempts: [],
  ...more,
});

describe('why a message is where it is, in one sentence', () => {
  for (const [claim, more, sentence] of [
    ['waits its turn', {}, 'Waits its turn.'],
    [
      'waits for its own next try',
      { nextTryAt: later, reason: 'message-failed', detail: '500 boom' },
      /^Waits for its next try 2026-03-01T13:00:00.000Z: .* \(500 boom\)\.$/,
    ],
    [
      'waits because the lane backs off',
      { laneState: 'backing-off', laneReason: 'endpoint-busy', laneWakeAt: later },
      'Waits: the endpoint fails: The endpoint asks us to come back later; the lane is tried again 2026-03-01T13:00:00.000Z.',
    ],
    [
      'waits because the lane is paused',
      { laneState: 'paused', laneDetail: 'ticket 7' },
      /paused: ticket 7; `kuvert supplier resume`/,
    ],
    [
      'waits because the lane is held',
      { laneState: 'held', laneReason: 'mass-refusal' },
      /held: The supplier refuses .* `kuvert supplier release`/,
    ],
    [
      'waits because the lane is held, and is probed',
      { laneState: 'held', laneReason: 'endpoint-rejects-us', laneWakeAt: later },
      /`kuvert supplier release` lets it flow, or a probe that succeeds \(the next: 2026-03-01T13:00:00.000Z\)\.$/,
    ],
    [
      'waits because the schedule of the lane is spent, and nobody probes it',
      { laneState: 'held', laneReason: 'schedule-spent' },
      /^(?!.*probe).*`kuvert supplier release` lets it flow; until then it is not tried again\.$/,
    ],
    ['waits in a strict lane', { strict: true }, /nothing passes/],
    ['waits to be fetched', { delivery: 'pull' }, 'Waits until the supplier fetches it.'],
    ['is held for want of an address', { state: 'held', reason: 'no-address' }, /`kuvert supplier import`/],
    [
      'is held by an operator',
      { state: 'held', reason: 'held-by-operator', detail: 'ticket 7' },
      /An operator holds it \(ticket 7\).*release/,
    ],
    ['is refused', { state: 'refused', reason: 'message-refused', detail: '422' }, /refused it: .*\(422\)/],
    ['is withdrawn', { state: 'cancelled', detail: 'wrong sum' }, 'Withdrawn 2026-03-01T12:00:00.000Z: wrong sum.'],
    [
      'is delivered',
      { state: 'delivered', deliveredAt: now, deliveredBy: 'pushed' },
      /^Delivered 2026.*pushed, address default/,
    ],
  ] as const)
    it(claim, () => {
      const said = why(delivery(more), now);
      if (typeof sentence === 'string') assert.equal(said, sentence);
      else assert.match(said, sentence);
      assert.match(said, /^[A-Z].*\.$/);
    });
});
