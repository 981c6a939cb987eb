/** What the overview shows beside the book: two busy hours for its chart, and processes that are well. */
import { randomUUID } from 'node:crypto';
import { createRenewal } from '../../src/operations/renewal.ts';
import { silentLog } from '../../src/platform/log.ts';
import type { PulseRole, PulseValue } from '../../src/store/operator/pulses.ts';
import type { Pool } from '../../src/store/pool.ts';

const many = 900;

/** The oldest frames and tries of the book are lent for it: no picture shows the messages that they belong to. */
export async function makeBusy(pool: Pool, until: Date): Promise<void> {
  // More at some times than at others, and the same each time.
  const when = `$1::timestamptz - interval '2 hours' * least(1, greatest(0, (n + 45 * sin(n / 70.0) + abs(hashint4(n::integer) % 12)) / ${many}))`;
  await pool.query(
    `with lent as (select id, row_number() over (order by id) as n from frame where verdict = 'message' order by id limit ${many})
     update frame f set taken_at = ${when} from lent where lent.id = f.id`,
    [until],
  );
  await pool.query(
    `with lent as (select delivery_id, number, row_number() over (order by delivery_id) as n from attempt
                    where outcome = 'delivered' order by delivery_id limit ${many - 60})
     update attempt t set started_at = ${when} + interval '2 seconds', finished_at = ${when} + interval '2.1 seconds'
       from lent where lent.delivery_id = t.delivery_id and lent.number = t.number`,
    [until],
  );
  const broker = { connectedTo: 'stomp+ssl://ko-1.exempel.se:61612', away: null, oldest: null };
  await beat(pool, 'intake', { redis: 1, broker });
  await beat(pool, 'delivery', { redis: 1 });
  // The listener made its sums before.
  await pool.query('delete from snapshot');
  await createRenewal({ pool, log: silentLog }).round(until);
}

/** A process that is there for as long as pictures are taken. */
const beat = (pool: Pool, role: PulseRole, value: PulseValue) =>
  pool.query("insert into pulse (role, process, at, value) values ($1, $2, clock_timestamp() + interval '1 day', $3)", [
    role,
    randomUUID(),
    JSON.stringify(value),
  ]);
