/**
 * Notices of certificates that end, to technical contacts and operators. One round looks at all that end soon or have ended, and at
 * every incident that is open; what there is to do for one certificate is one transaction under its row's lock: 1 look anew · 2 the
 * notice is on record, which only one process can bring about · 3 the incident · 4 the letter. Killed before its end, nothing was told.
 */
import type { Environment } from '../domain/message.ts';
import type { Log } from '../platform/log.ts';
import { changeIncident, closeIncident, openIncident } from '../store/enrol/incidents.ts';
import { insertLetter } from '../store/enrol/letters.ts';
import {
  type Ending,
  type EndingKind,
  endIncident,
  keepNotice,
  lockEnding,
  readEnding,
  readEndings,
  readOpenEnds,
} from '../store/enrol/notices.ts';
import { operate } from '../store/operate.ts';
import type { Db, Pool } from '../store/pool.ts';
import { ended, noticeAt, noticeDue } from './notices.ts';

export interface NoticeParts {
  readonly log: Log;
  readonly pool: Pool;
  readonly environment: Environment;
  /** Days ahead. */
  readonly daysAhead: readonly number[];
  now(): Date;
}

const day = 86_400_000;
/** Certificates that are read at once. */
const page = 200;
const kinds: readonly EndingKind[] = ['supplier', 'own'];

/** Of the incidents that are open those whose certificate is followed, withdrawn or out of use by now: without waiting for the next round. */
export async function closeProvidedFor(parts: NoticeParts): Promise<void> {
  const { pool, environment, now } = parts;
  for (const kind of kinds)
    for (const fingerprint of await readOpenEnds(pool, kind))
      if ((await readEnding(pool, kind, fingerprint, { environment, now: now() })) === undefined)
        await settle(parts, kind, fingerprint);
}

/**
 * One round.
 * @throws what the store throws; what was told until then stays told, the next round goes on
 */
export async function giveNotices(parts: NoticeParts): Promise<void> {
  for (const kind of kinds) {
    const left = new Set(await readOpenEnds(parts.pool, kind));
    const until = new Date(parts.now().getTime() + Math.max(0, ...parts.daysAhead) * day);
    let last: Ending | undefined;
    for (;;) {
      const query = { environment: parts.environment, now: parts.now() };
      const endings = await readEndings(parts.pool, kind, query, until, last, page);
      for (const ending of endings) {
        left.delete(ending.fingerprint);
        if (hasWork(parts, ending)) await settle(parts, kind, ending.fingerprint);
      }
      last = endings.at(-1);
      if (endings.length < page) break;
    }
    for (const fingerprint of left) await settle(parts, kind, fingerprint);
  }
}

function hasWork({ daysAhead, now }: NoticeParts, ending: Ending): boolean {
  const at = now();
  if (noticeAt(daysAhead, ending, at) === undefined) return false;
  return !ending.open || noticeDue(daysAhead, ending, ending.given, at) !== undefined;
}

async function settle(parts: NoticeParts, kind: EndingKind, fingerprint: string): Promise<void> {
  const { pool, log, now } = parts;
  const told = await operate(pool, false, async (db) => {
    const at = now();
    await lockEnding(db, kind, fingerprint);
    const ending = await readEnding(db, kind, fingerprint, { environment: parts.environment, now: at });
    if (ending !== undefined) return tell(db, parts, kind, ending, at);
    return (await closeIncident(db, endIncident(kind, fingerprint), at)) ? ('over' as const) : undefined;
  });
  if (told === 'over') log.info('the end of a certificate is provided for', { certificate: fingerprint });
  else if (told !== undefined) log.warn('a certificate ends and nothing follows it', told);
}

/** @returns for the log; undefined: nothing was told */
async function tell(
  db: Db,
  { daysAhead, environment }: NoticeParts,
  kind: EndingKind,
  ending: Ending,
  at: Date,
): Promise<Record<string, unknown> | undefined> {
  const days = noticeAt(daysAhead, ending, at);
  if (days === undefined) return undefined;
  const { fingerprint, notAfter, supplier } = ending;
  const due = noticeDue(daysAhead, ending, ending.given, at);
  const given = due !== undefined && (await keepNotice(db, fingerprint, due, at));
  const key = endIncident(kind, fingerprint);
  const details = detailsOf(ending, days);
  const opened = await openIncident(db, key, details, at);
  if (given && !opened) await changeIncident(db, key, details);
  const contact = supplier?.contactId;
  if (given && contact !== undefined)
    await insertLetter(db, {
      kind: due === ended ? 'certificate-ended' : 'certificate-ending',
      contactId: contact,
      fingerprint,
      details: { days: due, environment },
      at,
    });
  return given || opened ? { certificate: fingerprint, kind, notAfter, days, contact, opened } : undefined;
}

/** Of whom, what and when; no person's name. `days` is -1 when it has ended. */
function detailsOf({ supplier, purpose, subject, notAfter }: Ending, days: number): Record<string, unknown> {
  const about = { subject, notAfter: notAfter.toISOString(), days };
  if (supplier === undefined) return { ...about, purpose };
  const { organisationNumber, organisation, description, addresses, waiting, contactId } = supplier;
  return { ...about, organisationNumber, organisation, description, addresses, waiting, contact: contactId ?? null };
}
