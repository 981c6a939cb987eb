/** One strict, namespace-aware pass over an SFTI envelope: its form, its header, and the name of its document. */
import { SaxesParser } from 'saxes';
import { Fault } from '../../domain/fault.ts';
import { finding, malformed } from '../findings.ts';
import type { Root } from './document.ts';
import { headerNamespace } from './names.ts';

/** An element of the header, by its local name; those of other namespaces have none that is asked for. */
export interface HeaderElement {
  readonly name: string;
  readonly authority: string | undefined;
  readonly children: HeaderElement[];
  text: string;
}

/** Levels of elements; ours have three, the documents that we accept far fewer than this. */
const mostLevels = 500;

/** @throws Fault `envelope-malformed` if it is no XML, or not one header and one document */
export function parseEnvelope(bytes: Uint8Array): { header: HeaderElement; root: Root } {
  const parser = new SaxesParser({ xmlns: true });
  /** Open elements of the header. */
  const open: HeaderElement[] = [];
  let header: HeaderElement | undefined;
  let root: Root | undefined;
  let depth = 0;

  parser.on('doctype', () => {
    throw malformed([finding('', 'doctype', 'the envelope has a doctype')]);
  });
  parser.on('opentag', ({ uri, local, attributes }) => {
    if (depth === 0) checkRoot(uri, local, parser.xmlDecl);
    else if (depth === 1 && header === undefined) {
      header = { name: headerName(uri, local), authority: undefined, children: [], text: '' };
      if (header.name !== 'StandardBusinessDocumentHeader')
        throw malformed([finding('', 'header', 'does not begin with its header', headerNamespace, `{${uri}}${local}`)]);
      open.push(header);
    } else if (depth === 1 && root === undefined) root = { namespace: uri, local };
    else if (depth === 1) throw malformed([finding('', 'one-document', 'holds more than one document')]);
    else if (open.length > 0) {
      const element = {
        name: headerName(uri, local),
        authority: attributes['Authority']?.value,
        children: [],
        text: '',
      };
      open.at(-1)?.children.push(element);
      open.push(element);
    }
    depth += 1;
    if (depth > mostLevels) throw malformed([finding('', 'levels', `has more than ${mostLevels} levels of elements`)]);
  });
  parser.on('closetag', () => {
    depth -= 1;
    open.pop();
  });
  const addText = (text: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
    else if (depth === 1 && text.trim() !== '')
      throw malformed([
        finding('', 'text', 'holds text beside the header and the document', undefined, text.slice(0, 80)),
      ]);
  };
  parser.on('text', addText);
  parser.on('cdata', addText);

  try {
    // A byte-order mark is kept, and is then no XML: two forms of one envelope would be two envelopes.
    parser.write(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)).close();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('envelope-malformed', `the envelope is no XML in UTF-8: ${(cause as Error).message}`, { cause });
  }
  if (header === undefined || root === undefined)
    throw malformed([finding('', 'one-document', 'is not one header and one document')]);
  return { header, root };
}

function checkRoot(uri: string, local: string, declared: { version?: string; encoding?: string }): void {
  if (uri !== headerNamespace || local !== 'StandardBusinessDocument')
    throw malformed([
      finding('', 'root', 'is no envelope', `{${headerNamespace}}StandardBusinessDocument`, `{${uri}}${local}`),
    ]);
  const { version = '1.0', encoding = 'UTF-8' } = declared;
  if (version !== '1.0' || encoding.toUpperCase() !== 'UTF-8')
    throw malformed([finding('', 'declaration', 'is not XML 1.0 in UTF-8', '1.0, UTF-8', `${version}, ${encoding}`)]);
}

const headerName = (uri: string, local: string): string => (uri === headerNamespace ? local : `{${uri}}${local}`);
