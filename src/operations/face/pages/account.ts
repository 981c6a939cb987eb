/** One account: its roles, closing and opening it, a new link, its tokens. */
import type { Response } from 'express';
import { Fault, faultTable } from '../../../domain/fault.ts';
import { readAccountNamed } from '../../../store/operator/accounts.ts';
import { listSessions, listTokens } from '../../../store/operator/entries.ts';
import {
  type Act,
  changeRoles,
  disableAccount,
  enableAccount,
  endSessionsOf,
  renewLink,
} from '../../access/accounts.ts';
import { type OperatorRole, operatorRoles, permissions, permissionsOf } from '../../access/permissions.ts';
import { endToken, makeTokenFor } from '../../access/tokens.ts';
import { moment } from '../../console/moments.ts';
import { word } from '../../console/words.ts';
import { type ActionForm, act, faultSaid, mostActionBytes, reasonOf, type Told, toldBy } from '../actions.ts';
import { show } from '../pages.ts';
import type { Asked, GuardedRoute, OperatorRoute } from '../route.ts';
import { type AccountsParts, hoursOf, mostHours, rolesOf, showLink, shownAccount } from './accounts.ts';

type AskedBy = Parameters<GuardedRoute['handle']>[0];
type Failed = { readonly name: string; readonly reason: string };

const hour = 3_600_000;

export function accountRoutes(parts: AccountsParts): readonly OperatorRoute[] {
  const { pool } = parts;
  const route = (name: string, handle: GuardedRoute['handle']): OperatorRoute => ({
    method: 'POST',
    path: `/accounts/:name/${name}`,
    needs: 'administer',
    shows: 'page',
    mostBodyBytes: mostActionBytes,
    handle,
  });
  const action = (name: string, run: (account: string, by: Act, asked: AskedBy) => Promise<string>): OperatorRoute =>
    route(name, (asked, response) => {
      const account = nameOf(asked);
      return act(asked, response, {
        name,
        back: `/accounts/${encodeURIComponent(account)}`,
        run: (reason) => run(account, { actor: asked.who.actor, reason, now: asked.now }, asked),
        again: (told, status, failed) => showAccount(parts, asked, response, told, status, failed),
      });
    });
  /** Answers with something that is shown once. */
  const once = (name: string, run: (by: Act, asked: AskedBy, response: Response) => Promise<void>): OperatorRoute =>
    route(name, async (asked, response) => {
      try {
        await run({ actor: asked.who.actor, reason: reasonOf(asked), now: asked.now }, asked, response);
      } catch (error) {
        if (!(error instanceof Fault) || faultTable[error.code].status >= 500 || error.code === 'not-found')
          throw error;
        const told = { notice: faultSaid(asked.language, error), bad: true };
        const failed = { name, reason: asked.form.get('reason') ?? '' };
        await showAccount(parts, asked, response, told, faultTable[error.code].status, failed);
      }
    });
  return [
    {
      method: 'GET',
      path: '/accounts/:name',
      needs: 'administer',
      shows: 'page',
      handle: (asked, response) => showAccount(parts, asked, response, toldBy(asked)),
    },
    action('roles', async (name, by, { form, language }) => {
      const roles = rolesOf(form);
      if (roles.length === 0) throw new Fault('argument-invalid', word(language, 'accounts.wrong-roles'));
      await changeRoles(pool, name, roles, by);
      return 'account-roles';
    }),
    action('disable', async (name, by) => {
      await disableAccount(pool, name, by);
      return 'account-disable';
    }),
    action('enable', async (name, by) => {
      await enableAccount(pool, name, by);
      return 'account-enable';
    }),
    action('sessions-end', async (name, by, { who }) => {
      await endSessionsOf(pool, name, by, who.session?.secret);
      return 'account-sessions-end';
    }),
    once('link', async (by, asked, response) => {
      const hours = hoursOf(asked.form);
      if (hours === undefined) throw new Fault('argument-invalid', word(asked.language, 'accounts.wrong-hours'));
      showLink(parts, asked, response, await renewLink(pool, nameOf(asked), hours * hour, by));
    }),
    once('token', (by, asked, response) => makeToken(parts, nameOf(asked), by, asked, response)),
    action('token-revoke', async (name, by, { form }) => {
      const id = Number(form.get('token'));
      const account = await accountOf(parts, name);
      const mine = (await listTokens(pool, account.id)).some((token) => token.id === id);
      if (!mine) throw new Fault('not-found', 'there is no such token');
      await endToken(pool, id, by);
      return 'token-revoke';
    }),
  ];
}

async function makeToken(
  { pool, pages }: AccountsParts,
  name: string,
  by: Act,
  asked: AskedBy,
  response: Response,
): Promise<void> {
  const { form, language, now } = asked;
  const account = await accountOf({ pool }, name);
  const wanted = {
    name: form.get('token') ?? '',
    permissions: permissions.filter((one) => form.getAll('may').includes(one)),
    days: Number(form.get('days')),
  };
  const made = await makeTokenFor(pool, account.id, wanted, by).catch((error: unknown) => {
    if (error instanceof Fault && error.code === 'argument-invalid')
      throw new Fault('argument-invalid', word(language, 'accounts.wrong-token'), { cause: error });
    throw error;
  });
  show(pages, asked, response, {
    view: 'account-once',
    title: word(language, 'nav.accounts'),
    place: 'accounts',
    data: {
      heading: word(language, 'accounts.token-title', { name: wanted.name.trim() }),
      about: word(language, 'accounts.token-once'),
      secret: made.token,
      until: moment(made.expiresAt, now).html,
      account: name,
    },
  });
}

async function accountOf({ pool }: Pick<AccountsParts, 'pool'>, name: string) {
  const account = await readAccountNamed(pool, name);
  if (account === undefined) throw new Fault('not-found', 'there is no such account');
  return account;
}

const nameOf = ({ request }: Asked): string => String(request.params['name']);

async function showAccount(
  parts: AccountsParts,
  asked: AskedBy,
  response: Response,
  told?: Told,
  status = 200,
  failed?: Failed,
): Promise<void> {
  const { language, now } = asked;
  const account = await accountOf(parts, nameOf(asked));
  const path = `/accounts/${encodeURIComponent(account.name)}`;
  const form = (name: 'disable' | 'enable' | 'sessions-end', grave: boolean): ActionForm => ({
    name,
    path: `${path}/${name}`,
    label: word(language, `accounts.${name}`),
    says: word(language, `accounts.${name}-says`),
    grave,
    ...(failed?.name === name ? { open: true, reason: failed.reason } : {}),
  });
  const tokens = await listTokens(parts.pool, account.id);
  const sessions = await listSessions(parts.pool, account.id, now, new Date(now.getTime() - parts.idle));
  show(parts.pages, asked, response, {
    view: 'operator',
    title: account.name,
    place: 'accounts',
    status,
    data: {
      told,
      failed,
      path,
      mostHours,
      account: shownAccount(account, asked),
      ending: form('sessions-end', false),
      sessions: sessions.map((session) => ({
        ...session,
        beganAt: moment(session.beganAt, now).html,
        seenAt: moment(session.seenAt, now).html,
        endsAt: moment(session.endsAt, now).html,
      })),
      closing: account.disabledAt === undefined ? form('disable', true) : form('enable', false),
      roles: operatorRoles,
      mayGive: [...permissionsOf(account.roles as OperatorRole[])],
      tokens: tokens.map((token) => ({
        ...token,
        over: token.expiresAt <= now,
        expiresAt: moment(token.expiresAt, now).html,
        usedAt: moment(token.usedAt ?? undefined, now).html,
        revokedAt: token.revokedAt && moment(token.revokedAt, now).html,
      })),
    },
  });
}
