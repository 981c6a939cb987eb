import { strict as assert } from 'node:assert';
import { Client } from 'pg';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import { silentLog } from '../../src/platform/log.ts';
import { drainDeps } from '../../src/roles/delivery.ts';
import { requireKnownCopy, thisCopy, vouchForCopy } from '../../src/store/book-copy.ts';
import { lanesOf } from '../../src/store/lane/lanes.ts';
import { readNumbers } from '../../src/store/numbers.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { reconcile } from '../../src/store/reconciliation.ts';
import { afterRestore, innerJump, leastMargin, type Restored, type RestoreOrder } from '../../src/store/restore.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

const delivered: Outcome = { kind: 'delivered', totalMs: 1, status: 204 };

describe('after a restore no number is given out twice', () => {
  let line: Line;
  beforeEach(async () => {
    line = await openLine();
  });
  afterEach(() => line.close());

  const restore = (order: Partial<RestoreOrder> = {}, pool = line.pool): Promise<Restored> =>
    afterRestore(pool, {
      seen: new Map(),
      margin: 1_000,
      again: false,
      actor: 'cli:test',
      reason: 'a test',
      now: new Date(),
      rehearsal: false,
      ...order,
    });
  const counter = async (organisation: OrganisationNumber): Promise<number | undefined> => {
    const { rows } = await line.pool.query<{ counter: number }>(
      'select counter from recipient where organisation_number = $1',
      [organisation],
    );
    return rows[0]?.counter;
  };
  /** What the next message of a recipient gets. */
  async function next(organisation: OrganisationNumber): Promise<number> {
    const { verdicts } = await line.take([frameFor(organisation)]);
    const [verdict] = verdicts;
    assert.ok(verdict?.kind === 'accepted');
    return verdict.sequence;
  }
  /** Everything that is not read in the same breath; with what the identities would give next. */
  async function everything(): Promise<unknown> {
    const tables = ['recipient', 'lane', 'delivery', 'attempt', 'restoration', 'void_range', 'audit', 'outbox'];
    const read = async (sql: string) => (await line.pool.query<{ text: string }>(sql)).rows.map(({ text }) => text);
    const rows = await Promise.all(tables.map((table) => read(`select t::text as text from ${table} t order by 1`)));
    const sequences =
      "select sequencename || ' ' || coalesce(last_value, 0) as text from pg_sequences where schemaname = current_schema() and sequencename <> 'restoration_id_seq' order by 1";
    return [rows, await read(sequences)];
  }

  it('a rehearsal says what the real one does, and leaves everything as it is', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 3));
    const before = await everything();
    const rehearsed = await restore({ rehearsal: true });
    assert.deepEqual(await everything(), before);
    assert.equal(rehearsed.audit, undefined);
    const done = await restore();
    assert.deepEqual(done.voids, rehearsed.voids);
    assert.deepEqual(
      done.voids.map(({ first, last, supplier: name }) => [first, last, name]),
      [[4, 1_003, `Leverantör ${supplier.organisationNumber} AB`]],
    );
    assert.equal(done.audit, 1);
    assert.notDeepEqual(await everything(), before);
    assert.equal(await next(supplier.organisationNumber), 1_004);
  });

  it('the numbers of rows go on beyond all that can have been lost', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 2));
    await restore();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const { rows } = await line.pool.query<{ table: string; id: number }>(
      `select 'delivery' as table, max(id) as id from delivery union all select 'message', max(number) from message
        union all select 'frame', max(id) from frame union all select 'outbox', max(id) from outbox`,
    );
    for (const { table, id } of rows) assert.ok(id > innerJump && id < 2 * innerJump, `${table}: ${id}`);
    assert.ok((await line.addSupplier()).lane > innerJump);
  });

  it('done twice it says so and changes nothing, unless it is told to', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const first = await restore({ reason: 'ticket 1' });
    assert.equal(first.already, undefined);
    const before = await everything();
    const second = await restore({ reason: 'ticket 2' });
    assert.equal(second.already?.reason, 'ticket 1');
    assert.deepEqual([second.voids, second.audit], [[], undefined]);
    assert.deepEqual(await everything(), before);
    const third = await restore({ again: true });
    assert.deepEqual(
      third.voids.map((one) => [one.first, one.last]),
      [[1_002, 2_001]],
    );
    assert.equal(await next(supplier.organisationNumber), 2_002);
  });

  /** The database once more, under another name: what a dump becomes that is read into a new one. */
  async function copied(name: string): Promise<Pool> {
    const url = new URL(line.databaseUrl);
    const original = url.pathname.slice(1);
    url.pathname = '/postgres';
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      // A database that is copied may have no other connection.
      await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${original}'`);
      await eventually('it is copied', () =>
        client.query(`create database ${original}_${name} template ${original}`).then(
          () => true,
          () => false,
        ),
      );
    } finally {
      await client.end();
    }
    url.pathname = `/${original}_${name}`;
    return createPool({ url: url.href, connections: 2, name: 'test' });
  }

  it('a copy of the database under another name is another restore', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    await restore();
    const pool = await copied('copy');
    try {
      const done = await restore({}, pool);
      assert.equal(done.already, undefined);
      assert.deepEqual(
        done.voids.map(({ first, last }) => [first, last]),
        [[1_002, 2_001]],
      );
    } finally {
      await pool.close();
    }
  });

  it('no role works on a copy of which nobody has said that it is safe, or that nothing is missing', async () => {
    await requireKnownCopy(line.pool);
    await requireKnownCopy(line.pool);
    const restored = await copied('restored');
    const promoted = await copied('promoted');
    const refusal = { code: 'store-unsafe', message: /kuvert store after-restore.*kuvert store vouch/ };
    try {
      for (const pool of [restored, promoted]) await assert.rejects(requireKnownCopy(pool), refusal);
      await restore({ rehearsal: true }, restored);
      await assert.rejects(requireKnownCopy(restored), refusal);
      await restore({}, restored);
      await requireKnownCopy(restored);
      const word = { actor: 'cli:test', reason: 'synchronous standby', now: new Date() };
      assert.equal((await vouchForCopy(promoted, word)).already, false);
      assert.equal((await vouchForCopy(promoted, word)).already, true);
      await requireKnownCopy(promoted);
      const { rows } = await promoted.query<{ count: number }>(
        "select count(*) from audit where action = 'store.vouch'",
      );
      assert.equal(rows[0]?.count, 1);
      await requireKnownCopy(line.pool);
    } finally {
      await Promise.all([restored.close(), promoted.close()]);
    }
  });

  it('who may only use the database can tell which copy it is', async () => {
    const { rows } = await line.pool.transaction(async (db) => {
      await db.query('create role plain_reader nologin');
      await db.query('set local role plain_reader');
      const read = await db.query<{ copy: string }>(`select ${thisCopy} as copy`);
      await db.query('reset role');
      await db.query('drop role plain_reader');
      return read;
    });
    assert.match(rows[0]?.copy ?? '', /^\d+\/[0-9A-F]{8}\/\d+$/);
  });

  it('who has no counter begins beyond the margins of all restores: suppliers, those seen outside, and those who come later', async () => {
    const supplier = await line.addSupplier();
    const seen = sampleOrganisationNumber(901);
    const newcomer = sampleOrganisationNumber(902);
    await restore({ seen: new Map([[seen, 40]]) });
    assert.equal(await counter(supplier.organisationNumber), 1_000);
    assert.equal(await next(seen), 1_041);
    await restore({ again: true, margin: 500 });
    assert.equal(await next(supplier.organisationNumber), 1_501);
    assert.equal(await next(seen), 1_542);
    // Two in a batch: the first of them is the first number of all.
    const { verdicts } = await line.take(framesFor(newcomer, 2));
    assert.deepEqual(
      verdicts.map((one) => one.kind === 'accepted' && one.sequence),
      [1_501, 1_502],
    );
    assert.equal(await next(newcomer), 1_503);
    const registered = await line.addSupplier();
    assert.equal(await next(registered.organisationNumber), 1_501);
    await line.conserved();
  });

  it('a database that was never brought back begins with 1', async () => {
    assert.equal(await next(sampleOrganisationNumber(903)), 1);
  });

  it('the margin begins at the numbers that were seen outside, where they are higher than the book', async () => {
    const [high, low] = [await line.addSupplier(), await line.addSupplier()];
    for (const one of [high, low]) await line.take(framesFor(one.organisationNumber, 3));
    await restore({
      margin: 10,
      seen: new Map([
        [high.organisationNumber, 70],
        [low.organisationNumber, 2],
      ]),
    });
    assert.deepEqual([await counter(high.organisationNumber), await counter(low.organisationNumber)], [80, 13]);
    const { numbers } = await readNumbers(line.pool, high.organisationNumber, 1, undefined, 100);
    assert.deepEqual(
      numbers.map(({ first, last, state }) => [first, last, state]),
      [
        [1, 1, 'waiting'],
        [2, 2, 'waiting'],
        [3, 3, 'waiting'],
        [4, 80, 'void'],
      ],
    );
  });

  it('without a margin the time that the book lacks decides, and an empty book must be told', async () => {
    await assert.rejects(restore({ margin: undefined }), /the book is empty: give --margin/);
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    assert.equal((await restore({ margin: undefined, rehearsal: true })).margin, leastMargin);
    await line.pool.query("update frame set taken_at = now() - interval '1 hour'");
    await line.pool.query("update outbox set created_at = now() - interval '1 hour'");
    const { margin } = await restore({ margin: undefined });
    assert.ok(margin >= 36_000_000 && margin < 37_000_000, String(margin));
  });

  it('nobody is let in between: a gateway process that is connected is named, and nothing is done', async () => {
    const gateway = createPool({ url: line.databaseUrl, connections: 1, name: 'kuvert delivery' });
    try {
      await gateway.query('select 1');
      await assert.rejects(restore(), /kuvert delivery \(connections: 1\); stop every gateway process first/);
    } finally {
      await gateway.close();
    }
    await eventually('it is gone', () =>
      restore({ rehearsal: true }).then(
        () => true,
        () => false,
      ),
    );
  });

  it('what was being sent is sent again, its attempt of unknown outcome, in a paused lane too', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    await claimAsWorker(supplier);
    await line.pool.query("update lane set state = 'paused'");
    const done = await restore();
    assert.deepEqual([done.lanes, done.unknown], [1, 1]);
    assert.deepEqual(await line.states(), { waiting: 1 });
    const { rows } = await line.pool.query('select outcome, fault from attempt');
    assert.deepEqual(rows, [{ outcome: 'unknown', fault: 'outcome-unknown' }]);
    const { holder, epoch } = await line.lane(supplier.lane);
    assert.deepEqual([holder, epoch], [null, innerJump + 1]);
  });

  it('a worker from before cannot write, though a new one has the same lane, delivery and attempt in hand', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const old = await claimAsWorker(supplier);
    // As it was before the lane was taken: the database is brought back to then.
    await line.pool.query(`delete from attempt`);
    await line.pool.query(`delete from envelope`);
    await line.pool.query("update delivery set state = 'waiting', attempts = 0, next_try_at = now()");
    await line.pool.query('update lane set epoch = epoch - 1, holder = null, lease_until = null');
    await restore();
    const fresh = await claimAsWorker(supplier);
    assert.deepEqual(fresh.claimed, old.claimed);
    assert.equal((await old.record()).kind, 'superseded');
    assert.deepEqual(await line.states(), { sending: 1 });
    const { rows } = await line.pool.query('select outcome from attempt');
    assert.deepEqual(rows, [{ outcome: null }]);
    assert.equal((await line.answers('delivered')).length, 0);
    await old.leave();
    assert.notEqual((await line.lane(supplier.lane)).holder, null);
    assert.equal((await fresh.record()).kind, 'idle');
    assert.deepEqual(await line.states(), { delivered: 1 });
  });

  /** Takes the lane and claims what is due, as a worker does. */
  async function claimAsWorker(supplier: TestSupplier) {
    const parts = {
      settings: line.settings(),
      log: silentLog,
      pool: line.pool,
      giveUp: new AbortController(),
      stopping: () => false,
    };
    const { settle } = drainDeps(parts, '0.0.0');
    const lanes = lanesOf(line.pool, 1_000, silentLog);
    const taken = await lanes.take(supplier.lane, 60_000);
    assert.ok(taken.kind === 'taken');
    const { hold, target } = taken;
    const due = await lanes.due(target, 1, 'oldest');
    const sealed = {
      format: 'cloudevents',
      head: '{',
      signature: 's',
      sha256: 'a'.repeat(64),
      keyThumbprint: 'k',
    } as const;
    const { claimed } = await lanes.claim(hold, target, due, new Map(due.map((one) => [one.messageId, sealed])));
    const [first] = claimed;
    assert.ok(first);
    return {
      claimed,
      record: () =>
        lanes.record(hold, [{ ...first, outcome: delivered }], { milliseconds: 0, waits: false }, (view) =>
          settle(view, [{ deliveryId: first.deliveryId, failures: 0, outcome: delivered }]),
        ),
      leave: () => lanes.leave(hold),
    };
  }

  it('each number of a recipient has something behind it: a message, void, purged, or not given yet; a page at a time', async () => {
    const { organisationNumber } = await line.addSupplier();
    await line.take(framesFor(organisationNumber, 3));
    await restore({ margin: 10, reason: 'ticket 9' });
    await line.take(framesFor(organisationNumber, 2));
    // As retention will do it: the oldest is not kept any longer.
    const purge = async () => {
      const { rows } = await line.pool.query<{ id: string }>('select id from message where sequence = 1');
      const id = rows[0]?.id;
      for (const table of ['content', 'delivery', 'frame'])
        await line.pool.query(`delete from ${table} where message_id = $1`, [id]);
      await line.pool.query('delete from message where id = $1', [id]);
      await line.pool.query('update recipient set purged = purged + 1');
    };
    const brief = async (from: number, to?: number, limit = 100) => {
      const { numbers, next: on } = await readNumbers(line.pool, organisationNumber, from, to, limit);
      return [numbers.map(({ first, last, state }) => [first, last, state]), on];
    };
    await purge();
    assert.deepEqual(await brief(1, 20), [
      [
        [1, 1, 'purged'],
        [2, 2, 'waiting'],
        [3, 3, 'waiting'],
        [4, 13, 'void'],
        [14, 14, 'waiting'],
        [15, 15, 'waiting'],
        [16, 20, 'not-given'],
      ],
      undefined,
    ]);
    assert.deepEqual(await brief(6, 8), [[[6, 8, 'void']], undefined]);
    assert.deepEqual(await brief(30, 31), [[[30, 31, 'not-given']], undefined]);
    assert.deepEqual(await brief(1, undefined, 2), [
      [
        [1, 1, 'purged'],
        [2, 2, 'waiting'],
        [3, 3, 'waiting'],
      ],
      4,
    ]);
    assert.deepEqual(await brief(4, undefined, 2), [
      [
        [4, 13, 'void'],
        [14, 14, 'waiting'],
      ],
      15,
    ]);
    const { numbers } = await readNumbers(line.pool, organisationNumber, 4, 5, 10);
    assert.deepEqual([numbers[0]?.reason, numbers[0]?.declaredAt instanceof Date], ['ticket 9', true]);
    assert.deepEqual((await readNumbers(line.pool, sampleOrganisationNumber(904), 1, undefined, 10)).numbers, []);
    // The frame of what is purged stays in the ledger's sums in another way; here it only must not disturb the end.
    await line.pool.query(
      "insert into frame (body_sha256, verdict, message_id) select decode(repeat('00', 32), 'hex'), 'message', gen_random_uuid()",
    );
  });

  it('the report of a day says which time the book has lost', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const today = new Date().toISOString().slice(0, 10);
    assert.deepEqual((await reconcile(line.pool, today, 'UTC')).lost, []);
    await restore();
    const { lost } = await reconcile(line.pool, today, 'UTC');
    assert.equal(lost.length, 1);
    assert.ok(lost[0]?.from && lost[0].from <= lost[0].to);
    assert.deepEqual((await reconcile(line.pool, '2020-01-01', 'UTC')).lost, []);
  });
});
