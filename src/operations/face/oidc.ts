/** Signing in by the OpenID Connect provider: to it, and back (authorization code flow with PKCE). */
import type { Response } from 'express';
import type { Pool } from '../../store/pool.ts';
import { type Entrance, signInByProvider } from '../access/oidc/enter.ts';
import type { Provider, Trouble } from '../access/oidc/provider.ts';
import { beginRequest, readRequest, requestFor } from '../access/oidc/request.ts';
import type { SignInRules } from '../access/sign-in.ts';
import { word } from '../console/words.ts';
import { type CookieRules, clearOidc, cookieOf, oidcCookie, setOidc, setSession } from './cookies.ts';
import { pathOf } from './pages.ts';
import type { Asked, OperatorRoute } from './route.ts';
import { type SignInPage, type SignInShown, showSignIn } from './sign-in-page.ts';

export interface OidcParts extends SignInPage {
  readonly provider: Provider;
  readonly pool: Pool;
  readonly rules: SignInRules;
  readonly origin: () => string;
  readonly cookies: () => CookieRules;
}

/** As it is registered with the provider. */
export const redirectPath = '/sign-in/oidc/callback';

const statusOf: Readonly<Record<Trouble, number>> = { away: 503, denied: 403, old: 400, wrong: 502 };

export function oidcRoutes(parts: OidcParts): readonly OperatorRoute[] {
  return [
    {
      method: 'GET',
      path: '/sign-in/oidc',
      needs: 'nothing',
      shows: 'page',
      handle: (asked, response) => leaveFor(parts, asked, response),
    },
    {
      method: 'GET',
      path: redirectPath,
      needs: 'nothing',
      shows: 'page',
      handle: (asked, response) => comeBack(parts, asked, response),
    },
  ];
}

async function leaveFor(parts: OidcParts, asked: Asked, response: Response): Promise<void> {
  const next = pathOf(asked.request.query['next']);
  if (asked.who !== undefined) return response.redirect(303, next);
  const request = beginRequest(next, asked.now);
  const outcome = await parts.provider.begin(request, redirectUri(parts));
  if ('trouble' in outcome) return showTrouble(parts, asked, response, outcome.trouble, next);
  setOidc(response, parts.cookies(), request.cookie, requestFor);
  response.redirect(303, outcome.ok.href);
}

async function comeBack(parts: OidcParts, asked: Asked, response: Response): Promise<void> {
  const { provider, pool, rules } = parts;
  const cookies = parts.cookies();
  const { search, searchParams } = new URL(asked.request.originalUrl, parts.origin());
  // 1. Only what this browser asked for: else somebody could be led into another's account. A stranger's answer spends nothing.
  const request = readRequest(cookieOf(asked.request, oidcCookie(cookies)), asked.now);
  if (request === undefined || searchParams.get('state') !== request.state) {
    if (asked.who !== undefined) return response.redirect(303, '/');
    return showTrouble(parts, asked, response, 'old', request?.next ?? '/');
  }
  const next = pathOf(request.next);
  // 2. The code for an ID token. While the provider is away the cookie stays: to load the page again is another try.
  const outcome = await provider.finish(request, redirectUri(parts), search);
  if ('trouble' in outcome && outcome.trouble === 'away') return showTrouble(parts, asked, response, 'away', next);
  clearOidc(response, cookies);
  if ('trouble' in outcome) return showTrouble(parts, asked, response, outcome.trouble, next);
  // 3. Whose account, and whether they may come in.
  const entrance = await signInByProvider(pool, rules, outcome.ok, request.state, asked);
  if (entrance.kind === 'signed-in') {
    setSession(response, cookies, entrance.signedIn.session);
    return response.redirect(303, next);
  }
  if (entrance.kind === 'old') return showTrouble(parts, asked, response, 'old', next);
  showSignIn(parts, asked, response, {
    ...refusal(parts, asked, entrance.kind, outcome.ok.lacks),
    bad: true,
    status: 403,
    next,
    leaves: true,
  });
}

function refusal(
  { provider }: OidcParts,
  { language }: Asked,
  kind: Exclude<Entrance['kind'], 'signed-in' | 'old'>,
  lacks: 'claim' | 'value' | undefined,
): Pick<SignInShown, 'notice' | 'more'> {
  const facts = { provider: provider.name, claim: provider.claim, values: provider.values.join(', ') };
  if (kind === 'disabled') return { notice: word(language, 'oidc.disabled') };
  return {
    notice: word(language, lacks === 'claim' ? 'oidc.no-claim' : 'oidc.no-value', facts),
    more: word(language, 'oidc.no-role-do', facts),
  };
}

function showTrouble(parts: OidcParts, asked: Asked, response: Response, trouble: Trouble, next: string): void {
  if (trouble === 'away') response.set('retry-after', '5');
  showSignIn(parts, asked, response, {
    notice: word(asked.language, `oidc.${trouble}`, { provider: parts.provider.name }),
    bad: true,
    status: statusOf[trouble],
    next,
  });
}

const redirectUri = ({ origin }: OidcParts): string => `${origin()}${redirectPath}`;
