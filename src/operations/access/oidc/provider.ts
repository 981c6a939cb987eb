/** The OpenID Connect provider: asked where people sign in, and who came back. Nothing of its tokens is kept or logged. */
import * as client from 'openid-client';
import type { RolesByClaim } from '../../../domain/operator-role.ts';
import { outbound } from '../../../platform/http/outbound.ts';
import { errorText, type Log } from '../../../platform/log.ts';
import { claimOf, type Person, personOf } from './claims.ts';
import type { OidcRequest } from './request.ts';

export interface ProviderRules {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  /** The claim that gives roles, and which of its values give which. */
  readonly claim: string;
  readonly roles: RolesByClaim;
  /** On the button. */
  readonly name: string;
  /** PEM of the authorities that may have issued its certificate; undefined: those that Node knows. */
  readonly ca: string | undefined;
}

/**
 * - `away`: it does not answer, or says itself that it cannot
 * - `denied`: it sends them back without having signed them in
 * - `old`: what came back was used before, or took too long
 * - `wrong`: its answer is not right, or it does not take ours; the log says what
 */
export type Trouble = 'away' | 'denied' | 'old' | 'wrong';
export type Outcome<T> = { readonly ok: T } | { readonly trouble: Trouble };

export interface Provider {
  readonly name: string;
  readonly claim: string;
  /** The values of that claim that let somebody in. */
  readonly values: readonly string[];
  /** Where the browser is sent. */
  begin(request: OidcRequest, redirectUri: string): Promise<Outcome<URL>>;
  /** @param search of the URL that the browser came back to, with its question mark */
  finish(request: OidcRequest, redirectUri: string, search: string): Promise<Outcome<Person>>;
  /** Where one signs out of the provider, as far as is known without asking it (OpenID Connect RP-Initiated Logout 1.0). */
  leave(): URL | undefined;
}

/** Seconds for each request to it; a person waits. */
const timeout = 10;
const mostBytes = 1_048_576;
/** Milliseconds after which what it says of itself is read anew. Its keys are read more often than that. */
const freshFor = 3_600_000;

export function createProvider(rules: ProviderRules, log: Log): Provider {
  const ask = outbound({ ca: rules.ca, mostBytes });
  const fetch: client.CustomFetch = (url, { method, headers, body, signal }) =>
    ask(url, { method, headers, body: formOf(body), signal });
  let known: { readonly configuration: Promise<client.Configuration>; readonly at: number } | undefined;
  let last: client.Configuration | undefined;
  const discover = async (): Promise<client.Configuration> => {
    try {
      last = await client.discovery(new URL(rules.issuer), rules.clientId, {}, authentication(rules), {
        [client.customFetch]: fetch,
        timeout,
        execute: [
          // Else the ID token's signature would be left to TLS, as OpenID Connect Core 1.0, 3.1.3.7 (6) allows.
          client.enableNonRepudiationChecks,
          ...(rules.issuer.startsWith('http:') ? [client.allowInsecureRequests] : []),
        ],
      });
      return last;
    } catch (error) {
      // The next one asks again.
      known = undefined;
      throw error;
    }
  };
  /** At the first use, not at the start: the console and its local accounts work while the provider is away. Those who come together ask once. */
  const discovered = (): Promise<client.Configuration> => {
    if (known === undefined || performance.now() - known.at >= freshFor)
      known = { configuration: discover(), at: performance.now() };
    return known.configuration;
  };
  const tried = async <T>(what: string, work: () => Promise<T>): Promise<Outcome<T>> => {
    try {
      return { ok: await work() };
    } catch (error) {
      const trouble = troubleOf(error);
      log.warn(`sign-in by the OpenID Connect provider: ${what} did not work`, { trouble, error: whatHappened(error) });
      return { trouble };
    }
  };
  return {
    name: rules.name,
    claim: rules.claim,
    values: [...rules.roles.keys()],
    begin: ({ state, nonce, verifier }, redirectUri) =>
      tried('asking where to', async () =>
        client.buildAuthorizationUrl(await discovered(), {
          redirect_uri: redirectUri,
          scope: rules.scope,
          state,
          nonce,
          code_challenge: await client.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        }),
      ),
    finish: ({ state, nonce, verifier }, redirectUri, search) =>
      tried('the way back', async () => {
        const configuration = await discovered();
        const tokens = await client.authorizationCodeGrant(configuration, new URL(redirectUri + search), {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (claims === undefined) throw new client.ClientError('no ID token came');
        if (claims.sub.length > 500) throw new client.ClientError('the subject is longer than 500 characters');
        const more = await furtherClaims(configuration, tokens.access_token, claims);
        return personOf({ ...more, ...claims }, rules);
      }),
    leave: () =>
      last?.serverMetadata().end_session_endpoint === undefined ? undefined : client.buildEndSessionUrl(last, {}),
  };

  /** Many put groups into the ID token only when told to. */
  async function furtherClaims(configuration: client.Configuration, token: string, claims: client.IDToken) {
    const there = claimOf(claims, rules.claim) !== undefined;
    if (there || configuration.serverMetadata().userinfo_endpoint === undefined) return {};
    return client.fetchUserInfo(configuration, token, claims.sub);
  }
}

/** Nothing else is ever sent to a provider. */
function formOf(body: client.FetchBody): string | undefined {
  if (body === null || body === undefined) return undefined;
  if (typeof body !== 'string' && !(body instanceof URLSearchParams)) throw new TypeError('the body is no form');
  return body.toString();
}

/** As it announces; `client_secret_basic` where it says nothing (OpenID Connect Discovery 1.0, 3). */
function authentication({ clientSecret }: ProviderRules): client.ClientAuth {
  return (server, ...rest) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server;
    const method = methods.includes('client_secret_basic') ? client.ClientSecretBasic : client.ClientSecretPost;
    method(clientSecret)(server, ...rest);
  };
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof client.AuthorizationResponseError)
    return error.error === 'server_error' || error.error === 'temporarily_unavailable' ? 'away' : 'denied';
  if (error instanceof client.ResponseBodyError) {
    if (error.status >= 500) return 'away';
    return error.error === 'invalid_grant' ? 'old' : 'wrong';
  }
  if (!(error instanceof client.ClientError)) return 'wrong';
  const { code, cause } = error;
  if (cause instanceof Response) return cause.status >= 500 ? 'away' : 'wrong';
  if (code === undefined) return cause === undefined ? 'wrong' : 'away';
  return code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT' ? 'away' : 'wrong';
}

/** Without the causes of what was looked at: they carry tokens, or pieces of them. */
function whatHappened(error: unknown): string {
  if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError)
    return `the provider answered ${JSON.stringify(error.error.slice(0, 100))}`;
  if (error instanceof client.WWWAuthenticateChallengeError) return `the provider answered ${error.status}`;
  if (!(error instanceof client.ClientError)) return errorText(error);
  if (error.cause instanceof Response) return `the provider answered ${error.cause.status}`;
  return error.code === undefined ? errorText(error) : `${error.code}: ${error.message}`;
}
