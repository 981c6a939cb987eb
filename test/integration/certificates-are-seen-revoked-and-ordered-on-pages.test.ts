import { strict as assert } from 'node:assert';
import type { OperatorRole } from '../../src/operations/access/permissions.ts';
import { listAudit } from '../../src/store/audit.ts';
import { listCertificates } from '../../src/store/enrol/certificate-list.ts';
import { readOrder } from '../../src/store/enrol/orders.ts';
import { registerOwn } from '../../src/store/enrol/own-certificates.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { type Console, openConsole } from '../support/console.ts';
import { certificateIn } from '../support/enrolment.ts';
import { place, registerSupplier, supplierNumber } from '../support/orders.ts';
import { addressEntry, certificate, importValue, supplierFile } from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';

const day = 86_400_000;

describe('certificates on pages', () => {
  let pool: Pool;
  let shown: Console;
  before(async () => {
    const databaseUrl = await freshDatabase();
    pool = createPool({ url: databaseUrl, connections: 4, name: 'test' });
    await registerSupplier(pool);
    shown = await openConsole({ store: { pool, databaseUrl } });
  });
  after(async () => {
    await shown?.stop();
    await pool?.close();
  });

  let accounts = 0;
  const signedIn = async (...roles: readonly OperatorRole[]) => {
    const browser = await shown.signedIn(`anna${++accounts}`, ...roles);
    browser.cookies.set('kuvert-language', 'en');
    return browser;
  };
  const ordered = (more: Parameters<typeof place>[1] = {}) => place(pool, more, { now: new Date() });
  const stateOf = async (transferId: string) => (await readOrder(pool, { transferId }))?.state;
  /** A supplier whose one push address has this certificate and no other. */
  const lonely = async (number: string, notAfter?: Date) => {
    const pem = await certificate(`Ensam ${number}`, notAfter === undefined ? {} : { notAfter });
    await importValue(pool, supplierFile(number, [addressEntry({ name: 'main', certificates: [pem] })]));
    return certificateIn(pem).fingerprint;
  };

  it('stand in the month in which they end, in the calendar and in the list', async () => {
    const at = new Date(Date.now() + 200 * day);
    const fingerprint = await lonely('5560006537', at);
    const month = at.toLocaleDateString('sv-SE', { timeZone: 'Europe/Stockholm' }).slice(0, 7);
    const browser = await signedIn('viewer');
    const { body } = await browser.get(`/certificates?month=${month}`);
    const cell = new RegExp(
      `month=${month}" aria-current="true"><span>[^<]+</span><strong class="number">(\\d+)<`,
    ).exec(body);
    assert.equal(cell?.[1], '1');
    assert.deepEqual(
      [...body.matchAll(/href="\/certificates\/([0-9a-f]{64})"/g)].map(([, one]) => one),
      [fingerprint],
    );
    assert.doesNotMatch((await browser.get('/certificates?month=2020-01')).body, /[0-9a-f]{64}"/);
    assert.match((await browser.get('/certificates?q=5560006537')).body, new RegExp(fingerprint));
    // As OpenSSL writes it, whole or how it begins; and no other by it.
    const written = fingerprint.toUpperCase().replaceAll(/..(?=.)/g, '$&:');
    for (const find of [fingerprint, written, fingerprint.slice(0, 20), fingerprint.slice(0, 8)])
      assert.match((await browser.get(`/certificates?q=${find}`)).body, new RegExp(fingerprint), find);
    const wrong = `${fingerprint.slice(0, 20)}${fingerprint[20] === '0' ? '1' : '0'}`;
    assert.doesNotMatch((await browser.get(`/certificates?q=${wrong}`)).body, /\/certificates\/[0-9a-f]{64}"/);
  });

  it('are revoked after a rehearsal that says which addresses would be left without', async () => {
    const fingerprint = await lonely('5560009465');
    const browser = await signedIn('security-officer');
    const path = `/certificates/${fingerprint}`;
    assert.match((await browser.get(path)).body, /See what it would do/);
    const rehearsed = await browser.get(`${path}/revoke?as=keyCompromise`);
    assert.match(rehearsed.body, /leave the address main without a certificate/);
    const find = async () => (await listCertificates(pool, { fingerprint }))[0];
    assert.equal((await find())?.withdrawnAt, undefined, 'a rehearsal does nothing');
    assert.equal((await listAudit(pool, { action: 'certificate.revoke', limit: 1 })).length, 0);
    assert.equal((await browser.post(`${path}/revoke?as=keyCompromise`, { reason: '' })).status, 400);
    assert.equal((await browser.post(`${path}/revoke?as=nonsense`, { reason: 'x' })).status, 400);
    const done = await browser.post(`${path}/revoke?as=keyCompromise`, { reason: 'laptop stolen' });
    assert.deepEqual([done.status, done.headers['location']], [303, `${path}?done=revoke`]);
    assert.equal((await find())?.revocationReason, 'keyCompromise');
    const told = await browser.get(`${path}?done=revoke`);
    assert.match(told.body, /The certificate is revoked\./);
    assert.match(told.body, /the key is in wrong hands/);
    assert.doesNotMatch(told.body, /See what it would do/);
    const again = await browser.post(`${path}/revoke?as=superseded`, { reason: 'once more' });
    assert.equal(again.status, 409);
    const [row] = await listAudit(pool, { action: 'certificate.revoke', limit: 1 });
    assert.deepEqual([row?.actor, row?.reason], [browser.actor, 'laptop stolen']);
    assert.match((await browser.get('/suppliers?lane=held')).body, /5560009465/);
  });

  it('are revoked by nobody whose role does not say so', async () => {
    const fingerprint = await lonely('5560003575');
    const operator = await signedIn('operator');
    assert.doesNotMatch((await operator.get(`/certificates/${fingerprint}`)).body, /See what it would do/);
    const path = `/certificates/${fingerprint}/revoke?as=keyCompromise`;
    assert.equal((await operator.get(path)).status, 403);
    assert.equal((await operator.post(path, { reason: 'x' })).status, 403);
    assert.equal((await listCertificates(pool, { fingerprint }))[0]?.withdrawnAt, undefined);
  });

  it('are ordered, approved, ordered anew and taken back, each with a reason on record', async () => {
    const browser = await signedIn('security-officer');
    const awaited = await ordered({ approval: true });
    const path = `/certificates/orders/${awaited.transferId}`;
    assert.match((await browser.get('/certificates/orders?state=open')).body, new RegExp(awaited.transferId));
    const page = await browser.get(path);
    assert.match(page.body, /awaits approval/);
    assert.doesNotMatch(page.body, /anna@exempel\.se|Anna Ek ·|70123/, 'the contact is masked');
    const approved = await browser.post(`${path}/approve`, { reason: 'the contract is signed' });
    assert.equal(approved.headers['location'], `${path}?done=order-approve`);
    assert.equal((await readOrder(pool, { transferId: awaited.transferId }))?.approvedBy, browser.actor);
    assert.equal((await browser.post(`${path}/approve`, { reason: 'again' })).status, 409);

    const renewed = await browser.post(`${path}/reorder`, { reason: 'the letter was lost' });
    assert.equal(renewed.status, 200);
    const [, id = '', pin] =
      /The new order is ([0-9A-Z-]+)\. Tell the contact this PIN[^:]*: (\d+)/.exec(renewed.body) ?? [];
    assert.ok(pin, renewed.body);
    assert.match(String(renewed.headers['cache-control']), /no-store/);
    assert.equal(await stateOf(awaited.transferId), 'replaced');
    assert.equal(await stateOf(id), 'ordered');

    const next = `/certificates/orders/${id}`;
    await browser.get(next);
    assert.equal((await browser.post(`${next}/cancel`, { reason: 'not wanted' })).status, 303);
    assert.equal(await stateOf(id), 'cancelled');
    const rows = await listAudit(pool, { subject: `supplier/${supplierNumber}/order/${id}`, limit: 10 });
    assert.deepEqual(
      rows.map(({ action, actor, reason }) => [action, actor, reason]),
      [
        ['order.cancel', browser.actor, 'not wanted'],
        ['order.reorder', browser.actor, 'the letter was lost'],
      ],
    );
    assert.equal((await (await signedIn('operator')).post(`${path}/cancel`, { reason: 'x' })).status, 403);
  });

  it('are paged through without a gap or a repeat', async () => {
    await pool.query(
      `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after, description)
       select encode(sha256(g::text::bytea), 'hex'), $1, 'x', 'CN=x', now(), date_trunc('second', now()) + (g % 7 + 1) * interval '1 day', 'blad ' || g
         from generate_series(1, 120) g`,
      [supplierNumber],
    );
    const browser = await signedIn('viewer');
    const found: string[] = [];
    for (let path: string | undefined = '/certificates?q=blad'; path !== undefined; ) {
      const { body }: { body: string } = await browser.get(path);
      found.push(...[...body.matchAll(/>blad (\d+)</g)].map(([, number]) => String(number)));
      path = /href="([^"]+)" rel="next"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    }
    assert.equal(found.length, 120);
    assert.equal(new Set(found).size, 120);
  });

  it('of our own are there too, with when they are used and when they end', async () => {
    const own = certificateIn(await certificate('Vår egen signering'));
    const useFrom = new Date();
    const { pem } = own;
    await registerOwn(pool, { purpose: 'signing', environment: 'test', pem, certificate: own, useFrom }, useFrom);
    const { body } = await (await signedIn('viewer')).get('/certificates/own');
    assert.match(body, /signing envelopes/);
    assert.match(body, new RegExp(own.fingerprint.slice(0, 16)));
  });
});
