/** Documents as strangers might write them: right ones, changed a little, changed a lot, and no documents at all. */
import { readFileSync } from 'node:fs';
import { type Arbitrary, constantFrom, nat, oneof, record, tuple, uint8Array } from 'fast-check';
import { readDocument } from '../../src/documents/read.ts';
import { sampleOrganisationNumber } from '../../src/documents/sample.ts';
import * as make from '../support/documents.ts';
import { type Edit, edited, edits, type Grammar } from './edits.ts';
import { inherited, rarely } from './words.ts';

const makers = [
  make.jsonPurchaseOrder,
  make.jsonSelfInvoice,
  make.jsonCredit,
  (options: object) => make.svefaktura(options),
  (options: object) => make.svefaktura({ ...options, credit: true }),
  make.peppolSelfInvoice,
  make.peppolCredit,
  make.peppolOrder,
];
const files = [
  'json/self-invoice.json',
  'peppol/self-invoice-every-rate.xml',
  'svefaktura/self-invoice-every-rate.xml',
  'svefaktura/self-invoice-iso-8859-1.xml',
  'svefaktura/self-invoice-other-prefixes.xml',
  'svefaktura/self-invoice-utf-16.xml',
].map((name) => readFileSync(new URL(`../samples/${name}`, import.meta.url)));

/** A right document, and what it says. */
export interface Right {
  readonly bytes: Buffer;
  readonly messageType: string | undefined;
  readonly recipient: string | undefined;
  readonly buyer: string | undefined;
  readonly total: string | undefined;
}

/** Making one costs more than reading it. */
const known = new Map<string, Right>();
const seeds = 40;

function rightOne(maker: number, seed: number): Right {
  const key = `${maker} ${seed}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const from = makers[maker];
  const bytes =
    from === undefined
      ? (files[maker - makers.length] ?? Buffer.alloc(0))
      : from({ seed, lines: 1 + (seed % 4), recipient: sampleOrganisationNumber(seed), number: `F-${seed}` });
  const { messageType, recipient, buyer, total } = readDocument(bytes, make.documentLimits, 'bytes');
  const right = { bytes, messageType, recipient, buyer, total };
  known.set(key, right);
  return right;
}

export const rightDocument: Arbitrary<Right> = tuple(nat(makers.length + files.length - 1), nat(seeds - 1)).map(
  ([maker, seed]) => rightOne(maker, maker < makers.length ? seed : 0),
);

const deep = (open: string, close: string, levels: number): string => open.repeat(levels) + close.repeat(levels);

export const xmlGrammar: Grammar = {
  values: /(?<=[>"'])[^<>"']+(?=[<"'])|(?<=<\/?)[\w:]+/g,
  places: />/g,
  words: [
    ...inherited,
    '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
    '<!DOCTYPE Invoice SYSTEM "file:///etc/passwd">',
    '<!ENTITY x SYSTEM "http://127.0.0.1/">',
    '&c;',
    '&#x0;',
    '&#xD800;',
    '&#1114112;',
    '&amp;',
    '<![CDATA[x]]>',
    '<![CDATA[',
    ']]>',
    '<!-- x -->',
    '<!-- -- -->',
    '<?xml version="1.0"?>',
    '<?xml version="1.1"?>',
    '<?x y?>',
    '<a/>',
    '<a>',
    '</a>',
    '<cbc:ID>1</cbc:ID>',
    '<ID>1</ID>',
    '<x:a/>',
    '<a xmlns:x="urn:x" x:y="1" x:y="2"/>',
    '<a xmlns=""/>',
    '<a xmlns:xml="urn:x"/>',
    deep('<a>', '</a>', 31),
    deep('<a>', '</a>', 500),
    `<a ${Array.from({ length: 61 }, (_, i) => `b${i}=""`).join(' ')}/>`,
    '<a/>'.repeat(2_000),
    `<${'a'.repeat(5_000)}/>`,
    'x'.repeat(100_001),
    '\uFEFF',
    '\0',
    '1e5',
    '0x10',
    '-0.00',
    '+1',
    ' 1.00 ',
    '1,00',
    '.5',
    '٣',
    '999999999999999.99',
    '9'.repeat(300),
    'NaN',
    'true',
    '2026-02-30',
    'S',
    'E',
    'Z',
    'AE',
    'O',
    'SEK',
    'EUR',
    '380',
    '381',
    '389',
    '261',
    'iso-8859-1',
    'utf-16',
    'utf-7',
    'urn:x',
  ],
};

export const jsonGrammar: Grammar = {
  values: /"(?:[^"\\]|\\.)*"|-?\d[\d.]*|true|false|null/g,
  places: /[{[,:]/g,
  words: [
    ...inherited.map((name) => `"${name}"`),
    '"__proto__": {"payable": "1.00"},',
    '"constructor": {"prototype": {"x": 1}},',
    '"number": "X",',
    '"seller": {},',
    '{}',
    '[]',
    'null',
    'true',
    '0',
    '-0',
    '1e400',
    '1e-400',
    '9007199254740993',
    '"\\ud800"',
    '"\\u0000"',
    '"\\u0061"',
    '"\\x"',
    '"',
    '\\',
    '//',
    '/* */',
    ',',
    ',,',
    ':',
    '\uFEFF',
    '\0',
    deep('[', ']', 33),
    deep('{"a":', '}', 40),
    deep('[', ']', 20_000),
    '['.repeat(3_000),
    `"${'x'.repeat(100_001)}"`,
    `[${'0,'.repeat(50_001)}0]`,
    '"1e5"',
    '"0x10"',
    '"+1.00"',
    '" 1.00"',
    '"1.000"',
    '"-0.00"',
    '"999999999999999.99"',
    '"2026-02-30"',
    '"S"',
    '"E"',
    '"0"',
    '"SEK"',
    '"urn:kuvert:schemas:purchase-order:1"',
    '"urn:kuvert:schemas:self-invoice:1"',
  ],
};

/** `<?xml …?>` in ways that hide what it says. */
const declaration = record({
  encoding: constantFrom('utf-8', 'UTF-8', 'iso-8859-1', 'windows-1252', 'utf-16', 'us-ascii', 'utf-7', 'ebcdic', 'x'),
  quote: constantFrom('"', "'"),
  before: constantFrom(1, 2, 50, 99, 100, 101, 200, 600),
  around: constantFrom(0, 1, 9, 10, 300),
  blank: constantFrom(' ', '\n', '\t'),
  mark: constantFrom('', '\xEF\xBB\xBF', '\xEF\xBB\xBF\xEF\xBB\xBF', ' ', '\n'),
}).map(
  ({ encoding, quote, before, around, blank, mark }) =>
    `${mark}<?xml version="1.0"${blank.repeat(before)}encoding${blank.repeat(around)}=${blank.repeat(around)}${quote}${encoding}${quote}?>`,
);

export interface Written {
  readonly right: Right | undefined;
  readonly bytes: Buffer;
  readonly transport: 'text' | 'bytes';
}

const isJson = (bytes: Uint8Array): boolean => bytes[0] === 0x7b;

/** Any document: nine of ten began as a right one. */
export const anyDocument: Arbitrary<Written> = record({
  right: rightDocument,
  xml: edits(xmlGrammar),
  json: edits(jsonGrammar),
  declared: rarely(declaration, 8),
  transport: constantFrom('text' as const, 'bytes' as const),
  noise: rarely(oneof(uint8Array({ maxLength: 200 }), uint8Array({ maxLength: 40 }).map(asMarkup)), 10),
}).map(({ right, xml, json, declared, transport, noise }) =>
  noise === null
    ? { right, bytes: written(right.bytes, isJson(right.bytes) ? json : xml, declared), transport }
    : { right: undefined, bytes: Buffer.from(noise), transport },
);

function asMarkup(bytes: Uint8Array): Uint8Array {
  const marks = '<>/?!-[]{}:"\'=& \naxmlD0&;,';
  return Buffer.from([...bytes].map((byte) => marks[byte % marks.length]).join(''));
}

function written(bytes: Buffer, list: readonly Edit[], declared: string | null): Buffer {
  if (isJson(bytes)) return edited(bytes, list, jsonGrammar);
  const changed = edited(bytes, list, xmlGrammar);
  if (declared === null) return changed;
  const text = changed.toString('latin1');
  return Buffer.from(declared + text.replace(/^[^<]*<\?xml[^>]*\?>/, ''), 'latin1');
}
