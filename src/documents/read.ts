/** Reads what KA sends: tells the format by content, decodes, checks, and says what the document itself says. */
import { Fault } from '../domain/fault.ts';
import { decodeDocument } from './decode.ts';
import type { ReadDocument } from './document.ts';
import { readJsonDocument } from './json/read.ts';
import { parseJson } from './json/scan.ts';
import { beyondLimit, type DocumentLimits } from './limits.ts';
import { kept } from './rules.ts';
import { readSvefaktura } from './svefaktura/read.ts';
import { invoiceNamespace, vocabulary } from './svefaktura/structure.ts';
import { type Root, roots, vocabularyOf as ublVocabulary } from './ubl/contents.ts';
import { readOrder } from './ubl/order.ts';
import { readSelfBilling } from './ubl/self-billing.ts';
import { readXml, type Vocabulary, type XmlElement } from './xml.ts';

export type { ReadDocument } from './document.ts';
export type { DocumentLimits } from './limits.ts';

/**
 * Reads one document. `transport` says whether the frame was a text message (then always UTF-8) or a bytes message.
 * Throws Fault document-not-recognised, document-not-wellformed, document-encoding or document-limit for what cannot be read at all;
 * what breaks a rule of its format comes back in `findings`.
 */
export function readDocument(bytes: Uint8Array, limits: DocumentLimits, transport: 'text' | 'bytes'): ReadDocument {
  if (bytes.length > limits.bytes) throw beyondLimit('bytes', limits.bytes);
  const { kind, text } = decodeDocument(bytes, transport);
  const read = kind === 'json' ? readJsonDocument(parseJson(text, limits)) : readXmlDocument(text, limits);
  return { ...read, findings: kept(read.findings) };
}

interface XmlFormat {
  readonly uri: string;
  readonly local: string;
  readonly vocabulary: Vocabulary;
  read(root: XmlElement): ReadDocument;
}

/** Formats by the root's namespace and name. */
const xmlFormats: readonly XmlFormat[] = [
  { uri: invoiceNamespace, local: 'Invoice', vocabulary, read: readSvefaktura },
  ubl('Invoice', (root) => readSelfBilling(root, 'Invoice')),
  ubl('CreditNote', (root) => readSelfBilling(root, 'CreditNote')),
  ubl('Order', readOrder),
];

function ubl(local: Root, read: XmlFormat['read']): XmlFormat {
  return { uri: roots[local], local, vocabulary: ublVocabulary(local), read };
}

function readXmlDocument(text: string, limits: DocumentLimits): ReadDocument {
  const found: XmlFormat[] = [];
  const root = readXml(text, limits, (uri, local) => {
    const format = xmlFormats.find((candidate) => candidate.uri === uri && candidate.local === local);
    if (format === undefined) throw notRecognised(uri, local);
    found.push(format);
    return format.vocabulary;
  });
  const [format] = found;
  if (format === undefined) throw new Fault('internal', 'an XML document was read without a format');
  return format.read(root);
}

function notRecognised(uri: string, local: string): Fault {
  const hint = local === 'StandardBusinessDocument' ? '; send the document without its envelope' : '';
  return new Fault('document-not-recognised', `Documents with the root {${uri}}${local} are not read here${hint}`, {
    findings: [
      {
        where: 'root',
        rule: 'format',
        text: 'The root element is that of a format read here',
        expected: xmlFormats.map((format) => `{${format.uri}}${format.local}`).join(', '),
        found: `{${uri}}${local}`.slice(0, 200),
      },
    ],
  });
}
