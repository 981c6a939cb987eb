/** The document of an SFTI envelope: which documents can be in one, and which of their bytes stand in it. */
import { isUtf8 } from 'node:buffer';
import { SaxesParser } from 'saxes';
import { Fault } from '../../domain/fault.ts';
import { elementsAt } from './elements.ts';

export interface DocumentParts {
  /** What comes before the root element: byte order mark, XML declaration, comments, line breaks. */
  readonly prolog: Uint8Array;
  /** The root element: from the `<` of its start tag to the `>` of its end tag. */
  readonly element: Uint8Array;
  /** What comes after it. */
  readonly epilog: Uint8Array;
}

/** Undefined if there is not exactly one root element. */
export function partsOf(document: Uint8Array): DocumentParts | undefined {
  const [root, ...others] = elementsAt(document, 0);
  if (root === undefined || others.length > 0) return undefined;
  return {
    prolog: document.subarray(0, root.start),
    element: document.subarray(root.start, root.end),
    epilog: document.subarray(root.end),
  };
}

export interface Root {
  readonly namespace: string;
  readonly local: string;
}

const declaredEncoding = /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"']*)["']/;

/**
 * The parts of an accepted document and the name of its root, if it can stand inside XML in UTF-8.
 * @throws Fault `format-not-possible`
 */
export function embeddable(document: Uint8Array, mediaType: string): DocumentParts & { readonly root: Root } {
  if (!/[/+]xml\b/i.test(mediaType))
    throw impossible(`the document is ${mediaType}; an SFTI envelope takes XML only`, 'XML in UTF-8', mediaType);
  const start = Buffer.from(document.subarray(0, 512))
    .toString('latin1')
    .replace(/^\xEF\xBB\xBF/, '');
  const encoding = declaredEncoding.exec(start)?.[1] ?? 'UTF-8';
  // In any other encoding the same bytes would be other characters once they stand inside the envelope.
  if (!/^(utf-8|us-ascii)$/i.test(encoding))
    throw impossible(
      `the document is written in ${encoding}; an SFTI envelope takes UTF-8 only, because the document’s bytes are copied as they are`,
      'UTF-8',
      encoding,
    );
  const parts = isUtf8(document) ? partsOf(document) : undefined;
  if (parts === undefined)
    throw impossible('the document is not one element of XML in UTF-8', 'XML in UTF-8', 'other bytes');
  return { ...parts, root: rootOf(parts.element) };
}

/** The name of an element, from its start tag. */
function rootOf(element: Uint8Array): Root {
  const parser = new SaxesParser({ xmlns: true });
  const seen: Root[] = [];
  parser.on('opentag', ({ uri, local }) => {
    seen.push({ namespace: uri, local });
  });
  try {
    // Not closed: that the whole is well-formed was seen when it was accepted.
    const decoder = new TextDecoder();
    for (let at = 0; seen.length === 0 && at < element.length; at += 4_096)
      parser.write(decoder.decode(element.subarray(at, at + 4_096), { stream: true }));
  } catch (cause) {
    throw new Fault('format-not-possible', `the document is no well-formed XML: ${(cause as Error).message}`, {
      cause,
    });
  }
  const [root] = seen;
  if (root === undefined) throw impossible('the document has no root element', 'XML in UTF-8', 'nothing');
  return root;
}

const impossible = (text: string, expected: string, found: string): Fault =>
  new Fault('format-not-possible', text, { findings: [{ where: 'document', rule: 'sfti', text, expected, found }] });
