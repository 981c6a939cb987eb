/** Documents, as KA might send them, to the reader. */
import { strict as assert } from 'node:assert';
import { type ReadDocument, readDocument } from '../../../src/documents/read.ts';
import { isBusinessRule, rules } from '../../../src/documents/rules.ts';
import { Fault } from '../../../src/domain/fault.ts';
import { documentLimits } from '../../support/documents.ts';
import { anyDocument, type Written } from '../documents.ts';
import { opened, type Target } from '../target.ts';

/** What a document may be refused with before its rules are looked at. */
const unreadable = ['document-not-recognised', 'document-not-wellformed', 'document-encoding', 'document-limit'];

export const documents: Target = {
  name: 'documents',
  about: 'XML and JSON documents, right, changed and no documents at all, to the document reader',
  share: 36,
  limit: 5_000,
  open: async () => opened({ inputs: anyDocument, meet: (written) => judgeReading(written) }),
};

/** @returns what the reader made of it; throws where it made too much of it */
export function judgeReading({ right, bytes, transport }: Written): string {
  let read: ReadDocument;
  try {
    read = readDocument(bytes, documentLimits, transport);
  } catch (error) {
    assert.ok(error instanceof Fault, error instanceof Error ? error.stack : String(error));
    assert.ok(unreadable.includes(error.code), error.code);
    return error.code;
  }
  for (const { rule, text, where } of read.findings) {
    assert.ok(Object.hasOwn(rules, rule), `there is no rule ${rule}`);
    assert.equal(typeof text, 'string');
    assert.equal(typeof where, 'string');
  }
  if (read.findings.length > 0)
    return read.findings.every(({ rule }) => isBusinessRule(rule)) ? 'breaks a rule of business' : 'breaks its format';
  // Accepted: the same again, as what it was, for whom it was, about as much.
  assert.deepEqual(readDocument(bytes, documentLimits, transport), read);
  assertEncoding(bytes, transport);
  assert.ok(right !== undefined, 'noise was accepted');
  assert.equal(read.messageType, right.messageType);
  assert.equal(read.recipient, right.recipient);
  assert.equal(read.buyer ?? right.buyer, right.buyer);
  assert.ok(read.documentNumber !== '');
  if (right.total !== undefined && read.total !== undefined) assert.equal(Number(read.total), Number(right.total));
  return 'accepted';
}

/** Whoever reads the accepted bytes by the book finds the encoding that was found here (XML 1.0 §4.3.3). */
function assertEncoding(bytes: Buffer, transport: 'text' | 'bytes'): void {
  const head = bytes.subarray(0, 4_000).toString('latin1').replaceAll('\0', '');
  const [, mark = '', declared] =
    /^(\xEF\xBB\xBF|\xFF\xFE|\xFE\xFF)?<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"']*)["']/.exec(head) ?? [];
  if (declared === undefined) return;
  const name = declared.toLowerCase();
  const utf8 = name === 'utf-8' || name === 'us-ascii';
  if (transport === 'text') assert.ok(name === 'utf-8', `a text message that declares ${declared}`);
  if (mark === '\xEF\xBB\xBF') assert.ok(name === 'utf-8', `a UTF-8 mark and ${declared}`);
  if (utf8) assert.doesNotThrow(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  assert.ok(
    utf8 || ['iso-8859-1', 'windows-1252', 'iso-8859-15', 'utf-16', 'utf-16le', 'utf-16be'].includes(name),
    `the encoding ${declared} was accepted`,
  );
}
