/** What the console keeps is let go of when nobody needs it any more, in small steps. If the power fails between two, the rest goes the next time. */
import type { Db } from '../pool.ts';

/** Rows of one statement. */
const step = 1_000;

/**
 * How lanes were before a time; of a lane that has stood still since then, all of it stays.
 * @returns how many rows went; call again until none does
 */
export async function forgetLaneChanges(db: Db, before: Date): Promise<number> {
  const { rowCount } = await db.query(
    `delete from lane_change where id in (
       select c.id from lane_change c where c.at < $1 and exists (
         select 1 from lane_change f where f.lane_id = c.lane_id and f.state = 'flowing' and f.at < $1 and f.at >= c.at and f.id >= c.id)
        order by c.id limit ${step})`,
    [before],
  );
  return rowCount;
}

/** @returns how many rows went; call again until none does */
export async function forgetTestCalls(db: Db, before: Date): Promise<number> {
  const { rowCount } = await db.query(
    `delete from test_call where id in (select id from test_call where asked_at < $1 order by id limit ${step})`,
    [before],
  );
  return rowCount;
}

/**
 * Which messages a job was for that ended before a time; the job itself stays, and the audit names each message that it moved.
 * @returns how many rows went; call again until none does
 */
export async function forgetJobMessages(db: Db, before: Date): Promise<number> {
  const { rowCount } = await db.query(
    `delete from job_message m using (
       select job_id, place from job_message where job_id in (select id from job where ended_at < $1) order by job_id, place limit ${step}) o
      where m.job_id = o.job_id and m.place = o.place`,
    [before],
  );
  return rowCount;
}
