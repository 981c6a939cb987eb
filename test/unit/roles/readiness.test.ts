import { strict as assert } from 'node:assert';
import type { Line, Reading } from '../../../src/roles/line-reading.ts';
import { createReadiness } from '../../../src/roles/readiness.ts';
import type { DueLane } from '../../../src/store/progress.ts';

const minute = 60_000;
const patience = { delivery: 5 * minute, outbox: 5 * minute, broker: minute };
const quiet: Line = {
  due: [],
  unsent: { rows: 0, oldest: undefined },
  lanes: {},
  certificates: { ended: 0, ending: 0 },
  openIncidents: 0,
};
const read = (at: number, line: Partial<Line>): Reading => ({ kind: 'read', at, line: { ...quiet, ...line } });
const due = (more: Partial<DueLane> = {}): DueLane => ({
  lane: 1,
  state: 'flowing',
  late: 60 * minute,
  stands: '7/1',
  taken: false,
  ...more,
});

describe('a process is ready', () => {
  const judged = (...readings: readonly Reading[]) => {
    const judge = createReadiness(['delivery', 'intake'], patience);
    return readings.map((reading) => {
      const now = reading.kind === 'read' ? reading.at : reading.since;
      return judge(reading, undefined, now)
        .filter(({ ready }) => !ready)
        .map(({ name, since }) => [name, since]);
    });
  };

  it('while a backlog of an hour is worked off, and no longer than its patience when that stands', () => {
    const steps = [0, 4, 8, 12].map((at) => read(at * minute, { due: [due({ stands: `${at}/1` })] }));
    assert.deepEqual(judged(...steps), [[], [], [], []]);
    const stands = [0, 4, 8].map((at) => read(at * minute, { due: [due()] }));
    assert.deepEqual(judged(...stands), [[], [], [['delivery', 0]]]);
  });

  it('while somebody holds the lane, and for its patience after they let it go as it was', () => {
    const [free, taken] = [due(), due({ taken: true })];
    const steps = [
      read(0, { due: [free] }),
      ...[4, 10, 16].map((at) => read(at * minute, { due: [taken] })),
      ...[18, 22, 24].map((at) => read(at * minute, { due: [free] })),
    ];
    assert.deepEqual(judged(...steps), [[], [], [], [], [], [], [['delivery', 18 * minute]]]);
  });

  it('by the lane that has stood longest: one that moves does not hide another', () => {
    const steps = [0, 6].map((at) => read(at * minute, { due: [due({ stands: `${at}/1` }), due({ lane: 2 })] }));
    assert.deepEqual(judged(...steps), [[], [['delivery', 0]]]);
  });

  it('again for its patience when PostgreSQL has come back: nothing could move meanwhile', () => {
    const away: Reading = { kind: 'silent', since: minute, detail: 'no answer' };
    assert.deepEqual(judged(read(0, { due: [due()] }), away, read(9 * minute, { due: [due()] })), [
      [],
      [['postgresql', minute]],
      [],
    ]);
  });

  it('while answers go to KA, however old they are, and not when the oldest stays', () => {
    const unsent = (id: number) => ({ unsent: { rows: 9, oldest: { id, age: 60 * minute } } });
    assert.deepEqual(judged(read(0, unsent(1)), read(6 * minute, unsent(2))), [[], []]);
    assert.deepEqual(judged(read(0, unsent(1)), read(6 * minute, unsent(1))), [[], [['outbox', 0]]]);
  });

  it('by what its own roles are for', () => {
    const late = [read(0, { due: [due()] }), read(6 * minute, { due: [due()] })];
    for (const [role, expected] of [
      ['supplier-api', []],
      ['delivery', ['delivery']],
      ['intake', ['broker']],
    ] as const) {
      const judge = createReadiness([role], patience);
      const checks = late.map((reading) => judge(reading, 2 * minute, 6 * minute)).at(-1) ?? [];
      assert.deepEqual(
        checks.filter(({ ready }) => !ready).map(({ name }) => name),
        expected,
        role,
      );
    }
  });
});
