/**
 * XML → a tree, in one strict namespace-aware pass. Anything that is not namespace-well-formed XML 1.0 is a fault, a doctype too
 * (so no entity is ever expanded). Names are matched by namespace URI; the prefixes here are ours, never the document's.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { Fault } from '../domain/fault.ts';
import { beyondLimit, type DocumentLimits } from './limits.ts';

/** Namespace URI → the prefix that this code knows it by, colon included. */
export type Vocabulary = ReadonlyMap<string, string>;

export interface XmlElement {
  /** Our prefix + local name (`cac:Party`), or `{uri}Name` outside the vocabulary. */
  readonly name: string;
  readonly local: string;
  /** Those without a namespace. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  /** Its own character data, concatenated. */
  text: string;
}

/** Most attributes (namespace declarations included) on one element. */
const attributeLimit = 60;
/** Most characters of text in one element, or in one attribute. */
const textLimit = 100_000;
/** May be as long as the document: an attachment in base64. */
const attachment = 'cbc:EmbeddedDocumentBinaryObject';

/** Reads a whole document. `vocabularyOf` sees the root's name first and throws if the document is not wanted. Throws Fault document-*. */
export function readXml(
  text: string,
  limits: DocumentLimits,
  vocabularyOf: (uri: string, local: string) => Vocabulary,
): XmlElement {
  const parser = new SaxesParser({ xmlns: true });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  let vocabulary: Vocabulary = new Map();
  let elements = 0;
  let attributes = 0;

  // At most six handlers: a seventh turns V8's object for the parser into a dictionary, and reading takes five times as long.
  parser.on('doctype', () => {
    throw notWellFormed('The document has a doctype; leave it out', 'no <!DOCTYPE', '<!DOCTYPE');
  });
  parser.on('attribute', (attribute) => {
    attributes += 1;
    if (attributes > attributeLimit) throw beyondLimit('attributes on one element', attributeLimit, pathOf(open));
    if (attribute.value.length > textLimit) {
      throw beyondLimit('characters in one attribute', textLimit, pathOf(open));
    }
  });
  parser.on('opentag', (tag) => {
    attributes = 0;
    elements += 1;
    if (elements > limits.elements) throw beyondLimit('elements', limits.elements, pathOf(open));
    if (open.length >= limits.depth) throw beyondLimit('levels of elements', limits.depth, pathOf(open));
    if (root === undefined) {
      checkVersion(parser.xmlDecl.version);
      vocabulary = vocabularyOf(tag.uri, tag.local);
    }
    const element = elementOf(tag, vocabulary);
    if (root === undefined) root = element;
    else open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  const addText = (data: string): void => {
    const element = open.at(-1);
    if (element === undefined) return;
    element.text += data;
    const limit = element.name === attachment ? limits.bytes : textLimit;
    if (element.text.length > limit) throw beyondLimit('characters in one element', limit, pathOf(open));
  };
  parser.on('text', addText);
  parser.on('cdata', addText);

  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof Fault) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw notWellFormed(`The XML is not well-formed: ${detail}`, 'well-formed XML 1.0', detail, pathOf(open));
  }
  if (root === undefined) throw notWellFormed('The document has no element', 'one root element', undefined);
  return root;
}

/** XML 1.1 allows control characters that 1.0 does not; nobody sends it. */
function checkVersion(version: string | undefined): void {
  if (version === undefined || version === '1.0') return;
  throw notWellFormed(`XML version ${version} is not read here; use 1.0`, '1.0', version);
}

function elementOf(tag: SaxesTagNS, vocabulary: Vocabulary): XmlElement {
  return { name: nameOf(tag, vocabulary), local: tag.local, attributes: attributesOf(tag), children: [], text: '' };
}

const noAttributes: XmlElement['attributes'] = new Map();

function attributesOf(tag: SaxesTagNS): XmlElement['attributes'] {
  let attributes: Map<string, string> | undefined;
  for (const key in tag.attributes) {
    const { local, uri, value } = tag.attributes[key] ?? {};
    if (uri !== '' || local === undefined || value === undefined) continue;
    attributes ??= new Map();
    attributes.set(local, value);
  }
  return attributes ?? noAttributes;
}

/** Prefix → local name → both. */
const names = new Map<string, Map<string, string>>();
/** More than all vocabularies have, and longer than any of their names; what a document makes up must not fill the memory. */
const mostNames = 1_000;
const longestName = 100;

/** The same string for the same name: comparing it with a name in this code then compares two addresses, not letters. */
function nameOf(tag: SaxesTagNS, vocabulary: Vocabulary): string {
  const prefix = vocabulary.get(tag.uri);
  if (prefix === undefined) return `{${tag.uri}}${tag.local}`;
  if (tag.local.length > longestName) return prefix + tag.local;
  let known = names.get(prefix);
  if (!known) names.set(prefix, (known = new Map()));
  const name = known.get(tag.local);
  if (name !== undefined) return name;
  // As the name of a property it becomes the engine's one copy.
  const [one = ''] = Object.keys({ [prefix + tag.local]: true });
  if (known.size < mostNames) known.set(tag.local, one);
  return one;
}

function pathOf(open: readonly XmlElement[]): string {
  return open.length === 0 ? 'document' : open.map(({ local }) => local).join('/');
}

function notWellFormed(text: string, expected: string, found: string | undefined, where = 'document'): Fault {
  return new Fault('document-not-wellformed', text, {
    findings: [{ where, rule: 'well-formed', text, expected, found: found ?? '(nothing)' }],
  });
}

export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The first element at `a/b/c` below `element`. */
export function at(element: XmlElement | undefined, path: string): XmlElement | undefined {
  let names = steps.get(path);
  if (!names) steps.set(path, (names = path.split('/')));
  let here = element;
  for (const name of names) here = childOf(here, name);
  return here;
}

/** Of the paths that this code asks for. */
const steps = new Map<string, readonly string[]>();

/** The text at `a/b/c` with white space trimmed and line breaks as spaces (xsd:normalizedString); undefined if the element is not there. */
export function textAt(element: XmlElement | undefined, path: string): string | undefined {
  return at(element, path)
    ?.text.replace(/[\t\n\r]/g, ' ')
    .trim();
}
