import { strict as assert } from 'node:assert';
import { createRenewal, type Makers } from '../../src/operations/renewal.ts';
import { silentLog } from '../../src/platform/log.ts';
import { readSnapshot, renewSnapshot, type SnapshotKind } from '../../src/store/operator/snapshots.ts';
import { createPool, type Db, type Pool } from '../../src/store/pool.ts';
import { eventually } from '../support/eventually.ts';
import { freshDatabase } from '../support/servers.ts';

const now = new Date();

describe('the overview’s sums', () => {
  let pool: Pool;
  beforeEach(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 4, name: 'test' });
  });
  afterEach(() => pool.close());

  const made = async (): Promise<SnapshotKind[]> => {
    const { rows } = await pool.query<{ kind: SnapshotKind }>('select kind from snapshot order by kind');
    return rows.map(({ kind }) => kind);
  };
  /** Counts how often each is tried. */
  function makersWith(more: Partial<Makers> = {}) {
    const tries: Record<SnapshotKind, number> = { flow: 0, sums: 0, laws: 0 };
    const counted =
      (kind: SnapshotKind): Makers[SnapshotKind] =>
      async (db, at) => {
        tries[kind]++;
        return more[kind]?.(db, at) ?? [];
      };
    return { tries, makers: { flow: counted('flow'), sums: counted('sums'), laws: counted('laws') } };
  }
  const fails = async () => {
    throw new Error('no such thing');
  };

  it('are made all three, and not again before their time', async () => {
    const { tries, makers } = makersWith();
    const renewal = createRenewal({ pool, log: silentLog, makers });
    assert.equal(await renewal.round(now), true);
    assert.deepEqual(await made(), ['flow', 'laws', 'sums']);
    assert.equal(await renewal.round(now), false);
    assert.deepEqual(tries, { flow: 1, sums: 1, laws: 1 });
  });

  it('do not wait for one that cannot be made', async () => {
    const { makers } = makersWith({ flow: fails });
    assert.equal(await createRenewal({ pool, log: silentLog, makers }).round(now), true);
    assert.deepEqual(await made(), ['laws', 'sums']);
  });

  it('that ran out of time are tried again after twenty times as long', async () => {
    let clock = 0;
    const { tries, makers } = makersWith({
      laws: async (db) => {
        clock += 60_000;
        await db.query("set local statement_timeout = '10ms'");
        await db.query('select pg_sleep(60)');
      },
    });
    const renewal = createRenewal({ pool, log: silentLog, makers, clock: () => clock });
    await renewal.round(now);
    const failedAt = clock;
    clock = failedAt + 20 * 60_000 - 1;
    await renewal.round(now);
    assert.equal(tries.laws, 1);
    clock = failedAt + 20 * 60_000;
    await renewal.round(now);
    assert.equal(tries.laws, 2);
  });

  it('that the server’s trouble stopped are tried again soon, however long nobody answered', async () => {
    let clock = 0;
    const { tries, makers } = makersWith({
      sums: async (db) => {
        clock += 70_000;
        await db.query('select pg_terminate_backend(pg_backend_pid())');
      },
    });
    const renewal = createRenewal({ pool, log: silentLog, makers, clock: () => clock });
    await renewal.round(now);
    clock += 10_000;
    await renewal.round(now);
    assert.equal(tries.sums, 2);
  });

  it('are broken off in the middle of a law when the gateway stops, and no other is begun', async () => {
    const { tries, makers } = makersWith({ flow: (db) => db.query('select pg_sleep(600)') });
    const renewal = createRenewal({ pool, log: silentLog, makers });
    const round = renewal.round(now);
    await eventually('it is at it', async () => {
      const { rows } = await pool.query(
        "select from pg_stat_activity where query = 'select pg_sleep(600)' and state = 'active' and datname = current_database()",
      );
      return rows.length > 0;
    });
    await renewal.stop();
    assert.equal(await round, false);
    assert.deepEqual(tries, { flow: 1, sums: 0, laws: 0 });
    assert.deepEqual(await made(), []);
  });

  it('go on to no other statement after a stop that came between two', async () => {
    let went = 0;
    const { makers } = makersWith({
      laws: async (db) => {
        for (; went < 3; went++) {
          await db.query('select 1');
          if (went === 1) await renewal.stop();
        }
      },
    });
    const renewal = createRenewal({ pool, log: silentLog, makers });
    await renewal.round(now);
    assert.equal(went, 2);
    assert.deepEqual(await made(), ['flow', 'sums']);
  });

  it('are not made twice by two processes of which one gets the lock just after the other’s commit', async () => {
    const make = async () => [];
    const due = (last: unknown) => last === undefined;
    const late: Pool = {
      ...pool,
      transaction: (work) =>
        pool.transaction((db) => {
          const query: Db['query'] = async (text, values) => {
            if (text.includes('pg_try_advisory_xact_lock')) {
              // The moment that its statement begins with, then the other's whole turn, then the lock.
              await db.query('select 1');
              assert.equal(await renewSnapshot(pool, { kind: 'sums', due, make }), true);
            }
            return db.query(text, values);
          };
          return work({ query });
        }),
    };
    assert.equal(await renewSnapshot(late, { kind: 'sums', due, make }), false);
    assert.deepEqual((await readSnapshot(pool, 'sums'))?.value, []);
  });
});
