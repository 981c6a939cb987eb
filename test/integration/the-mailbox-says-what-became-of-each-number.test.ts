import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { supplierContract } from '../../src/collection/open-routes.ts';
import { sequenceText } from '../../src/envelope/facts.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { compileSchema } from '../../src/platform/schema/schema.ts';
import { accept } from '../../src/store/accept/accept.ts';
import { withdraw } from '../../src/store/accept/withdraw.ts';
import { insertAddress } from '../../src/store/suppliers-change.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, openMailbox } from '../support/mailbox.ts';

describe('the mailbox says what became of each number', () => {
  let line: Line;
  let mailbox: Mailbox;
  before(async () => {
    line = await openLine();
    mailbox = await openMailbox(line);
    await line.deliver();
  });
  after(async () => {
    await mailbox.stop();
    await line.close();
  });

  async function stored(supplier: TestSupplier, count = 1): Promise<string[]> {
    const { verdicts } = await line.take(framesFor(supplier.organisationNumber, count));
    return verdicts.map((verdict) => (verdict.kind === 'accepted' ? verdict.messageId : ''));
  }

  const order = (action: 'hold' | 'release' | 'cancel', messageId: string) =>
    moveMessage(line.pool, { action, messageId, actor: 'cli:test', reason: 'said in confidence', now: new Date() });

  /** Fails unless the answer is what the contract says of it. */
  function asContracted(schema: string, value: unknown): void {
    const { schemas } = supplierContract['components'] as { schemas: Record<string, object> };
    const text = JSON.stringify({ ...schemas[schema], $defs: schemas }).replaceAll(
      '"#/components/schemas/',
      '"#/$defs/',
    );
    const check = compileSchema({ $id: `urn:test:${randomUUID()}`, ...(JSON.parse(text) as object) }, schema);
    assert.deepEqual(check.check(value), []);
  }

  it('pages go by the number; a number released later is listed again from the start', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const ids = await stored(supplier, 7);
    const program = mailbox.as(supplier);
    await order('hold', String(ids[1]));
    const pages: string[] = [];
    let after = '';
    for (;;) {
      const { json } = await program.ask('GET', `/v1/messages?limit=2${after}`);
      asContracted('MessageList', json);
      pages.push((json['messages'] as { sequence: string }[]).map(({ sequence }) => Number(sequence)).join(','));
      if (json['next'] === undefined) break;
      after = `&after=${json['next'] as string}`;
    }
    assert.deepEqual(pages, ['1,3', '4,5', '6,7']);
    assert.equal((await program.fetch(String(ids[1]))).status, 409);
    await order('release', String(ids[1]));
    assert.deepEqual(await program.listed(), ids);
    for (const [after, left] of [
      ['0', 7],
      ['3', 4],
      ['00000000000000000006', 1],
      ['7', 0],
      ['99999999999999999999', 0],
    ] as const)
      assert.equal((await program.listed(`?after=${after}`)).length, left, after);
  });

  it('what KA withdraws is gone from the list, and the answer says who did it', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const [frame] = framesFor(supplier.organisationNumber, 1);
    assert.ok(frame);
    const { verdicts } = await accept(line.pool, [frame]);
    assert.ok(verdicts[0]?.kind === 'accepted');
    const { messageId } = verdicts[0];
    const program = mailbox.as(supplier);
    await program.fetch(messageId);
    const { kind: _, key, ...rest } = frame;
    await withdraw(
      line.pool,
      {
        ...rest,
        kind: 'withdrawal',
        brokerMessageId: `ID:${randomUUID()}`,
        messageId,
        messageType: key.messageType,
        recipient: key.recipient,
        documentNumber: key.documentNumber,
        reason: 'wrong sum',
        body: Buffer.from(''),
      },
      new Date(),
    );
    assert.deepEqual(await program.listed(), []);
    assert.match(String((await program.fetch(messageId)).json['detail']), /cancelled.*KA/);
  });

  it('numbers at an address of the same organisation where the certificate is not registered have no id, and pages go on', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull', messageTypes: ['self-invoice'] });
    const at = new Date();
    await line.pool.transaction((db) =>
      insertAddress(
        db,
        supplier.organisationNumber,
        {
          name: 'orders',
          environment: 'test',
          delivery: 'pull',
          url: undefined,
          messageTypes: ['purchase-order'],
          envelopeFormat: 'cloudevents',
          ordering: 'any',
          concurrency: 1,
          ratePerSecond: undefined,
        },
        at,
      ),
    );
    const order = () => frameFor(supplier.organisationNumber, { messageType: 'purchase-order' });
    await line.take([order(), order(), frameFor(supplier.organisationNumber), order()]);
    const program = mailbox.as(supplier);
    const { json } = await program.ask('GET', '/v1/messages/missing');
    asContracted('Numbers', json);
    assert.deepEqual(
      (json['numbers'] as Record<string, string>[]).map(({ first, last, address, id }) => [
        Number(first),
        Number(last),
        address,
        id !== undefined,
      ]),
      [
        [1, 2, 'orders', false],
        [3, 3, 'main', true],
        [4, 4, 'orders', false],
      ],
    );
    assert.equal((await program.listed()).length, 1);
    const { rows } = await line.pool.query<{ id: string }>(
      "select id from message where organisation_number = $1 and message_type = 'purchase-order'",
      [supplier.organisationNumber],
    );
    for (const { id } of rows) {
      assert.equal((await program.fetch(id)).status, 404);
      assert.equal((await program.receipt(id)).status, 404);
    }
  });

  it('status tells a supplier how pushing goes, what waits, and why its endpoint refused, in its language', async () => {
    const supplier = await line.addSupplier({ behaviour: { status: 422, body: 'momsen stämmer inte' } });
    const [refused = ''] = await stored(supplier);
    await eventually('it is refused', async () => (await line.states(supplier.lane))['refused'] === 1);
    const program = mailbox.as(supplier);
    const { json, headers } = await program.ask('GET', '/v1/status');
    asContracted('Status', json);
    assert.equal(headers['content-language'], 'sv');
    const [address] = json['addresses'] as Record<string, unknown>[];
    assert.deepEqual(address?.['counts'], { waiting: 0, held: 0, refused: 1 });
    assert.equal(address?.['mailbox'], true);
    const [attempt] = json['attempts'] as Record<string, unknown>[];
    assert.equal(attempt?.['id'], refused);
    assert.equal(attempt?.['status'], 422);
    assert.match(String(attempt?.['sentence']), /Leverantören avvisade meddelandet.*422.*momsen stämmer inte/);
    const [certificate] = json['certificates'] as Record<string, unknown>[];
    assert.equal(certificate?.['this'], true);
    const english = await program.ask('GET', '/v1/status', { headers: { 'accept-language': 'de, en;q=0.8' } });
    assert.equal(english.headers['content-language'], 'en');
    assert.match(JSON.stringify(english.json), /The supplier refused the message/);
    await line.pool.query(
      "update lane set state = 'paused', reason = 'held-by-operator', detail = 'said in confidence' where id = $1",
      [supplier.lane],
    );
    const paused = await program.ask('GET', '/v1/status');
    assert.match(paused.bytes.toString(), /pausat/);
    assert.ok(!paused.bytes.includes('confidence'));
  });

  it('status keeps why a message is refused, once each, however often others fail after it', async () => {
    const supplier = await line.addSupplier({ behaviour: { status: 422, body: 'momsen stämmer inte' } });
    const ids = await stored(supplier, 2);
    await eventually('they are refused', async () => (await line.states(supplier.lane))['refused'] === 2);
    const program = mailbox.as(supplier);
    const told = async (): Promise<Record<string, unknown>[]> => {
      const { json } = await program.ask('GET', '/v1/status');
      asContracted('Status', json);
      return json['attempts'] as Record<string, unknown>[];
    };
    assert.deepEqual((await told()).map(({ id }) => String(id)).toSorted(), ids.toSorted());
    // A success now and then keeps the lane from backing off.
    let tries = 0;
    supplier.endpoint.behave(() => (++tries % 3 === 0 ? 'ok' : 500));
    await stored(supplier, 14);
    await eventually('the others have failed more than twenty times', async () => {
      const { rows } = await line.pool.query<{ failed: number }>(
        "select count(*) as failed from attempt where lane_id = $1 and outcome not in ('delivered', 'refused')",
        [supplier.lane],
      );
      return Number(rows[0]?.failed) > 20;
    });
    const attempts = await told();
    assert.equal(attempts.length, 22);
    assert.ok(attempts.slice(0, 20).every(({ outcome }) => outcome !== 'refused'));
    for (const { id, status, sentence } of attempts.slice(20)) {
      assert.ok(ids.includes(String(id)));
      assert.equal(status, 422);
      assert.match(String(sentence), /Leverantören avvisade meddelandet.*422.*momsen stämmer inte/);
    }
    assert.notEqual(attempts[20]?.['id'], attempts[21]?.['id']);
    // Fetched and receipted after all: it is not refused any longer.
    await program.fetch(String(ids[0]));
    await program.receipt(String(ids[0]));
    assert.deepEqual(
      (await told()).slice(20).map(({ id }) => id),
      [ids[1]],
    );
  });

  it('a certificate that fetches where nothing is pushed has been seen; where we push, only the endpoint shows it', async () => {
    for (const [delivery, seen] of [
      ['pull', true],
      ['push', false],
    ] as const) {
      const supplier = await line.addSupplier({ delivery, behaviour: { status: 500 } });
      const [id = ''] = await stored(supplier);
      const program = mailbox.as(supplier);
      const shown = async (): Promise<unknown> => {
        const { json } = await program.ask('GET', '/v1/status');
        return (json['certificates'] as Record<string, unknown>[])[0]?.['firstShown'];
      };
      assert.equal(await shown(), undefined);
      assert.equal((await program.fetch(id)).status, 200);
      const first = await shown();
      assert.equal(first !== undefined, seen, delivery);
      await program.fetch(id);
      assert.equal(await shown(), first);
      await program.receipt(id);
    }
  });

  // Last: recipients that are new after a restore begin beyond its margin.
  it('each state is named, with a reason in our words and nothing of what operators wrote', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const program = mailbox.as(supplier);
    const ids = await stored(supplier, 6);
    const [waiting = '', held = '', cancelled = '', delivered = '', spent = '', refused = ''] = ids;
    for (const id of [delivered, spent, refused]) await program.fetch(id);
    await order('hold', held);
    await order('cancel', cancelled);
    await program.receipt(delivered);
    const to = (state: string, reason: string, id: string) =>
      line.pool.query('update delivery set state = $2, reason = $3, next_try_at = null where message_id = $1', [
        id,
        state,
        reason,
      ]);
    await to('held', 'schedule-spent', spent);
    await to('refused', 'message-refused', refused);
    await line.pool.query(
      `with r as (insert into restoration (at, actor, reason, margin, margins, copy) values (now(), 'cli:test', 'the disk of March', 3, 3, 'x') returning id),
            c as (update recipient set counter = counter + 3 where organisation_number = $1)
       insert into void_range (organisation_number, first_sequence, last_sequence, restoration_id) select $1, 7, 9, id from r`,
      [supplier.organisationNumber],
    );
    const { json } = await program.ask('GET', '/v1/messages/missing?from=1&to=12');
    asContracted('Numbers', json);
    const numbers = json['numbers'] as Record<string, string>[];
    assert.deepEqual(
      numbers.map(({ first, last, state, id, address, reason }) => [
        Number(first),
        Number(last),
        state,
        id,
        address,
        reason,
      ]),
      [
        [1, 1, 'waiting', waiting, 'main', undefined],
        [2, 2, 'held', held, 'main', 'An operator holds it'],
        [3, 3, 'cancelled', cancelled, 'main', 'An operator cancelled it'],
        [4, 4, 'delivered', delivered, 'main', undefined],
        [5, 5, 'held', spent, 'main', 'Every planned try has been made'],
        [6, 6, 'refused', refused, 'main', 'The supplier refused the message'],
        [7, 9, 'void', undefined, undefined, 'the disk of March'],
      ],
    );
    assert.equal(json['highest'], sequenceText(9));
    assert.equal(json['next'], undefined);
    // What only failed too often, or was refused by the endpoint, can be fetched; the first is listed.
    assert.deepEqual(await program.listed(), [waiting, spent]);
    assert.equal((await program.fetch(spent)).status, 200);
    assert.equal((await program.fetch(refused)).status, 200);
    for (const [id, why] of [
      [held, /held.*operator/],
      [cancelled, /cancelled.*operator/],
    ] as const) {
      const answered = await program.fetch(id);
      assert.equal(answered.json['type'], 'urn:kuvert:fault:message-not-available');
      assert.match(String(answered.json['detail']), why);
      assert.ok(!answered.bytes.includes('confidence'));
    }
    assert.equal((await program.receipt(refused)).json['result'], 'received');
    assert.equal((await program.receipt(spent)).json['result'], 'received');
    assert.deepEqual(await line.states(supplier.lane), { waiting: 1, held: 1, cancelled: 1, delivered: 3 });
    // What a corrected version has replaced is not given out beside it.
    assert.equal((await program.fetch(waiting)).status, 200);
    await to('refused', 'superseded', waiting);
    const replaced = await program.fetch(waiting);
    assert.deepEqual([replaced.status, replaced.json['type']], [409, 'urn:kuvert:fault:message-not-available']);
    assert.match(String(replaced.json['detail']), /was replaced: A newer version of the document was accepted/);
  });
});
