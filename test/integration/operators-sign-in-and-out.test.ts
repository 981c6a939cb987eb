import { strict as assert } from 'node:assert';
import { addAccount, changeRoles, disableAccount, renewLink } from '../../src/operations/access/accounts.ts';
import { makeTokenFor } from '../../src/operations/access/tokens.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { type OperatorApi, operatorApiSettings, startOperatorApi } from '../../src/roles/operator-api.ts';
import { listAudit } from '../../src/store/audit.ts';
import { readAccountNamed } from '../../src/store/operator/accounts.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { visitor } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { testLog } from '../support/gateway-log.ts';
import { freshDatabase } from '../support/servers.ts';

const minute = 60_000;
const password = 'correct horse battery staple';

describe('operators', () => {
  let pool: Pool;
  let api: OperatorApi;
  /** Milliseconds that the listener’s clock is ahead. */
  let ahead = 0;
  before(async () => {
    const databaseUrl = await freshDatabase();
    pool = createPool({ url: databaseUrl, connections: 2, name: 'test' });
    const settings = readSettings([...operatorApiSettings], {
      KUVERT_ENVIRONMENT: 'test',
      DATABASE_URL: databaseUrl,
      KUVERT_OPERATOR_PORT: '0',
      KUVERT_WRONG_GUESSES: '1000',
    });
    api = await startOperatorApi(settings, testLog(), { now: () => new Date(Date.now() + ahead) });
  });
  after(async () => {
    await api?.stop();
    await pool?.close();
  });

  const act = () => ({ actor: 'cli:test', reason: 'ticket 1', now: new Date(Date.now() + ahead) });
  let accounts = 0;
  const account = async (roles: Parameters<typeof addAccount>[1]['roles'] = ['operator']) => {
    const name = `anna${++accounts}`;
    const link = await addAccount(pool, { name, displayName: 'Anna Ek', roles }, 60 * minute, act());
    return { name, link: `/sign-in/link/${link.secret}` };
  };
  /** Somebody who has signed in by their link and chosen a password. */
  const settled = async (roles?: Parameters<typeof addAccount>[1]['roles']) => {
    const { name, link } = await account(roles);
    const browser = visitor(api.origin);
    assert.equal((await browser.post(link, {})).status, 303);
    await browser.get('/account');
    assert.equal((await browser.post('/account/password', { password })).status, 200);
    return { name, browser };
  };

  it('are led to the sign-in, and back to the page that they wanted', async () => {
    const browser = visitor(api.origin);
    const first = await browser.get('/account?x=1');
    assert.equal(first.status, 303);
    assert.equal(first.headers['location'], '/sign-in?next=%2Faccount%3Fx%3D1');
    const { name } = await settled();
    await browser.get('/sign-in?next=%2Faccount%3Fx%3D1');
    const second = await browser.post('/sign-in', { name, password, next: '/account?x=1' });
    assert.deepEqual([second.status, second.headers['location']], [303, '/account?x=1']);
    assert.equal((await browser.get('/account')).status, 200);
  });

  it('are never led to another host', async () => {
    const { name } = await settled();
    for (const next of ['//evil.example/', '/\\evil.example', 'https://evil.example/', '/ok\r\nset-cookie: a=b']) {
      const answer = await visitor(api.origin).post('/sign-in', { name, password, next });
      assert.equal(answer.headers['location'], '/', next);
    }
  });

  it('get in by a link once; looking at it spends nothing, and a newer one takes its place', async () => {
    const { name, link } = await account();
    for (let times = 0; times < 3; times++) assert.equal((await visitor(api.origin).get(link)).status, 200);
    const browser = visitor(api.origin);
    assert.equal((await browser.post(link, {})).status, 303);
    assert.match((await browser.get('/')).body, /Anna Ek/);
    assert.equal((await visitor(api.origin).post(link, {})).status, 410);
    assert.equal((await visitor(api.origin).get(link)).status, 410);
    const older = await renewLink(pool, name, 60 * minute, act());
    const newer = await renewLink(pool, name, 60 * minute, act());
    assert.equal((await visitor(api.origin).post(`/sign-in/link/${older.secret}`, {})).status, 410);
    ahead += 61 * minute;
    assert.equal((await visitor(api.origin).post(`/sign-in/link/${newer.secret}`, {})).status, 410, 'its hour is over');
  });

  it('are locked out by five wrong passwords; the sixth, right, is late, and an hour later it is not', async () => {
    const { name } = await settled();
    const tries = await Promise.all(
      Array.from({ length: 5 }, () => visitor(api.origin).post('/sign-in', { name, password: 'wrong wrong wrong' })),
    );
    assert.deepEqual(
      tries.map(({ status }) => status),
      [403, 403, 403, 403, 403],
    );
    const wrong = await visitor(api.origin).post('/sign-in', { name, password: 'wrong wrong wrong' });
    const right = await visitor(api.origin).post('/sign-in', { name, password });
    assert.equal(right.status, 403);
    assert.equal(right.body, wrong.body, 'nobody learns that it was right');
    const [locked] = await listAudit(pool, { subject: `account/${name}`, action: 'account.locked', limit: 10 });
    assert.equal(locked?.actor, `operator:${name}`);
    ahead += 60 * minute;
    assert.equal((await visitor(api.origin).post('/sign-in', { name, password })).status, 303);
  });

  it('learn nothing of who has an account', async () => {
    const { name } = await settled();
    const known = await visitor(api.origin).post('/sign-in', { name, password: 'x'.repeat(20) });
    const unknown = await visitor(api.origin).post('/sign-in', { name: 'nobody', password: 'x'.repeat(20) });
    assert.equal(known.status, unknown.status);
    assert.equal(known.body.replace(name, ''), unknown.body.replace('nobody', ''));
  });

  it('are out when they sign out, when they have done nothing for long, and when the session is over', async () => {
    const out = await settled();
    const stolen = new Map(out.browser.cookies);
    assert.equal((await out.browser.post('/sign-out', {})).status, 200);
    const thief = visitor(api.origin);
    for (const [name, value] of stolen) thief.cookies.set(name, value);
    assert.equal((await thief.get('/account')).status, 303);

    const idle = await settled();
    ahead += 31 * minute;
    assert.equal((await idle.browser.get('/account')).status, 303);

    const long = await settled();
    for (let minutes = 0; minutes < 12 * 60; minutes += 20) {
      assert.equal((await long.browser.get('/account')).status, 200);
      ahead += 20 * minute;
    }
    assert.equal((await long.browser.get('/account')).status, 303);
  });

  it('lose their other sessions with a new password, and all with the account', async () => {
    const { name, browser } = await settled();
    const other = visitor(api.origin);
    assert.equal((await other.post('/sign-in', { name, password })).status, 303);
    await other.get('/account');
    const wrong = await other.post('/account/password', {
      before: 'not that one',
      password: 'another good long phrase',
    });
    assert.equal(wrong.status, 422);
    const changed = await other.post('/account/password', { before: password, password: 'another good long phrase' });
    assert.equal(changed.status, 200);
    assert.equal((await browser.get('/account')).status, 303);
    assert.equal((await other.get('/account')).status, 200);
    await disableAccount(pool, name, act());
    assert.equal((await other.get('/account')).status, 303);
    assert.equal((await other.post('/sign-in', { name, password: 'another good long phrase' })).status, 403);
  });

  it('choose no password that is short or easily guessed', async () => {
    const { name, link } = await account();
    const browser = visitor(api.origin);
    await browser.post(link, {});
    await browser.get('/account');
    for (const bad of [
      'short',
      `${name}${name}1234`,
      '123456789012',
      'aaaaaaaaaaaaaaa',
      'Kuvert-2026!!!!',
      'x'.repeat(201),
    ]) {
      assert.equal((await browser.post('/account/password', { password: bad })).status, 422, bad);
      assert.equal((await readAccountNamed(pool, name))?.passwordHash, undefined);
    }
    assert.equal((await browser.post('/account/password', { password })).status, 200);
    assert.match((await readAccountNamed(pool, name))?.passwordHash ?? '', /^\$argon2id\$/);
  });

  it('change nothing from a page of somebody else, nor without the page’s own field, nor under another host’s name', async () => {
    const { browser } = await settled();
    const fields = { password: 'another good long phrase', before: password };
    const refused = async (headers: Readonly<Record<string, string>>, form?: string) =>
      (await browser.post('/account/password', form === undefined ? fields : { ...fields, form }, headers)).status;
    assert.equal(await refused({ origin: 'https://evil.example' }), 403);
    assert.equal(await refused({ 'sec-fetch-site': 'cross-site' }), 403);
    assert.equal(await refused({ origin: '' }), 403);
    assert.equal(await refused({}, 'x'.repeat(43)), 403);
    assert.equal(await refused({ host: 'evil.example' }), 421);
    assert.equal((await browser.get('/', { host: 'evil.example' })).status, 421);
    assert.equal(await refused({}), 200);
  });

  it('have cookies that no script reads, and pages that load and run nothing from elsewhere', async () => {
    const { link } = await account();
    const answer = await visitor(api.origin).post(link, {});
    const [cookie = ''] = [answer.headers['set-cookie'] ?? []].flat();
    assert.match(cookie, /^kuvert-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    const { headers, body } = await visitor(api.origin).get('/sign-in');
    assert.match(String(headers['content-security-policy']), /default-src 'none';script-src 'self';style-src 'self'/);
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/);
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['cache-control'], 'no-store');
    for (const [, path = ''] of body.matchAll(/(?:src|href)="([^"#]+)"/g)) {
      assert.match(path, /^\//);
      if (path.startsWith('/assets/')) assert.equal((await visitor(api.origin).get(path)).status, 200, path);
    }
  });

  it('have pages in their language, which a click changes', async () => {
    const browser = visitor(api.origin);
    assert.match((await browser.get('/sign-in', { 'accept-language': 'en' })).body, /<html lang="en">[^]*Sign in/);
    assert.match((await browser.get('/sign-in')).body, /<html lang="sv">[^]*Logga in/);
    const answer = await browser.post('/language', { language: 'en', back: '/sign-in' });
    assert.deepEqual([answer.status, answer.headers['location']], [303, '/sign-in']);
    assert.match((await browser.get('/sign-in')).body, /<html lang="en">/);
  });

  it('may what their roles are at that moment', async () => {
    // The last one could not lose the role.
    await account(['administrator']);
    const { name, browser } = await settled(['administrator']);
    assert.equal((await browser.get('/accounts')).status, 200);
    await changeRoles(pool, name, ['viewer'], act());
    assert.match((await browser.get('/account')).body, /läsare/);
    assert.equal((await browser.get('/accounts')).status, 403);
  });

  it('have scripts get in by a token, until it ends, for no more than their account may', async () => {
    const { name } = await settled();
    const { id: accountId } = (await readAccountNamed(pool, name))!;
    const { token } = await makeTokenFor(pool, accountId, { name: 'nightly', permissions: ['view'], days: 1 }, act());
    const as = { authorization: `Bearer ${token}` };
    assert.equal((await visitor(api.origin).get('/account', as)).status, 200);
    assert.equal((await visitor(api.origin).get('/account', { authorization: 'Bearer nonsense' })).status, 401);
    await assert.rejects(
      makeTokenFor(pool, accountId, { name: 'x', permissions: ['administer'], days: 1 }, act()),
      /may not administer/,
    );
    ahead += 25 * 60 * minute;
    assert.equal((await visitor(api.origin).get('/account', as)).status, 401);
  });

  it('find faults as pages, and scripts as problems', async () => {
    const { browser } = await settled();
    const page = await browser.get('/nowhere');
    assert.equal(page.status, 404);
    assert.match(page.body, /Här finns inget/);
    const secret = 'S3cretThatMustNotBeShownAnywhere-------43ch';
    assert.doesNotMatch((await browser.get(`/${secret}<script>`)).body, /<script>alert|<script>"/);
  });

  it('leave nothing in the books but hashes', async () => {
    const { link } = await account();
    const secret = link.split('/').at(-1) ?? '';
    const browser = visitor(api.origin);
    await browser.post(link, {});
    const session = browser.cookies.get('kuvert-session') ?? '';
    assert.match(session, /^[\w-]{43}$/);
    for (const table of ['operator_account', 'operator_link', 'operator_session', 'operator_token', 'audit']) {
      const { rows } = await pool.query<{ text: string }>(`select ${table}::text as text from ${table}`);
      for (const { text } of rows) {
        assert.ok(!text.includes(secret) && !text.includes(session) && !text.includes(password), table);
      }
    }
  });

  it('are not remembered for longer than a week after their session or their link has ended', async () => {
    await settled();
    await account();
    const kept = async () => {
      const { rows } = await pool.query<{ sessions: number; links: number }>(
        'select (select count(*) from operator_session) as sessions, (select count(*) from operator_link) as links',
      );
      return rows[0];
    };
    const { sessions = 0, links = 0 } = (await kept()) ?? {};
    assert.ok(sessions > 0 && links > 0);
    ahead += 9 * 24 * 60 * minute;
    await eventually('they are forgotten', async () => {
      const left = await kept();
      return left?.sessions === 0 && left.links === 0;
    });
  });
});
