import { strict as assert } from 'node:assert';
import { createHash, randomBytes, verify, X509Certificate } from 'node:crypto';
import { Fault } from '../../../src/domain/fault.ts';
import { environments, messageTypes } from '../../../src/domain/message.ts';
import { parseOrganisationNumber } from '../../../src/domain/organisation-number.ts';
import { envelopeBytes } from '../../../src/envelope/bytes.ts';
import { eventType, type Facts, sequenceText } from '../../../src/envelope/facts.ts';
import { keysOfCertificates } from '../../../src/envelope/keys.ts';
import { openEnvelope } from '../../../src/envelope/open.ts';
import { seal } from '../../../src/envelope/seal.ts';
import { loadSigner, type Signer } from '../../../src/envelope/signer.ts';
import { issueDevCertificate } from '../../support/dev-authority.ts';

const recipient = parseOrganisationNumber('556016-0680')!;

function factsFor(document: Uint8Array, more: Partial<Facts> = {}): Facts {
  return {
    id: '0197a3c2-6f10-7c3a-9d52-5b1c6a7e8f90',
    source: 'https://arbetsformedlingen.se/ka',
    messageType: 'purchase-order',
    documentNumber: 'PO-1',
    eventTime: '2026-03-02T08:15:30.1200Z',
    mediaType: 'application/xml',
    dataSchema: 'urn:sfti:documents:BasicInvoice:1:0',
    sequence: 7n,
    environment: 'test',
    documentSha256: createHash('sha256').update(document).digest('hex'),
    recipient,
    recipientCertificate: undefined,
    recipientUrl: undefined,
    ...more,
  };
}

describe('seal', () => {
  let signer: Signer;
  let certificatePem: string;
  before(async () => {
    const credential = await issueDevCertificate(undefined, { name: 'Sigill', usages: ['signing'] });
    certificatePem = credential.certificatePem;
    signer = loadSigner(credential.keyPem, certificatePem);
  });

  it('what is sealed opens to the same document and facts, for any bytes', async () => {
    const keys = keysOfCertificates([certificatePem]);
    for (let round = 0; round < 120; round++) {
      const document = randomBytes(round < 40 ? round : Math.floor(Math.random() * 20_000));
      const facts = factsFor(document, {
        messageType: messageTypes[round % 3]!,
        environment: environments[round % 2]!,
        documentNumber: oddText(),
        sequence: BigInt(round + 1),
        recipientCertificate: round % 4 === 0 ? undefined : randomBytes(32).toString('hex'),
        recipientUrl: round % 5 === 0 ? undefined : 'https://exempel.se/å?a=1&b="2"',
        correlationId: round % 3 === 0 ? undefined : oddText(),
      });
      const sealed = await seal(signer, facts, document);
      const bytes = envelopeBytes(sealed.head, document, sealed.sha256, sealed.format);
      const opened = await openEnvelope(bytes, sealed.signature, { keys });
      assert.deepEqual(opened.document, document);
      assert.deepEqual(
        {
          id: opened.id,
          messageType: opened.messageType,
          documentNumber: opened.documentNumber,
          eventTime: opened.time,
          sequence: opened.sequence,
          environment: opened.environment,
          recipient: opened.recipient,
          recipientCertificate: opened.recipientCertificate,
          recipientUrl: opened.recipientUrl,
          correlationId: opened.correlationId,
          keyThumbprint: opened.keyThumbprint,
        },
        {
          id: facts.id,
          messageType: facts.messageType,
          documentNumber: facts.documentNumber,
          eventTime: facts.eventTime,
          sequence: facts.sequence,
          environment: facts.environment,
          recipient: facts.recipient,
          recipientCertificate: facts.recipientCertificate,
          recipientUrl: facts.recipientUrl,
          correlationId: facts.correlationId,
          keyThumbprint: sealed.keyThumbprint,
        },
      );
    }
  });

  it('any other byte anywhere is a signature-invalid', async () => {
    const document = randomBytes(500);
    const { head, sha256, signature } = await seal(signer, factsFor(document), document);
    const bytes = envelopeBytes(head, document, sha256);
    const keys = keysOfCertificates([certificatePem]);
    for (let round = 0; round < 100; round++) {
      const broken = Buffer.from(bytes);
      const at = Math.floor(Math.random() * broken.length);
      broken[at] = broken[at]! ^ (1 << Math.floor(Math.random() * 8));
      await assert.rejects(openEnvelope(broken, signature, { keys }), { code: 'signature-invalid' });
    }
  });

  it('the document is the last member and the head is text that PostgreSQL can keep', async () => {
    const document = Buffer.from('{"a":1.10}');
    const sealed = await seal(signer, factsFor(document, { documentNumber: 'a\u0000\ud800å' }), document);
    assert.ok(sealed.head.endsWith(',"data_base64":"'));
    assert.ok(!sealed.head.includes('\u0000'));
    assert.ok(sealed.head.isWellFormed());
    const text = envelopeBytes(sealed.head, document, sealed.sha256).toString();
    assert.equal(text, `${sealed.head}eyJhIjoxLjEwfQ=="}`);
    assert.equal(Object.keys(JSON.parse(text) as object).at(-1), 'data_base64');
  });

  it('the signature is plain ECDSA over header, dot and body: anyone can verify it without a JOSE library', async () => {
    const document = randomBytes(100);
    const { head, sha256, signature } = await seal(signer, factsFor(document), document);
    const [header, payload, value] = signature.split('.');
    assert.equal(payload, '');
    assert.ok(
      verify(
        'sha256',
        Buffer.concat([Buffer.from(`${header}.`), envelopeBytes(head, document, sha256)]),
        { key: new X509Certificate(certificatePem).publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(value!, 'base64url'),
      ),
    );
    const read = JSON.parse(Buffer.from(header!, 'base64url').toString()) as Record<string, unknown>;
    assert.deepEqual(read, {
      alg: 'ES256',
      b64: false,
      crit: ['b64'],
      kid: signer.keyThumbprint,
      'x5t#S256': createHash('sha256').update(new X509Certificate(certificatePem).raw).digest('base64url'),
    });
  });

  it('a document that is not the accepted one is not signed', async () => {
    const facts = factsFor(Buffer.from('accepted'));
    await assert.rejects(seal(signer, facts, Buffer.from('another')), { code: 'envelope-changed' });
  });

  it('an event time that is not UTC is a bug and is not signed', async () => {
    const document = Buffer.from('x');
    await assert.rejects(seal(signer, factsFor(document, { eventTime: '2026-03-02T09:15:30+01:00' }), document), /UTC/);
  });

  it('bytes that are not the recorded ones are never handed out', async () => {
    const document = Buffer.from('a document');
    const { head, sha256 } = await seal(signer, factsFor(document), document);
    for (const [otherHead, otherDocument, otherHash] of [
      [head.replace('"PO-1"', '"PO-2"'), document, sha256],
      [head, Buffer.from('b document'), sha256],
      [head, document, '0'.repeat(64)],
      [head, document, ''],
    ] as const)
      assert.throws(
        () => envelopeBytes(otherHead, otherDocument, otherHash),
        (error) => error instanceof Fault && error.code === 'envelope-changed' && error.findings.length === 1,
      );
  });

  it('sequences sort as text, up to the largest that the store can count', () => {
    const numbers = [1n, 9n, 10n, 99n, 100n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    assert.deepEqual(numbers.map(sequenceText).sort(), numbers.map(sequenceText));
    assert.equal(sequenceText(7), '00000000000000000007');
    assert.equal(eventType('self-invoice-credit'), 'se.arbetsformedlingen.ka.self-invoice-credit.v1');
  });
});

function oddText(): string {
  const pieces = ['å', '"', '\\', '</x>', '\u2028', '😀', 'A1', ' ', '\n', '\u0001', "'", '{}'];
  return Array.from({ length: 1 + Math.floor(Math.random() * 20) }, () => pieces[Math.floor(Math.random() * 12)]).join(
    '',
  );
}
