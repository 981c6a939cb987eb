/** A real OpenID Connect provider for tests (oidc-provider), where whoever is at the desk signs in without being asked for a password. */
import type { KeyObject, webcrypto } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Context, Provider } from 'oidc-provider';
import { type Answer, type Visitor, visitor } from './browser.ts';

export interface OidcPerson {
  readonly sub: string;
  /** What the provider says of them besides. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** An answer of the token endpoint, on its way out. */
export interface TokenAnswer {
  status: number;
  /** A text is sent as it is. */
  body: Record<string, unknown> | string;
}

export interface TestProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Signs ID tokens. */
  readonly key: KeyObject | webcrypto.CryptoKey;
  readonly kid: string;
  /** Who is at the desk; undefined: they push the page away. */
  person: OidcPerson | undefined;
  /** Whether a page asks them to push a button first, as people know it. */
  asks: boolean;
  /** Claims in the ID token; else only the user info endpoint has them. */
  inIdToken: boolean;
  /** Changes what the token endpoint answers. */
  tamper: ((answer: TokenAnswer) => void | Promise<void>) | undefined;
  /** The console is known from here on. */
  register(origin: string): void;
  down(): Promise<void>;
  up(): Promise<void>;
}

const scopeClaims = ['name', 'preferred_username', 'email', 'groups', 'realm_access'];

/** @param tls key and certificate in PEM for `localhost`; left out: plain HTTP on 127.0.0.1 */
export async function startOidc(tls?: { readonly key: string; readonly cert: string }): Promise<TestProvider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = 'test-1';
  let callback: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  let provider: Provider | undefined;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/desk/')) return void atTheDesk(request, response);
    callback?.(request, response);
  };
  const make = () => (tls === undefined ? createServer(answer) : createTlsServer(tls, answer));
  let server = make();
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  const port = await listen(0);
  const issuer = tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
  const jwk = { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
  const store = new Map<string, unknown>();
  const it: TestProvider = {
    issuer,
    clientId: 'kuvert console',
    clientSecret: 'a secret: of/the+client&=',
    key: privateKey,
    kid,
    person: undefined,
    asks: false,
    inIdToken: true,
    tamper: undefined,
    register: (origin) => {
      provider = new Provider(issuer, configuration(origin));
      provider.use(async (context: Context, next) => {
        await next();
        if (context.path !== '/token' || it.tamper === undefined) return;
        const answered: TokenAnswer = { status: context.status, body: context.body as TokenAnswer['body'] };
        await it.tamper(answered);
        context.status = answered.status;
        context.body = answered.body;
        context.type = 'json';
      });
      callback = provider.callback();
    },
    down: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    up: async () => {
      server = make();
      await listen(port);
    },
  };
  return it;

  async function atTheDesk(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { person } = it;
    if (it.asks && request.method === 'GET') {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end('<!doctype html><title>Desk</title><form method="post"><button>It is me</button></form>');
      return;
    }
    await provider?.interactionFinished(
      request,
      response,
      person === undefined ? { error: 'access_denied' } : { login: { accountId: person.sub, remember: false } },
    );
  }

  function configuration(origin: string) {
    return {
      adapter: (model: string) => memory(store, model),
      jwks: { keys: [jwk] },
      cookies: { keys: ['only for tests'] },
      claims: { openid: ['sub'], profile: scopeClaims },
      clients: [
        {
          client_id: it.clientId,
          client_secret: it.clientSecret,
          redirect_uris: [`${origin}/sign-in/oidc/callback`],
        },
      ],
      conformIdTokenClaims: !it.inIdToken,
      features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true, logoutSource } },
      findAccount: (_context: unknown, sub: string) => ({
        accountId: sub,
        claims: () => ({ ...it.person?.claims, sub }),
      }),
      interactions: { url: (_context: unknown, { uid }: { readonly uid: string }) => `/desk/${uid}` },
      loadExistingGrant: async ({ oidc }: Context) => {
        if (provider === undefined) throw new Error('nobody is registered yet');
        const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
        grant.addOIDCScope('openid profile');
        await grant.save();
        return grant;
      },
      pkce: { required: () => true },
      renderError: (context: Context, out: object) => {
        context.body = JSON.stringify(out);
      },
      ttl: { AccessToken: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    };
  }
}

const logoutSource = (context: Context, form: string) => {
  context.body = `<!doctype html><title>Desk</title>${form}`;
};

function memory(store: Map<string, unknown>, model: string) {
  type Row = Record<string, unknown>;
  const key = (id: string) => `${model} ${id}`;
  const find = async (id: string) => store.get(key(id));
  return {
    find,
    findByUid: async (uid: string) => [...store.values()].find((row) => (row as Row)['uid'] === uid),
    upsert: async (id: string, row: Row) => void store.set(key(id), row),
    consume: async (id: string) => {
      const row = (await find(id)) as Row;
      row['consumed'] = Math.floor(Date.now() / 1_000);
    },
    destroy: async (id: string) => void store.delete(key(id)),
    revokeByGrantId: async (grantId: string) => {
      for (const [at, row] of store) if ((row as Row)['grantId'] === grantId) store.delete(at);
    },
  };
}

/** To the provider. @returns where it sends the browser */
export async function leaveFor(browser: Visitor, path = '/sign-in/oidc'): Promise<string> {
  const { status, headers, body } = await browser.get(path);
  if (status !== 303) throw new Error(`the way to the provider was answered ${status}: ${body}`);
  return String(headers['location']);
}

/** Through the provider's pages. @returns the path with which they lead back to the console */
export async function comeBack(oidc: TestProvider, origin: string, location: unknown): Promise<string> {
  const browser = visitor(oidc.issuer);
  let at = new URL(String(location));
  while (at.origin === oidc.issuer) {
    const { status, headers, body } = await browser.get(at.pathname + at.search);
    if (headers['location'] === undefined) throw new Error(`the provider answered ${status}: ${body}`);
    at = new URL(String(headers['location']), at);
  }
  if (at.origin !== origin) throw new Error(`the provider leads to ${at.origin}`);
  return at.pathname + at.search;
}

/** There and back. @returns what the console says to the way back */
export async function signInBy(oidc: TestProvider, browser: Visitor, path?: string): Promise<Answer> {
  const to = await leaveFor(browser, path);
  const { searchParams } = new URL(to);
  const { origin } = new URL(searchParams.get('redirect_uri') ?? '');
  return browser.get(await comeBack(oidc, origin, to), { 'sec-fetch-site': 'cross-site' });
}

export interface Forgery {
  /** Put into the ID token, which is signed anew by the provider's key. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signed by a key of somebody else, under the name of the provider's. */
  readonly foreign?: true;
  readonly unsigned?: true;
  /** Put into it without a new signature. */
  readonly tampered?: Readonly<Record<string, unknown>>;
}

export async function forge(oidc: TestProvider, answer: TokenAnswer, forgery: Forgery): Promise<void> {
  if (typeof answer.body === 'string') throw new Error('there is nothing to forge');
  const [head = '', payload = '', signature = ''] = String(answer.body['id_token']).split('.');
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  const token = async () => {
    if (forgery.tampered) return `${head}.${part({ ...claims, ...forgery.tampered })}.${signature}`;
    if (forgery.unsigned) return `${part({ alg: 'none' })}.${payload}.`;
    const key = forgery.foreign ? (await generateKeyPair('RS256')).privateKey : oidc.key;
    return new SignJWT({ ...claims, ...forgery.claims }).setProtectedHeader({ alg: 'RS256', kid: oidc.kid }).sign(key);
  };
  answer.body = { ...answer.body, id_token: await token() };
}
