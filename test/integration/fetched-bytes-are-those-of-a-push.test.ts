import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { eventually } from '../support/eventually.ts';
import { errorLog } from '../support/gateway-log.ts';
import { frameFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Answered, type Mailbox, opened, openMailbox } from '../support/mailbox.ts';

describe('fetched bytes are those of a push', () => {
  let line: Line;
  let mailbox: Mailbox;
  const { log, errors } = errorLog();
  before(async () => {
    line = await openLine();
    mailbox = await openMailbox(line, { log });
    await line.deliver();
  });
  after(async () => {
    await mailbox.stop();
    await line.close();
  });

  async function stored(supplier: TestSupplier, more: Parameters<typeof frameFor>[1] = {}): Promise<string> {
    const { verdicts } = await line.take([
      {
        ...frameFor(supplier.organisationNumber, more),
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    ]);
    assert.ok(verdicts[0]?.kind === 'accepted');
    return verdicts[0].messageId;
  }

  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

  function sameAsPushed(supplier: TestSupplier, fetched: Answered): void {
    const [pushed] = supplier.endpoint.requests;
    assert.ok(pushed);
    assert.deepEqual(fetched.bytes, pushed.body);
    for (const name of ['content-type', 'x-jws-signature', 'idempotency-key', 'traceparent'])
      assert.equal(fetched.headers[name], pushed.headers[name], name);
  }

  for (const envelopeFormat of ['cloudevents', 'sfti'] as const) {
    const document =
      envelopeFormat === 'sfti' ? { content: '<?xml version="1.0" encoding="UTF-8"?>\n<a xmlns="urn:a">é</a>' } : {};
    const frame = envelopeFormat === 'sfti' ? { mediaType: 'application/xml', format: 'svefaktura-1.0' } : {};

    async function storedDocument(supplier: TestSupplier): Promise<string> {
      const one = { ...frameFor(supplier.organisationNumber, document), ...frame };
      const { verdicts } = await line.take([one]);
      assert.ok(verdicts[0]?.kind === 'accepted');
      return verdicts[0].messageId;
    }

    it(`what is pulled verifies, is the same each time, and carries its hash (${envelopeFormat})`, async () => {
      const supplier = await line.addSupplier({ delivery: 'pull', envelopeFormat });
      const id = await storedDocument(supplier);
      const program = mailbox.as(supplier);
      const fetched = await program.fetch(id);
      assert.equal(fetched.status, 200);
      assert.equal(fetched.headers['etag'], `"${sha256(fetched.bytes)}"`);
      assert.equal(fetched.headers['idempotency-key'], id);
      const envelope = await opened(line, fetched);
      assert.equal(envelope.id, id);
      assert.equal(envelope.format, envelopeFormat);
      assert.equal(envelope.recipientUrl, undefined);
      const again = await program.fetch(id);
      assert.deepEqual(again.bytes, fetched.bytes);
      assert.equal(again.headers['x-jws-signature'], fetched.headers['x-jws-signature']);
      await program.receipt(id);
    });

    it(`fetched first and pushed later, the endpoint gets what was fetched (${envelopeFormat})`, async () => {
      const supplier = await line.addSupplier({ envelopeFormat, behaviour: 'ok' });
      await line.pool.query("update lane set state = 'paused' where id = $1", [supplier.lane]);
      const id = await storedDocument(supplier);
      const fetched = await mailbox.as(supplier).fetch(id);
      assert.equal((await opened(line, fetched)).recipientUrl, supplier.endpoint.url);
      await line.pool.query("update lane set state = 'flowing', wake_at = clock_timestamp() where id = $1", [
        supplier.lane,
      ]);
      await eventually('it is pushed', async () => (await line.states(supplier.lane))['delivered'] === 1);
      assert.deepEqual(supplier.endpoint.requests[0]?.body, fetched.bytes);
      assert.equal(supplier.endpoint.requests[0]?.headers['x-jws-signature'], fetched.headers['x-jws-signature']);
    });
  }

  it('pushed first, it can be fetched as it was, delivered or not, with the headers of the push', async () => {
    const supplier = await line.addSupplier({ behaviour: 422 });
    const id = await stored(supplier);
    await eventually('it is refused', async () => (await line.states(supplier.lane))['refused'] === 1);
    sameAsPushed(supplier, await mailbox.as(supplier).fetch(id));
    const taken = await line.addSupplier({ behaviour: 'ok' });
    const other = await stored(taken);
    await eventually('it is delivered', async () => (await line.states(taken.lane))['delivered'] === 1);
    sameAsPushed(taken, await mailbox.as(taken).fetch(other));
  });

  it('an address that changes afterwards changes nothing of it', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const id = await stored(supplier);
    const program = mailbox.as(supplier);
    const before = await program.fetch(id);
    await line.pool.query(
      "update address set envelope_format = 'sfti', url = 'https://elsewhere.example/in', version = version + 1 where id = $1",
      [supplier.lane],
    );
    const after = await program.fetch(id);
    assert.deepEqual(after.bytes, before.bytes);
    assert.deepEqual(after.headers['content-type'], before.headers['content-type']);
  });

  it('two that ask at once, in two processes, are shown the same bytes', async () => {
    const other = await openMailbox(line);
    try {
      const supplier = await line.addSupplier({ delivery: 'pull' });
      for (let round = 0; round < 5; round++) {
        const id = await stored(supplier);
        const asked = await Promise.all(
          Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? mailbox : other).as(supplier).fetch(id)),
        );
        assert.equal(
          new Set(asked.map(({ bytes, headers }) => `${sha256(bytes)} ${String(headers['x-jws-signature'])}`)).size,
          1,
        );
        const { rows } = await line.pool.query<{ times: number }>(
          'select times from collection where message_id = $1',
          [id],
        );
        assert.deepEqual(rows, [{ times: 6 }]);
      }
    } finally {
      await other.stop();
    }
  });

  it('who does not take the format is told which it is, and nothing is sealed', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const id = await stored(supplier);
    const program = mailbox.as(supplier);
    const refused = await program.fetch(id, { accept: 'application/xml, application/json;q=0.5' });
    assert.equal(refused.status, 406);
    assert.match(String(refused.json['detail']), /application\/cloudevents\+json/);
    assert.equal((await line.pool.query('select from envelope where message_id = $1', [id])).rowCount, 0);
    for (const accept of [
      '*/*',
      'application/*',
      'application/cloudevents+json',
      'Application/CloudEvents+JSON; charset=utf-8',
      'text/html, */*;q=0.1',
    ])
      assert.equal((await program.fetch(id, { accept })).status, 200, accept);
  });

  it('who has it already is told so', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const id = await stored(supplier);
    const program = mailbox.as(supplier);
    const { headers } = await program.fetch(id);
    assert.equal((await program.fetch(id, { 'if-none-match': String(headers['etag']) })).status, 304);
  });

  it('what cannot be put in the format of the address is held, once, and KA and the caller hear of it', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull', envelopeFormat: 'sfti' });
    const id = await stored(supplier);
    const program = mailbox.as(supplier);
    assert.deepEqual(await program.listed(), [id]);
    const answers = await Promise.all([program.fetch(id), program.fetch(id), program.fetch(id)]);
    for (const answered of answers) {
      assert.equal(answered.status, 409);
      assert.equal(answered.json['type'], 'urn:kuvert:fault:message-not-available');
    }
    const { rows } = await line.pool.query('select state, reason from delivery where message_id = $1', [id]);
    assert.deepEqual(rows, [{ state: 'held', reason: 'format-not-possible' }]);
    const held = (await line.answers('held')).filter(({ messageId }) => messageId === id);
    assert.equal(held.length, 1);
    assert.deepEqual(await program.listed(), []);
  });

  it('while somebody holds the row for long it is 503, and nothing was shown or held; asked again it is as ever', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const id = await stored(supplier);
    const odd = await line.addSupplier({ delivery: 'pull', envelopeFormat: 'sfti' });
    const unsealable = await stored(odd);
    const ask = () => Promise.all([mailbox.as(supplier).fetch(id), mailbox.as(odd).fetch(unsealable)]);
    const answers = await line.pool.transaction(async (db) => {
      // A fetch shares the delivery's row; who holds a message takes its lane first.
      await db.query('select 1 from lane where id = $1 for update', [odd.lane]);
      await db.query('select 1 from delivery where message_id = $1 for update', [id]);
      return ask();
    });
    for (const { status, json, headers } of answers) {
      assert.deepEqual([status, json['type']], [503, 'urn:kuvert:fault:server-unavailable']);
      assert.match(String(headers['retry-after']), /^[1-9]\d*$/);
    }
    // It is the wait for the lock that has a limit, long before that of any statement.
    await eventually('both are in the log', () => errors.filter((text) => text.includes('lock timeout')).length === 2);
    const { rows } = await line.pool.query(
      `select d.state, d.reason, e.message_id as sealed, c.message_id as given
         from delivery d left join envelope e using (message_id) left join collection c using (message_id)
        where d.message_id in ($1, $2)`,
      [id, unsealable],
    );
    const untouched = { state: 'waiting', reason: null, sealed: null, given: null };
    assert.deepEqual(rows, [untouched, untouched]);
    const told = async () => (await line.answers('held')).filter(({ messageId }) => messageId === unsealable).length;
    assert.equal(await told(), 0);
    assert.deepEqual(
      (await ask()).map(({ status }) => status),
      [200, 409],
    );
    assert.equal(await told(), 1);
  });
});
