/** What the suppliers' listener has beside mailboxes: letters to technical contacts. */
import { startPostman } from '../enrolment/postman.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Log } from '../platform/log.ts';
import { openMail } from '../platform/mail.ts';
import type { Pool } from '../store/pool.ts';
import type { SupplierApiCredentials } from './credentials.ts';

export const enrolmentSettings = [
  'publicUrl',
  'mailUrl',
  'mailFrom',
  'mailCaFile',
] as const satisfies readonly SettingKey[];
type EnrolmentSettings = Pick<Settings, (typeof enrolmentSettings)[number]>;

interface Parts {
  readonly pool: Pool;
  readonly log: Log;
  readonly credentials: Pick<SupplierApiCredentials, 'mailCa'>;
}

export function openEnrolment(settings: EnrolmentSettings, { pool, log, credentials }: Parts): AsyncDisposable {
  const { mailUrl: url, mailFrom: from, publicUrl } = settings;
  if (url === undefined || publicUrl === undefined) {
    log.warn('there is no mail account (KUVERT_MAIL_URL): letters to technical contacts wait');
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const send = openMail({ url, from, ca: credentials.mailCa });
  const postman = startPostman({ log, pool, send, publicUrl, now: () => new Date(), random: Math.random });
  return { [Symbol.asyncDispose]: () => postman.stop() };
}
