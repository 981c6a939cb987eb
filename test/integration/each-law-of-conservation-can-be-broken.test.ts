import { strict as assert } from 'node:assert';
import { Client } from 'pg';
import { conservation } from '../../src/store/conservation.ts';
import { createPool } from '../../src/store/pool.ts';
import { frameFor, framesFor, type Line, openLine } from '../support/line.ts';
import { freshDatabase } from '../support/servers.ts';

describe('each law of conservation can be broken, and is seen to be', () => {
  let line: Line;
  let lane: number;
  before(async () => {
    line = await openLine();
    const supplier = await line.addSupplier();
    lane = supplier.lane;
    await line.take(framesFor(supplier.organisationNumber, 3));
    await line.take([frameFor(supplier.organisationNumber, { documentNumber: '1', content: 'a' })]);
    await line.take([frameFor(supplier.organisationNumber, { documentNumber: '1', content: 'a' })]);
    await line.take([frameFor(supplier.organisationNumber, { documentNumber: '1', content: 'b' })]);
  });
  after(() => line.close());

  /** What is said when this was done behind the gateway's back. */
  async function afterwards(sql: string): Promise<readonly string[]> {
    const client = new Client({ connectionString: line.databaseUrl });
    await client.connect();
    try {
      await client.query('begin');
      // As nobody's program could: foreign keys and triggers aside.
      await client.query("set local session_replication_role = 'replica'");
      await client.query(sql);
      const db = {
        query: async (text: string, values?: readonly unknown[]) => {
          if (text.startsWith('set transaction')) return { rows: [], rowCount: 0 };
          const result = await client.query(text, values === undefined ? undefined : [...values]);
          return { rows: result.rows, rowCount: result.rowCount ?? 0 };
        },
      };
      const seen = await conservation({
        transaction: (work: (given: typeof db) => Promise<unknown>) => work(db),
      } as unknown as Parameters<typeof conservation>[0]);
      assert.equal(seen.conserved, seen.breaches.length === 0);
      return seen.breaches;
    } finally {
      await client.query('rollback').catch(() => undefined);
      await client.end();
    }
  }

  const breaks: readonly (readonly [what: string, sql: string, breach: RegExp])[] = [
    [
      'a delivery is called collected without a word of its supplier',
      "update delivery set state = 'delivered', delivered_at = now(), delivered_by = 'collected', next_try_at = null",
      /collected without a receipt/,
    ],
    [
      'a receipt ended nothing',
      `insert into receipt (delivery_id, fingerprint) select min(id), repeat('a', 64) from delivery`,
      /receipts whose delivery is not/,
    ],
    [
      'what was fetched was never sealed',
      `insert into collection (message_id, fingerprint) select id, repeat('a', 64) from message`,
      /without ever having been sealed/,
    ],
    [
      'a frame is forgotten',
      "delete from frame where verdict = 'duplicate' or verdict = 'message'",
      /messages without the frame/,
    ],
    [
      'a frame became nothing',
      "update frame set verdict = 'message', message_id = gen_random_uuid() where verdict = 'duplicate'",
      /frames were taken/,
    ],
    ['a dead letter is lost', 'delete from dead_letter', /became dead letters/],
    ['a number is skipped', 'update recipient set counter = counter + 1', /counter is not the number/],
    ['a message is lost', 'delete from message where sequence = 2', /counter is not the number/],
    ['a sequence is moved', 'update message set sequence = 9 where sequence = 4', /not the highest sequence/],
    [
      'a void range is not counted',
      'insert into void_range select organisation_number, counter + 1, counter + 5, 1 from recipient',
      /counter is not the number/,
    ],
    [
      'a void number is given out',
      'insert into void_range select organisation_number, 2, 2, 1 from recipient; update recipient set counter = counter + 1',
      /whose number is void/,
    ],
    [
      'a message has no delivery',
      'delete from delivery where id = (select min(id) from delivery)',
      /without exactly one current/,
    ],
    ['a current delivery is none', 'update delivery set current = false', /without exactly one current/],
    [
      'delivered, and nobody tried',
      "update delivery set state = 'delivered', next_try_at = null, delivered_at = now(), delivered_by = 'pushed' where id = (select min(id) from delivery)",
      /pushed without an attempt/,
    ],
    [
      'tried with success, and not delivered',
      "insert into attempt (delivery_id, number, lane_id, epoch, finished_at, outcome) select min(id), 1, 1, 1, now(), 'delivered' from delivery",
      /answered as delivered whose delivery is not/,
    ],
    [
      'sending without anybody',
      "update delivery set state = 'sending', next_try_at = null",
      /sending although the lease/,
    ],
    [
      'sending for longer than any lease',
      "update delivery set state = 'sending', next_try_at = null; update lane set lease_until = now() - interval '1 minute'",
      /sending although the lease/,
    ],
    [
      'a try that never ends',
      'insert into attempt (delivery_id, number, lane_id, epoch) select min(id), 1, 1, 1 from delivery',
      /without an outcome/,
    ],
    ['a lane that sleeps on its messages', 'update lane set wake_at = null', /but no alarm/],
    [
      "somebody else's address",
      "update address set organisation_number = '0000000000'",
      /address of an organisation that may not have them/,
    ],
    [
      'an address taken for an agent’s',
      "update delivery set principal = '0000000000'",
      /do not say rightly whether their address is an agent’s/,
    ],
    [
      'a try at an agent’s before its mandate ran',
      `insert into mandate (principal, agent, address_id, message_types, valid_from, valid_to, evidence, recorded_by)
         select organisation_number, '0000000000', id, message_types, now() + interval '1 hour', now() + interval '2 hours', 'e', 'test' from address;
       insert into attempt (delivery_id, number, lane_id, epoch, finished_at, outcome) select min(id), 1, 1, 1, now(), 'refused' from delivery;
       update address set organisation_number = '0000000000'`,
      /tries at an agent’s that were begun when no mandate ran/,
    ],
    [
      'a withdrawal that withdrew nothing',
      "update frame set verdict = 'withdrawal' where verdict = 'duplicate'",
      /withdrawals whose message still goes its way/,
    ],
    [
      'a dead letter that nobody is told of',
      'delete from outbox where dead_letter_id is not null',
      /without an answer in the outbox/,
    ],
  ];

  it('as it is, nothing is said', async () => {
    assert.deepEqual(await afterwards('select 1'), []);
  });

  for (const [what, sql, breach] of breaks)
    it(what, async () => {
      const breaches = await afterwards(sql);
      assert.ok(
        breaches.some((one) => breach.test(one)),
        JSON.stringify(breaches),
      );
    });

  it('what is as it should be, though it looks odd, is no breach', async () => {
    for (const sql of [
      "update lane set wake_at = null, state = 'paused'",
      "update lane set wake_at = null, state = 'held', reason = 'schedule-spent'",
      "update delivery set state = 'sending', next_try_at = null; update lane set lease_until = now() - interval '5 seconds'",
      "update delivery set state = 'refused', next_try_at = null; update lane set wake_at = null",
      // Numbers that were given up, once and once more.
      `insert into void_range select organisation_number, counter + 1, counter + 50, 1 from recipient; update recipient set counter = counter + 50;
       insert into void_range select organisation_number, counter + 1, counter + 7, 2 from recipient; update recipient set counter = counter + 7`,
      // A strict lane that stands still at a refused one.
      `update delivery set state = 'refused', next_try_at = null where id = (select min(id) from delivery);
       update address set ordering = 'strict'; update lane set wake_at = null`,
    ])
      assert.deepEqual(await afterwards(sql), [], sql);
  });

  it('delivered is absorbing, and what was signed or audited is never changed, whoever writes', async () => {
    const deliver = `update delivery set state = 'delivered', next_try_at = null, delivered_at = now(), delivered_by = 'pushed' where lane_id = ${lane}`;
    const pool = createPool({ url: await freshDatabase(), connections: 2, name: 'test' });
    try {
      await assert.rejects(pool.query('truncate audit'), /never changed/);
      await assert.rejects(pool.query('update envelope set head = null'), /never changed/);
      for (const change of [
        'delete from restoration',
        'delete from void_range',
        'truncate restoration cascade',
        'truncate void_range',
        'update restoration set margin = 1',
        'update void_range set last_sequence = 1',
      ])
        await assert.rejects(pool.query(change), /never changed/, change);
    } finally {
      await pool.close();
    }
    await assert.rejects(
      line.pool.transaction(async (db) => {
        await db.query(deliver);
        await db.query(
          `update delivery set state = 'waiting', next_try_at = now(), delivered_at = null, delivered_by = null where lane_id = ${lane}`,
        );
      }),
      /delivered and stays so/,
    );
  });
});
