/** Accounts of operators: who there is, and making one. What is done to one is in account.ts. */
import type { Response } from 'express';
import { Fault } from '../../../domain/fault.ts';
import { type Account, listAccounts } from '../../../store/operator/accounts.ts';
import type { Pool } from '../../../store/pool.ts';
import { accountName, addAccount, type LinkMade, mostDisplayName } from '../../access/accounts.ts';
import { type OperatorRole, operatorRoles } from '../../access/permissions.ts';
import { moment } from '../../console/moments.ts';
import { type Word, word } from '../../console/words.ts';
import { mostActionBytes, reasonOf } from '../actions.ts';
import { type Pages, show } from '../pages.ts';
import type { Asked, GuardedRoute, OperatorRoute } from '../route.ts';

export interface AccountsParts {
  readonly pool: Pool;
  readonly pages: Pages;
  /** Under which operators reach us: links begin with it. */
  readonly origin: () => string;
  /** Milliseconds without a request after which a session is over. */
  readonly idle: number;
}

type AskedBy = Parameters<GuardedRoute['handle']>[0];

const hour = 3_600_000;
export const mostHours = 168;
const usualHours = 24;

export function accountsRoutes(parts: AccountsParts): readonly OperatorRoute[] {
  const { pool, pages } = parts;
  return [
    {
      method: 'GET',
      path: '/accounts',
      needs: 'administer',
      shows: 'page',
      handle: async (asked, response) =>
        show(pages, asked, response, {
          view: 'accounts',
          title: word(asked.language, 'nav.accounts'),
          place: 'accounts',
          data: { accounts: (await listAccounts(pool)).map((account) => shownAccount(account, asked)) },
        }),
    },
    {
      method: 'GET',
      path: '/new-account',
      needs: 'administer',
      shows: 'page',
      handle: (asked, response) => showForm(pages, asked, response, undefined),
    },
    {
      method: 'POST',
      path: '/accounts',
      needs: 'administer',
      shows: 'page',
      mostBodyBytes: mostActionBytes,
      handle: (asked, response) => add(parts, asked, response),
    },
  ];
}

async function add(parts: AccountsParts, asked: AskedBy, response: Response): Promise<void> {
  const { form, language, now, who } = asked;
  const [name = '', displayName = ''] = ['name', 'person'].map((field) => (form.get(field) ?? '').trim());
  const [roles, hours] = [rolesOf(form), hoursOf(form)];
  const wrong: Word | undefined = !accountName.test(name)
    ? 'accounts.wrong-name'
    : displayName === '' || displayName.length > mostDisplayName
      ? 'accounts.wrong-person'
      : roles.length === 0
        ? 'accounts.wrong-roles'
        : hours === undefined
          ? 'accounts.wrong-hours'
          : undefined;
  if (wrong !== undefined || hours === undefined)
    return showForm(parts.pages, asked, response, word(language, wrong ?? 'accounts.wrong-hours'));
  try {
    const act = { actor: who.actor, reason: reasonOf(asked), now };
    showLink(parts, asked, response, await addAccount(parts.pool, { name, displayName, roles }, hours * hour, act));
  } catch (error) {
    if (!(error instanceof Fault) || (error.code !== 'not-possible-now' && error.code !== 'argument-invalid'))
      throw error;
    const said = error.code === 'not-possible-now' ? word(language, 'accounts.wrong-taken') : error.message;
    showForm(parts.pages, asked, response, said);
  }
}

/** Once: nothing of it is kept but its hash. */
export function showLink({ pages, origin }: AccountsParts, asked: Asked, response: Response, made: LinkMade): void {
  const { language, now } = asked;
  show(pages, asked, response, {
    view: 'account-once',
    title: word(language, 'nav.accounts'),
    place: 'accounts',
    data: {
      heading: word(language, 'accounts.link-title', { name: made.name }),
      about: word(language, 'accounts.link-once', { name: made.name }),
      secret: `${origin()}/sign-in/link/${made.secret}`,
      until: moment(made.expiresAt, now).html,
      account: made.name,
    },
  });
}

function showForm(pages: Pages, asked: Asked, response: Response, wrong: string | undefined): void {
  const { form, language } = asked;
  show(pages, asked, response, {
    view: 'account-new',
    title: word(language, 'accounts.new'),
    place: 'accounts',
    status: wrong === undefined ? 200 : 422,
    data: {
      wrong,
      roles: operatorRoles,
      chosen: new Set(rolesOf(form)),
      typed: Object.fromEntries(['name', 'person', 'hours', 'reason'].map((name) => [name, form.get(name) ?? ''])),
      hours: form.get('hours') ?? usualHours,
      mostHours,
    },
  });
}

export const rolesOf = (form: URLSearchParams): OperatorRole[] => {
  const asked = form.getAll('roles');
  return operatorRoles.filter((role) => asked.includes(role));
};

/** @returns undefined for what is no such number */
export function hoursOf(form: URLSearchParams): number | undefined {
  const hours = Number(form.get('hours') ?? usualHours);
  return Number.isInteger(hours) && hours >= 1 && hours <= mostHours ? hours : undefined;
}

export function shownAccount(account: Account, { now }: Pick<Asked, 'now'>) {
  const { lockedUntil, disabledAt, createdAt, passwordHash, ...rest } = account;
  return {
    ...rest,
    hasPassword: passwordHash !== undefined,
    createdAt: moment(createdAt, now).html,
    disabledAt: disabledAt && moment(disabledAt, now).html,
    lockedUntil: lockedUntil !== undefined && lockedUntil > now ? moment(lockedUntil, now).html : undefined,
  };
}
