/** Conservation: what was taken is accounted for, always. Shown to operators, and the oracle of every integration test. */
import type { Db, Pool } from './pool.ts';

/** What was taken and what became of it. */
export interface Sums {
  /** Frames taken from the broker, and what they became. */
  readonly taken: number;
  readonly messages: number;
  readonly duplicates: number;
  readonly deadLetters: number;
  readonly withdrawals: number;
  /** Messages whose rows were purged after their time; counted in `messages`. */
  readonly purged: number;
  /** Numbers that were given up after the database was brought back; no message has them. */
  readonly voided: number;
  readonly waiting: number;
  readonly sending: number;
  readonly delivered: number;
  readonly refused: number;
  readonly held: number;
  readonly cancelled: number;
  /** Answers and dead letters that are not with the broker yet. */
  readonly outboxDepth: number;
  /** Frames that became dead letters. */
  readonly deadFrames: number;
}

export interface Conservation extends Sums {
  readonly conserved: boolean;
  /** One sentence for each law that does not hold. */
  readonly breaches: readonly string[];
}

/** Laws whose count must be zero, each with the sentence that says what is wrong. */
export const laws: readonly (readonly [breach: string, sql: string])[] = [
  [
    'recipients whose counter is not the number of their messages and void numbers, or not the highest sequence',
    `select count(*) from recipient r
       left join (select organisation_number, count(*) as n, max(sequence) as most from message group by 1) m using (organisation_number)
       left join (select organisation_number, sum(last_sequence - first_sequence + 1) as n, max(last_sequence) as most
                    from void_range group by 1) v using (organisation_number)
      where r.counter <> coalesce(m.n, 0) + r.purged + coalesce(v.n, 0)
         or r.counter <> greatest(m.most, v.most, r.purged + coalesce(v.n, 0))`,
  ],
  [
    'messages whose number is void',
    `select count(*) from void_range v join message m on m.organisation_number = v.organisation_number
        and m.sequence between v.first_sequence and v.last_sequence`,
  ],
  [
    'messages without exactly one current delivery',
    `select count(*) from message m where (select count(*) from delivery d where d.message_id = m.id and d.current) <> 1`,
  ],
  [
    'messages without the frame that they came from',
    `select count(*) from message m where not exists (select from frame f where f.message_id = m.id and f.verdict = 'message')`,
  ],
  [
    'deliveries marked as pushed without an attempt that was answered so',
    `select count(*) from delivery d where d.state = 'delivered' and d.delivered_by = 'pushed'
        and not exists (select from attempt a where a.delivery_id = d.id and a.outcome = 'delivered')`,
  ],
  [
    'deliveries marked as collected without a receipt',
    `select count(*) from delivery d where d.state = 'delivered' and d.delivered_by = 'collected'
        and not exists (select from receipt r where r.delivery_id = d.id)`,
  ],
  [
    'receipts whose delivery is not marked as collected',
    `select count(*) from receipt r join delivery d on d.id = r.delivery_id
      where d.state <> 'delivered' or d.delivered_by <> 'collected'`,
  ],
  [
    'messages that were receipted or fetched without ever having been sealed',
    `select count(*) from (select d.message_id from receipt r join delivery d on d.id = r.delivery_id
                           union select message_id from collection) x
      where not exists (select from envelope e where e.message_id = x.message_id)`,
  ],
  [
    'attempts answered as delivered whose delivery is not',
    `select count(*) from attempt a join delivery d on d.id = a.delivery_id where a.outcome = 'delivered' and d.state <> 'delivered'`,
  ],
  [
    'deliveries that are sending although the lease of their lane ran out long ago',
    `select count(*) from delivery d join lane l on l.id = d.lane_id
      where d.state = 'sending' and (l.lease_until is null or l.lease_until < clock_timestamp() - interval '30 seconds')`,
  ],
  [
    'tries of deliveries that are not sending, without an outcome',
    `select count(*) from attempt a join delivery d on d.id = a.delivery_id where a.outcome is null and d.state not in ('sending', 'delivered')`,
  ],
  [
    'lanes that flow and have something to send, but no alarm',
    `select count(*) from lane l join address a on a.id = l.id
      where l.state in ('flowing', 'backing-off') and l.wake_at is null and a.delivery = 'push' and a.retired_at is null
        and exists (select from delivery d where d.lane_id = l.id and d.state = 'waiting'
                       and (a.ordering <> 'strict' or not exists (
                         select from delivery e where e.lane_id = l.id and e.state in ('waiting', 'refused', 'held')
                            and e.message_number < d.message_number and e.reason is distinct from 'superseded')))`,
  ],
  [
    'deliveries that lead to the address of an organisation that may not have them',
    `select count(*) from delivery d join message m on m.id = d.message_id join address a on a.id = d.lane_id
      where a.organisation_number <> m.organisation_number
        and not exists (select from mandate x where x.principal = m.organisation_number and x.address_id = a.id and m.message_type = any(x.message_types))`,
  ],
  [
    'deliveries that do not say rightly whether their address is an agent’s',
    `select count(*) from delivery d join message m on m.id = d.message_id left join address a on a.id = d.lane_id
      where d.principal is distinct from case when a.organisation_number <> m.organisation_number then m.organisation_number end`,
  ],
  [
    'tries at an agent’s that were begun when no mandate ran',
    `select count(*) from attempt t join delivery d on d.id = t.delivery_id join message m on m.id = d.message_id join address a on a.id = t.lane_id
      where a.organisation_number <> m.organisation_number and t.outcome not in ('not-sent', 'unsendable', 'unknown')
        and not exists (select from mandate x where x.principal = m.organisation_number and x.address_id = a.id
                           and m.message_type = any(x.message_types) and t.started_at >= x.valid_from and t.started_at < x.ends_at)`,
  ],
  [
    'withdrawals whose message still goes its way',
    `select count(*) from frame f join message m on m.id = f.message_id
      where f.verdict = 'withdrawal'
        and not exists (select from delivery d where d.message_id = m.id and d.state in ('cancelled', 'delivered'))`,
  ],
  [
    'dead letters without an answer in the outbox',
    `select count(*) from dead_letter x where not exists (select from outbox o where o.dead_letter_id = x.id)`,
  ],
];

/** Reads one consistent picture: every count and law sees the same moment. */
export function conservation(pool: Pool): Promise<Conservation> {
  return pool.transaction(async (db) => {
    await db.query('set transaction isolation level repeatable read, read only');
    const sums = await readSums(db);
    const breaches = [...sumBreaches(sums), ...(await readBreaches(db))];
    return { ...sums, conserved: breaches.length === 0, breaches };
  });
}

/** Counts whole tables: for a pool that may read them so, now and then. */
export async function readSums(db: Db): Promise<Sums> {
  const { rows } = await db.query<Record<string, number>>(
    `select (select count(*) from frame) as taken,
            (select count(*) from frame where verdict = 'duplicate') as duplicates,
            (select count(*) from frame where verdict = 'dead-letter') as dead_frames,
            (select count(*) from frame where verdict = 'withdrawal') as withdrawals,
            (select count(*) from dead_letter) as dead_letters,
            (select count(*) from message) as messages,
            (select coalesce(sum(purged), 0)::bigint from recipient) as purged,
            (select coalesce(sum(last_sequence - first_sequence + 1), 0)::bigint from void_range) as voided,
            (select count(*) from outbox where sent_at is null) as outbox_depth`,
  );
  const { rows: states } = await db.query<{ state: string; n: number }>(
    'select state, count(*) as n from delivery where current group by state',
  );
  const of = (state: string): number => states.find((row) => row.state === state)?.n ?? 0;
  const number = (name: string): number => rows[0]?.[name] ?? 0;
  return {
    taken: number('taken'),
    messages: number('messages') + number('purged'),
    duplicates: number('duplicates'),
    deadLetters: number('dead_letters'),
    deadFrames: number('dead_frames'),
    withdrawals: number('withdrawals'),
    purged: number('purged'),
    voided: number('voided'),
    waiting: of('waiting'),
    sending: of('sending'),
    delivered: of('delivered'),
    refused: of('refused'),
    held: of('held'),
    cancelled: of('cancelled'),
    outboxDepth: number('outbox_depth'),
  };
}

/** What the sums themselves must be. */
export function sumBreaches({ taken, messages, duplicates, deadLetters, deadFrames, withdrawals }: Sums): string[] {
  const breaches: string[] = [];
  if (taken !== messages + duplicates + deadLetters + withdrawals)
    breaches.push(
      `${taken} frames were taken, but ${messages} messages, ${duplicates} duplicates, ${deadLetters} dead letters and ${withdrawals} withdrawals are not as many`,
    );
  if (deadFrames !== deadLetters)
    breaches.push(`${deadFrames} frames became dead letters, but there are ${deadLetters}`);
  return breaches;
}

/** Laws that do not hold; each reads much of the book. */
export async function readBreaches(db: Db): Promise<string[]> {
  const breaches: string[] = [];
  for (const [breach, sql] of laws) {
    const { rows } = await db.query<{ count: number }>(sql);
    const count = rows[0]?.count ?? 0;
    if (count > 0) breaches.push(`${count} ${breach}`);
  }
  return breaches;
}
