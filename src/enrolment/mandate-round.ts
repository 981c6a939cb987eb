/**
 * Notices of mandates that end and that nothing follows: letters to the technical contacts of the agent and of the principal, and one
 * incident for operators in the last thirty days. What there is to do for one mandate is one transaction under its principal's lock, which
 * whoever gives or ends a mandate holds. Killed before its end, nothing was told.
 */
import { changeIncident, closeIncident, openIncident } from '../store/enrol/incidents.ts';
import { insertLetter } from '../store/enrol/letters.ts';
import {
  type MandateEnding,
  mandateContacts,
  mandateEnding,
  noticeName,
  readMandateEnding,
  readMandateEndings,
  readOpenMandateEnds,
} from '../store/enrol/mandate-ends.ts';
import { keepNotice } from '../store/enrol/notices.ts';
import { readMandates } from '../store/mandates.ts';
import { operate } from '../store/operate.ts';
import type { Db } from '../store/pool.ts';
import { lockRecipients } from '../store/suppliers-change.ts';
import type { NoticeParts } from './notice-round.ts';
import { noticeAt, noticeDue } from './notices.ts';

const day = 86_400_000;
/** Mandates that are read at once. */
const page = 200;
/** Milliseconds before the end from which on operators should see to it. */
const urgent = 30 * day;

/**
 * One round.
 * @throws what the store throws; what was told until then stays told, the next round goes on
 */
export async function giveMandateNotices(parts: NoticeParts): Promise<void> {
  const { pool, environment, daysAhead } = parts;
  const left = new Set(await readOpenMandateEnds(pool));
  const until = new Date(parts.now().getTime() + Math.max(urgent / day, ...daysAhead) * day);
  let last: MandateEnding | undefined;
  for (;;) {
    const endings = await readMandateEndings(pool, { environment, now: parts.now() }, until, last, page);
    for (const ending of endings) {
      left.delete(ending.id);
      if (hasWork(parts, ending)) await settle(parts, ending);
    }
    last = endings.at(-1);
    if (endings.length < page) break;
  }
  for (const id of left)
    for (const one of await readMandates(pool, { id, over: true }))
      if (one.environment === environment) await settle(parts, one);
}

const lifetimeOf = ({ from, to }: MandateEnding) => ({ notBefore: from, notAfter: to });

/** Time for the incident: not for one that was given for a few days and has most of them before it. */
const isUrgent = ({ daysAhead }: NoticeParts, ending: MandateEnding, at: Date): boolean =>
  ending.to.getTime() - at.getTime() <= urgent && noticeAt(daysAhead, lifetimeOf(ending), at) !== undefined;

function hasWork(parts: NoticeParts, ending: MandateEnding): boolean {
  const at = parts.now();
  if (isUrgent(parts, ending, at) && !ending.open) return true;
  return noticeDue(parts.daysAhead, lifetimeOf(ending), ending.given, at) !== undefined;
}

async function settle(parts: NoticeParts, { id, principal }: { readonly id: number; readonly principal: string }) {
  const { pool, environment, now, log } = parts;
  const told = await operate(pool, false, async (db) => {
    await lockRecipients(db, [principal]);
    const at = now();
    const ending = await readMandateEnding(db, id, { environment, now: at });
    if (ending !== undefined) return tell(db, parts, ending, at);
    return (await closeIncident(db, mandateEnding(id), at)) ? ('over' as const) : undefined;
  });
  if (told === 'over') log.info('a mandate is over or followed', { mandate: id });
  else if (told !== undefined) log.warn('a mandate ends and nothing follows it', told);
}

/** @returns for the log; undefined: nothing was told */
async function tell(
  db: Db,
  parts: NoticeParts,
  ending: MandateEnding,
  at: Date,
): Promise<Record<string, unknown> | undefined> {
  const { id, principal, agent, to } = ending;
  const due = noticeDue(parts.daysAhead, lifetimeOf(ending), ending.given, at);
  const given = due !== undefined && (await keepNotice(db, noticeName(id), due, at));
  const contacts = await mandateContacts(db, id);
  const details = detailsOf(
    ending,
    contacts.map(({ contactId }) => contactId),
  );
  const key = mandateEnding(id);
  const opened = isUrgent(parts, ending, at) && (await openIncident(db, key, details, at));
  if (given && !opened) await changeIncident(db, key, details);
  if (given)
    for (const { contactId, side } of contacts)
      await insertLetter(db, {
        kind: 'mandate-ending',
        contactId,
        details: { mandate: id, side, days: due, environment: parts.environment },
        at,
      });
  return given || opened
    ? { mandate: id, principal, agent, to, days: due, contacts: contacts.length, opened }
    : undefined;
}

/** Whose, for whom, and when; no person's name. */
const detailsOf = (ending: MandateEnding, contacts: readonly number[]): Record<string, unknown> => {
  const { principal, principalName, agent, agentName, address, to, unfollowed, waiting } = ending;
  return { principal, principalName, agent, agentName, address, to: to.toISOString(), unfollowed, waiting, contacts };
};
