/** Routes for scripts: what a request asks for, held against the contract before it comes here, and how it is answered. */
import type { Response } from 'express';
import { Fault } from '../../../domain/fault.ts';
import type { Act } from '../../access/accounts.ts';
import { mostActionBytes } from '../actions.ts';
import { shownTexts } from '../masking.ts';
import type { Asked, GuardedRoute, OperatorRoute } from '../route.ts';

export type AskedBy = Parameters<GuardedRoute['handle']>[0];

const base = '/api/v1';

/** A route that looks. */
export const looks = (
  path: string,
  needs: GuardedRoute['needs'],
  answer: (asked: AskedBy) => object | Promise<object>,
): OperatorRoute => ({
  method: 'GET',
  path: base + path,
  needs,
  shows: 'data',
  handle: async (asked, response) => send(asked, response, 200, await told(asked, async () => answer(asked))),
});

export interface Done {
  /** 200 unless it is said. */
  readonly status?: 200 | 201 | 202;
  /** Path below the base of what was made. */
  readonly location?: string;
  readonly value: object;
}

/** What somebody orders, with the reason that is in the body. */
export type Order<Body> = Act & { readonly body: Body };

/** A route that does something, for a reason. */
export const acts = <Body = unknown>(
  path: string,
  needs: GuardedRoute['needs'],
  run: (asked: AskedBy, order: Order<Body>) => Promise<Done | Buffer>,
  mostBodyBytes = mostActionBytes,
): OperatorRoute => ({
  method: 'POST',
  path: base + path,
  needs,
  shows: 'data',
  mostBodyBytes,
  handle: async (asked, response) => {
    const body = asked.request.body as { readonly reason: string };
    const act = { actor: asked.who.actor, reason: body.reason.trim(), now: asked.now };
    const done = await told(asked, () => run(asked, { ...act, body: body as Body }));
    if (Buffer.isBuffer(done)) return void response.type('application/zip').send(done);
    if (done.location !== undefined) response.set('location', base + done.location);
    send(asked, response, done.status ?? 200, done.value);
  },
});

/** What a fault says of a supplier names it by its number; findings quote what is known of a document. */
async function told<T>({ who }: AskedBy, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Fault) || who.may.has('open')) throw error;
    const { code, message, findings } = error;
    throw new Fault(code, shownTexts(who, message), { findings: shownTexts(who, findings), cause: error });
  }
}

/** One that takes no body, where the reason was given before or nothing is done to anybody. */
export const goes = (
  method: 'POST' | 'DELETE',
  path: string,
  needs: GuardedRoute['needs'],
  run: (asked: AskedBy) => Promise<Done | undefined>,
): OperatorRoute => ({
  method,
  path: base + path,
  needs,
  shows: 'data',
  handle: async (asked, response) => {
    const done = await told(asked, () => run(asked));
    if (done === undefined) return void response.status(204).end();
    send(asked, response, done.status ?? 200, done.value);
  },
});

/** Times become RFC 3339 in UTC; a member without a value is left out. */
const send = ({ who }: AskedBy, response: Response, status: number, value: object): void =>
  void response.status(status).json(shownTexts(who, value));

/** A row of the database as scripts see it: no null, but no member. */
export const known = <T extends object>(row: T): { [K in keyof T]: Exclude<T[K], null> } =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as {
    [K in keyof T]: Exclude<T[K], null>;
  };

type Query = Pick<Asked, 'request'>;

export const namedIn = ({ request }: Query, name: string): string => String(request.params[name]);

export const textIn = ({ request }: Query, name: string): string | undefined =>
  request.query[name] as string | undefined;

/** One of those that the contract lets through. */
export const oneIn = <T extends string>(asked: Query, name: string): T | undefined =>
  textIn(asked, name) as T | undefined;

/** @throws Fault `request-malformed`: 24:00, or a second too many, is a time to the contract and none to anybody else */
export function timeIn(asked: Query, name: string): Date | undefined {
  const text = textIn(asked, name);
  return text === undefined ? undefined : timeOf(text, `/query/${name}`);
}

export function timeOf(text: string, where: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new Fault('request-malformed', `${where} is no time`);
  return at;
}
