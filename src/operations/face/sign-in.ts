/** Getting in and out: the sign-in, links that work once, one's own account, the language. */
import type { Response } from 'express';
import { Fault } from '../../domain/fault.ts';
import type { Pool } from '../../store/pool.ts';
import {
  choosePassword,
  leastPassword,
  linkIsGood,
  mostPassword,
  type SignInRules,
  signInByLink,
  signInByPassword,
  signOut,
} from '../access/sign-in.ts';
import { word } from '../console/words.ts';
import { type CookieRules, clearSession, setLanguage, setSession } from './cookies.ts';
import { type Pages, pathOf, show } from './pages.ts';
import type { Asked, GuardedRoute, OperatorRoute } from './route.ts';

export interface SignInParts {
  readonly pool: Pool;
  readonly pages: Pages;
  readonly rules: SignInRules;
  readonly cookies: () => CookieRules;
  /** Wrong tries of one network. */
  readonly guesses: { wait(network: string): number; wrong(network: string): void };
  readonly networkOf: (remoteAddress: string | undefined) => string;
}

const mostForm = 4_000;

export function signInRoutes(parts: SignInParts): readonly OperatorRoute[] {
  const { pool, pages, rules, guesses } = parts;
  const asking = (
    asked: Asked,
    response: Response,
    more: {
      readonly notice?: string;
      readonly bad?: boolean;
      readonly status?: number;
      readonly name?: string;
      readonly next: string;
    },
  ) =>
    show(pages, asked, response, {
      view: 'sign-in',
      title: word(asked.language, 'sign-in'),
      status: more.status ?? 200,
      data: { notice: undefined, bad: false, name: '', oidc: undefined, ...more },
    });
  const enter = async (
    asked: Asked,
    response: Response,
    attempt: () => ReturnType<typeof signInByPassword>,
    next: string,
    failed: () => void,
  ) => {
    const network = parts.networkOf(asked.remoteAddress);
    const waitMs = guesses.wait(network);
    if (waitMs > 0) {
      const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
      response.set('retry-after', String(Math.ceil(waitMs / 1_000)));
      return asking(asked, response, {
        notice: word(asked.language, 'sign-in.many', { minutes }),
        bad: true,
        status: 429,
        next,
      });
    }
    const signedIn = await attempt();
    if (signedIn === undefined) {
      guesses.wrong(network);
      return failed();
    }
    setSession(response, parts.cookies(), signedIn.session);
    response.redirect(303, next);
  };
  return [
    {
      method: 'GET',
      path: '/sign-in',
      needs: 'nothing',
      shows: 'page',
      handle: (asked, response) => {
        const next = pathOf(asked.request.query['next'] as string | undefined);
        if (asked.who !== undefined) return response.redirect(303, next);
        asking(asked, response, { next });
      },
    },
    {
      method: 'POST',
      path: '/sign-in',
      needs: 'nothing',
      shows: 'page',
      mostBodyBytes: mostForm,
      handle: (asked, response) => {
        const [name = '', password = ''] = ['name', 'password'].map((field) => asked.form.get(field) ?? '');
        const next = pathOf(asked.form.get('next'));
        return enter(
          asked,
          response,
          () => signInByPassword(pool, rules, { name, password }, asked),
          next,
          () =>
            asking(asked, response, {
              notice: word(asked.language, 'sign-in.wrong'),
              bad: true,
              status: 403,
              name,
              next,
            }),
        );
      },
    },
    {
      method: 'GET',
      path: '/sign-in/link/:secret',
      needs: 'nothing',
      shows: 'page',
      // Mail scanners and chats look at links: nothing is spent by that.
      handle: async (asked, response) => {
        const secret = String(asked.request.params['secret']);
        const good = await linkIsGood(pool, secret, asked.now);
        show(pages, asked, response, {
          view: 'link',
          title: word(asked.language, 'sign-in'),
          status: good ? 200 : 410,
          data: { good, action: `/sign-in/link/${encodeURIComponent(secret)}` },
        });
      },
    },
    {
      method: 'POST',
      path: '/sign-in/link/:secret',
      needs: 'nothing',
      shows: 'page',
      mostBodyBytes: mostForm,
      handle: (asked, response) =>
        enter(
          asked,
          response,
          () => signInByLink(pool, rules, String(asked.request.params['secret']), asked),
          '/',
          () =>
            show(pages, asked, response, {
              view: 'link',
              title: word(asked.language, 'sign-in'),
              status: 410,
              data: { good: false, action: '' },
            }),
        ),
    },
    {
      method: 'POST',
      path: '/sign-out',
      needs: 'entered',
      shows: 'page',
      mostBodyBytes: mostForm,
      handle: async (asked, response) => {
        if (asked.who.session !== undefined) await signOut(pool, asked.who.session.secret, asked.now);
        clearSession(response, parts.cookies());
        asking({ ...asked, who: undefined }, response, { notice: word(asked.language, 'signed-out'), next: '/' });
      },
    },
    {
      method: 'POST',
      path: '/language',
      needs: 'nothing',
      shows: 'page',
      mostBodyBytes: mostForm,
      handle: (asked, response) => {
        const language = asked.form.get('language');
        if (language !== 'sv' && language !== 'en') throw new Fault('request-malformed', 'the languages are sv and en');
        setLanguage(response, parts.cookies(), language);
        response.redirect(303, pathOf(asked.form.get('back')));
      },
    },
    ...accountRoutes(parts),
  ];
}

function accountRoutes({ pool, pages, rules }: SignInParts): readonly OperatorRoute[] {
  const account = (
    asked: Parameters<GuardedRoute['handle']>[0],
    response: Response,
    told: { readonly notice?: string; readonly bad?: boolean } = {},
  ) =>
    show(pages, asked, response, {
      view: 'account',
      title: word(asked.language, 'nav.account'),
      place: 'account',
      status: told.bad === true ? 422 : 200,
      data: {
        notice: undefined,
        bad: false,
        least: leastPassword,
        most: mostPassword,
        asksBefore: asked.who.hasPassword && asked.who.session?.how !== 'link',
        ...told,
      },
    });
  return [
    {
      method: 'GET',
      path: '/account',
      needs: 'entered',
      shows: 'page',
      handle: (asked, response) => account(asked, response),
    },
    {
      method: 'POST',
      path: '/account/password',
      needs: 'entered',
      shows: 'page',
      mostBodyBytes: mostForm,
      handle: async (asked, response) => {
        const { who, form, language } = asked;
        if (who.session === undefined) throw new Fault('not-permitted', 'a token has no password to choose');
        const [before = '', password = ''] = ['before', 'password'].map((field) => form.get(field) ?? '');
        const { secret: session, how } = who.session;
        const change = await choosePassword(
          pool,
          rules,
          { accountId: who.accountId, session, how },
          { before, password },
          asked,
        );
        const facts = { least: leastPassword, most: mostPassword };
        account({ ...asked, who: { ...who, hasPassword: true } }, response, {
          notice: word(language, `account.password-${change}`, facts),
          bad: change !== 'changed',
        });
      },
    },
  ];
}
