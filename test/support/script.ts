/** A script of an operator's: asks the operators' listener with a token, in JSON. */

import { addAccount } from '../../src/operations/access/accounts.ts';
import { type OperatorRole, type Permission, permissionsOf } from '../../src/operations/access/permissions.ts';
import { makeTokenFor } from '../../src/operations/access/tokens.ts';
import { readAccountNamed } from '../../src/store/operator/accounts.ts';
import type { Pool } from '../../src/store/pool.ts';

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly json: Record<string, unknown>;
  readonly bytes: Buffer;
}

export interface Script {
  readonly token: string;
  /** As it stands in the audit. */
  readonly actor: string;
  /** @param body becomes JSON; a text goes as it is */
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Told>;
}

/** @param headers of each request, over those that go with its body */
export async function asked(
  origin: string,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Told> {
  const answer = await fetch(origin + path, {
    method,
    redirect: 'manual',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const text = bytes.toString('utf8');
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: text,
    json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
    bytes,
  };
}

/** A new account with these roles, and a token of it for so much of what it may. */
export async function openScript(
  { origin, pool }: { readonly origin: string; readonly pool: Pool },
  name: string,
  roles: readonly OperatorRole[],
  permissions: readonly Permission[] = [...permissionsOf(roles)],
): Promise<Script> {
  const act = { actor: 'cli:test', reason: 'a test', now: new Date() };
  await addAccount(pool, { name, displayName: name, roles }, 3_600_000, act);
  const account = await readAccountNamed(pool, name);
  if (account === undefined) throw new Error(`there is no account ${name}`);
  const { token } = await makeTokenFor(pool, account.id, { name: 'script', permissions, days: 1 }, act);
  return {
    token,
    actor: `token:${name}/script`,
    ask: (method, path, body, headers = {}) =>
      asked(origin, method, path, body, { authorization: `Bearer ${token}`, ...headers }),
  };
}
