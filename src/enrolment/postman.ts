/**
 * The postman sends the letters that are due, one at a time: 1 claim · 2 write, the link on record · 3 send · 4 what came of it.
 * Killed between 3 and 4 it sends the letter again, under the same Message-ID and with one more link.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isSpent, nextWait, type Schedule } from '../domain/schedule.ts';
import { errorText, type Log } from '../platform/log.ts';
import type { Mail, MailOutcome, SendMail } from '../platform/mail.ts';
import { readContact } from '../store/enrol/contacts.ts';
import { lockOrder } from '../store/enrol/orders.ts';
import {
  addLink,
  type ClaimedLetter,
  claimLetter,
  endTry,
  type LetterEnd,
  readCertificateFacts,
} from '../store/enrol/post.ts';
import { type Db, isServerTrouble, type Pool } from '../store/pool.ts';
import { aboutOwn } from './announce.ts';
import { linkHash, makeLink } from './codes.ts';
import { aboutEnd } from './end-notice.ts';
import type { LetterFacts } from './letters/facts.ts';
import { type LetterKind, letterKinds, writeLetter } from './letters/letters.ts';
import { aboutMandate } from './mandate-notice.ts';
import { standingOf } from './standing.ts';

export interface PostmanParts {
  readonly log: Log;
  readonly pool: Pool;
  readonly send: SendMail;
  /** Origin of the suppliers' listener. */
  readonly publicUrl: string;
  now(): Date;
  /** 0 ≤ random < 1. */
  random(): number;
}

const minute = 60_000;
/** A server that greylists wants the second try after some minutes; one that is away has three days. */
const schedule: Schedule = {
  waits: [1, 5, 15, 30, 60, 120, 240].map((minutes) => minutes * minute),
  total: 3 * 24 * 60 * minute,
  jitter: 0.2,
};
/** Milliseconds for one letter; well within the time that it is kept from others. */
const sendTimeout = minute;
const keptFor = 10 * minute;
/** For the row of the order that it is about. */
const lockTimeout = 10_000;

export type Sent = 'none' | LetterEnd['kind'] | 'taken-over';

/**
 * Sends the letter that has been due longest.
 * @throws what the store throws; the letter is then due again after ten minutes
 */
export async function sendNext(parts: PostmanParts, stopping: AbortSignal): Promise<Sent> {
  const { pool, log, now } = parts;
  // 1 Nobody else has it until its time is over.
  const letter = await pool.transaction((db) => claimLetter(db, now(), new Date(now().getTime() + keptFor)));
  if (letter === undefined) return 'none';
  // 2 The link is good before anybody can click on it.
  const mail = await pool
    .transaction((db) => writeMail(db, parts, letter), lockTimeout)
    .catch((error: unknown): MailOutcome => {
      if (isServerTrouble(error)) throw error;
      // Put aside: a letter that cannot be written must not stand before all others.
      log.error('a letter cannot be written', { letter: letter.id, kind: letter.kind, error: errorText(error) });
      return { kind: 'later', why: 'it cannot be written; the log says why' };
    });
  const outcome =
    'kind' in mail ? mail : await parts.send(mail, AbortSignal.any([stopping, AbortSignal.timeout(sendTimeout)]));
  const end = endOf(outcome, letter, parts);
  const mine = await pool.transaction((db) => endTry(db, letter, end, now()));
  const why = end.kind === 'sent' ? undefined : end.why;
  const file = outcome.kind === 'sent' && 'file' in outcome ? outcome.file : undefined;
  const line = { letter: letter.id, kind: letter.kind, contact: letter.contactId, tries: letter.tries, why, file };
  if (end.kind === 'given-up' && end.unreachable) log.warn('a letter was given up', line);
  else log.info(`letter ${end.kind}`, line);
  return mine ? end.kind : 'taken-over';
}

function endOf(outcome: MailOutcome | LetterEnd, { tries }: ClaimedLetter, { now, random }: PostmanParts): LetterEnd {
  switch (outcome.kind) {
    case 'sent':
    case 'given-up':
      return outcome;
    case 'refused':
      return { kind: 'given-up', why: outcome.why, unreachable: true };
    case 'later':
      if (isSpent(schedule, tries))
        return { kind: 'given-up', why: `for three days: ${outcome.why}`, unreachable: true };
      return {
        kind: 'later',
        why: outcome.why,
        nextTryAt: new Date(now().getTime() + nextWait(schedule, tries, random())),
      };
  }
}

/** The letter in today's words, or why there is none to send any more. */
async function writeMail(db: Db, { publicUrl, now }: PostmanParts, letter: ClaimedLetter): Promise<Mail | LetterEnd> {
  const contact = await readContact(db, letter.contactId);
  const kind = letterKinds.find((one) => one === letter.kind);
  if (contact === undefined || kind === undefined) return pointless(`this version writes no letter ${letter.kind}`);
  const about: About | string =
    kind === 'own-certificate' ? await aboutOwn(db, letter, publicUrl, now()) : await aboutOf(db, letter, kind, now());
  if (typeof about === 'string') return pointless(about);
  const { token, ...facts } = about;
  const { language } = contact;
  const link = token === undefined ? '' : `${publicUrl}/orders/${token}`;
  const written = writeLetter(kind, { language, contact, ...facts, link });
  const messageId = `letter.${letter.id}.${letter.createdAt.getTime()}@${new URL(publicUrl).hostname}`;
  return { to: contact.email, ...written, language, messageId };
}

const pointless = (why: string): LetterEnd => ({ kind: 'given-up', why, unreachable: false });

type About = Omit<LetterFacts, 'language' | 'contact' | 'link'> & { readonly token?: string };

function aboutOf(db: Db, letter: ClaimedLetter, kind: LetterKind, now: Date): Promise<About | string> {
  if (kind === 'certificate-ending' || kind === 'certificate-ended') return aboutEnd(db, letter, now);
  if (kind === 'mandate-ending') return aboutMandate(db, letter, now);
  return letter.orderId === undefined ? aboutCertificate(db, letter, kind) : aboutOrder(db, letter.orderId, kind, now);
}

async function aboutOrder(db: Db, id: string, kind: LetterKind, now: Date): Promise<About | string> {
  const order = await lockOrder(db, { id });
  if (order === undefined) return 'the order is not there';
  const standing = standingOf(order, now);
  if (kind === 'order' && standing !== 'ordered' && standing !== 'opened') return `the order is ${standing}`;
  const token = makeLink();
  await addLink(db, id, linkHash(token));
  return {
    organisation: order.organisation.name,
    environment: order.address.environment,
    description: order.description,
    ends: order.expiresAt,
    name: order.transferId,
    token,
  };
}

async function aboutCertificate(db: Db, { fingerprint }: ClaimedLetter, kind: LetterKind): Promise<About | string> {
  const facts = fingerprint === undefined ? undefined : await readCertificateFacts(db, fingerprint);
  if (fingerprint === undefined || facts === undefined) return 'the certificate is not there';
  const { organisation, environment, description, subject, notAfter, withdrawn } = facts;
  if (kind === 'certificate-issued' && withdrawn) return 'the certificate is withdrawn';
  return { organisation, environment, description: description ?? subject, ends: notAfter, name: fingerprint };
}

/** Milliseconds between two looks for letters, and after trouble with the store. */
const lookEvery = 2_000;
const troubleWait = 10_000;
/** What is on the wire at a stop has this long. */
const stopGrace = 5_000;

/** Sends what is due until it is stopped. */
export function startPostman(parts: PostmanParts): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const giveUp = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const sent = await sendNext(parts, giveUp.signal).catch((error: unknown) => {
        parts.log.warn('letters cannot be looked for', { error: errorText(error) });
        return 'trouble' as const;
      });
      const wait = sent === 'none' ? lookEvery : sent === 'trouble' ? troubleWait : 0;
      if (wait > 0) await sleep(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      const timer = setTimeout(() => giveUp.abort(), stopGrace);
      await running;
      clearTimeout(timer);
    },
  };
}
