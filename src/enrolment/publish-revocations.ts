/** Revocation lists for outsiders: made when something was revoked, and before the last one ends. Inside, the register decides. */
import { createHash } from 'node:crypto';
import { type RevocationReason, revocationReasons } from '../domain/revocation.ts';
import type { Issuer } from '../pki/authority.ts';
import { makeRevocationList } from '../pki/revocation-list.ts';
import type { Log } from '../platform/log.ts';
import {
  dropEndedLists,
  insertList,
  lockLists,
  type RevokedEntry,
  readNewestList,
  readRevoked,
} from '../store/enrol/revocation-lists.ts';
import type { Pool } from '../store/pool.ts';

export interface PublishingParts {
  readonly log: Log;
  readonly pool: Pool;
  readonly issuer: Issuer;
  now(): Date;
  /** Milliseconds between two lists, and that one may be used. */
  readonly interval: number;
  readonly lifetime: number;
}

/** RFC 5280 §3.3: an entry stays until a list was made after the certificate's end; and a good while longer, for who was away. */
const keptAfterEnd = 31 * 86_400_000;
/** A list that has ended may be asked about. */
const listsKept = 31 * 86_400_000;

/**
 * Makes a list if the newest does not say what the register says, or is as old as the interval.
 * Power lost before the commit: there is no such list, and its number is the next one's. Several processes: one makes it.
 * @returns its number; undefined when none was due
 */
export async function publishIfDue(parts: PublishingParts): Promise<number | undefined> {
  const { log, pool, issuer, now, interval, lifetime } = parts;
  const authority = issuer.certificate.fingerprint;
  const made = await pool.transaction(async (db) => {
    await lockLists(db, authority);
    const at = now();
    const entries = await readRevoked(db, authority, new Date(at.getTime() - keptAfterEnd));
    const entriesSha256 = createHash('sha256').update(JSON.stringify(entries)).digest();
    const newest = await readNewestList(db, authority);
    if (newest !== undefined && newest.entriesSha256.equals(entriesSha256) && isFresh(newest, at, interval))
      return undefined;
    const number = (newest?.number ?? 0) + 1;
    // Whole seconds, as the list has them. Clocks differ: a list of now is not taken for one of tomorrow.
    const second = Math.floor(at.getTime() / 1_000) * 1_000;
    const nextUpdateAt = new Date(second + lifetime);
    const der = await makeRevocationList(issuer, {
      number,
      thisUpdate: new Date(second - backdated),
      nextUpdate: nextUpdateAt,
      entries: entries.map((entry) => ({ ...entry, reason: reasonOf(entry) })),
    });
    await insertList(db, authority, { number, madeAt: at, nextUpdateAt, entriesSha256, der });
    await dropEndedLists(db, authority, new Date(at.getTime() - listsKept));
    return { number, entries: entries.length, nextUpdateAt };
  });
  if (made !== undefined) log.info('a revocation list', { authority, ...made });
  return made?.number;
}

const backdated = 60_000;

/** The clock may have been set back: a list of tomorrow is followed by one of today. */
const isFresh = ({ madeAt }: { readonly madeAt: Date }, now: Date, interval: number): boolean =>
  Math.abs(now.getTime() - madeAt.getTime()) < interval;

function reasonOf({ reason }: RevokedEntry): RevocationReason {
  return revocationReasons.find((one) => one === reason) ?? 'cessationOfOperation';
}
