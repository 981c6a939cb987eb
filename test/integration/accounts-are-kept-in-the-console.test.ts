import { strict as assert } from 'node:assert';
import { changeRoles, disableAccount } from '../../src/operations/access/accounts.ts';
import { settingsTable } from '../../src/platform/config/settings.ts';
import { listAudit } from '../../src/store/audit.ts';
import { insertAccount, listAccounts, readAccountNamed } from '../../src/store/operator/accounts.ts';
import { type Visitor, visitor } from '../support/browser.ts';
import { type Console, openConsole } from '../support/console.ts';

describe('accounts are kept in the console', () => {
  let desk: Console;
  let administrator: Visitor;
  before(async () => {
    desk = await openConsole();
    administrator = await desk.signedIn('ada', 'administrator');
  });
  after(() => desk.stop());

  const add = (name: string, more: Readonly<Record<string, string>> = {}) =>
    administrator.post('/accounts', { name, person: 'Bo Ek', roles: 'viewer', hours: '24', reason: 'ny', ...more });
  const secretIn = (body: string) => /class="secret" readonly value="([^"]+)"/.exec(body)?.[1] ?? '';

  it('a new one is shown its link once, which signs in once and is kept nowhere', async () => {
    const { status, body, headers } = await add('bo');
    assert.equal(status, 200);
    assert.equal(headers['cache-control'], 'no-store');
    const link = secretIn(body);
    assert.match(link, new RegExp(`^${desk.api.origin}/sign-in/link/[\\w-]{43}$`));
    const secret = link.split('/').at(-1) ?? '';
    for (const path of ['/accounts', '/accounts/bo', '/audit'])
      assert.doesNotMatch((await administrator.get(path)).body, new RegExp(secret), path);
    const { rows } = await desk.pool.query<{ text: string }>('select audit::text as text from audit');
    assert.ok(rows.every(({ text }) => !text.includes(secret)));
    const bo = visitor(desk.api.origin);
    assert.equal((await bo.post(new URL(link).pathname, {})).status, 303);
    assert.equal((await visitor(desk.api.origin).post(new URL(link).pathname, {})).status, 410);
    const [row] = await listAudit(desk.pool, { subject: 'account/bo', action: 'account.add', limit: 1 });
    assert.deepEqual([row?.actor, row?.action, row?.reason], ['operator:ada', 'account.add', 'ny']);
    assert.match((await add('bo')).body, /Det finns redan ett konto/);
  });

  it('one without a name, a role or a reason is not made, and what was typed stays', async () => {
    for (const wrong of [{ name: 'Bo Ek' }, { person: ' ' }, { roles: 'king' }, { reason: ' ' }, { hours: '0' }]) {
      const { status, body } = await add('carl', { person: 'Carl Alm', ...wrong });
      assert.equal(status, 422, JSON.stringify(wrong));
      assert.match(body, /role="alert"/);
    }
    assert.equal(await readAccountNamed(desk.pool, 'carl'), undefined);
  });

  it('nobody can take away the last administrator who gets in, neither by a role nor by closing, nor two at once', async () => {
    for (const [what, fields] of [
      ['roles', { roles: 'viewer' }],
      ['disable', {}],
    ] as const) {
      const answer = await administrator.post(`/accounts/ada/${what}`, { reason: 'x', ...fields });
      assert.equal(answer.status, 409);
      assert.match(answer.body, /den sista administratören/);
    }
    await add('dag', { roles: 'administrator' });
    const act = { actor: 'cli:test', reason: 'x', now: new Date() };
    const both = await Promise.allSettled([
      changeRoles(desk.pool, 'ada', ['viewer'], act),
      disableAccount(desk.pool, 'dag', act),
    ]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const left = (await listAccounts(desk.pool)).filter(
      ({ roles, disabledAt }) => disabledAt === undefined && roles.includes('administrator'),
    );
    assert.equal(left.length, 1);
    // As it was.
    await desk.pool.query(
      "update operator_account set disabled_at = null, roles = '{administrator}' where name in ('ada', 'dag')",
    );
  });

  it('an administrator of a provider is not counted as one who gets in, for it may be away', async () => {
    const id = await insertAccount(desk.pool, {
      name: 'pia',
      displayName: 'Pia Alm',
      roles: ['administrator'],
      issuer: 'https://id.example/',
      subject: 'pia',
      at: new Date(),
    });
    assert.ok(id);
    await desk.pool.query("update operator_account set disabled_at = now() where name = 'dag'");
    for (const [what, fields] of [
      ['roles', { roles: 'viewer' }],
      ['disable', {}],
    ] as const)
      assert.equal((await administrator.post(`/accounts/ada/${what}`, { reason: 'x', ...fields })).status, 409, what);
    assert.equal(
      (await administrator.post('/accounts/pia/disable', { reason: 'x' })).status,
      303,
      'the local one is there',
    );
  });

  it('a closed one has no tokens when it is opened again', async () => {
    await desk.signedIn('ida', 'viewer');
    const make = { token: 'nightly', may: 'view', days: '9', reason: 'x' };
    const token = secretIn((await administrator.post('/accounts/ida/token', make)).body);
    const script = { authorization: `Bearer ${token}` };
    assert.equal((await visitor(desk.api.origin).get('/jobs', script)).status, 200);
    assert.match((await administrator.get('/accounts/ida')).body, /dess nycklar återkallas för gott/);
    await administrator.post('/accounts/ida/disable', { reason: 'läckt' });
    const [row] = await listAudit(desk.pool, { subject: 'account/ida', action: 'account.disable', limit: 1 });
    assert.equal(((row?.details ?? {}) as { tokens?: unknown[] }).tokens?.length, 1);
    assert.equal((await administrator.post('/accounts/ida/enable', { reason: 'åter' })).status, 303);
    assert.equal((await visitor(desk.api.origin).get('/jobs', script)).status, 401);
  });

  it('a closed one is out at once, and in again when it is opened', async () => {
    const eva = await desk.signedIn('eva', 'viewer');
    assert.equal((await eva.get('/')).status, 200);
    assert.equal((await administrator.post('/accounts/eva/disable', { reason: 'slutat' })).status, 303);
    assert.equal((await eva.get('/')).status, 303);
    assert.equal((await administrator.post('/accounts/eva/enable', { reason: 'åter' })).status, 303);
    const { body } = await administrator.post('/accounts/eva/link', { hours: '1', reason: 'glömt' });
    assert.equal((await visitor(desk.api.origin).post(new URL(secretIn(body)).pathname, {})).status, 303);
  });

  it('an administrator ends the sessions of an account, and whose own it is keeps the one that asks', async () => {
    const ivar = await desk.signedIn('ivar', 'viewer');
    assert.match((await administrator.get('/accounts/ivar')).body, /med länk/);
    assert.equal((await administrator.post('/accounts/ivar/sessions-end', { reason: '' })).status, 400);
    assert.equal((await ivar.get('/')).status, 200);
    assert.equal((await administrator.post('/accounts/ivar/sessions-end', { reason: 'lånad dator' })).status, 303);
    assert.equal((await ivar.get('/')).status, 303);
    assert.match((await administrator.get('/accounts/ivar')).body, /Ingen är inne med det/);
    const [row] = await listAudit(desk.pool, { subject: 'account/ivar', limit: 1 });
    assert.deepEqual([row?.actor, row?.action, row?.reason], ['operator:ada', 'account.sessions-end', 'lånad dator']);
    const { body } = await administrator.post('/accounts/ada/link', { hours: '1', reason: 'x' });
    const elsewhere = visitor(desk.api.origin);
    assert.equal((await elsewhere.post(new URL(secretIn(body)).pathname, {})).status, 303);
    await administrator.post('/accounts/ada/sessions-end', { reason: 'x' });
    assert.deepEqual([(await elsewhere.get('/')).status, (await administrator.get('/')).status], [303, 200]);
  });

  it('a token is shown once, does what it may and no more, and ends when it is revoked', async () => {
    await desk.signedIn('fia', 'operator');
    assert.equal(
      (await administrator.post('/accounts/fia/token', { token: 'nightly', may: 'administer', days: '9', reason: 'x' }))
        .status,
      403,
    );
    assert.equal(
      (await administrator.post('/accounts/fia/token', { token: 'nightly', days: '9', reason: 'x' })).status,
      400,
    );
    const { body } = await administrator.post('/accounts/fia/token', {
      token: 'nightly',
      may: 'view',
      days: '9',
      reason: 'x',
    });
    const token = secretIn(body);
    assert.match(token, /^kuvert_/);
    const script = { authorization: `Bearer ${token}` };
    assert.equal((await visitor(desk.api.origin).get('/jobs', script)).status, 200);
    assert.equal((await visitor(desk.api.origin).get('/jobs/new', script)).status, 403);
    const page = (await administrator.get('/accounts/fia')).body;
    assert.ok(!page.includes(token));
    const id = /name="token" value="(\d+)"/.exec(page)?.[1] ?? '';
    assert.equal(
      (await administrator.post('/accounts/ada/token-revoke', { token: id, reason: 'x' })).status,
      404,
      'not of that account',
    );
    assert.equal((await administrator.post('/accounts/fia/token-revoke', { token: id, reason: 'läckt' })).status, 303);
    assert.equal((await visitor(desk.api.origin).get('/jobs', script)).status, 401);
  });

  it('are nobody’s business but an administrator’s; the audit is not an administrator’s', async () => {
    const others = [await desk.signedIn('gun', 'operator'), await desk.signedIn('hal', 'auditor')];
    for (const other of others) {
      for (const path of ['/accounts', '/accounts/ada', '/new-account'])
        assert.equal((await other.get(path)).status, 403, path);
      assert.equal((await other.post('/accounts/ada/disable', { reason: 'x' })).status, 403);
    }
    assert.equal((await administrator.get('/audit')).status, 403);
    const audit = await others[1]?.get('/audit?action=account&actor=ada');
    assert.equal(audit?.status, 200);
    assert.match(audit?.body ?? '', /account\.add/);
    const row = /href="(\/audit\/\d+)"/.exec(audit?.body ?? '')?.[1] ?? '';
    assert.match((await others[1]?.get(row))?.body ?? '', /operator:ada/);
  });

  it('the settings page has each setting once, in both languages, and shows no secret', async () => {
    const swedish = await administrator.get('/settings');
    administrator.cookies.set('kuvert-language', 'en');
    const english = await administrator.get('/settings');
    administrator.cookies.delete('kuvert-language');
    assert.match(swedish.body, /Så många anslutningar har en process/);
    assert.match(english.body, /Connections that one process keeps/);
    for (const page of [swedish, english]) {
      const shown = [...page.body.matchAll(/<td><code>(\w+)<\/code><\/td>/g)].map(([, name]) => name);
      assert.deepEqual(
        shown,
        Object.values(settingsTable).map(({ name }) => name),
      );
      assert.ok(!page.body.includes(desk.databaseUrl));
    }
  });
});
