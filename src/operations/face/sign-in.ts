/** Getting in and out: the sign-in, links that work once, one's own account, the language. */
import type { Response } from 'express';
import { Fault } from '../../domain/fault.ts';
import type { Pool } from '../../store/pool.ts';
import {
  choosePassword,
  leastPassword,
  linkIsGood,
  mostPassword,
  type SignedIn,
  type SignInRules,
  signInByLink,
  signInByPassword,
  signOut,
} from '../access/sign-in.ts';
import { word } from '../console/words.ts';
import { type CookieRules, clearSession, cookieOf, sessionCookie, setLanguage, setSession } from './cookies.ts';
import { pathOf, show } from './pages.ts';
import type { GuardedRoute, OperatorRoute } from './route.ts';
import { type SignInPage, showSignIn, turnAway } from './sign-in-page.ts';
import type { Tries } from './tries.ts';

export interface SignInParts extends SignInPage {
  readonly pool: Pool;
  readonly rules: SignInRules;
  readonly cookies: () => CookieRules;
  readonly tries: Tries;
}

const mostForm = 4_000;

export function signInRoutes(parts: SignInParts): readonly OperatorRoute[] {
  const { pool, pages, rules, tries } = parts;
  const enter = (response: Response, { session }: SignedIn, next: string) => {
    setSession(response, parts.cookies(), session);
    response.redirect(303, next);
  };
  return [
    {
      method: 'GET',
      path: '/sign-in',
      needs: 'nothing',
      shows: 'page',
      handle: (asked, response) => {
        const next = pathOf(asked.request.query['next']);
        if (asked.who !== undefined) return response.redirect(303, next);
        // The browser has a session, which is none any more.
        const ended = cookieOf(asked.request, sessionCookie(parts.cookies())) !== undefined;
        showSignIn(parts, asked, response, {
          next,
          ...(ended ? { notice: word(asked.language, 'sign-in.ended') } : {}),
        });
      },
    },
    {
      method: 'POST',
      path: '/sign-in',
      needs: 'nothing',
      shows: 'page',
      mostBodyBytes: mostForm,
      handle: async (asked, response) => {
        const [name = '', password = ''] = ['name', 'password'].map((field) => asked.form.get(field) ?? '');
        const next = pathOf(asked.form.get('next'));
        const waitMs = tries.begin(asked.remoteAddress);
        if (waitMs > 0) return turnAway(parts, asked, response, waitMs, next);
        const signedIn = await signInByPassword(pool, rules, { name, password }, asked).catch((error: unknown) => {
          tries.takeBack(asked.remoteAddress);
          throw error;
        });
        if (signedIn !== undefined) {
          tries.takeBack(asked.remoteAddress);
          return enter(response, signedIn, next);
        }
        showSignIn(parts, asked, response, {
          notice: word(asked.language, 'sign-in.wrong'),
          bad: true,
          status: 403,
          name,
          next,
        });
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
      // Nobody guesses 256 bits: no count of wrong tries stands in the way of who has it, for it is the way back in.
      handle: async (asked, response) => {
        const signedIn = await signInByLink(pool, rules, String(asked.request.params['secret']), asked);
        if (signedIn !== undefined) return enter(response, signedIn, '/');
        show(pages, asked, response, {
          view: 'link',
          title: word(asked.language, 'sign-in'),
          status: 410,
          data: { good: false, action: '' },
        });
      },
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
        showSignIn(parts, { ...asked, who: undefined }, response, {
          notice: word(asked.language, 'signed-out'),
          leaves: asked.who.session?.how === 'oidc',
          next: '/',
        });
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

function accountRoutes(parts: SignInParts): readonly OperatorRoute[] {
  const { pool, pages, rules } = parts;
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
        provider: asked.who.session?.how === 'oidc' ? parts.provider?.name : undefined,
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
