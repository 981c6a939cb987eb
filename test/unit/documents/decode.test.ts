import { strict as assert } from 'node:assert';
import { decodeDocument } from '../../../src/documents/decode.ts';
import { readDocument } from '../../../src/documents/read.ts';
import { Fault } from '../../../src/domain/fault.ts';
import { documentLimits, jsonPurchaseOrder, svefaktura } from '../../support/documents.ts';

function xml(encoding: string | undefined, text = 'åäö'): string {
  return `<?xml version="1.0"${encoding === undefined ? '' : ` encoding="${encoding}"`}?><r>${text}</r>`;
}

function fault(bytes: Uint8Array, transport: 'text' | 'bytes' = 'bytes'): Fault {
  try {
    decodeDocument(bytes, transport);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('accepted');
}

const mark = Buffer.from([0xef, 0xbb, 0xbf]);

describe('decoding a document', () => {
  const accepted: Readonly<Record<string, Uint8Array>> = {
    'UTF-8 without a declared encoding': Buffer.from(xml(undefined)),
    'UTF-8 declared': Buffer.from(xml('UTF-8')),
    'utf-8 in small letters with a byte order mark': Buffer.concat([mark, Buffer.from(xml('utf-8'))]),
    'ISO-8859-1': Buffer.from(xml('ISO-8859-1'), 'latin1'),
    'windows-1252': Buffer.from(xml('windows-1252'), 'latin1'),
    'UTF-16 with a byte order mark': Buffer.from(`\uFEFF${xml('UTF-16')}`, 'utf16le'),
    'big-endian UTF-16': Buffer.from(`\uFEFF${xml('UTF-16')}`, 'utf16le').swap16(),
    'UTF-16 without a byte order mark': Buffer.from(xml('UTF-16LE'), 'utf16le'),
    'single quotes and spaces': Buffer.from(
      `<?xml version='1.0' encoding = 'iso-8859-1' standalone='yes'?><r>åäö</r>`,
      'latin1',
    ),
  };
  for (const [claim, bytes] of Object.entries(accepted)) {
    it(`reads ${claim} from a bytes message`, () => {
      const { kind, text } = decodeDocument(bytes, 'bytes');
      assert.equal(kind, 'xml');
      assert.match(text, /^<\?xml.*<r>åäö<\/r>$/);
    });
  }

  it('reads the euro sign where windows-1252 has it', () => {
    const bytes = Buffer.concat([
      Buffer.from('<?xml version="1.0" encoding="windows-1252"?><r>'),
      Buffer.from([0x80]),
      Buffer.from('</r>'),
    ]);
    assert.match(decodeDocument(bytes, 'bytes').text, /<r>€</);
  });

  it('refuses a text message that declares another encoding, and advises a bytes message', () => {
    for (const encoding of ['ISO-8859-1', 'windows-1252', 'UTF-16', 'latin1']) {
      const { code, message, findings } = fault(Buffer.from(xml(encoding)), 'text');
      assert.equal(code, 'document-encoding');
      assert.match(message, /bytes message/);
      assert.deepEqual([findings[0]?.expected, findings[0]?.found], ['UTF-8', encoding]);
    }
    assert.equal(decodeDocument(Buffer.from(xml('utf-8')), 'text').kind, 'xml');
    assert.equal(decodeDocument(Buffer.concat([mark, Buffer.from(xml(undefined))]), 'text').kind, 'xml');
  });

  it('refuses bytes that are not what they say they are', () => {
    assert.equal(fault(Buffer.from(xml('UTF-8'), 'latin1')).code, 'document-encoding');
    assert.equal(fault(Buffer.from(xml(undefined), 'latin1')).code, 'document-encoding');
    assert.equal(fault(Buffer.from(xml('us-ascii'))).code, 'document-encoding');
    assert.equal(fault(Buffer.concat([mark, Buffer.from(xml('ISO-8859-1'))])).code, 'document-encoding');
    assert.equal(fault(Buffer.from(`\uFEFF${xml('UTF-8')}`, 'utf16le')).code, 'document-encoding');
    assert.equal(fault(Buffer.from(xml('UTF-16'))).code, 'document-encoding');
    assert.equal(fault(Buffer.from(`\uFEFF${xml('UTF-16BE')}`, 'utf16le')).code, 'document-encoding');
    assert.equal(fault(Buffer.from(`\uFEFF${xml('UTF-16', '\uD800')}`, 'utf16le')).code, 'document-encoding');
  });

  it('finds the encoding however it is hidden, or refuses', () => {
    const hidden = (before: string, around: string) =>
      Buffer.from(`<?xml version="1.0"${before}encoding${around}=${around}"iso-8859-1"?><r>Ã¥</r>`, 'latin1');
    for (const [before, around] of [
      [' '.repeat(101), ''],
      [' ', ' '.repeat(10)],
      ['\n'.repeat(200), '\t'.repeat(20)],
    ] as const) {
      assert.match(decodeDocument(hidden(before, around), 'bytes').text, /<r>Ã¥</);
      assert.equal(fault(hidden(before, around), 'text').code, 'document-encoding');
    }
    assert.equal(fault(hidden(' '.repeat(600), ''), 'bytes').code, 'document-encoding');
    assert.equal(fault(hidden(' ', ' '.repeat(300)), 'text').code, 'document-encoding');
  });

  it('takes one byte order mark and no second one', () => {
    for (const text of [xml('UTF-8'), '{}'])
      assert.equal(fault(Buffer.concat([mark, mark, Buffer.from(text)])).code, 'document-not-recognised');
    assert.equal(fault(Buffer.from(`\uFEFF\uFEFF${xml('UTF-16')}`, 'utf16le')).code, 'document-not-recognised');
  });

  it('says which byte is the first wrong one', () => {
    const text = xml('UTF-8', 'abc');
    const bytes = Buffer.from(text);
    const at = text.indexOf('abc') + 1;
    bytes[at] = 0xe5;
    assert.match(fault(bytes).message, new RegExp(`first at byte ${at}\\)`));
  });

  it('refuses overlong forms and encoded surrogates', () => {
    for (const hidden of [
      [0xc0, 0xbc],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
    ]) {
      const bytes = Buffer.concat([Buffer.from('<r>'), Buffer.from(hidden), Buffer.from('</r>')]);
      assert.equal(fault(bytes).code, 'document-encoding');
    }
  });

  it('names the encodings it reads when asked for another', () => {
    const { code, findings } = fault(Buffer.from(xml('EBCDIC-CP-SE')));
    assert.equal(code, 'document-encoding');
    assert.match(findings[0]?.expected ?? '', /iso-8859-1/);
  });

  it('takes JSON only as UTF-8', () => {
    assert.equal(decodeDocument(Buffer.concat([mark, jsonPurchaseOrder()]), 'text').kind, 'json');
    assert.equal(fault(Buffer.from('{"a":"å"}', 'latin1')).code, 'document-encoding');
    assert.equal(fault(Buffer.from('\uFEFF{}', 'utf16le')).code, 'document-encoding');
    assert.equal(fault(Buffer.from('{}', 'utf16le')).code, 'document-encoding');
  });

  it('does not recognise anything else', () => {
    for (const text of ['', ' \n', 'ISA*00*', '[{}]', '"{}"', '%PDF-1.7', '\u0000\u0000', 'UNA:+.? ']) {
      assert.equal(fault(Buffer.from(text)).code, 'document-not-recognised', text);
    }
  });

  it('reads one invoice the same in every encoding', () => {
    const number = 'ÅÄÖ-1';
    const read = (encoding: 'UTF-8' | 'ISO-8859-1' | 'UTF-16') =>
      readDocument(svefaktura({ number, encoding }), documentLimits, 'bytes');
    assert.equal(read('UTF-8').documentNumber, number);
    assert.deepEqual(read('ISO-8859-1'), read('UTF-8'));
    assert.deepEqual(read('UTF-16'), read('UTF-8'));
  });
});
