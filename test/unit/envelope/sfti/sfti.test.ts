import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { assert as always, asyncProperty, string } from 'fast-check';
import { Fault } from '../../../../src/domain/fault.ts';
import { parseOrganisationNumber } from '../../../../src/domain/organisation-number.ts';
import { envelopeBytes } from '../../../../src/envelope/bytes.ts';
import type { Facts } from '../../../../src/envelope/facts.ts';
import { keysOfCertificates } from '../../../../src/envelope/keys.ts';
import { openEnvelope } from '../../../../src/envelope/open.ts';
import { seal } from '../../../../src/envelope/seal.ts';
import { loadSigner, type Signer } from '../../../../src/envelope/signer.ts';
import { issueDevCertificate } from '../../../support/dev-authority.ts';
import { jsonSelfInvoice, svefaktura } from '../../../support/documents.ts';

const recipient = parseOrganisationNumber('556016-0680')!;

function factsFor(document: Uint8Array, more: Partial<Facts> = {}): Facts {
  return {
    format: 'sfti',
    id: '0197a3c2-6f10-7c3a-9d52-5b1c6a7e8f90',
    source: 'https://arbetsformedlingen.se/ka',
    messageType: 'self-invoice',
    documentNumber: 'SF-1',
    eventTime: '2026-03-02T08:15:30.1200Z',
    mediaType: 'application/xml',
    dataSchema: 'urn:sfti:documents:BasicInvoice:1:0',
    sequence: 7n,
    environment: 'test',
    documentSha256: createHash('sha256').update(document).digest('hex'),
    senderOrganisation: '2021002114',
    recipient,
    recipientCertificate: undefined,
    recipientUrl: undefined,
    ...more,
  };
}

describe('the SFTI envelope', () => {
  let signer: Signer;
  let keys: ReturnType<typeof keysOfCertificates>;
  before(async () => {
    const credential = await issueDevCertificate(undefined, { name: 'Sigill', usages: ['signing'] });
    signer = loadSigner(credential.keyPem, credential.certificatePem);
    keys = keysOfCertificates([credential.certificatePem]);
  });

  async function throughAll(document: Buffer, more: Partial<Facts> = {}) {
    const sealed = await seal(signer, factsFor(document, more), document);
    const bytes = envelopeBytes(sealed.head, document, sealed.sha256, sealed.format);
    return { bytes, opened: await openEnvelope(bytes, sealed.signature, { keys }) };
  }

  it('a document in another encoding is not put in, however far off it says so', async () => {
    const blanks = ' '.repeat(120);
    const document = Buffer.from(
      svefaktura()
        .toString()
        .replace(/^<\?xml[^>]*\?>/, `<?xml version="1.0"${blanks}encoding${blanks}="iso-8859-1"?>`),
    );
    await assert.rejects(seal(signer, factsFor(document), document), { code: 'format-not-possible' });
  });

  it('a Svefaktura comes out byte for byte, whatever its prefixes, and stands in the envelope as it was', async () => {
    for (const document of [svefaktura(), svefaktura({ credit: true, prefixes: ['sh', 'a', 'b'] })]) {
      const { bytes, opened } = await throughAll(document);
      assert.deepEqual(opened.document, document);
      assert.equal(opened.format, 'sfti');
      const text = document.toString();
      assert.ok(bytes.includes(text.slice(text.indexOf('?>') + 2).trim()));
    }
  });

  it('any text that XML can carry comes out as it went in', async () => {
    const document = svefaktura();
    const writable = string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter(
      (text) => !/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text),
    );
    await always(
      asyncProperty(writable, async (text) => {
        const more = { documentNumber: text, correlationId: text, recipientUrl: `https://exempel.se/?${text}` };
        const { opened } = await throughAll(document, more);
        assert.deepEqual(
          {
            documentNumber: opened.documentNumber,
            correlationId: opened.correlationId,
            recipientUrl: opened.recipientUrl,
          },
          more,
        );
      }),
      { numRuns: 200, examples: [['\r\n\t ]]> &amp; <a> "\'']] },
    );
  });

  for (const [what, document, more, says] of [
    ['JSON', jsonSelfInvoice(), { mediaType: 'application/json' }, /application\/json.*XML only/],
    ['ISO-8859-1', svefaktura({ encoding: 'ISO-8859-1' }), {}, /written in ISO-8859-1/],
    ['UTF-16', svefaktura({ encoding: 'UTF-16' }), {}, /not one element of XML in UTF-8/],
    ['bytes that are not UTF-8', Buffer.from('<a>\xe5</a>', 'latin1'), {}, /XML in UTF-8/],
    ['a doctype', Buffer.from('<!DOCTYPE a><a/>'), {}, /XML in UTF-8/],
    ['two roots', Buffer.from('<a/><b/>'), {}, /XML in UTF-8/],
    ['nothing', Buffer.alloc(0), {}, /XML in UTF-8/],
    ['a control character in what is said of it', svefaktura(), { correlationId: 'a\u0001' }, /U\+0001/],
    ['half a character', svefaktura(), { correlationId: 'a\ud800' }, /U\+D800/],
    ['no sender', svefaktura(), { senderOrganisation: undefined }, /sender/],
  ] as const)
    it(`${what} is format-not-possible, and is not signed`, async () => {
      await assert.rejects(seal(signer, factsFor(document, more), document), (error) => {
        assert.ok(error instanceof Fault, String(error));
        assert.equal(error.code, 'format-not-possible');
        assert.match(error.message, says);
        return true;
      });
    });

  it('US-ASCII is UTF-8', async () => {
    const document = Buffer.from('<?xml version="1.0" encoding="us-ascii"?><a/>');
    assert.deepEqual((await throughAll(document)).opened.document, document);
  });

  it('the bytes are rebuilt only from the document that was signed', async () => {
    const document = svefaktura();
    const { head, sha256 } = await seal(signer, factsFor(document), document);
    for (const other of [Buffer.from(document.toString().replace('Åmål', 'Umeå')), Buffer.from('{}'), Buffer.alloc(0)])
      assert.throws(() => envelopeBytes(head, other, sha256, 'sfti'), { code: 'envelope-changed' });
    assert.throws(() => envelopeBytes(head, document, sha256, 'cloudevents'), { code: 'envelope-changed' });
  });
});
