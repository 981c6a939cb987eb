/** SMS by the API of 46elks, or written into a folder. Whatever the provider does, sending is a value. */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderIn } from './config/readers.ts';
import { errorText } from './error-text.ts';

export interface Sms {
  /** E.164. */
  readonly to: string;
  readonly text: string;
}

export type SmsOutcome =
  /** `file`: where it lies, when that is all that sending is. */
  | { readonly kind: 'sent'; readonly file?: string }
  | { readonly kind: 'not-sent'; readonly why: string }
  /** The provider may have taken it, or not. */
  | { readonly kind: 'unknown'; readonly why: string };

export type SendSms = (sms: Sms) => Promise<SmsOutcome>;

export interface SmsAccount {
  /** As KUVERT_SMS_URL has it. */
  readonly url: string;
  readonly from: string;
  /** Milliseconds for the whole call; left out: ten seconds. Somebody waits for it at a page. */
  readonly timeout?: number;
}

export function openSms(account: SmsAccount): SendSms {
  const folder = folderIn(account.url);
  return folder === undefined ? byElks(account) : intoFolder(folder);
}

/** https://46elks.com/docs/send-sms: a form, and JSON back. */
function byElks({ url, from, timeout = 10_000 }: SmsAccount): SendSms {
  const where = new URL(url);
  const login = `${decodeURIComponent(where.username)}:${decodeURIComponent(where.password)}`;
  where.username = '';
  where.password = '';
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  return async ({ to, text }) => {
    const body = new URLSearchParams({ from, to, message: text });
    const signal = AbortSignal.timeout(timeout);
    try {
      const answer = await fetch(where, {
        method: 'POST',
        headers: { authorization },
        body,
        redirect: 'manual',
        signal,
      });
      if (answer.ok) {
        await answer.body?.cancel();
        return { kind: 'sent' };
      }
      const why = `${answer.status} ${maskNumbers(await answer.text().catch(() => ''))}`.slice(0, 300);
      return { kind: answer.status >= 500 ? 'unknown' : 'not-sent', why };
    } catch (error) {
      const why = maskNumbers(errorText(error)).slice(0, 300);
      return { kind: /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(why) ? 'not-sent' : 'unknown', why };
    }
  };
}

/** For developers. */
function intoFolder(folder: string): SendSms {
  return async ({ to, text }) => {
    try {
      await mkdir(folder, { recursive: true });
      const file = join(folder, `${new Date().toISOString().replaceAll(':', '')}-${randomUUID().slice(0, 8)}.txt`);
      await writeFile(file, `To: ${to}\n\n${text}\n`, { mode: 0o600 });
      return { kind: 'sent', file };
    } catch (error) {
      return { kind: 'not-sent', why: errorText(error) };
    }
  };
}

/** Providers repeat the number, and may repeat the text. */
const maskNumbers = (text: string): string => text.replaceAll(/\d{5,}/g, '…');
