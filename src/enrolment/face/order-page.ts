/** The routes of the page behind a letter's link. A GET or HEAD changes nothing; what changes something is a button. */
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { Fault } from '../../domain/fault.ts';
import type { Route } from '../../platform/http/app.ts';
import type { Guesses } from '../../platform/http/guesses.ts';
import { networkOf } from '../../platform/http/network.ts';
import { askForPin, type Desk, lookAt, openOrder, type View } from '../open-order.ts';
import type { Fetching } from './how-to.ts';
import { orderPage, orderPagePolicy, type Shown } from './page.ts';
import { type PageLanguage, pageLanguages } from './words.ts';

export interface OrderPageParts {
  readonly desk: Desk;
  readonly guesses: Guesses;
  fetching(): Promise<Fetching>;
}

export function orderPageRoutes(parts: OrderPageParts): readonly Route[] {
  const open = openOnce(parts.desk);
  const route = (
    method: 'GET' | 'POST',
    path: string,
    act: (link: string, request: Request) => Promise<View>,
    mostBodyBytes?: number,
  ): Route => ({
    method,
    path,
    certificate: 'not-asked',
    ...(mostBodyBytes === undefined ? {} : { mostBodyBytes }),
    handle: async (request, response) => {
      // First of all: once the password is made, nothing may stand between it and the page.
      const fetching = await parts.fetching();
      const network = networkOf(request.socket.remoteAddress);
      const waitMs = parts.guesses.wait(network);
      const shown: Shown =
        waitMs > 0 ? { kind: 'guesses', waitMs } : await seen(linkOf(request), (link) => act(link, request));
      if (isWrong(shown, method)) parts.guesses.wrong(network);
      answer(fetching, request, response, shown);
    },
  });
  return [
    route('GET', '/orders/:link', (link) => lookAt(parts.desk, link)),
    route('POST', '/orders/:link', (link, request) => open(link, pinOf(request)), mostFormBytes),
    route('POST', '/orders/:link/pin', (link) => askForPin(parts.desk, link)),
  ];
}

const mostFormBytes = 1_000;

/** Milliseconds. */
const oneWish = 5_000;

/**
 * A button that is pressed twice is one wish, and the browser shows the answer to the second: what the right PIN has just opened is shown
 * to whoever sends the same link and PIN right after it. In the memory of this process, and no longer than that.
 */
function openOnce(desk: Desk): (link: string, pin: string) => Promise<View> {
  const lately = new Map<string, { readonly view: View; readonly at: number }>();
  return async (link, pin) => {
    const key = createHash('sha256').update(`${link} ${pin}`).digest('base64');
    const view = await openOrder(desk, link, pin);
    const at = desk.now().getTime();
    if (view.kind === 'codes') {
      lately.set(key, { view, at });
      setTimeout(() => lately.delete(key), oneWish).unref();
      return view;
    }
    const before = view.kind === 'closed' && view.standing === 'opened' ? lately.get(key) : undefined;
    return before !== undefined && at - before.at < oneWish ? before.view : view;
  };
}

const linkOf = (request: Request): string => String(request.params['link']);

/** What cannot be a link is not looked for. */
const seen = (link: string, act: (link: string) => Promise<View>): Promise<View> =>
  /^[\w-]{43}$/.test(link) ? act(link) : Promise.resolve({ kind: 'unknown' });

/** @throws Fault `media-type-not-taken` for what no form of ours sends */
function pinOf(request: Request): string {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded' || !Buffer.isBuffer(request.body))
    throw new Fault('media-type-not-taken', 'the page sends its form as application/x-www-form-urlencoded');
  return new URLSearchParams(request.body.toString('utf8')).get('pin') ?? '';
}

/** The guess that locks an order, and those at one that is locked, are wrong too. */
const isWrong = (shown: Shown, method: Route['method']): boolean =>
  shown.kind === 'unknown' ||
  (shown.kind === 'ask' && shown.notice === 'pin-wrong') ||
  (shown.kind === 'closed' && shown.standing === 'locked' && method === 'POST');

function answer(fetching: Fetching, request: Request, response: Response, shown: Shown): void {
  const language = languageOf(request, shown);
  const path = `/orders/${encodeURIComponent(linkOf(request))}`;
  if (shown.kind === 'guesses') response.set('retry-after', String(Math.ceil(shown.waitMs / 1_000)));
  response
    .status(statusOf(shown))
    .set({
      'content-security-policy': orderPagePolicy,
      'content-language': language,
      // The link is a secret: it stays on this page.
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex',
      'cache-control': 'no-store',
    })
    .type('text/html; charset=utf-8')
    .send(Buffer.from(orderPage(shown, { ...fetching, path, language })));
}

/** As the reader chose; else the contact's own; else what the browser asks for. */
function languageOf(request: Request, shown: Shown): PageLanguage {
  const chosen = pageLanguages.find((one) => one === request.query['lang']);
  if (chosen !== undefined) return chosen;
  if ('order' in shown) return shown.order.language;
  return pageLanguages.find((one) => one === request.acceptsLanguages([...pageLanguages])) ?? 'sv';
}

function statusOf(shown: Shown): number {
  switch (shown.kind) {
    case 'unknown':
      return 404;
    case 'guesses':
      return 429;
    case 'closed':
      return 410;
    case 'codes':
      return 200;
    case 'ask':
      return shown.notice === undefined ? 200 : noticeStatus[shown.notice];
  }
}

const noticeStatus = {
  'pin-sent': 200,
  'pin-too-soon': 429,
  'pin-too-many': 429,
  'pin-failed': 502,
  'pin-wrong': 403,
  'pin-unreadable': 400,
} as const;
