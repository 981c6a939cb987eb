/**
 * Our own next certificates are announced: 60 days before each is used, or at once if it is less, and to who comes meanwhile. What there
 * is to tell of one is one transaction under its row's lock: 1 look whether it is time · 2 the letters, for those who have none · 3 it is
 * announced. Killed before its end, nobody was told and it is done anew; after it, letters lie where the postman finds them.
 */
import type { Environment } from '../domain/message.ts';
import type { Log } from '../platform/log.ts';
import {
  insertAnnouncements,
  lockUnannounced,
  readOwnFacts,
  readUnannounced,
  setAnnounced,
} from '../store/enrol/announcements.ts';
import { readContactOrganisation } from '../store/enrol/contacts.ts';
import type { ClaimedLetter } from '../store/enrol/post.ts';
import { operate } from '../store/operate.ts';
import type { Db, Pool } from '../store/pool.ts';
import { type Loop, startLoop } from './authority-loop.ts';
import type { LetterFacts } from './letters/facts.ts';

/** Suppliers know of it so long before, in milliseconds. */
export const announcedAhead = 60 * 86_400_000;

export interface AnnounceParts {
  readonly log: Log;
  readonly pool: Pool;
  readonly environment: Environment;
  now(): Date;
}

const queryOf = (environment: Environment, now: Date) => ({
  environment,
  now,
  until: new Date(now.getTime() + announcedAhead),
});

/** Milliseconds between two rounds. */
const lookEvery = 3_600_000;

/** A round now and each hour, until it is stopped. Any number of processes may. */
export const startAnnouncing = (parts: AnnounceParts): Loop =>
  startLoop(() => announceAll(parts), lookEvery, parts.log, 'our own next certificates cannot be announced');

export async function announceAll({ pool, log, environment, now }: AnnounceParts): Promise<void> {
  for (const fingerprint of await readUnannounced(pool, queryOf(environment, now()))) {
    const letters = await operate(pool, false, (db) => announce(db, fingerprint, environment, now()));
    if (letters !== undefined && letters > 0)
      log.info('a certificate of our own is announced', { certificate: fingerprint, letters });
  }
}

/** In the caller's transaction. @returns how many letters; undefined: it is not time, or it follows no other */
export async function announce(
  db: Db,
  fingerprint: string,
  environment: Environment,
  at: Date,
): Promise<number | undefined> {
  if (!(await lockUnannounced(db, fingerprint, queryOf(environment, at)))) return undefined;
  const letters = await insertAnnouncements(db, fingerprint, at);
  await setAnnounced(db, fingerprint, at);
  return letters;
}

/** What the letter says, or why it need not be sent any more. */
export async function aboutOwn(
  db: Db,
  { fingerprint, details, contactId }: Pick<ClaimedLetter, 'fingerprint' | 'details' | 'contactId'>,
  publicUrl: string,
  now: Date,
): Promise<Omit<LetterFacts, 'language' | 'contact' | 'link'> | string> {
  const facts = fingerprint === undefined ? undefined : await readOwnFacts(db, fingerprint, String(details['useFrom']));
  const organisation = await readContactOrganisation(db, contactId);
  if (fingerprint === undefined || facts === undefined || organisation === undefined)
    return 'the certificate is not there';
  if (facts.withdrawnAt !== null) return 'the certificate was withdrawn';
  if (!facts.isCurrent) return 'it is used from another time, of which another letter tells';
  const { purpose, environment, subject, useFrom, notAfter } = facts;
  return {
    organisation,
    environment,
    description: subject,
    ends: notAfter,
    name: fingerprint,
    own: { purpose, useFrom, isUsed: useFrom <= now, list: `${publicUrl}/.well-known/kuvert/certificates.json` },
  };
}
