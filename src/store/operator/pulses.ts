/** What the processes of the line last said of themselves, for the overview. Losing it costs nothing: it is said again in seconds. */
import type { Db } from '../pool.ts';

/** Roles that work with servers which the operators' pages do not reach themselves. */
export type PulseRole = 'intake' | 'delivery';

export interface PulseValue {
  /** Milliseconds that Redis took to answer; null: it did not. */
  readonly redis: number | null;
  /** Role `intake`: its subscription. */
  readonly broker?: {
    /** The broker that frames come from; null: none. */
    readonly connectedTo: string | null;
    /** Milliseconds since it had one; null: it has one. */
    readonly away: number | null;
    /** When the oldest frame that is not stored yet was sent, as its producer's clock has it; null: none is on its way. */
    readonly oldest: string | null;
  };
}

export interface Pulse {
  readonly role: PulseRole;
  readonly at: Date;
  readonly value: PulseValue;
}

/** Seconds after which a process that said nothing more is taken for gone. */
export const pulsePatience = 20;

export async function writePulse(db: Db, role: PulseRole, process: string, value: PulseValue): Promise<void> {
  await db.query(
    `insert into pulse (role, process, at, value) values ($1, $2, clock_timestamp(), $3)
     on conflict (role, process) do update set at = excluded.at, value = excluded.value`,
    [role, process, JSON.stringify(value)],
  );
}

/** A process that stops well says so. */
export async function endPulse(db: Db, role: PulseRole, process: string): Promise<void> {
  await db.query('delete from pulse where role = $1 and process = $2', [role, process]);
}

/** Of the processes that run now, by the database's clock. */
export async function readPulses(db: Db): Promise<Pulse[]> {
  const { rows } = await db.query<Pulse & Record<string, unknown>>(
    `select role, at, value from pulse where at > clock_timestamp() - interval '${pulsePatience} seconds' order by role, at desc`,
  );
  return rows;
}

/** Those of processes that ended without a word. @returns how many */
export async function forgetPulses(db: Db): Promise<number> {
  const { rowCount } = await db.query(`delete from pulse where at < clock_timestamp() - interval '1 hour'`);
  return rowCount;
}
