/** Reads what KA sends: tells the format by content, decodes, checks, and says what the document itself says. */
import { Fault } from '../domain/fault.ts';
import { decodeDocument } from './decode.ts';
import type { ReadDocument } from './document.ts';
import { readJsonDocument } from './json/read.ts';
import { parseJson } from './json/scan.ts';
import { beyondLimit, type DocumentLimits } from './limits.ts';
import { readSvefaktura } from './svefaktura/read.ts';
import { invoiceNamespace, vocabulary } from './svefaktura/structure.ts';
import { readXml, type Vocabulary } from './xml.ts';

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
  if (kind === 'json') return readJsonDocument(parseJson(text, limits));
  return readSvefaktura(readXml(text, limits, vocabularyOf));
}

/** Formats by the root's namespace and name. Another XML format is a row here and a reader of its own. */
function vocabularyOf(uri: string, local: string): Vocabulary {
  if (uri === invoiceNamespace && local === 'Invoice') return vocabulary;
  const hint = local === 'StandardBusinessDocument' ? '; send the document without its envelope' : '';
  throw new Fault('document-not-recognised', `Documents with the root {${uri}}${local} are not read here${hint}`, {
    findings: [
      {
        where: 'root',
        rule: 'format',
        text: 'The root element is that of a format read here',
        expected: `{${invoiceNamespace}}Invoice`,
        found: `{${uri}}${local}`.slice(0, 200),
      },
    ],
  });
}
