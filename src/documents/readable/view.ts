/** A document as a person reads it: who, what, how much. As it says itself; nothing is computed, nothing is checked. */
import { Fault } from '../../domain/fault.ts';
import { decodeDocument } from '../decode.ts';
import { parseJson } from '../json/scan.ts';
import type { DocumentLimits } from '../limits.ts';
import { invoiceNamespace, vocabulary } from '../svefaktura/structure.ts';
import { type Root, roots, vocabularyOf } from '../ubl/contents.ts';
import { readXml } from '../xml.ts';
import { viewJson } from './json.ts';
import type { ReadableDocument } from './shape.ts';
import { viewSvefaktura } from './svefaktura.ts';
import { viewUbl } from './ubl.ts';

/**
 * @returns the text of the document, and what it says when its format is one of ours; `text` is undefined when the bytes are none
 */
export function readReadable(
  bytes: Uint8Array,
  limits: DocumentLimits,
): { readonly text: string | undefined; readonly view: ReadableDocument | undefined } {
  let text: string | undefined;
  try {
    const decoded = decodeDocument(bytes, 'bytes');
    text = decoded.text;
    if (bytes.length > limits.bytes) return { text, view: undefined };
    const view = decoded.kind === 'json' ? viewJson(parseJson(text, limits)) : viewXml(text, limits);
    return { text, view };
  } catch (error) {
    // A document of before a rule, or of no format that is read here, is still there to be read as it came.
    if (error instanceof Fault) return { text, view: undefined };
    throw error;
  }
}

function viewXml(text: string, limits: DocumentLimits): ReadableDocument | undefined {
  let ubl: Root | undefined;
  const root = readXml(text, limits, (uri, local) => {
    if (uri === invoiceNamespace) return vocabulary;
    ubl = (Object.keys(roots) as Root[]).find((name) => roots[name] === uri && name === local);
    if (ubl === undefined) throw new Fault('document-not-recognised');
    return vocabularyOf(ubl);
  });
  return ubl === undefined ? viewSvefaktura(root) : viewUbl(root, ubl);
}
