import { strict as assert } from 'node:assert';
import { createHash, randomUUID } from 'node:crypto';
import { Fault } from '../../src/domain/fault.ts';
import { accept } from '../../src/store/accept/accept.ts';
import { listAudit } from '../../src/store/audit.ts';
import { conservation, readSums } from '../../src/store/conservation.ts';
import { listDeadLetters } from '../../src/store/operator/dead-letters.ts';
import type { Visitor } from '../support/browser.ts';
import { type Console, openConsole } from '../support/console.ts';
import { jsonPurchaseOrder, supplierNumber, svefaktura } from '../support/documents.ts';

const wrongTotal = (text: string) =>
  text.replace(/<cbc:TaxInclusiveTotalAmount([^>]*)>[^<]*</, '<cbc:TaxInclusiveTotalAmount$1>1.00<');

describe('dead letters are corrected in the console', () => {
  let desk: Console;
  let operator: Visitor;
  let viewer: Visitor;
  before(async () => {
    desk = await openConsole();
    operator = await desk.signedIn('olle', 'operator');
    viewer = await desk.signedIn('vera', 'viewer');
  });
  after(async () => {
    const { breaches } = await conservation(desk.pool);
    await desk?.stop();
    assert.deepEqual(breaches, []);
  });

  /** As intake leaves it. */
  const dead = async (text: string, where: string, found = 'HEMLIGT'): Promise<string> => {
    const body = Buffer.from(text);
    const findings = [{ where, rule: 'SVE-SUM-04', text: 'A rule', expected: 'another', found }];
    const { verdicts } = await accept(desk.pool, [
      {
        kind: 'dead-letter',
        brokerMessageId: `ID:${randomUUID()}`,
        bodySha256: createHash('sha256').update(body).digest(),
        kaMessageId: 'KA-1',
        correlationId: undefined,
        fault: new Fault('document-invalid', `${where}: A rule, found ${found}`, { findings }),
        body,
        isText: true,
        headers: { recipient: supplierNumber, correlationId: 'C-7', 'message-id': 'ID:before' },
        messageType: 'self-invoice',
        documentNumber: 'T-1',
        recipient: supplierNumber,
      },
    ]);
    const [verdict] = verdicts;
    assert.ok(verdict?.kind === 'rejected');
    return verdict.deadLetterId;
  };

  it('the document is shown only to who may open it, after a reason that is in the audit, and as text', async () => {
    const id = await dead('<a><b>1</b><c onload="x">HEMLIGT</c><script>alert(1)</script></a>', 'a/c');
    const page = await operator.get(`/dead-letters/${id}`);
    assert.equal(page.status, 200);
    assert.doesNotMatch(page.body, /alert\(1\)|HEMLIGT/, 'nor what was found in it, before it was opened');
    assert.doesNotMatch((await viewer.get(`/dead-letters/${id}`)).body, /HEMLIGT/);
    assert.equal((await viewer.post(`/dead-letters/${id}/document`, { reason: 'x' })).status, 403);
    assert.equal((await operator.post(`/dead-letters/${id}/document`, { reason: '' })).status, 422);
    const subject = `dead-letter/${id}`;
    assert.deepEqual(await listAudit(desk.pool, { subject, limit: 9 }), []);
    const { body, headers } = await operator.post(`/dead-letters/${id}/document`, { reason: 'ärende 9' });
    assert.equal(headers['cache-control'], 'no-store');
    assert.match(body, /&lt;script&gt;alert\(1\)/);
    assert.match(body, /<td[^>]*><span lang="en">HEMLIGT</, 'with each finding what was found');
    assert.doesNotMatch(body, /<script>alert/);
    assert.match(
      body,
      /<mark>[^]*?&lt;c onload=&quot;x&quot;&gt;HEMLIGT&lt;\/c&gt;<\/mark>/,
      'the offending place is marked',
    );
    const [row] = await listAudit(desk.pool, { subject, limit: 9 });
    assert.deepEqual([row?.actor, row?.action, row?.reason], ['operator:olle', 'dead-letter.open', 'ärende 9']);
  });

  it('a person’s number stands on no page and in no link for those who may not see it', async () => {
    const person = '8001010019';
    const id = await dead('<a/>', 'a');
    await desk.pool.query("insert into supplier (organisation_number, name, language) values ($1, 'Bo Ek', 'sv')", [
      person,
    ]);
    await desk.pool.query('update dead_letter set organisation_number = $2 where id = $1', [id, person]);
    for (const path of [`/dead-letters/${id}`, '/dead-letters']) {
      const { body } = await viewer.get(path);
      assert.match(body, /Bo Ek[^]*80\*{8}/);
      assert.ok(!body.includes(person), path);
    }
  });

  it('what is still wrong is said finding by finding, and nothing is entered', async () => {
    const id = await dead('<a/>', 'a');
    const before = await readSums(desk.pool);
    const wrong = wrongTotal(svefaktura({ number: 'T-WRONG' }).toString());
    await operator.get(`/dead-letters/${id}`);
    const { status, body } = await operator.post(`/dead-letters/${id}/re-enter`, { document: wrong, reason: 'rättat' });
    assert.equal(status, 422);
    assert.match(body, /SVE-SUM-04/);
    assert.match(body, /T-WRONG/, 'what was typed is still there');
    assert.equal((await readSums(desk.pool)).taken, before.taken);
    assert.deepEqual(await listAudit(desk.pool, { subject: `dead-letter/${id}`, limit: 9 }), []);
  });

  it('a right one goes the way of all: it is counted, answered, audited and linked; the same again is nothing new', async () => {
    const id = await dead('{"number":', 'document');
    const before = await readSums(desk.pool);
    const document = jsonPurchaseOrder({ number: 'PO-RIGHT' }).toString();
    await operator.get(`/dead-letters/${id}`);
    const enter = () => operator.post(`/dead-letters/${id}/re-enter`, { document, reason: 'KA bad om det' });
    assert.equal((await enter()).status, 303);
    const { rows } = await desk.pool.query<{ id: string; correlation_id: string }>(
      "select id, correlation_id from message where document_number = 'PO-RIGHT'",
    );
    assert.deepEqual([rows.length, rows[0]?.correlation_id], [1, 'C-7']);
    const after = await readSums(desk.pool);
    assert.deepEqual([after.taken, after.messages], [before.taken + 1, before.messages + 1]);
    const { rows: answers } = await desk.pool.query("select 1 from outbox where body like '%PO-RIGHT%'");
    assert.equal(answers.length >= 1, true, 'KA is told');
    const [row] = await listAudit(desk.pool, { subject: `dead-letter/${id}`, limit: 1 });
    assert.deepEqual([row?.action, row?.reason], ['dead-letter.re-enter', 'KA bad om det']);
    assert.match((await operator.get(`/dead-letters/${id}`)).body, new RegExp(`href="/messages/${rows[0]?.id}"`));
    // Sent twice, as when somebody clicks twice.
    assert.equal((await enter()).status, 303);
    assert.equal((await readSums(desk.pool)).taken, after.taken);
  });

  it('the list has them newest first, by fault, organisation and document number, page by page', async () => {
    const { body } = await viewer.get('/dead-letters');
    const all = await listDeadLetters(desk.pool, { limit: 100 });
    const ids = [...body.matchAll(/href="\/dead-letters\/([0-9a-f-]{36})"/g)].map(([, id]) => id);
    assert.deepEqual(
      ids,
      all.map(({ id }) => id),
    );
    assert.doesNotMatch(
      (await viewer.get('/dead-letters?fault=frame-empty')).body,
      /href="\/dead-letters\/[0-9a-f-]{36}"/,
    );
    assert.match((await viewer.get('/dead-letters?document=T-1')).body, /href="\/dead-letters\/[0-9a-f-]{36}"/);
    const shown = async (query: string) =>
      [...(await viewer.get(`/dead-letters?${query}`)).body.matchAll(/href="\/dead-letters\/([0-9a-f-]{36})"/g)].map(
        ([, id]) => id,
      );
    assert.deepEqual(await shown(`after=${all[0]?.id}`), ids.slice(1));
    assert.deepEqual(await shown('fault=document-invalid&document=T-1&from=2020-01-01T00:00'), ids);
    assert.deepEqual(await shown('to=2020-01-01T00:00'), []);
    assert.deepEqual(await shown('from=2999-01-01T00:00'), []);
    assert.equal((await viewer.get(`/dead-letters/${randomUUID()}`)).status, 404);
  });

  it('nobody enters one who may not act', async () => {
    const id = await dead('<a/>', 'a');
    assert.equal((await viewer.post(`/dead-letters/${id}/re-enter`, { document: 'x', reason: 'x' })).status, 403);
  });
});
