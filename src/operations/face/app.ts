/** The operators' application: who asks, what they may, and whether a form is ours, before a route sees anything. */
import type { Express, Request, Response } from 'express';
import { Fault } from '../../domain/fault.ts';
import { type AppOptions, createApp, type Route } from '../../platform/http/app.ts';
import type { Contract } from '../../platform/http/contract.ts';
import { networkOf } from '../../platform/http/network.ts';
import type { Problem } from '../../platform/http/problem.ts';
import { secureHeaders } from '../../platform/http/secure-headers.ts';
import type { Log } from '../../platform/log.ts';
import { isServerTrouble, type Pool } from '../../store/pool.ts';
import { bySession, byToken, type Who } from '../access/entered.ts';
import { isFormToken } from '../access/secrets.ts';
import type { Language } from '../catalogue.ts';
import { type CookieRules, cookieOf, languageCookie, sessionCookie } from './cookies.ts';
import type { Asked, OperatorRoute } from './route.ts';

export interface FaceParts {
  readonly log: Log;
  readonly pool: Pool;
  /** Origin under which operators reach this listener, such as `https://kuvert.example:8444`. */
  readonly origin: () => string;
  /** Milliseconds without a request after which a session is over. */
  readonly idle: number;
  now(): Date;
  /** What scripts send is held against it before a route sees it. */
  readonly contract?: Contract;
  /** A fault as a page for people. */
  faultPage(problem: Problem, fault: Fault, asked: Asked): string;
  /** Throws for a network that asks too much. */
  charge?(network: string, response: Response): void;
}

export const cookieRules = (origin: string): CookieRules => ({ secure: origin.startsWith('https:') });

export function operatorApp(parts: FaceParts, routes: readonly OperatorRoute[]): Express {
  const { log } = parts;
  const entered = new WeakMap<Request, Who | undefined>();
  const ofRoute = new Map<unknown, OperatorRoute>();
  const asRoute = (one: OperatorRoute): Route => {
    const route: Route = {
      method: one.method,
      path: one.path,
      certificate: 'not-asked',
      ...(one.mostBodyBytes === undefined ? {} : { mostBodyBytes: one.mostBodyBytes }),
      handle: (request, response) => run(one, askedOf(parts, request, entered.get(request)), response),
    };
    ofRoute.set(route, one);
    return route;
  };
  return createApp(log, routes.map(asRoute), {
    enter: async (request, response, route) => {
      secureHeaders(request, response);
      parts.charge?.(networkOf(request.socket.remoteAddress), response);
      requireOurHost(request, parts.origin());
      requireText(request);
      const one = ofRoute.get(route);
      const who = await whoAsks(parts, request, one?.passive === true);
      if (who === undefined && request.headers.authorization !== undefined)
        throw new Fault('sign-in-required', 'the token is not known, has expired or was revoked');
      entered.set(request, who);
      if (one === undefined || one.needs === 'nothing') return requireOurPage(request, who, parts.origin());
      if (who === undefined)
        throw new Fault('sign-in-required', 'sign in, or send a token: `authorization: Bearer kuvert_…`');
      if (one.needs !== 'entered' && !who.may.has(one.needs))
        throw new Fault('not-permitted', `${who.name} may not do that: it needs “${one.needs}”`);
      return requireOurPage(request, who, parts.origin());
    },
    ...(parts.contract === undefined ? {} : { contract: parts.contract }),
    translate: (error) =>
      isServerTrouble(error) ? new Fault('server-unavailable', undefined, { cause: error }) : error,
    present: presenter(parts, (request) => entered.get(request), routes),
  });
}

/**
 * Whose token or session came with the request, as the store has it now. A token goes before a session.
 * @param passive it is no person that asks
 * @returns undefined: nobody's, or of nobody any more
 */
export async function whoAsks(
  { pool, origin, idle, now }: Pick<FaceParts, 'pool' | 'origin' | 'idle' | 'now'>,
  request: Request,
  passive: boolean,
): Promise<Who | undefined> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, token = ''] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    return byToken(pool, token, now());
  }
  const secret = cookieOf(request, sessionCookie(cookieRules(origin())));
  return secret === undefined ? undefined : bySession(pool, secret, { idle, passive }, now());
}

/** `Retry-After` of a 429: by then the passwords that were waiting have been looked at. */
const busySeconds = 2;

const reads = new Set(['GET', 'HEAD']);

/** A name that somebody else leads to this machine (DNS rebinding) is not ours. */
function requireOurHost({ headers }: Request, origin: string): void {
  const { host } = new URL(origin);
  if (headers.host?.toLowerCase() !== host) throw new Fault('host-unknown', `this is ${origin}`);
}

/** PostgreSQL has no text with a NUL in it, and nothing that anybody looks for or says has one: not in a path, a query, a form or a script's JSON. */
function requireText({ url }: Request): void {
  if (url.includes('%00')) throw new Fault('request-malformed', 'there is a NUL character in the path or the query');
}

/** What is bytes still is the route's to read. */
const hasNul = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.includes('\0')
    : typeof value === 'object' && value !== null && !Buffer.isBuffer(value) && Object.values(value).some(hasNul);

/** What changes something comes from a page of ours, in any browser; a script has a token, which no page can send. */
function requireOurPage({ method, headers }: Request, who: Who | undefined, origin: string): void {
  if (reads.has(method) || (who !== undefined && who.session === undefined)) return;
  const site = headers['sec-fetch-site'];
  if (headers.origin !== origin || (site !== undefined && site !== 'same-origin')) throw new Fault('form-not-ours');
}

async function run(route: OperatorRoute, asked: Asked, response: Response): Promise<void> {
  if (hasNul([...asked.form.values()]) || hasNul(asked.request.body))
    throw new Fault('request-malformed', 'there is a NUL character in what was sent');
  const session = asked.who?.session;
  if (session !== undefined && !reads.has(route.method) && route.needs !== 'nothing') {
    const given = asked.request.get('x-kuvert-form') ?? asked.form.get('form') ?? '';
    if (!isFormToken(session.secret, given)) throw new Fault('form-not-ours');
  }
  await route.handle(asked as Asked & { readonly who: Who }, response);
}

function askedOf({ now }: FaceParts, request: Request, who: Who | undefined): Asked {
  return {
    request,
    who,
    language: languageOf(request),
    now: now(),
    remoteAddress: request.socket.remoteAddress,
    form: formOf(request),
  };
}

/** As chosen before; else what the browser asks for, Swedish first. */
function languageOf(request: Request): Language {
  const chosen = cookieOf(request, languageCookie);
  if (chosen === 'sv' || chosen === 'en') return chosen;
  return request.acceptsLanguages(['sv', 'en']) === 'en' ? 'en' : 'sv';
}

/** @throws nothing: what is no form is an empty one */
function formOf({ headers, body }: Request): URLSearchParams {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  const isForm = type.trim().toLowerCase() === 'application/x-www-form-urlencoded';
  return new URLSearchParams(isForm && Buffer.isBuffer(body) ? body.toString('utf8') : '');
}

function presenter(
  parts: FaceParts,
  who: (request: Request) => Who | undefined,
  routes: readonly OperatorRoute[],
): NonNullable<AppOptions['present']> {
  const data = routes.filter(({ shows }) => shows === 'data').map(({ path }) => path.split('/:')[0] ?? path);
  return (problem, fault, request, response) => {
    if (fault.code === 'too-many-requests') response.set('retry-after', String(busySeconds));
    if (request.path.startsWith('/api/')) return false;
    if (data.some((path) => request.path.startsWith(path)) || request.headers.authorization !== undefined) return false;
    if (fault.code === 'sign-in-required' && reads.has(request.method)) {
      // Back to where they wanted to go, on this host only: a path, no URL.
      response.redirect(303, `/sign-in?next=${encodeURIComponent(request.originalUrl)}`);
      return true;
    }
    response
      .type('text/html; charset=utf-8')
      .send(Buffer.from(parts.faultPage(problem, fault, askedOf(parts, request, who(request)))));
    return true;
  };
}
