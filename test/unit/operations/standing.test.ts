import { strict as assert } from 'node:assert';
import { serversOf } from '../../../src/operations/servers.ts';
import { lateOf, type Standing, verdictOf } from '../../../src/operations/standing.ts';
import type { StandingLane } from '../../../src/store/operator/overview.ts';
import type { Pulse, PulseValue } from '../../../src/store/operator/pulses.ts';
import type { DueLane } from '../../../src/store/progress.ts';

const at = new Date('2026-11-22T13:00:00Z');
const minute = 60_000;
const postgresql = { version: '18.0', took: 1 };
const connected = { connectedTo: 'broker:61613', away: null, oldest: null };
const pulse = (role: Pulse['role'], value: Partial<PulseValue> = {}): Pulse => ({
  role,
  at,
  value: { redis: 2, ...value },
});
const intake = (broker: Partial<NonNullable<PulseValue['broker']>> = {}, redis: number | null = 2): Pulse =>
  pulse('intake', { redis, broker: { ...connected, ...broker } });
const delivery = (redis: number | null = 2): Pulse => pulse('delivery', { redis });

describe('how the servers are', () => {
  const of = (...pulses: readonly Pulse[]) => serversOf(pulses, postgresql);

  for (const [what, pulses, broker] of [
    ['nobody runs', [], { state: 'nobody' }],
    ['only role delivery runs', [delivery()], { state: 'nobody' }],
    ['it has a subscription', [intake()], { state: 'connected', to: 'broker:61613' }],
    [
      'one of two has one',
      [intake({ connectedTo: null, away: 9_000 }), intake()],
      { state: 'connected', to: 'broker:61613' },
    ],
    [
      'none of two has: since the last of them had',
      [intake({ connectedTo: null, away: 9_000 }), intake({ connectedTo: null, away: 4_000 })],
      { state: 'away', for: 4_000 },
    ],
  ] as const)
    it(`the broker, when ${what}`, () => assert.deepEqual(of(...pulses).broker, broker));

  for (const [what, pulses, redis] of [
    ['nobody runs', [], { state: 'nobody' }],
    ['all hear it: as slow as the slowest says', [delivery(3), delivery(40)], { state: 'answers', took: 40 }],
    ['one of two does not', [delivery(3), delivery(null)], { state: 'silent' }],
  ] as const)
    it(`Redis, when ${what}`, () => assert.deepEqual(of(...pulses).redis, redis));

  it('the oldest frame is the oldest that anybody connected says, and not known when nobody is', () => {
    const [early, late] = ['2026-11-22T12:00:00.000Z', '2026-11-22T12:30:00.000Z'];
    assert.deepEqual(of(intake({ oldest: late }), intake({ oldest: early }), intake()).oldestFrame, new Date(early));
    assert.equal(of(intake()).oldestFrame, null);
    assert.equal(of(intake({ away: 5, connectedTo: null, oldest: early })).oldestFrame, undefined);
  });

  it('processes are counted by role', () => {
    assert.deepEqual(of(intake(), delivery(), delivery()).processes, { intake: 1, delivery: 2 });
  });
});

describe('the overview’s first line', () => {
  const snapshot = <T>(value: T, ageMs = 1_000, tookMs = 10) => ({ at, ageMs, tookMs, value });
  const sums = (held: number, ...age: readonly number[]) =>
    snapshot({ held } as NonNullable<Standing['sums']>['value'], ...age);
  const lane = (state: StandingLane['state']) => ({ state }) as StandingLane;
  const servers = (...pulses: readonly Pulse[]) => serversOf(pulses, postgresql);
  const calm: Standing = {
    at,
    sums: sums(0),
    laws: snapshot([]),
    flow: undefined,
    oldest: undefined,
    outbox: { depth: 0, oldestAt: undefined },
    outboxLate: false,
    late: undefined,
    lanes: [],
    lanesByState: {},
    again: [],
    ending: [],
    openIncidents: 0,
    incidents: [],
    servers: servers(intake(), delivery()),
  };
  const breach = snapshot(['3 messages whose number is void']);

  const table: readonly (readonly [what: string, more: Partial<Standing>, verdict: string])[] = [
    ['nothing is the matter', {}, 'well'],
    ['a lane is paused, as somebody wanted', { lanes: [lane('paused')] }, 'well'],
    ['the sums are not made yet', { sums: undefined }, 'unknown'],
    ['the laws are not checked yet', { laws: undefined }, 'unknown'],
    ['the laws were checked within three times their time', { laws: snapshot([], 14 * minute) }, 'well'],
    ['the laws were checked longer ago', { laws: snapshot([], 16 * minute) }, 'unknown'],
    [
      'the laws take two minutes, and are checked so much the more seldom',
      { laws: snapshot([], 110 * minute, 2 * minute) },
      'well',
    ],
    [
      'the laws take two minutes, and were not checked for days',
      { laws: snapshot([], 2_880 * minute, 2 * minute) },
      'unknown',
    ],
    ['the sums are half a minute old and more', { sums: sums(0, 31_000) }, 'unknown'],
    ['a law does not hold', { laws: breach }, 'broken'],
    ['a law did not hold when it was checked, long ago', { laws: { ...breach, ageMs: 600 * minute } }, 'broken'],
    ['a law does not hold, and the sums are not made', { laws: breach, sums: undefined }, 'broken'],
    ['a law does not hold, and a lane is held', { laws: breach, lanes: [lane('held')] }, 'broken'],
    ['a lane is held', { lanes: [lane('paused'), lane('held')] }, 'look'],
    ['a lane backs off', { lanes: [lane('backing-off')] }, 'look'],
    ['something is held', { sums: sums(1) }, 'look'],
    ['there is an incident', { openIncidents: 1 }, 'look'],
    ['lanes have something due that nobody takes', { late: { lanes: 1, since: at } }, 'look'],
    ['an answer to KA is not sent', { outboxLate: true }, 'look'],
    ['no process of role intake runs', { servers: servers(delivery()) }, 'look'],
    ['no process of role delivery runs', { servers: servers(intake()) }, 'look'],
    ['the broker is away', { servers: servers(intake({ away: 1, connectedTo: null }), delivery()) }, 'look'],
    ['Redis does not answer', { servers: servers(intake(), delivery(null)) }, 'look'],
  ];
  for (const [what, more, verdict] of table)
    it(`says “${verdict}” when ${what}`, () => assert.equal(verdictOf({ ...calm, ...more }), verdict));

  it('calls late what is due for longer than it may and nobody is at, however long a backlog is worked off', () => {
    const due = (late: number, taken = false): DueLane => ({ lane: 1, state: 'flowing', late, stands: '1/0', taken });
    const patience = { delivery: 5 * minute, outbox: minute };
    assert.equal(lateOf([], patience, at), undefined);
    assert.equal(lateOf([due(4 * minute), due(600 * minute, true)], patience, at), undefined);
    assert.deepEqual(lateOf([due(4 * minute), due(6 * minute), due(8 * minute)], patience, at), {
      lanes: 2,
      since: new Date('2026-11-22T12:52:00Z'),
    });
  });
});
