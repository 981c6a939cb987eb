import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addAccount,
  changeRoles,
  disableAccount,
  enableAccount,
  renewLink,
} from '../../src/operations/access/accounts.ts';
import { makeTokenFor } from '../../src/operations/access/tokens.ts';
import { listAudit } from '../../src/store/audit.ts';
import { listAccounts, readAccountNamed, readAccountOf } from '../../src/store/operator/accounts.ts';
import { type Answer, type Visitor, visitor } from '../support/browser.ts';
import { type Console, openConsole } from '../support/console.ts';
import { createDevAuthority, issueDevCertificate } from '../support/dev-authority.ts';
import { keptLog } from '../support/gateway-log.ts';
import {
  comeBack,
  forge,
  leaveFor,
  signInBy,
  startOidc,
  type TestProvider,
  type TokenAnswer,
} from '../support/oidc.ts';

const minute = 60_000;
const callback = '/sign-in/oidc/callback';

describe('operators sign in by their OpenID Connect provider', () => {
  let oidc: TestProvider;
  let desk: Console;
  const { log, lines } = keptLog();
  /** Milliseconds that the console’s clock is ahead. */
  let ahead = 0;
  before(async () => {
    oidc = await startOidc();
    desk = await openConsole({
      settings: {
        KUVERT_OIDC_ISSUER: oidc.issuer,
        KUVERT_OIDC_CLIENT_ID: oidc.clientId,
        KUVERT_OIDC_CLIENT_SECRET: oidc.clientSecret,
        KUVERT_OIDC_ROLES: 'kuvert-operators=operator; CN=Kuvert,OU=Admins=administrator,auditor',
        KUVERT_OIDC_NAME: 'Myndighets-id',
        KUVERT_WRONG_GUESSES: '1000',
      },
      options: { now: () => new Date(Date.now() + ahead) },
      log,
    });
    oidc.register(desk.api.origin);
  });
  after(async () => {
    await desk?.stop();
    await oidc?.down();
  });
  afterEach(() => {
    oidc.tamper = undefined;
    oidc.person = undefined;
    ahead = 0;
  });

  const act = () => ({ actor: 'cli:test', reason: 'ticket 1', now: new Date(Date.now() + ahead) });
  let people = 0;
  const person = (claims: Readonly<Record<string, unknown>> = { groups: ['kuvert-operators'] }) => {
    const name = `anna${++people}`;
    oidc.person = { sub: `s-${people}`, claims: { preferred_username: name, name: 'Anna Ek', ...claims } };
    return { name, sub: oidc.person.sub };
  };
  const audited = async (subject: string, action: string) =>
    (await listAudit(desk.pool, { subject, action, limit: 20 })).map(({ actor, details }) => ({ actor, details }));
  const isOut = async (browser: Visitor) => assert.equal((await browser.get('/account')).status, 303);
  const refused = async (browser: Visitor, answer: Answer, status: number, says: RegExp) => {
    assert.equal(answer.status, status, answer.body);
    assert.match(answer.body, says);
    await isOut(browser);
  };

  it('on a page with its button above the form for local accounts, in both languages', async () => {
    const { body } = await visitor(desk.api.origin).get('/sign-in?next=%2Fjobs');
    assert.match(body, /href="\/sign-in\/oidc\?next=%2Fjobs">Logga in med Myndighets-id</);
    assert.match(body, /name="password"/);
    const english = await visitor(desk.api.origin).get('/sign-in', { 'accept-language': 'en' });
    assert.match(english.body, />Sign in with Myndighets-id</);
  });

  it('and are on the page that they wanted, with the roles that their claims give, on record without tokens or claims', async () => {
    const { name, sub } = person({ groups: ['other', 'CN=Kuvert,OU=Admins', 'kuvert-operators'] });
    const browser = visitor(desk.api.origin);
    assert.equal((await browser.get('/jobs')).headers['location'], '/sign-in?next=%2Fjobs');
    const back = await signInBy(oidc, browser, '/sign-in/oidc?next=%2Fjobs');
    assert.deepEqual([back.status, back.headers['location']], [303, '/jobs']);
    assert.equal((await browser.get('/jobs', { 'sec-fetch-site': 'cross-site' })).status, 200);
    assert.match(
      (await browser.get('/account')).body,
      /Anna Ek[^]*operatör, granskare, administratör[^]*Myndighets-id/,
    );
    const account = await readAccountOf(desk.pool, oidc.issuer, sub);
    assert.deepEqual([account?.name, account?.passwordHash], [name, undefined]);
    assert.deepEqual(
      (await audited(`account/${name}`, 'account.sign-in')).map(({ actor }) => actor),
      [`operator:${name}`],
    );
    const { rows } = await desk.pool.query<{ text: string }>(
      'select audit::text as text from audit union all select operator_session::text from operator_session',
    );
    for (const secret of ['eyJ', 'Anna Ek', 'CN=Kuvert', oidc.clientSecret])
      assert.ok(!rows.some(({ text }) => text.includes(secret)), secret);
  });

  it('with cookies that survive the way back from another site, and no longer than needed', async () => {
    person();
    const browser = visitor(desk.api.origin);
    const away = await browser.get('/sign-in/oidc');
    assert.match(
      String(away.headers['set-cookie']),
      /^kuvert-oidc=[\w.-]+; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
    assert.doesNotMatch(
      String(away.headers['location']),
      new RegExp(browser.cookies.get('kuvert-oidc')?.slice(0, 43) ?? ''),
    );
    const path = await comeBack(oidc, desk.api.origin, away.headers['location']);
    const back = await browser.get(path, { 'sec-fetch-site': 'cross-site' });
    assert.equal(back.status, 303);
    assert.deepEqual([...browser.cookies.keys()], ['kuvert-session']);
    // The redirect goes on as it began: on another site.
    assert.equal((await browser.get('/account', { 'sec-fetch-site': 'cross-site' })).status, 200);
  });

  it('are asked for by PKCE, state and nonce, for a way back to this console and nowhere else', async () => {
    const asked = async (next: string) => {
      const { headers } = await visitor(desk.api.origin).get(`/sign-in/oidc?next=${encodeURIComponent(next)}`, {
        'x-forwarded-host': 'evil.example',
      });
      return new URL(String(headers['location'])).searchParams;
    };
    const [one, other] = [await asked('/jobs'), await asked('/jobs')];
    assert.equal(one.get('redirect_uri'), `${desk.api.origin}${callback}`);
    assert.deepEqual([one.get('response_type'), one.get('code_challenge_method')], ['code', 'S256']);
    for (const name of ['state', 'nonce', 'code_challenge']) {
      assert.match(one.get(name) ?? '', /^[\w-]{43}$/);
      assert.notEqual(one.get(name), other.get(name));
    }
    person();
    for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
      const back = await signInBy(oidc, visitor(desk.api.origin), `/sign-in/oidc?next=${encodeURIComponent(next)}`);
      assert.deepEqual([back.status, back.headers['location']], [303, '/']);
    }
  });

  it('with claims that only the user info endpoint has', async () => {
    oidc.inIdToken = false;
    oidc.register(desk.api.origin);
    try {
      const { name } = person();
      const browser = visitor(desk.api.origin);
      assert.equal((await signInBy(oidc, browser)).status, 303);
      assert.deepEqual((await readAccountNamed(desk.pool, name))?.roles, ['operator']);
    } finally {
      oidc.inIdToken = true;
      oidc.register(desk.api.origin);
    }
  });

  it('not without one of the roles: they are told what was lacking, and it is on record', async () => {
    for (const [claims, says, why] of [
      [{ groups: ['kuvert', 'KUVERT-OPERATORS'] }, /inget som anges i ”groups” ger en roll/, 'no-value'],
      [{ groups: [] }, /inget som anges i ”groups” ger en roll/, 'no-value'],
      [{}, /angav inget i ”groups”/, 'no-claim'],
      [{ groups: 'kuvert-operators,CN=Kuvert' }, /ger en roll/, 'no-value'],
    ] as const) {
      const { name, sub } = person(claims);
      const browser = visitor(desk.api.origin);
      const answer = await signInBy(oidc, browser);
      await refused(browser, answer, 403, says);
      assert.match(answer.body, /kuvert-operators, CN=Kuvert,OU=Admins/);
      assert.match(answer.body, new RegExp(`href="${oidc.issuer}/session/end\\?client_id=[^"]+">Logga ut från`));
      assert.equal(await readAccountNamed(desk.pool, name), undefined);
      const [row] = await audited('account', 'account.refused');
      assert.deepEqual(row, {
        actor: 'oidc',
        details: { how: 'oidc', why, issuer: oidc.issuer, subject: sub, remoteAddress: '127.0.0.1' },
      });
    }
  });

  it('with the roles and the name of this sign-in: what the provider has taken away is gone, and without any they are out', async () => {
    const { name, sub } = person({ groups: ['kuvert-operators', 'CN=Kuvert,OU=Admins'] });
    const first = visitor(desk.api.origin);
    await signInBy(oidc, first);
    assert.equal((await first.get('/accounts')).status, 200);
    const moved = { preferred_username: 'other', name: 'Anna Alm', groups: 'kuvert-operators' };
    oidc.person = { sub, claims: moved };
    const second = visitor(desk.api.origin);
    await signInBy(oidc, second);
    assert.equal((await second.get('/accounts')).status, 403);
    assert.equal((await first.get('/accounts')).status, 403, 'in the session that was there before too');
    assert.match((await second.get('/account')).body, new RegExp(`${name} · Anna Alm`));
    assert.deepEqual(await audited(`account/${name}`, 'account.roles'), [
      {
        actor: 'oidc',
        details: { before: ['operator', 'auditor', 'administrator'], after: ['operator'] },
      },
    ]);
    oidc.person = { sub, claims: { ...moved, groups: [] } };
    const third = visitor(desk.api.origin);
    await refused(third, await signInBy(oidc, third), 403, /ger en roll/);
    await isOut(first);
    await isOut(second);
  });

  it('to an account of their own, never to a local one or another’s of the same name', async () => {
    await addAccount(desk.pool, { name: 'bo', displayName: 'Bo', roles: ['administrator'] }, 60 * minute, act());
    const local = await readAccountNamed(desk.pool, 'bo');
    const names = [];
    for (const sub of ['bo-1', 'bo-2', 'bo-1']) {
      oidc.person = { sub, claims: { preferred_username: 'Bo', groups: ['kuvert-operators'] } };
      const browser = visitor(desk.api.origin);
      assert.equal((await signInBy(oidc, browser)).status, 303);
      assert.equal((await browser.get('/accounts')).status, 403);
      names.push((await readAccountOf(desk.pool, oidc.issuer, sub))?.name);
    }
    assert.deepEqual(names, ['bo-2', 'bo-3', 'bo-2']);
    assert.deepEqual(await readAccountNamed(desk.pool, 'bo'), local, 'untouched');
  });

  it('two windows at once: one account', async () => {
    const { sub } = person();
    const answers = await Promise.all(Array.from({ length: 4 }, () => signInBy(oidc, visitor(desk.api.origin))));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 303, 303, 303],
    );
    assert.equal((await listAccounts(desk.pool)).filter((account) => account.subject === sub).length, 1);
  });

  it('not while their account is disabled here, whatever the provider says', async () => {
    const { name } = person();
    const browser = visitor(desk.api.origin);
    await signInBy(oidc, browser);
    await disableAccount(desk.pool, name, act());
    await isOut(browser);
    await refused(browser, await signInBy(oidc, browser), 403, /Ditt konto är avstängt här/);
    assert.equal((await audited(`account/${name}`, 'account.refused')).length, 1);
    await enableAccount(desk.pool, name, act());
    assert.equal((await signInBy(oidc, browser)).status, 303);
  });

  it('not with an answer that another browser asked for, that took too long, or that was changed on its way', async () => {
    person();
    const attacker = visitor(desk.api.origin);
    const path = await comeBack(oidc, desk.api.origin, await leaveFor(attacker));
    const victim = visitor(desk.api.origin);
    await refused(victim, await victim.get(path), 400, /Börja om/);
    // In the middle of a sign-in of their own, which goes on.
    const mine = await comeBack(oidc, desk.api.origin, await leaveFor(victim));
    await refused(victim, await victim.get(path), 400, /Börja om/);
    const stateOfMine = new URL(mine, desk.api.origin).searchParams.get('state') ?? '';
    const mixed = path.replace(/state=[^&]+/, `state=${stateOfMine}`);
    for (const wrong of [path.replace(/state=[^&]+/, 'state='), path.replace(/state=[^&]+&?/, ''), `${mine}&state=x`])
      assert.notEqual((await victim.get(wrong)).status, 303, wrong);
    assert.equal((await victim.get(mine)).status, 400, 'the two states have ended it');
    // The attacker's code under the victim's state: the code is bound to the other's verifier.
    const other = visitor(desk.api.origin);
    const others = await comeBack(oidc, desk.api.origin, await leaveFor(other));
    const code = new URL(mixed, desk.api.origin).searchParams.get('code') ?? '';
    await refused(other, await other.get(others.replace(/code=[^&]+/, `code=${code}`)), 400, /Börja om/);

    const slow = visitor(desk.api.origin);
    const late = await comeBack(oidc, desk.api.origin, await leaveFor(slow));
    ahead += 11 * minute;
    await refused(slow, await slow.get(late), 400, /tog för lång tid/);
  });

  it('once with one answer, even when the provider would give its tokens again', async () => {
    person();
    let given: TokenAnswer['body'] | undefined;
    oidc.tamper = (answer) => {
      if (given === undefined) given = answer.body;
      else Object.assign(answer, { status: 200, body: given });
    };
    const browser = visitor(desk.api.origin);
    const path = await comeBack(oidc, desk.api.origin, await leaveFor(browser));
    const stolen = visitor(desk.api.origin);
    for (const [name, value] of browser.cookies) stolen.cookies.set(name, value);
    assert.equal((await browser.get(path)).status, 303);
    await refused(stolen, await stolen.get(path), 400, /redan använts/);
    assert.ok(given !== undefined);
    // In the browser that is in, the way back leads to where they are.
    assert.equal((await browser.get(path)).headers['location'], '/');
    assert.equal((await browser.get('/account')).status, 200);
  });

  it('not with an ID token that is somebody else’s, old, for another, or not the provider’s', async () => {
    const now = Math.floor(Date.now() / 1_000);
    for (const [what, change] of [
      ['another nonce', { claims: { nonce: 'x'.repeat(43) } }],
      ['no nonce', { claims: { nonce: undefined } }],
      ['another audience', { claims: { aud: 'another console' } }],
      ['another issuer', { claims: { iss: 'https://evil.example' } }],
      ['long over', { claims: { iat: now - 7_200, exp: now - 3_600 } }],
      ['another key', { foreign: true }],
      ['no signature', { unsigned: true }],
      ['changed afterwards', { tampered: { groups: ['CN=Kuvert,OU=Admins'] } }],
    ] as const) {
      person();
      oidc.tamper = (answer) => forge(oidc, answer, change);
      const browser = visitor(desk.api.origin);
      await refused(browser, await signInBy(oidc, browser), 502, /kunde inte godtas/);
      assert.equal(await readAccountOf(desk.pool, oidc.issuer, oidc.person?.sub ?? ''), undefined, what);
    }
    // The same forger with nothing changed gets in: what was refused was what was changed.
    person();
    oidc.tamper = (answer) => forge(oidc, answer, {});
    assert.equal((await signInBy(oidc, visitor(desk.api.origin))).status, 303);
  });

  it('with nothing of codes, tokens and secrets in the log, not even when the provider’s answer is broken in the middle of one', async () => {
    person();
    const said: string[] = [];
    oidc.tamper = (answer) => {
      said.push(...Object.values(answer.body).map(String));
      // What is broken is quoted by whoever reads it.
      answer.body = JSON.stringify(answer.body).replace('"eyJ', 'eyJ');
    };
    const browser = visitor(desk.api.origin);
    const path = await comeBack(oidc, desk.api.origin, await leaveFor(browser));
    await refused(browser, await browser.get(path), 502, /Loggen säger varför/);
    oidc.tamper = undefined;
    await signInBy(oidc, browser);
    const { searchParams } = new URL(path, desk.api.origin);
    const secrets = [...said.filter((text) => text.length > 20), ...searchParams.values(), oidc.clientSecret];
    assert.ok(secrets.length >= 5);
    const told = lines.join('\n');
    assert.match(told, /the way back did not work/);
    for (const secret of [...secrets.map((one) => one.slice(0, 20)), 'eyJ', 'Anna Ek', 'kuvert-operators'])
      assert.ok(!told.includes(secret), secret);
  });

  it('not when they push the provider’s page away', async () => {
    const browser = visitor(desk.api.origin);
    await refused(browser, await signInBy(oidc, browser), 403, /Myndighets-id loggade inte in dig/);
  });

  it('not while the provider is away, which the page says, and local accounts get in; and again when it is back', async () => {
    await oidc.down();
    const late = await openConsole({
      store: desk,
      settings: {
        KUVERT_OIDC_ISSUER: oidc.issuer,
        KUVERT_OIDC_CLIENT_ID: oidc.clientId,
        KUVERT_OIDC_CLIENT_SECRET: oidc.clientSecret,
        KUVERT_OIDC_ROLES: 'kuvert-operators=operator',
      },
    });
    try {
      const browser = visitor(late.api.origin);
      const { status, body, headers } = await browser.get('/sign-in/oidc?next=%2Fjobs');
      assert.deepEqual([status, headers['retry-after']], [503, '5']);
      assert.match(body, /svarar inte just nu[^]*name="next" value="\/jobs"/);
      assert.equal((await (await late.signedIn('local', 'viewer')).get('/')).status, 200);
      await oidc.up();
      oidc.register(late.api.origin);
      person();
      // Away between the way there and the way back: loading the page again is enough.
      const path = await comeBack(oidc, late.api.origin, await leaveFor(browser));
      await oidc.down();
      assert.equal((await browser.get(path)).status, 503);
      await oidc.up();
      assert.equal((await browser.get(path)).status, 303);
      assert.equal((await browser.get('/account')).status, 200);
    } finally {
      await late.stop();
      oidc.register(desk.api.origin);
    }
  });

  it('for as long as any session lasts, and are out when they sign out, with the way to do so at the provider', async () => {
    person();
    const browser = visitor(desk.api.origin);
    await signInBy(oidc, browser);
    await browser.get('/account');
    const { body } = await browser.post('/sign-out', {});
    assert.match(body, new RegExp(`href="${oidc.issuer}/session/end\\?client_id=[^"]+">Logga ut från Myndighets-id`));
    await isOut(browser);
    await signInBy(oidc, browser);
    for (let minutes = 0; minutes < 12 * 60; minutes += 20) {
      assert.equal((await browser.get('/account')).status, 200);
      ahead += 20 * minute;
    }
    await isOut(browser);
  });

  it('and by nothing else: no link, password or token, and their roles are not changed here', async () => {
    const { name } = person();
    const browser = visitor(desk.api.origin);
    await signInBy(oidc, browser);
    const elsewhere = { code: 'account-elsewhere' };
    await assert.rejects(renewLink(desk.pool, name, minute, act()), elsewhere);
    await assert.rejects(changeRoles(desk.pool, name, ['administrator'], act()), elsewhere);
    const { id } = (await readAccountNamed(desk.pool, name))!;
    await assert.rejects(makeTokenFor(desk.pool, id, { name: 'x', permissions: ['view'], days: 1 }, act()), elsewhere);
    assert.doesNotMatch((await browser.get('/account')).body, /name="password"/);
    const chosen = await browser.post('/account/password', { password: 'correct horse battery staple' });
    assert.equal(chosen.status, 409);
    for (let times = 0; times < 6; times++)
      assert.equal((await visitor(desk.api.origin).post('/sign-in', { name, password: 'x'.repeat(20) })).status, 403);
    assert.equal((await readAccountNamed(desk.pool, name))?.lockedUntil, undefined);
    const administrator = await desk.signedIn(`ada${++people}`, 'administrator');
    const page = (await administrator.get(`/accounts/${name}`)).body;
    assert.match(page, new RegExp(`inloggningstjänsten ${oidc.issuer}`));
    assert.doesNotMatch(page, new RegExp(`/accounts/${name}/(roles|link|token)"`));
    assert.match(page, new RegExp(`/accounts/${name}/disable"`));
    const answer = await administrator.post(`/accounts/${name}/roles`, { roles: 'viewer', reason: 'x' });
    assert.equal(answer.status, 409);
    assert.match(answer.body, /kontot sköts av den inloggningstjänst/);
  });

  it('over TLS with a certificate of an authority that the settings name, and no other', async () => {
    const authority = await createDevAuthority();
    const { keyPem, chainPem } = await issueDevCertificate(authority, { name: 'localhost', dnsNames: ['localhost'] });
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-oidc-'));
    const file = join(folder, 'ca.pem');
    writeFileSync(file, authority.certificatePem);
    const tls = await startOidc({ key: keyPem, cert: chainPem });
    const settings = {
      KUVERT_OIDC_ISSUER: tls.issuer,
      KUVERT_OIDC_CLIENT_ID: tls.clientId,
      KUVERT_OIDC_CLIENT_SECRET: tls.clientSecret,
      KUVERT_OIDC_ROLES: 'kuvert-operators=operator',
    };
    try {
      const trusting = await openConsole({ store: desk, settings: { ...settings, KUVERT_OIDC_CA_FILE: file } });
      tls.register(trusting.api.origin);
      assert.match(await leaveFor(visitor(trusting.api.origin)), new RegExp(`^${tls.issuer}/auth\\?`));
      await trusting.stop();
      const other = await openConsole({ store: desk, settings });
      assert.equal((await visitor(other.api.origin).get('/sign-in/oidc')).status, 503);
      await other.stop();
      writeFileSync(file, 'no certificate');
      await assert.rejects(openConsole({ store: desk, settings: { ...settings, KUVERT_OIDC_CA_FILE: file } }), {
        code: 'setting-invalid',
        message: /^KUVERT_OIDC_CA_FILE names /,
      });
    } finally {
      await tls.down();
      rmSync(folder, { recursive: true });
    }
  });
});
