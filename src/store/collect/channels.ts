/** What processes with a suppliers' listener are told by NOTIFY. */
import { errorText, type Log } from '../../platform/log.ts';
import type { Db, Pool } from '../pool.ts';

/** Payload: ids of lanes, with blanks between, in which something lies that may be fetched. */
export const storedChannel = 'kuvert_stored';

/** Payload: a certificate's fingerprint. It was taken out of use, somewhere or everywhere: see the triggers of the register. */
export const registerChannel = 'kuvert_register';

/** PostgreSQL takes payloads of fewer than 8 000 bytes. */
const payloadBytes = 7_900;

/**
 * Tells whoever waits at these lanes to look again. In the transaction of an operator; after the commit of the line's own
 * transactions, because those that notify commit one after the other.
 */
export async function notifyStored(db: Db, lanes: readonly number[]): Promise<void> {
  const payloads = payloadsOf(lanes);
  if (payloads.length === 0) return;
  await db.query('select pg_notify($1, payload) from unnest($2::text[]) as t (payload)', [storedChannel, payloads]);
}

/** Tells of lanes after the commit that filled them. */
export interface Teller {
  /** Waits for nothing; what is told while a statement is on its way goes with the next one. */
  tell(lanes: readonly number[]): void;
  /** When all is told. */
  close(): Promise<void>;
}

/** A word that does not get through is no loss: whoever waits asks again by itself when its time is over. */
export function createTeller(pool: Pool, log: Log): Teller {
  let untold = new Set<number>();
  let telling: Promise<void> | undefined;
  const tellAll = async (): Promise<void> => {
    while (untold.size > 0) {
      const lanes = [...untold];
      untold = new Set();
      await notifyStored(pool, lanes).catch((error: unknown) =>
        log.warn('who waits to fetch was not told', { lanes: lanes.length, error: errorText(error) }),
      );
    }
    telling = undefined;
  };
  return {
    tell: (lanes) => {
      for (const lane of lanes) untold.add(lane);
      if (untold.size > 0) telling ??= tellAll();
    },
    close: async () => telling,
  };
}

/** The lanes that a payload names; none: any of them. */
export function lanesIn(payload: string): readonly number[] {
  return payload === '' ? [] : payload.split(' ').map(Number);
}

function payloadsOf(lanes: readonly number[]): string[] {
  const payloads: string[] = [];
  for (const lane of new Set(lanes)) {
    const last = payloads.at(-1);
    const longer = `${last} ${lane}`;
    if (last === undefined || longer.length > payloadBytes) payloads.push(String(lane));
    else payloads[payloads.length - 1] = longer;
  }
  return payloads;
}
