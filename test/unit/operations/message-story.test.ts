import { strict as assert } from 'node:assert';
import { deliveryStates, nextDeliveryState } from '../../../src/domain/delivery.ts';
import { actionsFor, spansOf } from '../../../src/operations/message-story.ts';
import type { AttemptRow } from '../../../src/store/messages.ts';

const attempt = (times: Partial<AttemptRow>) => spansOf(times as AttemptRow).map(({ name, ms }) => [name, ms]);

describe('the story of a message', () => {
  it('says what an attempt’s time went to', () => {
    assert.deepEqual(attempt({ connectMs: 10, tlsMs: 40, firstByteMs: 300, totalMs: 310 }), [
      ['connect', 10],
      ['tls', 30],
      ['answer', 260],
      ['rest', 10],
    ]);
  });

  it('gives what it ended in the middle of the rest of the time', () => {
    assert.deepEqual(attempt({ connectMs: 10, tlsMs: 40, totalMs: 5_000 }), [
      ['connect', 10],
      ['tls', 30],
      ['answer', 4_960],
    ]);
    assert.deepEqual(attempt({ totalMs: 3_000 }), [['connect', 3_000]]);
    assert.deepEqual(attempt({}), []);
  });

  it('offers what the table of states lets an operator do, and nothing else', () => {
    for (const state of deliveryStates) {
      const offered: readonly string[] = actionsFor({ state, reason: undefined }, false);
      for (const event of ['release', 'cancel'] as const) {
        const after = nextDeliveryState(state, event);
        assert.equal(
          offered.includes(event),
          after !== 'conflict' && after !== 'same' && state !== 'cancelled',
          `${event} ${state}`,
        );
      }
      assert.equal(offered.includes('resend'), state === 'delivered');
    }
    assert.deepEqual(
      actionsFor({ state: 'refused', reason: undefined }, true),
      ['cancel'],
      'a newer version took its place',
    );
    assert.ok(!actionsFor({ state: 'held', reason: 'held-by-operator' }, false).includes('hold'));
  });
});
