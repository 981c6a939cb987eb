import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { checkDigitIsRight } from '../../src/domain/organisation-number.ts';
import { addAccount } from '../../src/operations/access/accounts.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { type OperatorApi, operatorApiSettings, startOperatorApi } from '../../src/roles/operator-api.ts';
import { listAudit } from '../../src/store/audit.ts';
import { conservation } from '../../src/store/conservation.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { type Visitor, visitor } from '../support/browser.ts';
import { testLog } from '../support/gateway-log.ts';
import {
  addressEntry,
  certificate,
  deliveriesOf,
  importValue,
  putInState,
  registerPerson,
  supplierFile,
  takeMessage,
} from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';

const firm = '5560160680';
/** A person’s: the third digit is below 2. */
const person = '6001021234';

describe('operators find and move messages', () => {
  let pool: Pool;
  let api: OperatorApi;
  let operator: Visitor;
  let viewer: Visitor;
  before(async () => {
    const databaseUrl = await freshDatabase();
    pool = createPool({ url: databaseUrl, connections: 3, name: 'test' });
    const settings = readSettings([...operatorApiSettings], {
      KUVERT_ENVIRONMENT: 'test',
      DATABASE_URL: databaseUrl,
      KUVERT_OPERATOR_PORT: '0',
    });
    api = await startOperatorApi(settings, testLog());
    const pem = await certificate('Ett');
    await importValue(pool, supplierFile(firm, [addressEntry({ certificates: [pem] })]));
    operator = await signedIn('olle', 'operator');
    viewer = await signedIn('vera', 'viewer');
  });
  after(async () => {
    const { breaches } = await conservation(pool);
    await api?.stop();
    await pool?.close();
    assert.deepEqual(breaches, []);
  });

  const signedIn = async (name: string, role: 'operator' | 'viewer') => {
    const act = { actor: 'cli:test', reason: 'a test', now: new Date() };
    const link = await addAccount(pool, { name, displayName: name, roles: [role] }, 3_600_000, act);
    const browser = visitor(api.origin);
    await browser.post(`/sign-in/link/${link.secret}`, {});
    await browser.get('/account');
    return browser;
  };
  const held = async (documentNumber: string, content?: string) => {
    const id = await takeMessage(pool, firm, { documentNumber, ...(content === undefined ? {} : { content }) });
    await moveMessage(pool, { action: 'hold', messageId: id, actor: 'cli:test', reason: 'look', now: new Date() });
    return id;
  };
  const idsIn = (body: string) => [...body.matchAll(/<td><a href="\/messages\/([0-9a-f-]{36})"/g)].map(([, id]) => id);

  it('find a held message by its document number, are told why it is held, and release it with a reason', async () => {
    const id = await held('PO-2026-0042');
    const found = await operator.get('/search?q=PO-2026-0042');
    assert.deepEqual([found.status, found.headers['location']], [303, `/messages/${id}`]);
    const page = await operator.get(`/messages/${id}`);
    assert.match(page.body, /Stoppat: en operatör har stoppat det/);
    assert.match(page.body, /Stoppat för hand/);
    const without = await operator.post(`/messages/${id}/release`, { reason: ' ' });
    assert.equal(without.status, 400);
    assert.match(without.body, /Inget har gjorts: det behövs ett skäl/);
    assert.equal((await deliveriesOf(pool, id))[0]?.state, 'held');
    const done = await operator.post(`/messages/${id}/release`, { reason: 'de har rättat det' });
    assert.deepEqual([done.status, done.headers['location']], [303, `/messages/${id}?done=message-release`]);
    assert.match((await operator.get(`/messages/${id}?done=message-release`)).body, /Framsläppt: det är på väg/);
    assert.equal((await deliveriesOf(pool, id))[0]?.state, 'waiting');
    const [row] = await listAudit(pool, { subject: `message/${id}`, limit: 1 });
    assert.deepEqual([row?.actor, row?.action, row?.reason], ['operator:olle', 'message.release', 'de har rättat det']);
  });

  it('are told when it is another state by now, and nothing is done', async () => {
    const id = await takeMessage(pool, firm);
    await putInState(pool, id, 'delivered');
    const late = await operator.post(`/messages/${id}/cancel`, { reason: 'too late' });
    assert.equal(late.status, 409);
    assert.match(late.body, /Inget har gjorts: läget är ett annat nu/);
    assert.equal((await deliveriesOf(pool, id))[0]?.state, 'delivered');
  });

  it('who only view see no buttons, and may not do it without them either', async () => {
    const id = await held('PO-2026-0043');
    const { body } = await viewer.get(`/messages/${id}`);
    assert.doesNotMatch(body, /name="reason"/);
    for (const action of ['release', 'hold', 'cancel', 'resend', 'document', 'evidence'])
      assert.equal((await viewer.post(`/messages/${id}/${action}`, { reason: 'because' })).status, 403, action);
    assert.equal((await deliveriesOf(pool, id))[0]?.state, 'held');
    assert.equal((await listAudit(pool, { subject: `message/${id}`, limit: 9 })).length, 1);
  });

  it('see a document only after they gave a reason, which is on record', async () => {
    const secret = 'Hemlig rad 4711';
    const id = await held('PO-2026-0044', JSON.stringify({ number: 'PO-2026-0044', note: secret }));
    for (const path of [`/messages/${id}`, '/messages', '/search?q=PO-2026-004'])
      assert.match((await operator.get(path)).body.replace(secret, 'SHOWN'), /^(?![^]*SHOWN)[^]*PO-2026-0044/, path);
    assert.equal((await operator.get(`/messages/${id}/document`)).status, 405);
    const without = await operator.post(`/messages/${id}/document`, { reason: '' });
    assert.equal(without.status, 400);
    assert.ok(!without.body.includes(secret));
    assert.equal((await listAudit(pool, { subject: `message/${id}`, action: 'document.open', limit: 9 })).length, 0);
    const opened = await operator.post(`/messages/${id}/document`, { reason: 'leverantören ringde' });
    assert.equal(opened.status, 200);
    assert.equal(opened.headers['cache-control'], 'no-store');
    assert.ok(opened.body.includes(secret));
    const [row] = await listAudit(pool, { subject: `message/${id}`, action: 'document.open', limit: 9 });
    assert.deepEqual([row?.actor, row?.reason], ['operator:olle', 'leverantören ringde']);
    assert.match((await operator.get(`/messages/${id}`)).body, /Dokumentet öppnades[^]*leverantören ringde/);
  });

  it('read <script> in a document, a number or an answer as text', async () => {
    const script = '<script>alert(1)</script>';
    const id = await held(
      `N${script}`,
      JSON.stringify({ number: script, seller: { name: script }, lines: [{ description: script }] }),
    );
    await pool.query('update delivery set detail = $2 where message_id = $1', [id, script]);
    const pages = [
      await operator.get(`/messages/${id}`),
      await operator.get('/messages'),
      await operator.get(`/search?q=${encodeURIComponent(script)}`),
      await operator.post(`/messages/${id}/document`, { reason: script }),
    ];
    for (const { body } of pages) assert.doesNotMatch(body, /<script>alert/i);
    assert.match(pages[3]?.body ?? '', /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
  });

  it('read documents of every format laid out: parties, lines, sums', async () => {
    const samples = [
      ['json/self-invoice.json', /Att betala/],
      ['json/purchase-order.json', /Inköpsorder/],
      ['svefaktura/self-invoice-iso-8859-1.xml', /Att betala/],
      ['svefaktura/self-invoice-utf-16.xml', /Att betala/],
      ['peppol/self-invoice-credit.xml', /Självfaktura, kredit/],
      ['peppol/purchase-order.xml', /Inköpsorder/],
    ] as const;
    for (const [file, says] of samples) {
      const id = await takeMessage(pool, firm);
      await pool.query('update content set document = $2 where message_id = $1', [
        id,
        readFileSync(new URL(`../samples/${file}`, import.meta.url)),
      ]);
      const { body } = await operator.post(`/messages/${id}/document`, { reason: 'look' });
      assert.match(body, says, file);
      assert.match(body, /<h2 id="party-seller">Säljare<\/h2>\s*<p><strong>[^<–]{3,}<\/strong>/, file);
      assert.match(body, /<td class="right number">[\d\u00a0]+,\d\d<\/td><\/tr>/, file);
    }
  });

  it('page through all of them once while more arrive', async () => {
    const before = new Set<string>();
    for (let n = 0; n < 130; n++) before.add(await takeMessage(pool, firm, { documentNumber: `PAGE-${n}` }));
    for (const filter of [
      '',
      'state=waiting&',
      `supplier=${firm}&`,
      'type=self-invoice&',
      `state=waiting&supplier=${firm}&`,
    ]) {
      const seen: (string | undefined)[] = [];
      let path = `/messages?${filter}`;
      for (let pages = 0; path !== '' && pages < 20; pages++) {
        const { body, status } = await operator.get(path);
        assert.equal(status, 200);
        seen.push(...idsIn(body));
        await takeMessage(pool, firm);
        path = (/<a href="([^"]+)" rel="next"/.exec(body)?.[1] ?? '').replaceAll('&amp;', '&');
      }
      assert.equal(path, '', 'it comes to an end');
      assert.equal(new Set(seen).size, seen.length, `${filter}: none twice`);
      assert.deepEqual(
        [...before].filter((id) => !seen.includes(id)),
        [],
        `${filter}: none missed`,
      );
    }
  });

  it('find them by state, fault, and time', async () => {
    const id = await held('PO-2026-0045');
    assert.ok(idsIn((await operator.get('/messages?state=held')).body).includes(id));
    assert.ok(idsIn((await operator.get('/messages?fault=held-by-operator')).body).includes(id));
    assert.ok(!idsIn((await operator.get('/messages?fault=no-address')).body).includes(id));
    assert.ok(!idsIn((await operator.get('/messages?state=refused')).body).includes(id));
    assert.deepEqual(idsIn((await operator.get('/messages?document=PO-2026-0045')).body), [id]);
    assert.ok(idsIn((await operator.get('/search?q=PO-2026-00')).body).includes(id), 'by how it begins');
    assert.equal((await operator.get('/search?q=PO-2026-0045')).headers['location'], `/messages/${id}`);
    assert.equal((await operator.get(`/search?q=${id}`)).headers['location'], `/messages/${id}`);
    assert.equal((await operator.get('/search?q=exempel')).headers['location'], `/suppliers/${firm}`);
    assert.match((await operator.get('/search?q=nothing-has-this')).body, /Inget har det numret/);
    assert.ok(idsIn((await operator.get('/messages?from=2020-01-01T00:00')).body).length > 0);
    assert.equal(idsIn((await operator.get('/messages?to=2020-01-01T00:00')).body).length, 0);
    assert.equal(idsIn((await operator.get('/messages?from=2999-01-01')).body).length, 0);
    const unknown = await takeMessage(pool, '5592211234'.replace(/.$/, String(checkDigit('559221123'))), {});
    assert.ok(idsIn((await operator.get('/messages?state=held&fault=no-address')).body).includes(unknown));
  });

  it('see a sole trader’s number only when they may open it', async () => {
    const number = person.replace(/.$/, String(checkDigit(person.slice(0, 9))));
    const id = await takeMessage(pool, number, { documentNumber: 'PERSON-1' });
    for (const path of ['/messages?document=PERSON-1', `/messages/${id}`]) {
      assert.ok((await operator.get(path)).body.includes(number), path);
      const { body } = await viewer.get(path);
      assert.ok(!body.includes(number) && body.includes(`${number.slice(0, 2)}********`), path);
    }
    // As a supplier they have a page, which an address names.
    await registerPerson(pool, number);
    for (const path of ['/messages?document=PERSON-1', `/messages/${id}`, '/search?q=Eva%20Persson']) {
      const { body, headers } = await viewer.get(path);
      assert.ok(!body.includes(number), path);
      assert.match(`${body} ${String(headers['location'])}`, /\/suppliers\/address-\d+/, path);
    }
  });
});

/** The digit that makes it an organisation number. */
const checkDigit = (nine: string): number =>
  Array.from({ length: 10 }, (_, digit) => digit).find((digit) => checkDigitIsRight(`${nine}${digit}`)) ?? 0;
