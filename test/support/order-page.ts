/** The page behind a letter's link, on a listener of its own, with a clock that the test sets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { orderPageRoutes } from '../../src/enrolment/face/order-page.ts';
import type { WantedOrder } from '../../src/enrolment/place.ts';
import { sendNext } from '../../src/enrolment/postman.ts';
import { createApp } from '../../src/platform/http/app.ts';
import { createGuesses } from '../../src/platform/http/guesses.ts';
import type { Mail } from '../../src/platform/mail.ts';
import type { Sms, SmsOutcome } from '../../src/platform/sms.ts';
import type { Pool } from '../../src/store/pool.ts';
import { rememberingLog } from './http.ts';
import { orderedAt, place } from './orders.ts';

export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Desk {
  /** What the clock says. */
  now: Date;
  /** What the SMS provider does with the next ones. */
  sms: (sms: Sms) => SmsOutcome;
  readonly sent: readonly Sms[];
  readonly log: ReturnType<typeof rememberingLog>;
  /** Places an order and takes the letter out of the box. */
  ordered(
    more?: Partial<WantedOrder>,
  ): Promise<{ readonly link: string; readonly transferId: string; readonly pin: string | undefined }>;
  visit(
    link: string,
    more?: { method?: string; query?: string; headers?: Record<string, string>; body?: Buffer<ArrayBuffer> },
  ): Promise<Page>;
  askForPin(link: string, query?: string): Promise<Page>;
  /** Of the last SMS. */
  lastPin(): string;
  open(link: string, pin: string, query?: string): Promise<Page>;
  close(): Promise<void>;
}

export async function openDesk(pool: Pool, { guesses = 10_000, sms = true } = {}): Promise<Desk> {
  const log = rememberingLog();
  const sent: Sms[] = [];
  let ticks = 0;
  const counted = createGuesses(guesses, () => ticks);
  const sendSms = (one: Sms) => {
    const outcome = desk.sms(one);
    if (outcome.kind !== 'not-sent') sent.push(one);
    return Promise.resolve(outcome);
  };
  const routes = orderPageRoutes({
    desk: { log, pool, sendSms: sms ? sendSms : undefined, now: () => desk.now },
    guesses: counted,
    fetching: () => Promise.resolve({ publicUrl: 'https://kuvert.exempel.se:8443', roots: ['ab'.repeat(32)] }),
  });
  const server = createServer(createApp(log, routes));
  // A test that keeps this process busy for seconds must not meet a connection that closes just then.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string, init: RequestInit = {}): Promise<Page> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const desk: Desk = {
    now: orderedAt,
    sms: () => ({ kind: 'sent' }),
    sent,
    log,
    ordered: async (more = {}) => {
      const { transferId, pin } = await place(pool, more, { now: desk.now });
      const mails: Mail[] = [];
      const send = (mail: Mail) => {
        mails.push(mail);
        return Promise.resolve({ kind: 'sent' } as const);
      };
      const parts = { log, pool, send, publicUrl: 'https://kuvert.exempel.se', now: () => desk.now, random: () => 0.5 };
      while ((await sendNext(parts, new AbortController().signal)) !== 'none');
      const letter = mails.find(({ text }) => text.includes(transferId));
      const link = /\/orders\/([\w-]{43})\n/.exec(letter?.text ?? '')?.[1];
      if (link === undefined) throw new Error('no letter came');
      return { link, transferId, pin };
    },
    visit: (link, { query = '', ...init } = {}) => {
      ticks += 1;
      return ask(`/orders/${link}${query}`, init);
    },
    askForPin: (link, query = '') =>
      ask(`/orders/${link}/pin${query}`, { method: 'POST', body: new URLSearchParams() }),
    lastPin: () => {
      const pin = /\b\d{6}\b/.exec(sent.at(-1)?.text ?? '')?.[0];
      if (pin === undefined) throw new Error('no SMS came');
      return pin;
    },
    open: (link, pin, query = '') =>
      ask(`/orders/${link}${query}`, { method: 'POST', body: new URLSearchParams({ pin }) }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return desk;
}

/** As the page shows it. */
export function passwordOn({ text }: Page): string | undefined {
  return /TransferPassword<\/dt><dd><code[^>]*>([^<]+)</.exec(text)?.[1];
}

/** The words of a page, without what is for browsers. */
export const wordsOf = ({ text }: Page): string =>
  text
    .replace(/<style>.*<\/style>/s, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)))
    .replaceAll(/\s+/g, ' ');
