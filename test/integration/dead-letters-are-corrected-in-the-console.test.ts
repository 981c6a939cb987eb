import { strict as assert } from 'node:assert';
import { createHash, randomUUID } from 'node:crypto';
import { showMessage } from '../../src/cli/message-print.ts';
import { Fault } from '../../src/domain/fault.ts';
import { type EnteredFrame, reenter } from '../../src/operations/dead-letters/re-entry.ts';
import { actsOf } from '../../src/operations/message-acts.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { createEntrance, reentrySettings } from '../../src/roles/re-entry.ts';
import { accept } from '../../src/store/accept/accept.ts';
import { listAudit } from '../../src/store/audit.ts';
import { conservation, readSums } from '../../src/store/conservation.ts';
import { findMessages, readMessage } from '../../src/store/messages.ts';
import { listDeadLetters } from '../../src/store/operator/dead-letters.ts';
import type { Visitor } from '../support/browser.ts';
import { type Console, openConsole } from '../support/console.ts';
import { jsonPurchaseOrder, sampleOrganisationNumber, supplierNumber, svefaktura } from '../support/documents.ts';
import { testLog } from '../support/gateway-log.ts';

/** The number of a message that is there, and other bytes. */
const taken = (note: string) => `${jsonPurchaseOrder({ number: 'PO-RIGHT' }).toString()}${' '.repeat(Number(note))}`;
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
  const dead = async (text: string, where: string, found = 'HEMLIGT', number?: string): Promise<string> => {
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
        documentNumber: number,
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
    assert.match(body, /<td[^>]*>HEMLIGT</, 'with each finding what was found');
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

  const enter = (id: string, document: string, reason = 'KA bad om det') =>
    operator.post(`/dead-letters/${id}/re-enter`, { document, reason });
  const order = (number: string, more: Parameters<typeof jsonPurchaseOrder>[0] = {}) =>
    jsonPurchaseOrder({ number, ...more }).toString();
  const messagesOf = async (number: string) =>
    (await desk.pool.query<{ id: string }>('select id from message where document_number = $1', [number])).rows;

  it('another recipient, type or number than it is known to have is not entered, unless just that was wrong', async () => {
    const id = await dead('{"number":', 'document', 'HEMLIGT', 'PO-KNOWN');
    await operator.get(`/dead-letters/${id}`);
    for (const [document, says] of [
      [order('PO-INVENTED'), /annat nummer än det stoppade/],
      [order('PO-KNOWN', { recipient: sampleOrganisationNumber(2) }), /till en annan organisation/],
    ] as const) {
      const { status, body } = await enter(id, document);
      assert.equal(status, 422);
      assert.match(body, says);
    }
    assert.deepEqual(await listAudit(desk.pool, { subject: `dead-letter/${id}`, limit: 9 }), []);
    assert.deepEqual(await messagesOf('PO-INVENTED'), []);
    assert.equal((await enter(id, order('PO-KNOWN'))).status, 303);
    // Its type stands in a header only.
    const typed = await dead('{"number":', 'document', 'HEMLIGT', 'PO-TYPED');
    await desk.pool.query('update dead_letter set headers = $2 where id = $1', [
      typed,
      Buffer.from(JSON.stringify({ messageType: 'self-invoice', recipient: supplierNumber, eventTime: 'igår' })),
    ]);
    await desk.pool.query('update dead_letter set findings = $2 where id = $1', [
      typed,
      JSON.stringify([{ where: 'eventTime', rule: 'header', text: 'a time', found: 'igår' }]),
    ]);
    assert.match((await enter(typed, order('PO-TYPED'))).body, /av en annan typ/);
    // Its number was what was wrong.
    const wrong = await dead('{"number":', 'number', 'PO-WRONG', 'PO-WRONG');
    assert.equal((await enter(wrong, order('PO-NOT-WRONG'))).status, 303);
    assert.equal((await messagesOf('PO-NOT-WRONG')).length, 1);
  });

  it('becomes one message at most, also by way of the dead letters that come of it', async () => {
    const id = await dead('{"number":', 'document');
    await operator.get(`/dead-letters/${id}`);
    // 1. Its number is taken: it is stopped again, twice.
    assert.equal((await messagesOf('PO-RIGHT')).length, 1);
    const stopped = async () =>
      (
        await desk.pool.query<{ id: string; name: string }>(
          'select id, broker_message_id as name from dead_letter where broker_message_id like $1 order by id',
          [`operator:${id}%`],
        )
      ).rows;
    for (const total of ['1.00', '2.00']) assert.equal((await enter(id, taken(total))).status, 303);
    const letters = await stopped();
    assert.deepEqual(
      letters.map(({ name }) => name),
      [`operator:${id}`, `operator:${id}/1`],
    );
    // 2. All of them at once, each with a number of its own.
    const numbers = ['PO-ONE', 'PO-TWO', 'PO-THREE', 'PO-FOUR'];
    const places = [id, letters[0]?.id ?? '', letters[1]?.id ?? '', id];
    await Promise.all(numbers.map((number, i) => enter(places[i] ?? '', order(number))));
    const made = (await Promise.all(numbers.map(messagesOf))).flat();
    assert.equal(made.length, 1);
    // 3. And afterwards.
    for (const place of places) {
      const { status, body } = await enter(place, order('PO-FIVE'));
      assert.equal(status, 409);
      assert.match(body, /är redan ett meddelande/);
    }
    assert.deepEqual(await messagesOf('PO-FIVE'), []);
    assert.doesNotMatch((await operator.get(`/dead-letters/${id}`)).body, /name="document"/);
  });

  it('of two documents that come past each other to the store one becomes a message, and the other is stopped', async () => {
    const id = await dead('{"number":', 'document');
    const settings = readSettings(['environment', ...reentrySettings], { KUVERT_ENVIRONMENT: 'test' });
    const real = createEntrance(settings, desk.pool, testLog(), () => new Date());
    const all = Promise.withResolvers<void>();
    let there = 0;
    const receive = async (frame: EnteredFrame) => {
      if (++there === 2) all.resolve();
      await all.promise;
      await real.receive(frame);
    };
    const numbers = ['PO-LEFT', 'PO-OTHER'];
    await Promise.all(
      numbers.map((number) =>
        reenter(
          desk.pool,
          { ...real, receive },
          { deadLetterId: id, document: order(number), actor: 'operator:olle', reason: 'x', now: new Date() },
        ),
      ),
    );
    await real.close();
    assert.equal((await Promise.all(numbers.map(messagesOf))).flat().length, 1);
    const { rows } = await desk.pool.query<{ fault: string }>(
      'select fault from dead_letter where broker_message_id = $1',
      [`operator:${id}`],
    );
    assert.deepEqual(rows, [{ fault: 'frame-unstorable' }]);
  });

  it('what was stopped again may be tried again, also with the same bytes', async () => {
    const id = await dead('{"number":', 'document');
    await operator.get(`/dead-letters/${id}`);
    const document = taken('3.00');
    await enter(id, document);
    await enter(id, document);
    const { rows } = await desk.pool.query('select 1 from dead_letter where broker_message_id like $1', [
      `operator:${id}%`,
    ]);
    assert.equal(rows.length, 2);
    assert.equal((await enter(id, order('PO-AT-LAST'))).status, 303);
    assert.equal((await messagesOf('PO-AT-LAST')).length, 1);
  });

  it('the message says that an operator entered it, who and why; the audit has which document it was', async () => {
    const id = await dead('{"number":', 'document');
    await operator.get(`/dead-letters/${id}`);
    await enter(id, order('PO-STORY'), 'ärende 4711');
    const [audited] = await listAudit(desk.pool, { subject: `dead-letter/${id}`, limit: 1 });
    const { recipient, messageType, documentNumber } = (audited?.details ?? {}) as Record<string, unknown>;
    assert.deepEqual([recipient, messageType, documentNumber], [supplierNumber, 'purchase-order', 'PO-STORY']);
    const [message] = await messagesOf('PO-STORY');
    const page = (await viewer.get(`/messages/${message?.id}`)).body;
    assert.match(page, /Inlagt av en operatör, inte skickat av KA/);
    assert.doesNotMatch(page, /Mottaget från KA/);
    assert.match(page, new RegExp(`href="/dead-letters/${id}"`));
    assert.match(page, /ärende 4711[^]*operator:olle/);
    const details = await readMessage(desk.pool, message?.id ?? '');
    assert.equal(details?.enteredFor, id);
    const [row] = await findMessages(desk.pool, message?.id ?? '', 1);
    assert.ok(row !== undefined && details !== undefined);
    const printed = showMessage(row, details, await actsOf(desk.pool, row.id, details, 9), 'why', 'en');
    assert.match(printed, new RegExp(`dead letter ${id}[^]*operator:olle, [^]*: ärende 4711`));
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
    assert.match((await viewer.get('/dead-letters?document=PO-KNOWN')).body, /href="\/dead-letters\/[0-9a-f-]{36}"/);
    const shown = async (query: string) =>
      [...(await viewer.get(`/dead-letters?${query}`)).body.matchAll(/href="\/dead-letters\/([0-9a-f-]{36})"/g)].map(
        ([, id]) => id,
      );
    assert.deepEqual(await shown(`after=${all[0]?.id}`), ids.slice(1));
    const known = all.filter((one) => one.documentNumber === 'PO-KNOWN' && one.fault === 'document-invalid');
    assert.ok(known.length > 0 && known.length < all.length);
    assert.deepEqual(
      await shown('fault=document-invalid&document=PO-KNOWN&from=2020-01-01T00:00'),
      known.map(({ id }) => id),
    );
    assert.deepEqual(await shown('to=2020-01-01T00:00'), []);
    assert.deepEqual(await shown('from=2999-01-01T00:00'), []);
    assert.equal((await viewer.get(`/dead-letters/${randomUUID()}`)).status, 404);
  });

  it('nobody enters one who may not act', async () => {
    const id = await dead('<a/>', 'a');
    assert.equal((await viewer.post(`/dead-letters/${id}/re-enter`, { document: 'x', reason: 'x' })).status, 403);
  });
});
