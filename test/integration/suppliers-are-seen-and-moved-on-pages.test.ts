import { strict as assert } from 'node:assert';
import type { OperatorRole } from '../../src/operations/access/permissions.ts';
import { listAudit } from '../../src/store/audit.ts';
import { keepContact } from '../../src/store/enrol/contacts.ts';
import { listTestCalls } from '../../src/store/operator/test-calls.ts';
import { type Console, openConsole } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { registerPerson } from '../support/register.ts';

describe('suppliers on pages', () => {
  let line: Line;
  let shown: Console;
  let ready: TestSupplier;
  before(async () => {
    line = await openLine();
    ready = await line.addSupplier();
    shown = await openConsole({ store: line });
  });
  after(async () => {
    await shown?.stop();
    await line?.close();
  });

  let accounts = 0;
  const signedIn = async (...roles: readonly OperatorRole[]) => {
    const browser = await shown.signedIn(`anna${++accounts}`, ...roles);
    browser.cookies.set('kuvert-language', 'en');
    return browser;
  };

  it('are found by name, by number and by how their lane is, a page at a time', async () => {
    const browser = await signedIn('viewer');
    const { rows } = await line.pool.query<{ n: string }>(
      `insert into supplier (organisation_number, name, language)
       select (5569000000 + g)::text, 'Sida ' || lpad(g::text, 3, '0') || ' AB', 'sv' from generate_series(1, 120) g returning organisation_number as n`,
    );
    assert.equal(rows.length, 120);
    const names = [];
    let path: string | undefined = '/suppliers?q=sida';
    let pages = 0;
    while (path !== undefined) {
      const { status, body } = await browser.get(path);
      assert.equal(status, 200);
      names.push(...[...body.matchAll(/Sida (\d{3}) AB/g)].map(([, number]) => Number(number)));
      path = /href="([^"]+)" rel="next"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
      pages += 1;
    }
    assert.deepEqual([pages, names], [3, Array.from({ length: 120 }, (_, i) => i + 1)]);
    const only = await browser.get(
      `/suppliers?q=${ready.organisationNumber.slice(0, 6)}-${ready.organisationNumber.slice(6)}`,
    );
    assert.match(only.body, new RegExp(`href="/suppliers/${ready.organisationNumber}"`));
    assert.doesNotMatch(only.body, /Sida/);
    assert.match((await browser.get('/suppliers?lane=none&q=Sida%20007')).body, /Sida 007 AB/);
    assert.doesNotMatch((await browser.get('/suppliers?lane=standing')).body, /Sida|Leverantör \d/);
  });

  it('are paused and resumed with a reason, which is on record with who gave it', async () => {
    const browser = await signedIn('operator');
    const page = `/suppliers/${ready.organisationNumber}`;
    const pause = `${page}/addresses/${ready.lane}/pause`;
    assert.match((await browser.get(page)).body, />Pause</);
    const without = await browser.post(pause, { reason: '  ' });
    assert.equal(without.status, 400);
    assert.match(without.body, /it needs a reason/);
    assert.equal((await line.lane(ready.lane)).state, 'flowing');
    const done = await browser.post(pause, { reason: 'ticket 77' });
    assert.deepEqual([done.status, done.headers['location']], [303, `${page}?done=lane-pause`]);
    const told = await browser.get(`${page}?done=lane-pause`);
    assert.match(told.body, /The address is paused\./);
    assert.match(told.body, /Paused since .*ticket 77/);
    assert.doesNotMatch(told.body, />Pause</, 'what cannot be done has no button');
    const [row] = await listAudit(line.pool, { action: 'lane.pause', limit: 1 });
    assert.deepEqual([row?.actor, row?.reason], [browser.actor, 'ticket 77']);
    assert.match(told.body, /<td>Deliveries paused<small>address\/main<\/small>/);
    const late = await browser.post(`${page}/addresses/${ready.lane}/release`, { reason: 'too late' });
    assert.equal(late.status, 409);
    assert.doesNotMatch(late.body, /kuvert supplier/, 'nobody is told to type a command');
    assert.equal((await browser.post(`${page}/addresses/${ready.lane}/resume`, { reason: 'done' })).status, 303);
    assert.equal((await line.lane(ready.lane)).state, 'flowing');
  });

  it('are moved by nobody who may only look, and by no page of another supplier', async () => {
    const page = `/suppliers/${ready.organisationNumber}`;
    const viewer = await signedIn('viewer');
    const seen = await viewer.get(page);
    assert.doesNotMatch(seen.body, /addresses\/\d+\/pause/);
    assert.equal((await viewer.post(`${page}/addresses/${ready.lane}/pause`, { reason: 'x' })).status, 403);
    const other = await line.addSupplier({ url: 'https://127.0.0.1:9/in' });
    const operator = await signedIn('operator');
    await operator.get(page);
    assert.equal((await operator.post(`${page}/addresses/${other.lane}/pause`, { reason: 'x' })).status, 404);
    assert.equal((await line.lane(other.lane)).state, 'flowing');
  });

  it('show what waits, what was tried and why, and when it is tried again', async () => {
    const dead = await line.addSupplier({ behaviour: 503 });
    const role = await line.deliver({ KUVERT_RETRY_SCHEDULE: '1h' });
    await line.take(framesFor(dead.organisationNumber, 3));
    await eventually('it is so', async () => (await line.lane(dead.lane)).state === 'backing-off');
    await role.stop();
    const { body } = await (await signedIn('viewer')).get(`/suppliers/${dead.organisationNumber}`);
    assert.match(body, /backing off/);
    assert.match(body, /answered 503/);
    assert.equal([...body.matchAll(/class="mark planned" transform/g)].length, 1);
    assert.equal([...body.matchAll(/class="mark failed" transform/g)].length, 1);
    assert.equal([...body.matchAll(/· No\. \d/g)].length, 3);
    assert.doesNotMatch(body, / style="/);
    const list = await (await signedIn('viewer')).get('/suppliers?lane=standing');
    assert.match(list.body, new RegExp(dead.organisationNumber));
  });

  it('are called as a test: whether they let us in, and never a message', async () => {
    const browser = await signedIn('operator');
    const wrong = await line.addSupplier({ showsAnother: true });
    const waits = await line.addSupplier();
    const call = async ({ organisationNumber, lane }: TestSupplier) => {
      const page = `/suppliers/${organisationNumber}`;
      await browser.get(page);
      assert.equal((await browser.post(`${page}/addresses/${lane}/test-call`, { reason: 'new firewall' })).status, 303);
      return page;
    };
    const page = await call(waits);
    const open = await browser.get(page);
    assert.match(open.body, /The endpoint is being called/);
    const again = await browser.post(`${page}/addresses/${waits.lane}/test-call`, { reason: 'once more' });
    assert.equal(again.status, 409);
    await call(ready);
    await call(wrong);
    const role = await line.deliver();
    for (const { lane } of [waits, ready, wrong])
      await eventually('it is so', async () => (await listTestCalls(line.pool, lane, 1))[0]?.answeredAt !== undefined);
    assert.match((await browser.get(page)).body, /The endpoint let us in, and is who it must be: TLSv1\.3/);
    const refused = await browser.get(`/suppliers/${wrong.organisationNumber}`);
    assert.match(refused.body, /class="call bad"/);
    assert.doesNotMatch(refused.body, /let us in/);
    for (const { endpoint } of [waits, ready, wrong]) assert.equal(endpoint.seen.applicationBytes, 0);
    assert.equal((await line.lane(wrong.lane)).state, 'flowing', 'the lane stays as it is');
    const [row] = await listAudit(line.pool, { action: 'address.test-call', limit: 1 });
    assert.equal(row?.reason, 'new firewall');
    await role.stop();
  });

  it('say in words that nobody made a call when no role delivery runs', async () => {
    const browser = await signedIn('operator');
    const page = `/suppliers/${ready.organisationNumber}`;
    await browser.get(page);
    await browser.post(`${page}/addresses/${ready.lane}/test-call`, { reason: 'nobody there' });
    await line.pool.query("update test_call set asked_at = asked_at - interval '20 seconds' where answered_at is null");
    assert.match((await browser.get(page)).body, /Nobody made the call within 20 seconds/);
    // A role that comes later does not make it: nobody waits for it any more.
    const role = await line.deliver();
    await call();
    await role.stop();
    async function call() {
      await browser.get(page);
      await browser.post(`${page}/addresses/${ready.lane}/test-call`, { reason: 'now there is one' });
      await eventually(
        'it is so',
        async () => (await listTestCalls(line.pool, ready.lane, 1))[0]?.answeredAt !== undefined,
      );
    }
    const [, late] = await listTestCalls(line.pool, ready.lane, 2);
    assert.equal(late?.answeredAt, undefined);
  });

  it('keep their contacts masked until somebody who may opens them with a reason', async () => {
    await keepContact(line.pool, ready.organisationNumber, {
      name: 'Bertil Öberg',
      email: 'bertil.oberg@exempel.se',
      phone: '+46701234567',
      language: 'sv',
    });
    const page = `/suppliers/${ready.organisationNumber}`;
    const viewer = await signedIn('viewer');
    const masked = await viewer.get(page);
    assert.doesNotMatch(masked.body, /Öberg|bertil\.|1234567/);
    assert.equal((await viewer.post(`${page}/contacts`, { reason: 'curious' })).status, 403);
    const operator = await signedIn('operator');
    assert.doesNotMatch((await operator.get(page)).body, /Öberg/);
    assert.equal((await operator.post(`${page}/contacts`, { reason: '' })).status, 400);
    const opened = await operator.post(`${page}/contacts`, { reason: 'their endpoint is down' });
    assert.match(opened.body, /Bertil Öberg.*bertil\.oberg@exempel\.se.*\+46701234567/s);
    assert.match(String(opened.headers['cache-control']), /no-store/);
    assert.doesNotMatch((await operator.get(page)).body, /Öberg/, 'once');
    const rows = await listAudit(line.pool, { action: 'contact.open', limit: 10 });
    assert.deepEqual(
      rows.map(({ reason, subject }) => [reason, subject]),
      [['their endpoint is down', `supplier/${ready.organisationNumber}`]],
    );
  });

  it('who are persons have no number on pages of those who may only look', async () => {
    const number = '8001011239';
    await registerPerson(line.pool, number);
    const viewer = await signedIn('viewer');
    const list = await viewer.get('/suppliers?q=Eva');
    assert.match(list.body, /Eva Persson/);
    assert.doesNotMatch(list.body, new RegExp(number));
    const path = /href="(\/suppliers\/address-\d+)"/.exec(list.body)?.[1] ?? '';
    const one = await viewer.get(path);
    assert.equal(one.status, 200);
    assert.match(one.body, /80\*{8}/);
    assert.doesNotMatch(one.body, new RegExp(number));
    assert.match((await (await signedIn('operator')).get(path)).body, new RegExp(number));
  });
});
