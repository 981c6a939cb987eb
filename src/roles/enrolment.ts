/** What the suppliers' listener has beside mailboxes: letters to technical contacts, the page behind their links, and EST. */
import type { X509Certificate } from 'node:crypto';
import { startAnnouncing } from '../enrolment/announce.ts';
import type { Decisions } from '../enrolment/decisions.ts';
import { estRoutes } from '../enrolment/face/est.ts';
import { orderPageRoutes } from '../enrolment/face/order-page.ts';
import { startPostman } from '../enrolment/postman.ts';
import { type Notices, startNotices } from '../enrolment/start-notices.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Route } from '../platform/http/app.ts';
import { createGuesses, type Guesses } from '../platform/http/guesses.ts';
import type { Log } from '../platform/log.ts';
import { openMail } from '../platform/mail.ts';
import { openSms } from '../platform/sms.ts';
import { readAuthorities } from '../store/enrol/authorities.ts';
import type { Db, Pool } from '../store/pool.ts';
import type { SupplierApiCredentials } from './credentials.ts';

export const enrolmentSettings = [
  'publicUrl',
  'mailUrl',
  'mailFrom',
  'mailCaFile',
  'smsUrl',
  'smsFrom',
  'wrongGuesses',
  'expiryNotices',
] as const satisfies readonly SettingKey[];
type EnrolmentSettings = Pick<Settings, 'environment' | (typeof enrolmentSettings)[number]>;

interface Parts {
  readonly pool: Pool;
  readonly log: Log;
  readonly credentials: () => Pick<SupplierApiCredentials, 'mailCa' | 'authorities'>;
  readonly decisions: Decisions;
  now(): Date;
}

export interface Enrolment {
  readonly routes: readonly Route[];
  /** Of this process, for all that can be guessed at. */
  readonly guesses: Guesses;
  /** Letters go out from now on. */
  startPost(): AsyncDisposable;
  /** Certificates and mandates that end, and our own certificates that begin, are told of from now on. */
  startNotices(): AsyncDisposable & Pick<Notices, 'registerChanged'>;
}

export function openEnrolment(settings: EnrolmentSettings, parts: Parts): Enrolment {
  const { pool, log, credentials, now } = parts;
  const { publicUrl, mailUrl, smsUrl } = settings;
  const guesses = createGuesses(settings.wrongGuesses, () => performance.now());
  const sendSms = smsUrl === undefined ? undefined : openSms({ url: smsUrl, from: settings.smsFrom });
  const authorities = () => credentials().authorities;
  const page = (origin: string): readonly Route[] =>
    orderPageRoutes({
      desk: { log, pool, sendSms, now },
      guesses,
      fetching: async () => ({ publicUrl: origin, roots: await rootsOf(pool, authorities()) }),
    });
  const est = estRoutes({ ...parts, guesses, authorities, patience: decisionPatience });
  return {
    // Without it no letter has a link.
    routes: [...est, ...(publicUrl === undefined ? [] : page(publicUrl))],
    guesses,
    startPost: () => {
      if (mailUrl === undefined || publicUrl === undefined) {
        log.warn('there is no mail account (KUVERT_MAIL_URL): letters to technical contacts wait');
        return { [Symbol.asyncDispose]: () => Promise.resolve() };
      }
      const send = openMail({ url: mailUrl, from: settings.mailFrom, ca: credentials().mailCa });
      const postman = startPostman({ log, pool, send, publicUrl, now, random: Math.random });
      return { [Symbol.asyncDispose]: () => postman.stop() };
    },
    startNotices: () => {
      const { environment, expiryNotices: daysAhead } = settings;
      const notices = startNotices({ log, pool, environment, daysAhead, now });
      const announcing = startAnnouncing({ log, pool, environment, now });
      return {
        registerChanged: notices.registerChanged,
        [Symbol.asyncDispose]: async () => void (await Promise.all([notices.stop(), announcing.stop()])),
      };
    },
  };
}

/** Milliseconds that who asks for a certificate is kept waiting for the authority before it is told to come back. */
const decisionPatience = 10_000;

/**
 * SHA-256 of the roots that our authority issues below, in the order of the file: in which there may be those of others, whose
 * certificates suppliers have registered. Before any authority has run, all of the file.
 */
async function rootsOf(db: Db, trusted: readonly X509Certificate[]): Promise<readonly string[]> {
  const roots = trusted
    .filter((one) => one.checkIssued(one))
    .map(({ fingerprint256 }) => fingerprint256.replaceAll(':', '').toLowerCase());
  const known = new Set((await readAuthorities(db)).map(({ fingerprint }) => fingerprint));
  const ours = roots.filter((one) => known.has(one));
  return ours.length === 0 ? roots : ours;
}
