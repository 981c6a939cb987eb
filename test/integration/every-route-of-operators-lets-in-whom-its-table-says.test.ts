/** Every route of the operators' listener, page or script's, asked by every role and by nobody: who is let in stands in the table below, and nowhere else. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { operatorRoles, type Permission, permissionsOf } from '../../src/operations/access/permissions.ts';
import type { OperatorRoute } from '../../src/operations/face/route.ts';
import { listAudit } from '../../src/store/audit.ts';
import { type Console, openConsole } from '../support/console.ts';
import { startOidc, type TestProvider } from '../support/oidc.ts';
import { openScript } from '../support/script.ts';

/** `anybody`: without a sign-in. `account`: any that is signed in. `person`: any that is signed in to a browser; no token. */
type Needs = Permission | 'anybody' | 'account' | 'person';

/** Method and path below each other, as they are written to the routes. A route that is not here fails. */
const table: Readonly<Record<Needs, readonly string[]>> = {
  anybody: [
    'GET /assets/:version/:name',
    'GET /sign-in',
    'POST /sign-in',
    'GET /sign-in/link/:secret',
    'POST /sign-in/link/:secret',
    'GET /sign-in/oidc',
    'GET /sign-in/oidc/callback',
    'POST /language',
  ],
  account: ['POST /sign-out', 'GET /account', 'GET /api/v1/openapi.json'],
  person: ['POST /account/password'],
  view: [
    'GET /',
    'GET /overview/live',
    'GET /overview/flow',
    'GET /messages',
    'GET /search',
    'GET /messages/:id',
    'GET /messages/:id/envelope',
    'GET /suppliers',
    'GET /suppliers/:supplier',
    'GET /suppliers/test-calls/:call',
    'GET /certificates',
    'GET /certificates/own',
    'GET /certificates/:fingerprint',
    'GET /certificates/orders',
    'GET /certificates/orders/:order',
    'GET /jobs',
    'GET /jobs/:id',
    'GET /job-progress/:id',
    'GET /dead-letters',
    'GET /dead-letters/:id',
    'GET /settings',
    'GET /api/v1/overview',
    'GET /api/v1/outbox',
    'GET /api/v1/settings',
    'GET /api/v1/suppliers',
    'GET /api/v1/suppliers/:supplier',
    'GET /api/v1/lanes',
    'GET /api/v1/lanes/:lane',
    'GET /api/v1/lanes/:lane/test-calls',
    'GET /api/v1/test-calls/:call',
    'GET /api/v1/messages',
    'GET /api/v1/messages/:id',
    'GET /api/v1/messages/:id/attempts',
    'GET /api/v1/messages/:id/envelope',
    'GET /api/v1/dead-letters',
    'GET /api/v1/dead-letters/:id',
    'GET /api/v1/certificates',
    'GET /api/v1/certificates/:fingerprint',
    'GET /api/v1/own-certificates',
    'GET /api/v1/certificate-orders',
    'GET /api/v1/certificate-orders/:order',
    'GET /api/v1/jobs',
    'GET /api/v1/jobs/:job',
    'GET /api/v1/jobs/:job/messages',
  ],
  act: [
    'POST /messages/:id/release',
    'POST /messages/:id/resend',
    'POST /messages/:id/hold',
    'POST /messages/:id/cancel',
    'POST /suppliers/:supplier/addresses/:address/pause',
    'POST /suppliers/:supplier/addresses/:address/resume',
    'POST /suppliers/:supplier/addresses/:address/release',
    'POST /suppliers/:supplier/addresses/:address/test-call',
    'GET /jobs/new',
    'POST /jobs',
    'POST /jobs/:id/start',
    'POST /jobs/:id/discard',
    'POST /jobs/:id/stop',
    'POST /dead-letters/:id/re-enter',
    'POST /api/v1/messages/:id/release',
    'POST /api/v1/messages/:id/resend',
    'POST /api/v1/messages/:id/hold',
    'POST /api/v1/messages/:id/cancel',
    'POST /api/v1/lanes/:lane/pause',
    'POST /api/v1/lanes/:lane/resume',
    'POST /api/v1/lanes/:lane/release',
    'POST /api/v1/lanes/:lane/test-calls',
    'POST /api/v1/jobs',
    'POST /api/v1/jobs/:job/start',
    'POST /api/v1/jobs/:job/stop',
    'DELETE /api/v1/jobs/:job',
    'POST /api/v1/dead-letters/:id/re-enter',
  ],
  certify: [
    'GET /certificates/:fingerprint/revoke',
    'POST /certificates/:fingerprint/revoke',
    'POST /certificates/orders/:order/approve',
    'POST /certificates/orders/:order/cancel',
    'POST /certificates/orders/:order/reorder',
    'POST /api/v1/certificates/:fingerprint/revoke',
    'POST /api/v1/certificate-orders/:order/approve',
    'POST /api/v1/certificate-orders/:order/cancel',
    'POST /api/v1/certificate-orders/:order/reorder',
  ],
  open: [
    'POST /messages/:id/document',
    'POST /messages/:id/evidence',
    'POST /dead-letters/:id/document',
    'POST /suppliers/:supplier/contacts',
    'POST /api/v1/messages/:id/document',
    'POST /api/v1/messages/:id/evidence',
    'POST /api/v1/dead-letters/:id/document',
    'POST /api/v1/suppliers/:supplier/contacts',
  ],
  audit: ['GET /audit', 'GET /audit/:id', 'GET /api/v1/audit', 'GET /api/v1/audit/:id'],
  administer: [
    'GET /accounts',
    'GET /new-account',
    'POST /accounts',
    'GET /accounts/:name',
    'POST /accounts/:name/roles',
    'POST /accounts/:name/disable',
    'POST /accounts/:name/enable',
    'POST /accounts/:name/sessions-end',
    'POST /accounts/:name/link',
    'POST /accounts/:name/token',
    'POST /accounts/:name/token-revoke',
    'GET /api/v1/accounts',
    'GET /api/v1/accounts/:account',
  ],
};

/** The roles, written down once more: what the program thinks of them is what is tested. */
const roles: Readonly<Record<(typeof operatorRoles)[number], readonly Permission[]>> = {
  viewer: ['view'],
  operator: ['view', 'act', 'open'],
  'security-officer': ['view', 'certify', 'open', 'audit'],
  auditor: ['view', 'open', 'audit'],
  administrator: ['view', 'administer'],
};

const needsOf = new Map(Object.entries(table).flatMap(([needs, routes]) => routes.map((one) => [one, needs as Needs])));

/** What fits a path, and is of nothing: a route that lets somebody in says that it is not there, or what it misses. */
const filled: Readonly<Record<string, string>> = {
  supplier: '5560009465',
  address: '999999',
  lane: '999999',
  job: '999999',
  call: '999999',
  fingerprint: '0'.repeat(64),
  order: 'NO-SUCH',
  account: 'nobody',
  secret: 'x'.repeat(43),
  version: 'none',
  name: 'nobody',
};

const nameOf = ({ method, path }: Pick<OperatorRoute, 'method' | 'path'>): string => `${method} ${path}`;

interface Asker {
  readonly called: string;
  /** Undefined: is not signed in. */
  readonly may: readonly Permission[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: string;
}

type Verdict = 'let in' | 'told to sign in' | 'denied' | `answered ${number}`;

async function ask(origin: string, route: OperatorRoute, { headers, form }: Asker): Promise<Verdict> {
  const id = route.path.includes('jobs') || route.path.includes('audit') ? '999999' : randomUUID();
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => filled[name] ?? id);
  const scripts = path.startsWith('/api/');
  const answer = await fetch(origin + path, {
    method: route.method,
    redirect: 'manual',
    headers: {
      ...headers,
      ...(route.method === 'GET' ? {} : { origin, 'x-kuvert-form': form }),
      ...(route.mostBodyBytes === undefined
        ? {}
        : { 'content-type': scripts ? 'application/json' : 'application/x-www-form-urlencoded' }),
    },
    ...(route.mostBodyBytes === undefined
      ? {}
      : { body: scripts ? '{"reason":"a test"}' : new URLSearchParams({ form, reason: 'a test' }).toString() }),
  });
  const { status } = answer;
  // Who is not known is told so where they sign in: it is open to everybody.
  if (route.path === '/sign-in' && status === 403 && (await answer.text()).includes('name="password"')) return 'let in';
  // One of them never ends.
  await answer.body?.cancel().catch(() => undefined);
  if (status === 401) return 'told to sign in';
  if (status === 303 && answer.headers.get('location')?.startsWith('/sign-in') === true) return 'told to sign in';
  if (status === 403) return 'denied';
  return status >= 500 ? `answered ${status}` : 'let in';
}

describe('every route of operators', () => {
  let desk: Console;
  let oidc: TestProvider;
  before(async () => {
    // With all that can be set: some routes are there only then.
    oidc = await startOidc();
    desk = await openConsole({
      settings: {
        KUVERT_OIDC_ISSUER: oidc.issuer,
        KUVERT_OIDC_CLIENT_ID: oidc.clientId,
        KUVERT_OIDC_CLIENT_SECRET: oidc.clientSecret,
        KUVERT_OIDC_ROLES: 'kuvert-operators=operator',
        KUVERT_WRONG_GUESSES: '1000',
      },
    });
    oidc.register(desk.api.origin);
  });
  after(async () => {
    await desk?.stop();
    await oidc?.down();
  });

  const signedIn = async (called: string, ...as: readonly (typeof operatorRoles)[number][]): Promise<Asker> => {
    const browser = await desk.signedIn(called, ...as);
    const { body } = await browser.get('/account');
    const [, form = ''] = /name="form" value="([^"]+)"/.exec(body) ?? [];
    assert.notEqual(form, '');
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return { called, may: as.flatMap((role) => roles[role]), headers: { cookie }, form };
  };
  const token = async (
    called: string,
    permissions: readonly Permission[],
  ): Promise<Asker & { readonly value: string }> => {
    const script = await openScript({ origin: desk.api.origin, pool: desk.pool }, called, operatorRoles, permissions);
    return {
      called,
      may: permissions,
      headers: { authorization: `Bearer ${script.token}` },
      form: '',
      value: script.token,
    };
  };
  const allowed = (route: OperatorRoute, { may, headers }: Asker): Verdict => {
    const needs = needsOf.get(nameOf(route));
    if (needs === 'anybody') return 'let in';
    if (may === undefined) return 'told to sign in';
    if (needs === 'person') return headers['cookie'] === undefined ? 'denied' : 'let in';
    return needs === 'account' || (needs !== undefined && may.includes(needs)) ? 'let in' : 'denied';
  };
  /** What is not as the table says; the way out is asked last. */
  const differences = async (asker: Asker): Promise<string[]> => {
    const out = desk.api.routes.filter(({ path }) => path === '/sign-out');
    const routes = [...desk.api.routes.filter(({ path }) => path !== '/sign-out'), ...out];
    const found: string[] = [];
    for (const route of routes) {
      const verdict = await ask(desk.api.origin, route, asker);
      const should = allowed(route, asker);
      // Whoever leaves is led to the sign-in.
      const left = route.path === '/sign-out' && should === 'let in' && verdict === 'told to sign in';
      if (verdict !== should && !left)
        found.push(`${asker.called}: ${nameOf(route)} should be ${should}, and is ${verdict}`);
    }
    return found;
  };

  it('stands in the table once, and the table has no other', () => {
    assert.deepEqual(desk.api.routes.map(nameOf).toSorted(), Object.values(table).flat().toSorted());
  });

  it('has roles that may what is written here, each alone and all together', () => {
    for (const role of operatorRoles) assert.deepEqual([...permissionsOf([role])].toSorted(), roles[role].toSorted());
    assert.deepEqual(
      [...permissionsOf(operatorRoles)].toSorted(),
      [...new Set(Object.values(roles).flat())].toSorted(),
    );
  });

  for (const role of operatorRoles)
    it(`lets a signed-in ${role} in as the table says`, async () => {
      assert.deepEqual(await differences(await signedIn(role, role)), []);
    });

  it('lets nobody in without a sign-in, or with a session or a token that is over, or with nonsense', async () => {
    const nobody: Asker = { called: 'nobody', may: undefined, headers: {}, form: '' };
    const left = await signedIn('left', ...operatorRoles);
    await fetch(`${desk.api.origin}/sign-out`, {
      method: 'POST',
      redirect: 'manual',
      headers: { ...left.headers, origin: desk.api.origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ form: left.form }).toString(),
    });
    const expired = await token('expired', ['view', 'act', 'open', 'certify', 'audit', 'administer']);
    await desk.pool.query(
      "update operator_token set made_at = now() - interval '2 days', expires_at = now() - interval '1 day' from operator_account a where a.id = account_id and a.name = 'expired'",
    );
    const disabled = await signedIn('disabled', ...operatorRoles);
    await desk.pool.query("update operator_account set disabled_at = now() where name = 'disabled'");
    const nonsense = { authorization: `Bearer kuvert_${'x'.repeat(43)}` };
    const before = await listAudit(desk.pool, { limit: 1 });
    const found: string[] = [];
    for (const asker of [nobody, { ...left, may: undefined }, { ...disabled, may: undefined }])
      found.push(...(await differences(asker)));
    // A token that is none is turned away everywhere: whoever sends one did not mean to be nobody.
    for (const headers of [expired.headers, nonsense])
      for (const route of desk.api.routes) {
        const verdict = await ask(desk.api.origin, route, { ...nobody, headers });
        if (verdict !== 'told to sign in') found.push(`${JSON.stringify(headers)}: ${nameOf(route)} is ${verdict}`);
      }
    assert.deepEqual(found, []);
    assert.deepEqual(await listAudit(desk.pool, { limit: 1 }), before, 'and nothing was done');
  });

  it('lets a token in for what it was made for, and never for more than its account may', async () => {
    for (const permission of ['act', 'audit'] as const)
      assert.deepEqual(await differences(await token(`only-${permission}`, [permission])), []);
    const wide = await token('wide', ['view', 'act', 'open', 'certify', 'audit', 'administer']);
    await desk.pool.query("update operator_account set roles = '{viewer}' where name = 'wide'");
    assert.deepEqual(await differences({ ...wide, may: roles.viewer }), []);
  });
});
