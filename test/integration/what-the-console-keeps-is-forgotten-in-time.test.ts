import { isDeepStrictEqual } from 'node:util';
import { readAccountNamed } from '../../src/store/operator/accounts.ts';
import { type Console, openConsole } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import { type Line, openLine } from '../support/line.ts';

describe('what the console keeps', () => {
  let line: Line;
  let shown: Console;
  /** Hours that the console’s clock is ahead. */
  let ahead = 0;
  before(async () => {
    line = await openLine();
    shown = await openConsole({ store: line, options: { now: () => new Date(Date.now() + ahead * 3_600_000) } });
  });
  after(async () => {
    await shown?.stop();
    await line?.close();
  });

  const left = async () => {
    const { rows } = await line.pool.query<Record<string, unknown>>(
      `select (select count(*) from job_message) as messages, (select count(*) from job) as jobs, (select count(*) from test_call) as calls,
              (select string_agg(state || ' ' || extract(day from now() - at), ', ' order by id) from lane_change) as changes`,
    );
    return rows[0];
  };

  it('is forgotten when nobody needs it, but for what still goes on', async () => {
    const flows = (await line.addSupplier()).lane;
    const stands = (await line.addSupplier()).lane;
    await shown.signedIn('anna', 'operator');
    const account = (await readAccountNamed(line.pool, 'anna'))?.id;
    await line.pool.query(
      `insert into lane_change (lane_id, at, state)
       select lane, now() - days * interval '1 day', state
         from (values ($1::bigint, 400, 'held'), ($1, 399, 'flowing'), ($1, 10, 'held'), ($1, 9, 'flowing'), ($2::bigint, 400, 'held')) as v (lane, days, state)`,
      [flows, stands],
    );
    await line.pool.query(
      `insert into test_call (address_id, actor, reason, asked_at) select $1, 'a', 'r', now() - days * interval '1 day' from unnest(array[400, 10]) days`,
      [flows],
    );
    await line.pool.query(
      `with j as (
         insert into job (kind, wanted, account_id, actor, reason, rate, state, total, done, moved, order_row, made_at, began_at, ended_at)
         select 'release', '{}', $1, 'a', 'r', 1, 'done', 2, 2, 2, 1, t, t, t from (select now() - days * interval '1 day' as t from unnest(array[100, 10]) days) d
         returning id)
       insert into job_message (job_id, place, message_id, delivery) select id, place, gen_random_uuid(), 1 from j, generate_series(1, 2) place`,
      [account],
    );
    ahead += 2;
    const wanted = { messages: 2, jobs: 2, calls: 1, changes: 'held 10, flowing 9, held 400' };
    await eventually('what is old is gone', async () => isDeepStrictEqual(await left(), wanted));
  });
});
