import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import type { FaultCode } from '../../src/domain/fault.ts';
import type { ReceiveDeps } from '../../src/intake/receive.ts';
import { runJava } from '../support/broker.ts';
import { jsonPurchaseOrder, sampleOrganisationNumber, svefaktura } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { assertAnswered, assertDelivered, conserved } from '../support/gateway-account.ts';
import { type KaFrame, kaDocuments } from '../support/ka.ts';
import { sharedServers } from '../support/servers.ts';

interface Bad extends KaFrame {
  readonly fault: FaultCode;
  /** The answer says where. */
  readonly findings?: true;
}

const recipient = sampleOrganisationNumber(1);
const text = (body: string | Buffer, headers: Record<string, string> = {}): KaFrame => ({
  headers: { recipient, ...headers },
  body: Buffer.from(body),
  isText: true,
});
const bytes = (body: string | Buffer, headers: Record<string, string> = {}): KaFrame => ({
  ...text(body, headers),
  isText: false,
});
const order = (number: string): Buffer => jsonPurchaseOrder({ recipient, number });
const invoice = (number: string): Buffer => svefaktura({ recipient, number });
const sample = (path: string): Buffer => readFileSync(new URL(`../samples/${path}`, import.meta.url));

/** Whatever KA, or somebody in its name, may put on the queue that is no message. */
const bad: Readonly<Record<string, Bad>> = {
  'no body': { ...bytes(''), fault: 'frame-empty' },
  'an empty text': { ...text(''), fault: 'frame-not-a-document' },
  'one byte': { ...bytes('\0'), fault: 'document-not-recognised' },
  'nothing that we read': { ...text('hello'), fault: 'document-not-recognised' },
  'another XML': { ...text('<Order xmlns="urn:other"/>'), fault: 'document-not-recognised', findings: true },
  'XML cut short': { ...bytes(sample('svefaktura/broken/truncated.xml')), fault: 'document-not-wellformed' },
  'an XML with a doctype': {
    ...bytes(sample('svefaktura/broken/billion-laughs.xml')),
    fault: 'document-not-wellformed',
  },
  'an XML with NUL': {
    ...bytes(invoice('N-1').toString().replace('N-1', 'N\0-1')),
    fault: 'document-not-wellformed',
  },
  'JSON cut short': { ...text(order('J-1').subarray(0, 300)), fault: 'document-not-wellformed' },
  'JSON with NUL in its number': {
    ...text(order('J-2').toString().replace('J-2', 'J\\u0000-2')),
    fault: 'document-invalid',
    findings: true,
  },
  'JSON with half a character in its number': {
    ...text(order('J-3').toString().replace('J-3', 'J\\ud800-3')),
    fault: 'document-not-wellformed',
  },
  'a number of 300 characters': { ...text(order('J'.repeat(300))), fault: 'document-invalid', findings: true },
  'JSON nested a thousand deep': { ...text('{"a":'.repeat(1_000)), fault: 'document-limit' },
  'a sum that is wrong': {
    ...bytes(sample('svefaktura/broken/wrong-total.xml'), { recipient: '' }),
    fault: 'document-invalid',
    findings: true,
  },
  'text that is not UTF-8': {
    ...bytes(Buffer.concat([Buffer.from('{"number":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])),
    fault: 'document-encoding',
  },
  'a recipient other than the document says': {
    ...text(order('H-1'), { recipient: sampleOrganisationNumber(2) }),
    fault: 'document-wrong-recipient',
    findings: true,
  },
  'a recipient with a wrong check digit': {
    ...text(order('H-2'), { recipient: '5599990010' }),
    fault: 'header-invalid',
    findings: true,
  },
  'a recipient of 5 000 digits': {
    ...text(order('H-3'), { recipient: '5'.repeat(5_000) }),
    fault: 'header-invalid',
    findings: true,
  },
  'a type that is none': { ...text(order('H-4'), { messageType: 'invoice' }), fault: 'header-invalid', findings: true },
  'another type than the document': {
    ...text(order('H-5'), { messageType: 'self-invoice' }),
    fault: 'document-wrong-type',
    findings: true,
  },
  'a time that is none': { ...text(order('H-6'), { eventTime: 'yesterday' }), fault: 'header-invalid', findings: true },
  'two headers that disagree': {
    ...text(order('H-7'), { messageType: 'purchase-order', 'message-type': 'self-invoice' }),
    fault: 'header-disagrees',
    findings: true,
  },
  'a correlation id of 600 characters': {
    ...text(order('H-8'), { correlationId: 'c'.repeat(600) }),
    fault: 'header-invalid',
    findings: true,
  },
  'more bytes than a document may have': {
    ...text(jsonPurchaseOrder({ recipient, number: 'L-1', lines: 600 })),
    fault: 'frame-too-large',
  },
  'what PostgreSQL does not take': { ...text(order('POISON-1')), fault: 'frame-unstorable' },
  'what PostgreSQL takes only without its names': { ...text(order('POISON-2')), fault: 'frame-unstorable' },
};

describe('one unstorable frame does not wedge the rest', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await openGateway({ settings: { KUVERT_INTAKE_BATCH: '20', KUVERT_DOCUMENT_BYTES: '64KB' } });
  });
  afterEach(() => gateway.close());

  it('every kind of it is acknowledged, kept whole, on the dead-letter queue, answered and counted; what stands between is delivered in order', async () => {
    const supplier = await gateway.addSupplier();
    assert.equal(supplier.organisationNumber, recipient);
    await gateway.register(supplier.entry());
    await gateway.startDelivery();
    await gateway.startIntake(withPoison);
    const names = Object.keys(bad);
    const good = kaDocuments(recipient, names.length + 1, 'G');
    const frames: KaFrame[] = good.flatMap((one, i): KaFrame[] => {
      const name = names[i];
      const frame = bad[name ?? ''];
      return name === undefined || frame === undefined
        ? [one]
        : [one, { ...frame, headers: { ...frame.headers, kaMessageId: `bad ${name}`, extra: 'åäö: \\ \n' } }];
    });
    await gateway.ka.send(frames);
    const found = await gateway.settled(frames.length);

    assert.deepEqual(
      [found.taken, found.messages, found.delivered, found.duplicates, found.deadLetters],
      [frames.length, good.length, good.length, 0, names.length],
    );
    const received = await assertDelivered(gateway, supplier, good);
    assert.deepEqual(
      received.map(({ documentNumber }) => documentNumber),
      good.map(({ number }) => number),
      'each once and in order',
    );
    assertAnswered(gateway, good);
    for (const name of names) await assertRejected(gateway, name);
    await eventually('nothing is left on the queue', async () => {
      const { taken } = await conserved(gateway);
      return taken === frames.length;
    });
  });

  it('also what only a JMS program can send: maps, objects, NUL and line ends in headers, a thousand of them', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry());
    await gateway.start();
    const before = kaDocuments(recipient, 3, 'A');
    const after = kaDocuments(recipient, 3, 'B');
    await gateway.ka.send(before);
    const { openwireUrl, brokerUser, brokerPassword } = sharedServers();
    const { queueIn } = gateway.settings;
    await runJava('test/support/OddMessages.java', [openwireUrl, brokerUser, brokerPassword, queueIn]);
    await gateway.ka.send(after);
    const found = await gateway.settled(40);
    assert.deepEqual([found.messages, found.delivered, found.deadLetters], [6, 6, 34]);
    await assertDelivered(gateway, supplier, [...before, ...after]);
    assertAnswered(gateway, [...before, ...after]);
    const rejected = gateway.ka.answers().filter(({ answer }) => answer === 'rejected');
    assert.equal(rejected.length, 34);
    const letters = gateway.ka.deadLetters();
    assert.deepEqual(
      new Set(letters.map(({ headers }) => headers['dead-letter-id'])),
      new Set(rejected.map(({ deadLetterId }) => deadLetterId)),
    );
    // Of one with 1 500 headers some are left out, and it says how many.
    assert.ok(letters.every(({ headers }) => headers['original-kind'] ?? headers['original-headers-cut']));
    const odd = letters.find(({ headers }) => headers['original-kind'] === 'text');
    assert.equal(odd?.body.toString(), 'åäö 😀 \0 end');
    await conserved(gateway);
  });
});

/** Breaks two frames on their way to the real transaction; the errors are PostgreSQL's own. */
function withPoison(deps: ReceiveDeps): ReceiveDeps {
  return {
    ...deps,
    store: (batch) =>
      deps.store(
        batch.map((frame) => {
          const number = frame.kind === 'document' ? frame.key.documentNumber : frame.documentNumber;
          // 22P02: not a number.
          if (frame.kind === 'document' && number?.startsWith('POISON')) return { ...frame, total: 'much' };
          // 23514: no SHA-256.
          if (frame.kind === 'dead-letter' && number === 'POISON-2') return { ...frame, bodySha256: Buffer.alloc(3) };
          return frame;
        }),
      ),
  };
}

async function assertRejected(gateway: TestGateway, name: string): Promise<void> {
  const sent = bad[name] as Bad;
  const letter = gateway.ka.deadLetters().find(({ headers }) => headers['original-kaMessageId'] === `bad ${name}`);
  assert.ok(letter, `${name} is on the dead-letter queue`);
  const what = `${name}: ${letter.headers['detail']}`;
  assert.equal(letter.headers['fault'], sent.fault, what);
  assert.ok(letter.body.equals(sent.body), `${what}: its bytes`);
  assert.equal(letter.headers['original-extra'], 'åäö: \\ \n', what);
  for (const [header, value] of Object.entries(sent.headers))
    assert.equal(letter.headers[`original-${header}`], value, `${what}: ${header}`);

  const { rows } = await gateway.pool.query<{ id: string; body: Buffer; fault: string; headers: Buffer }>(
    "select id, body, fault, headers from dead_letter where convert_from(headers, 'UTF8')::json ->> 'kaMessageId' = $1",
    [`bad ${name}`],
  );
  const [row] = rows;
  assert.ok(row && rows.length === 1, `${what}: is in the store once`);
  assert.equal(row.fault, sent.fault, what);
  // The beginning of one that is too large.
  assert.ok(
    row.body.equals(sent.body.subarray(0, row.body.length)) &&
      (sent.fault === 'frame-too-large' || row.body.length === sent.body.length),
    what,
  );

  const answer = gateway.ka.answers().find(({ deadLetterId }) => deadLetterId === row.id);
  assert.equal(answer?.answer, 'rejected', `${what}: is answered`);
  assert.equal(answer.fault?.code, sent.fault, what);
  if (sent.fault !== 'frame-unstorable') assert.equal(answer.kaMessageId, `bad ${name}`);
  if (sent.findings) assert.ok((answer.fault?.findings?.length ?? 0) > 0, `${what}: says where`);
}
