import { strict as assert } from 'node:assert';
import { silentLog } from '../../src/platform/log.ts';
import { openStore } from '../../src/roles/parts.ts';
import type { Mailbox } from '../../src/store/collect/box.ts';
import { readFetchable, recordGiving } from '../../src/store/collect/fetch.ts';
import { listMailbox } from '../../src/store/collect/list.ts';
import { takeReceipts } from '../../src/store/collect/receipts.ts';
import { readOwn } from '../../src/store/collect/standing.ts';
import { readNumbers } from '../../src/store/numbers.ts';
import type { Pool } from '../../src/store/pool.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { preparedOn, readsWhole } from '../support/plans.ts';

describe('statements of the mailbox are planned once and by key', () => {
  let line: Line;
  let pool: Pool;
  let supplier: TestSupplier;
  let box: Mailbox;
  before(async () => {
    line = await openLine();
    pool = await openStore({ databaseUrl: line.databaseUrl, databaseConnections: 1 }, 'supplier-api', silentLog);
    supplier = await line.addSupplier({ delivery: 'pull' });
    box = { organisationNumber: supplier.organisationNumber, addresses: [supplier.lane] };
  });
  after(async () => {
    await pool.close();
    await line.close();
  });

  const giving = { fingerprint: 'a'.repeat(64), remoteAddress: '127.0.0.1' };
  const sealed = {
    format: 'cloudevents',
    head: 'h',
    signature: 's',
    sha256: 'b'.repeat(64),
    keyThumbprint: 't',
  } as const;

  it('after many rounds no statement has been planned for its values, and none reads a whole table', async () => {
    await line.take(framesFor(supplier.organisationNumber, 12));
    for (let round = 0; round < 8; round++) {
      const [oldest] = await listMailbox(pool, box, '0', 5);
      const id = String(oldest?.id);
      await readFetchable(pool, id, box);
      await recordGiving(pool, id, box, giving, sealed, () => true);
      // Again: the envelope that is there wins.
      await recordGiving(pool, id, box, giving, sealed, () => true);
      await takeReceipts(pool, [id], box, giving);
      await readOwn(pool, box, 'test');
      await readNumbers(pool, supplier.organisationNumber, 1, undefined, 10);
    }
    const ours = (await preparedOn(pool)).filter(({ statement }) => !statement.startsWith('explain'));
    assert.ok(ours.length >= 15, `${ours.length} statements`);
    for (const one of ours) {
      assert.equal(one.custom_plans, 0, one.statement);
      assert.deepEqual(await readsWhole(pool, one), [], one.statement);
    }
  });

  it('a page costs the rows that it has, and a message its own, however full the box is', async () => {
    const full = await line.addSupplier({ delivery: 'pull' });
    await fill(full, 20_000);
    const { organisationNumber, lane } = full;
    const { rows: some } = await line.pool.query<{ id: string }>(
      'select id from message where organisation_number = $1 order by sequence desc limit 10',
      [organisationNumber],
    );
    const ids = some.map(({ id }) => id).join(',');
    const asked: readonly (readonly [statement: string, values: string, most: number])[] = [
      ['%cross join lateral%message_number limit%', `'{${lane}}', '${organisationNumber}', 0, 11`, 44],
      ['%cross join lateral%message_number limit%', `'{${lane}}', '${organisationNumber}', 19000, 101`, 404],
      ['%void_range v join restoration%', `'${organisationNumber}', 1, 20000, 11`, 66],
      ['%void_range v join restoration%', `'${organisationNumber}', 15000, 20000, 11`, 66],
      ['%left join content c%', `'${some[0]?.id}', '{${lane}}', '${organisationNumber}'`, 10],
      ['%for update of d%', `'{${ids}}', '{${lane}}', '${organisationNumber}'`, 60],
    ];
    for (const [statement, values, most] of asked) {
      const { rows } = await pool.query<{ name: string }>(
        'select name from pg_prepared_statements where statement like $1 and statement not like $2',
        [statement, 'select name%'],
      );
      assert.equal(rows.length, 1, statement);
      const execute = `execute "${String(rows[0]?.name)}"(${values})`;
      const plan = await pool.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(`explain (analyze, format json) ${execute}`);
      const read = rowsRead(plan.rows[0]?.['QUERY PLAN'][0].Plan);
      assert.ok(read <= most, `${statement} (${values}) read ${read} rows`);
    }
  });

  interface Node {
    readonly 'Node Type': string;
    readonly 'Actual Rows': number;
    readonly 'Actual Loops': number;
    readonly 'Rows Removed by Filter'?: number;
    readonly Plans?: readonly Node[];
  }

  /** Rows that were taken from tables and indexes. */
  function rowsRead(node: Node | undefined): number {
    if (node === undefined) return 0;
    const { 'Actual Rows': rows, 'Actual Loops': loops, 'Rows Removed by Filter': removed = 0, Plans = [] } = node;
    const own =
      node['Node Type'].includes('Scan on') || node['Node Type'].includes('Index') ? (rows + removed) * loops : 0;
    return Plans.reduce((sum, one) => sum + rowsRead(one), own);
  }

  /** As intake would, had it all night. */
  async function fill(owner: TestSupplier, count: number): Promise<void> {
    await line.pool.query(
      `with r as (insert into recipient (organisation_number, counter) values ($1, $2)),
            given as (select gen_random_uuid() as id, n from generate_series(1, $2) n),
            m as (
              insert into message (id, organisation_number, sequence, environment, message_type, document_number, version, format,
                                   media_type, data_schema, document_sha256, document_size, event_time, event_at)
              select id, $1, n, 'test', 'self-invoice', 'N-' || n, 1, 'json', 'application/json', 'urn:test', sha256(id::text::bytea), 2,
                     '2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z' from given order by n
              returning id, number),
            f as (insert into frame (body_sha256, verdict, message_id) select sha256(id::text::bytea), 'message', id from m)
       insert into delivery (message_id, message_number, number, lane_id, state, next_try_at)
       select id, number, 1, $3, 'waiting', now() from m order by number`,
      [owner.organisationNumber, count, owner.lane],
    );
  }
});
