/** Test calls: asked for by operators, made by role delivery, which is told of each by a trigger. */
import type { Db } from '../pool.ts';

/** NOTIFY channel whose payload is a test call's id: it was asked for, or answered. */
export const testCallChannel = 'kuvert_test_call';

/** Seconds after which nobody takes up a call any more, and who waits for it is told that none came. */
export const testCallPatience = 20;

/** What was met, as an outcome of a try has it; `reachable`: let in, by whom it must be. */
export interface TestCallResult {
  readonly kind: string;
  readonly fault?: string;
  readonly detail?: string;
  readonly tlsVersion?: string;
  readonly cipher?: string;
  readonly peerFingerprint?: string;
  readonly connectMs?: number;
  readonly tlsMs?: number;
  readonly totalMs: number;
  readonly remoteAddress?: string;
}

export interface TestCall {
  readonly id: number;
  readonly addressId: number;
  readonly actor: string;
  readonly reason: string;
  readonly askedAt: Date;
  readonly answeredAt: Date | undefined;
  readonly result: TestCallResult | undefined;
  /** By the database's clock: an answer may still come. */
  readonly open: boolean;
}

type Row = { readonly [K in keyof TestCall]: Exclude<TestCall[K], undefined> | null } & Record<string, unknown>;

const columns = `id, address_id as "addressId", actor, reason, asked_at as "askedAt", answered_at as "answeredAt", result,
  answered_at is null and asked_at > clock_timestamp() - interval '${testCallPatience} seconds' as open`;

const callOf = (row: Row): TestCall =>
  ({ ...row, answeredAt: row.answeredAt ?? undefined, result: row.result ?? undefined }) as TestCall;

/** Asks for one. Power lost before the commit: nothing was asked. @returns its id; undefined: one is open for that address already */
export async function insertTestCall(
  db: Db,
  call: { readonly addressId: number; readonly actor: string; readonly reason: string },
): Promise<number | undefined> {
  // Two who ask at once: the second waits here, and then sees the first one's row.
  await db.query('select 1 from lane where id = $1 for no key update', [call.addressId]);
  const { rows } = await db.query<{ id: number }>(
    `insert into test_call (address_id, actor, reason, asked_at)
     select $1::bigint, $2::text, $3::text, clock_timestamp()
      where (select true from test_call where address_id = $1 and answered_at is null
                and asked_at > clock_timestamp() - interval '${testCallPatience} seconds' limit 1) is null
     returning id`,
    [call.addressId, call.actor, call.reason],
  );
  return rows[0]?.id;
}

/** The newest of an address first. @param after only older ones than that with this id */
export async function listTestCalls(
  db: Db,
  addressId: number,
  limit: number,
  after: number = Number.MAX_SAFE_INTEGER,
): Promise<TestCall[]> {
  const { rows } = await db.query<Row>(
    `select ${columns} from test_call where address_id = $1 and id < $3 order by id desc limit $2`,
    [addressId, limit, after],
  );
  return rows.map(callOf);
}

export async function readTestCall(db: Db, id: number): Promise<TestCall | undefined> {
  const { rows } = await db.query<Row>(`select ${columns} from test_call where id = $1`, [id]);
  return rows[0] && callOf(rows[0]);
}

/**
 * For role delivery: takes one that nobody has taken, and that somebody still waits for.
 * Power lost after it: it is answered by nobody, and who waits is told so when the time is over.
 * @returns the address; undefined: it is not to be had
 */
export async function takeTestCall(db: Db, id: number): Promise<number | undefined> {
  const { rows } = await db.query<{ address_id: number }>(
    `update test_call set taken_at = clock_timestamp()
      where id = $1 and taken_at is null and answered_at is null
        and asked_at > clock_timestamp() - interval '${testCallPatience} seconds' returning address_id`,
    [id],
  );
  return rows[0]?.address_id;
}

/** Those that are still to be taken, oldest first: for who could not hear for a while. */
export async function openTestCalls(db: Db): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    `select id from test_call where answered_at is null and taken_at is null
        and asked_at > clock_timestamp() - interval '${testCallPatience} seconds' order by id`,
  );
  return rows.map(({ id }) => id);
}

export async function answerTestCall(db: Db, id: number, result: TestCallResult): Promise<void> {
  await db.query(
    'update test_call set answered_at = clock_timestamp(), result = $2 where id = $1 and answered_at is null',
    [id, JSON.stringify(result)],
  );
}
