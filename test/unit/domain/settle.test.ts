import { strict as assert } from 'node:assert';
import { type LaneState, laneStates } from '../../../src/domain/lane.ts';
import type { LaneView, Rules } from '../../../src/domain/lane-draft.ts';
import type { Outcome, OutcomeKind } from '../../../src/domain/outcome.ts';
import { type Settled, settle, settleProbe, type Tried } from '../../../src/domain/settle.ts';

const rules: Rules = {
  schedule: { waits: [5_000, 30_000, 120_000], total: 1_000_000, jitter: 0.2 },
  retryAfterMost: 3_600_000,
  heldProbe: 900_000,
  failuresBackOff: 3,
  refusalsHold: 5,
};
const middle = () => 0.5;

const outcomes: Readonly<Record<OutcomeKind, Outcome>> = {
  delivered: { kind: 'delivered', totalMs: 1, status: 204 },
  'endpoint-failed': { kind: 'endpoint-failed', fault: 'endpoint-busy', detail: 'answered 503', totalMs: 1 },
  'message-failed': { kind: 'message-failed', fault: 'message-failed', detail: 'answered 500', totalMs: 1 },
  refused: { kind: 'refused', fault: 'message-refused', detail: 'answered 422', totalMs: 1 },
  'turned-away': { kind: 'turned-away', fault: 'endpoint-rejects-us', detail: 'answered 401', totalMs: 1 },
  unsendable: { kind: 'unsendable', fault: 'format-not-possible', detail: 'no XML', totalMs: 0 },
  'not-sent': { kind: 'not-sent', detail: 'stopping', totalMs: 0 },
};
const kinds = Object.keys(outcomes) as OutcomeKind[];

function lane(state: LaneState, more: Partial<LaneView> = {}): LaneView {
  const calm: LaneView = {
    state,
    reason: null,
    detail: null,
    failures: 0,
    ramp: null,
    failedRun: [],
    refusedRun: [],
    concurrency: 8,
  };
  const why: Readonly<Record<LaneState, Partial<LaneView>>> = {
    flowing: {},
    'backing-off': { reason: 'endpoint-unreachable', detail: 'refused', failures: 1, ramp: 1 },
    held: { reason: 'endpoint-rejects-us', detail: 'answered 403', ramp: 1 },
    paused: { reason: 'held-by-operator', detail: 'they asked us to' },
  };
  return { ...calm, ...why[state], ...more };
}

const tries = (...all: (OutcomeKind | Outcome)[]): Tried[] =>
  all.map((one, i) => ({ deliveryId: i + 1, failures: 0, outcome: typeof one === 'string' ? outcomes[one] : one }));

const run = (view: LaneView, ...all: (OutcomeKind | Outcome)[]): Settled => settle(rules, view, tries(...all), middle);

const events = (settled: Settled) => settled.deliveries.map(({ event }) => event);

describe('settle: one try', () => {
  /** What one outcome does to the delivery, to the lane and to its alarm. `wake`: as asked, `-`: it flows. */
  const claims: Readonly<Record<OutcomeKind, Readonly<Record<LaneState, string>>>> = {
    delivered: {
      flowing: 'pushed flowing -',
      'backing-off': 'pushed flowing -',
      held: 'pushed flowing -',
      paused: 'pushed paused -',
    },
    'endpoint-failed': {
      flowing: 'retry backing-off 5000',
      'backing-off': 'retry backing-off 30000',
      held: 'retry held 900000',
      paused: 'retry paused -',
    },
    'message-failed': {
      flowing: 'retry flowing -',
      'backing-off': 'retry flowing -',
      held: 'retry flowing -',
      paused: 'retry paused -',
    },
    refused: {
      flowing: 'refuse flowing -',
      'backing-off': 'refuse flowing -',
      held: 'refuse flowing -',
      paused: 'refuse paused -',
    },
    'turned-away': {
      flowing: 'retry held 900000',
      'backing-off': 'retry held 900000',
      held: 'retry held 900000',
      paused: 'retry paused 900000',
    },
    unsendable: {
      flowing: 'hold flowing -',
      'backing-off': 'hold backing-off 0',
      held: 'hold held 1000',
      paused: 'hold paused -',
    },
    'not-sent': {
      flowing: 'put-back flowing -',
      'backing-off': 'put-back backing-off 0',
      held: 'put-back held 1000',
      paused: 'put-back paused -',
    },
  };
  for (const kind of kinds)
    for (const state of laneStates)
      it(`${kind} in a lane that is ${state}: ${claims[kind][state]}`, () => {
        const settled = run(lane(state), kind);
        assert.equal(`${events(settled).join()} ${settled.lane.state} ${settled.wakeIn ?? '-'}`, claims[kind][state]);
        assert.equal(settled.deliveries[0]?.deliveryId, 1);
      });

  it('every delivery that was tried gets exactly one event, whatever came of the others', () => {
    for (const first of kinds)
      for (const second of kinds)
        for (const state of laneStates) {
          const settled = run(lane(state), first, second, first, second, first);
          assert.deepEqual(
            settled.deliveries.map(({ deliveryId }) => deliveryId).sort((a, b) => a - b),
            [1, 2, 3, 4, 5],
          );
        }
  });

  it('a paused lane stays as the operator left it, whatever was in flight', () => {
    for (const kind of kinds) {
      const { lane: after, announceHeld } = run(lane('paused'), kind, kind, kind, kind, kind, kind);
      assert.deepEqual(
        [after.state, after.reason, after.detail, announceHeld],
        ['paused', 'held-by-operator', 'they asked us to', false],
        kind,
      );
    }
  });

  it('it never changes what it was given', () => {
    const view = lane('flowing', { failedRun: [7], refusedRun: [8] });
    const before = structuredClone(view);
    for (const kind of kinds) run(view, kind, kind, kind, kind, kind, kind);
    assert.deepEqual(view, before);
  });
});

describe('settle: the endpoint fails', () => {
  it('a window of tries that met the same dead endpoint is one failure of it', () => {
    const { lane: after, wakeIn } = run(lane('flowing'), ...Array<OutcomeKind>(8).fill('endpoint-failed'));
    assert.deepEqual([after.failures, wakeIn], [1, 5_000]);
  });

  it('a window of failing messages is one failure too, not one for each beyond the third', () => {
    const { lane: after, wakeIn } = run(
      lane('flowing'),
      ...Array<OutcomeKind>(8).fill('message-failed'),
      'endpoint-failed',
    );
    assert.deepEqual([after.state, after.failures, wakeIn], ['backing-off', 1, 5_000]);
  });

  it('the schedule is walked failure by failure and then the lane is held, without an alarm', () => {
    let view = lane('flowing');
    const waits: (number | null | undefined)[] = [];
    while (view.state !== 'held' && waits.length < 100) {
      const settled = run(view, 'endpoint-failed');
      waits.push(settled.wakeIn);
      assert.equal(settled.announceHeld, settled.lane.state === 'held');
      view = settled.lane;
    }
    assert.deepEqual(waits, [5_000, 30_000, ...Array<number>(8).fill(120_000), null]);
    assert.equal(view.reason, 'schedule-spent');
  });

  it('the worst of a window stands, in whatever order it came', () => {
    for (const order of [
      ['delivered', 'endpoint-failed'],
      ['endpoint-failed', 'delivered'],
    ] as const)
      assert.equal(run(lane('flowing'), ...order).lane.state, 'backing-off');
  });

  const asking = (retryAfterMs: number): Outcome => ({
    kind: 'endpoint-failed',
    fault: 'endpoint-busy',
    detail: 'answered 429',
    totalMs: 1,
    retryAfterMs,
  });

  it('Retry-After is what it waits, between the first wait of the schedule and the most that is honoured', () => {
    for (const [asked, waits] of [
      [0, 5_000],
      [60_000, 60_000],
      [1e12, 3_600_000],
    ] as const)
      assert.equal(run(lane('flowing'), asking(asked)).wakeIn, waits);
  });

  it('of several in a window the longest Retry-After holds, also beside a failure without one', () => {
    assert.equal(run(lane('flowing'), asking(60_000), asking(90_000), 'endpoint-failed').wakeIn, 90_000);
    assert.equal(run(lane('flowing'), 'endpoint-failed', asking(90_000)).wakeIn, 90_000);
  });

  it('after an outage the lane grows: one probe, then double per round, up to what the address allows', () => {
    let view = run(lane('flowing'), 'endpoint-failed').lane;
    const ramps = [view.ramp];
    while (view.ramp !== null && ramps.length < 20) {
      view = run(view, ...Array<OutcomeKind>(view.ramp).fill('delivered')).lane;
      ramps.push(view.ramp);
    }
    assert.deepEqual(ramps, [1, 2, 4, null]);
    assert.equal(view.failures, 0);
  });
});

describe('settle: messages fail', () => {
  it('a message waits by its own schedule, without the lane', () => {
    const [one] = settle(
      rules,
      lane('flowing'),
      [{ deliveryId: 9, failures: 1, outcome: outcomes['message-failed'] }],
      middle,
    ).deliveries;
    assert.deepEqual([one?.event, one?.failures, one?.wait, one?.reason], ['retry', 2, 30_000, 'message-failed']);
  });

  it('its schedule spent, it is held and says so, and the lane goes on', () => {
    const settled = settle(
      rules,
      lane('flowing'),
      [{ deliveryId: 9, failures: 10, outcome: outcomes['message-failed'] }],
      middle,
    );
    assert.deepEqual(
      [settled.deliveries[0]?.event, settled.deliveries[0]?.reason, settled.lane.state],
      ['hold', 'schedule-spent', 'flowing'],
    );
    assert.match(settled.deliveries[0]?.detail ?? '', /answered 500/);
  });

  it('three different messages in a row make the lane back off; the same one three times does not', () => {
    let same = lane('flowing');
    for (let i = 0; i < 5; i++) same = run(same, 'message-failed').lane;
    assert.equal(same.state, 'flowing');
    assert.equal(run(lane('flowing'), 'message-failed', 'message-failed').lane.state, 'flowing');
    assert.equal(run(lane('flowing'), 'message-failed', 'message-failed', 'message-failed').lane.state, 'backing-off');
  });

  it('a success between them begins the count again', () => {
    const two = run(lane('flowing'), 'message-failed', 'message-failed').lane;
    const after = run(two, 'delivered').lane;
    assert.deepEqual(after.failedRun, []);
    const next = settle(
      rules,
      after,
      [{ deliveryId: 77, failures: 0, outcome: outcomes['message-failed'] }],
      middle,
    ).lane;
    assert.equal(next.state, 'flowing');
  });
});

describe('settle: refusals', () => {
  const five = Array<OutcomeKind>(5).fill('refused');

  it('one is parked with the answer, and the lane goes on', () => {
    const settled = run(lane('flowing'), 'refused');
    const [one] = settled.deliveries;
    assert.deepEqual(
      [one?.event, one?.reason, one?.detail, settled.lane.state],
      ['refuse', 'message-refused', 'answered 422', 'flowing'],
    );
  });

  it('five different in a row, one by one: the lane is held, all five wait again, and it is said once', () => {
    let view = lane('flowing');
    let last: Settled | undefined;
    for (let id = 1; id <= 5; id++) {
      last = settle(rules, view, [{ deliveryId: id, failures: 0, outcome: outcomes.refused }], middle);
      view = last.lane;
      if (id < 5) assert.deepEqual([events(last), view.state, last.announceHeld], [['refuse'], 'flowing', false]);
    }
    assert.deepEqual(
      [last && events(last), view.state, view.reason, last?.unrefuse, last?.announceHeld, last?.wakeIn],
      [['retry'], 'held', 'mass-refusal', [1, 2, 3, 4], true, 900_000],
    );
  });

  it('a refusal after a long outage begins the schedule anew: the next 503 does not spend it', () => {
    for (const kind of ['refused', 'message-failed'] as const) {
      const { lane: back } = run(lane('backing-off', { failures: 20 }), kind);
      assert.deepEqual([back.state, back.failures], ['flowing', 0]);
      const again = run(back, 'endpoint-failed');
      assert.deepEqual([again.lane.state, again.lane.failures, again.wakeIn], ['backing-off', 1, 5_000]);
    }
  });

  it('refusals beside a success in one window hold nothing, however many; they only begin a run', () => {
    const wide = run(lane('flowing', { concurrency: 64 }), ...five, 'delivered', 'refused', 'refused');
    assert.deepEqual([wide.lane.state, wide.lane.refusedRun.length, wide.announceHeld], ['flowing', 7, false]);
    assert.equal(events(wide).filter((event) => event === 'refuse').length, 7);
    assert.deepEqual(run(wide.lane, 'delivered').lane.refusedRun, []);
    assert.equal(run(wide.lane, 'refused').lane.state, 'held');
    const failing = run(
      lane('flowing', { concurrency: 64 }),
      ...Array<OutcomeKind>(5).fill('message-failed'),
      'delivered',
    );
    assert.equal(failing.lane.state, 'flowing');
  });

  it('a whole window of refusals is the same', () => {
    const settled = run(lane('flowing'), ...five, 'refused', 'refused');
    assert.deepEqual(events(settled), Array(7).fill('retry'));
    assert.deepEqual([settled.lane.state, settled.unrefuse, settled.announceHeld], ['held', [], true]);
  });

  it('a success between them begins the count again, and the same message again does not count', () => {
    const four = run(lane('flowing'), 'refused', 'refused', 'refused', 'refused').lane;
    assert.deepEqual(run(four, 'delivered').lane.refusedRun, []);
    assert.equal(run(four, 'refused').lane.state, 'flowing');
  });

  it('the probe of such a lane may be refused, or fail, again and again: it stays held and nothing more is said', () => {
    const held = run(lane('flowing'), ...five).lane;
    for (const kind of ['refused', 'message-failed', 'endpoint-failed'] as const) {
      const settled = run(held, kind);
      assert.deepEqual(
        [events(settled), settled.lane.state, settled.lane.reason, settled.wakeIn, settled.announceHeld],
        [['retry'], 'held', 'mass-refusal', 900_000, false],
        kind,
      );
    }
    assert.equal(run(held, 'delivered').lane.state, 'flowing');
  });
});

describe('settle: a held lane', () => {
  it('is announced when it becomes held and when the reason is another, not at each probe', () => {
    const first = run(lane('flowing'), 'turned-away');
    assert.equal(first.announceHeld, true);
    assert.equal(run(first.lane, 'turned-away').announceHeld, false);
    const other: Outcome = { kind: 'turned-away', fault: 'endpoint-certificate', detail: 'expired', totalMs: 1 };
    assert.equal(run(first.lane, other).announceHeld, true);
  });

  it('is let go by a handshake that passes, one message at a time at first', () => {
    const held = lane('held', { reason: 'endpoint-certificate', failures: 3 });
    const settled = settleProbe(rules, held, 'passed', middle);
    assert.deepEqual(
      [settled.lane.state, settled.lane.reason, settled.lane.ramp, settled.lane.failures, settled.wakeIn],
      ['flowing', null, 1, 0, undefined],
    );
  });

  it('stays, by a handshake that does not, and is looked at again later', () => {
    const held = lane('held', { reason: 'endpoint-certificate' });
    const certificate: Outcome = { kind: 'turned-away', fault: 'endpoint-certificate', detail: 'x', totalMs: 1 };
    for (const outcome of [certificate, outcomes['endpoint-failed']]) {
      const settled = settleProbe(rules, held, outcome, middle);
      assert.deepEqual(
        [settled.deliveries, settled.lane.state, settled.wakeIn, settled.announceHeld],
        [[], 'held', 900_000, false],
      );
    }
  });

  it('a handshake that passes while an operator paused the lane changes nothing', () => {
    assert.equal(settleProbe(rules, lane('paused'), 'passed', middle).lane.state, 'paused');
  });
});
