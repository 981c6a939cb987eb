/** What anybody can do to the sign-in of operators without an account: guess, many at once, with odd texts. */
import { strict as assert } from 'node:assert';
import { createHook } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { get } from 'node:http';
import { connect } from 'node:net';
import { choosePassword, signInByPassword } from '../../src/operations/access/sign-in.ts';
import { endToken } from '../../src/operations/access/tokens.ts';
import { insertAccount, readAccountNamed } from '../../src/store/operator/accounts.ts';
import { listTokens } from '../../src/store/operator/entries.ts';
import type { Db, Pool } from '../../src/store/pool.ts';
import { visitor } from '../support/browser.ts';
import { type Console, openConsole } from '../support/console.ts';
import { createDevAuthority, issueDevCertificate } from '../support/dev-authority.ts';
import { eventually } from '../support/eventually.ts';
import { errorLog } from '../support/gateway-log.ts';
import { openScript } from '../support/script.ts';

const password = 'correct horse battery staple';
const rules = { wrongPasswords: 5, lockFor: 60_000, sessionFor: 60_000 };

describe('the sign-in of operators', () => {
  let desk: Console;
  const { log, errors } = errorLog();
  before(async () => {
    desk = await openConsole({ settings: { KUVERT_WRONG_GUESSES: '5' }, log });
  });
  after(async () => {
    await desk?.stop();
  });
  const settled = async (name: string) => {
    const browser = await desk.signedIn(name, 'operator');
    assert.equal((await browser.post('/account/password', { password })).status, 200);
    return browser;
  };
  const wrong = (name: string) => visitor(desk.api.origin).post('/sign-in', { name, password: 'not that one at all' });
  const from = () => ({ remoteAddress: '192.0.2.1', now: new Date() });

  it('lets in by password and by link, however many wrong ones came by the same proxy', async () => {
    await settled('anna');
    const link = await desk.invited('bo', 'operator');
    for (let times = 0; times < 10; times++) assert.equal((await wrong(`nobody${times}`)).status, 403);
    for (let times = 0; times < 5; times++)
      assert.equal((await visitor(desk.api.origin).post(`/sign-in/link/${'x'.repeat(43)}`, {})).status, 410);
    assert.equal((await visitor(desk.api.origin).post('/sign-in', { name: 'anna', password })).status, 303);
    assert.equal((await visitor(desk.api.origin).post(`/sign-in/link/${link.secret}`, {})).status, 303);
  });

  it('looks at a few passwords at once, tells the rest to come back, and lets links in meanwhile', async () => {
    const link = await desk.invited('cia', 'operator');
    const flood = Promise.all(Array.from({ length: 150 }, (_, at) => wrong(`flood${at}`)));
    const entered = await visitor(desk.api.origin).post(`/sign-in/link/${link.secret}`, {});
    assert.equal(entered.status, 303);
    const answers = await flood;
    const statuses = new Set(answers.map(({ status }) => status));
    assert.deepEqual(statuses, new Set([403, 429]));
    const turnedAway = answers.find(({ status }) => status === 429);
    assert.match(String(turnedAway?.headers['retry-after']), /^[1-9]\d*$/);
    assert.match(turnedAway?.body ?? '', /För många samtidigt/);
    assert.equal((await wrong('later')).status, 403, 'there is room again');
  });

  it('does the same work for an account that is not there, or comes by the provider, as for one that is', async () => {
    await settled('dora');
    await insertAccount(desk.pool, {
      name: 'elsewhere',
      displayName: 'E',
      roles: ['viewer'],
      issuer: 'https://login.example',
      subject: '1',
      at: new Date(),
    });
    const workFor = async (name: string) => {
      const { pool, said } = spied(desk.pool);
      assert.equal(await signInByPassword(pool, rules, { name, password: 'wrong wrong wrong' }, from()), undefined);
      return said;
    };
    const known = await workFor('dora');
    assert.deepEqual(
      known.map((one) => one.split(' ', 2).join(' ')),
      ['select id,', 'begin select', 'begin update'],
    );
    for (const name of ['nobody', 'elsewhere']) {
      const work = await workFor(name);
      assert.equal(work.length, known.length, name);
      // A commit waits for the disk only when something was written.
      assert.match(work.at(-1) ?? '', /pg_logical_emit_message\(true/, name);
    }
  });

  it('locks no account while it works on a password', async () => {
    await settled('fia');
    const account = (await readAccountNamed(desk.pool, 'fia'))!;
    const spy = spied(desk.pool);
    const hashed = { inside: 0, outside: 0 };
    const hook = createHook({
      init: (_id, type) => {
        if (/argon2/i.test(type)) hashed[spy.inside() ? 'inside' : 'outside']++;
      },
    }).enable();
    const change = (typed: { readonly before: string; readonly password: string }) =>
      choosePassword(spy.pool, rules, { accountId: account.id, session: 'x', how: 'password' }, typed, from());
    try {
      assert.equal(await change({ before: 'not that one', password: 'another good long phrase' }), 'wrong');
      assert.equal(await change({ before: password, password: 'another good long phrase' }), 'changed');
      assert.equal(await change({ before: password, password: 'a third good long phrase' }), 'wrong');
    } finally {
      hook.disable();
    }
    assert.equal(hashed.inside, 0);
    assert.ok(hashed.outside >= 6, 'each change hashes one and compares one');
  });

  it('and every other page and resource answer 4xx to a NUL, and the log has no error', async () => {
    const browser = await settled('gun');
    const script = await openScript(
      { origin: desk.api.origin, pool: desk.pool },
      'script',
      ['operator'],
      ['view', 'act'],
    );
    for (const path of [
      '/messages?document=%00',
      '/search?q=a%00b',
      '/sign-in/link/%00',
      '/suppliers/%00',
      '/nowhere%00',
    ])
      assert.equal((await browser.get(path)).status, 400, path);
    for (const fields of [
      { name: '\0', password: 'x' },
      { name: 'anna', password: '\0' },
    ])
      assert.equal((await visitor(desk.api.origin).post('/sign-in', fields)).status, 400);
    assert.equal((await script.ask('GET', '/api/v1/messages?document=%00')).status, 400);
    const letter = { reason: 'ticket 1', document: 'a\0b' };
    const entered = await script.ask('POST', `/api/v1/dead-letters/${randomUUID()}/re-enter`, letter);
    assert.match(entered.body, /NUL/, entered.body);
    assert.equal(entered.status, 400);
    assert.deepEqual(errors, []);
  });

  it('over TLS leaves room for others: one network has so many connections and no more', async () => {
    const own = await issueDevCertificate(await createDevAuthority(), { name: 'Kuvert', ipAddresses: ['127.0.0.1'] });
    const api = await desk.another({ credentials: { listener: { key: own.keyPem, cert: own.chainPem } } });
    const port = Number(new URL(api.origin).port);
    let turnedAway = 0;
    // Who does not even begin the handshake has a place too, for ten seconds.
    const sockets = Array.from({ length: 210 }, () =>
      connect(port, '127.0.0.1')
        .on('error', () => undefined)
        .on('close', () => turnedAway++),
    );
    try {
      await eventually('ten are turned away', async () => turnedAway === 10);
    } finally {
      for (const socket of sockets) socket.destroy();
      await api.stop();
    }
  });

  it('by a token counts in an open stream too: what is revoked hears no more', async () => {
    const script = await openScript({ origin: desk.api.origin, pool: desk.pool }, 'watcher', ['viewer'], ['view']);
    let heard = '';
    let over = false;
    const asking = get(`${desk.api.origin}/overview/live`, { headers: { authorization: `Bearer ${script.token}` } });
    asking.on('response', (answer) => {
      answer.setEncoding('utf8').on('data', (text: string) => {
        heard += text;
      });
      answer.on('end', () => {
        over = true;
      });
    });
    await eventually('it has the overview', async () => heard.includes('data: '));
    const account = await readAccountNamed(desk.pool, 'watcher');
    const [token] = await listTokens(desk.pool, account?.id);
    assert.ok(token);
    await endToken(desk.pool, token.id, { actor: 'cli:test', reason: 'lost', now: new Date() });
    await eventually('the stream ends', async () => over);
    assert.match(heard, /event: over/);
  });
});

/** The pool, and what is said to it: what is said in a transaction begins with `begin`. */
function spied(pool: Pool): { readonly pool: Pool; readonly said: readonly string[]; inside(): boolean } {
  const said: string[] = [];
  let inside = 0;
  const spy = (db: Db, prefix: string): Db => ({
    ...db,
    query: (text, values) => {
      said.push(`${prefix}${text.trim()}`);
      return db.query(text, values);
    },
  });
  return {
    said,
    inside: () => inside > 0,
    pool: {
      ...pool,
      ...spy(pool, ''),
      transaction: (work, lockTimeout) =>
        pool.transaction(async (db) => {
          inside++;
          try {
            return await work(spy(db, 'begin '));
          } finally {
            inside--;
          }
        }, lockTimeout),
    },
  };
}
