/** Reads an SFTI envelope into what every envelope says. */
import type { Finding } from '../../domain/fault.ts';
import type { EnvelopeContent } from '../content.ts';
import { finding, malformed } from '../findings.ts';
import { sha256Hex } from '../hash.ts';
import { type EnvelopeAttributes, schemaFindings } from '../schema.ts';
import { partsOf, type Root } from './document.ts';
import { elementsAt } from './elements.ts';
import { authority, identifierPrefix } from './names.ts';
import { type HeaderElement, parseEnvelope } from './parse.ts';

const header = 'StandardBusinessDocumentHeader';

/** @throws Fault `envelope-malformed`, with a finding for everything that is wrong in its form */
export function readSfti(bytes: Uint8Array): EnvelopeContent {
  const { header: head, root } = parseEnvelope(bytes);
  const element = elementAt(bytes);
  const findings: Finding[] = [];
  const said = attributesOf(head, findings);
  const { prolog = '', epilog = '', elementsha256, ...attributes } = said;
  // The schema wants a document; here it lies beside, as an element.
  findings.push(...schemaFindings({ ...attributes, data_base64: '' }), ...rootFindings(head, root));
  if (elementsha256 === undefined) findings.push(finding('elementsha256', 'required', 'is missing'));
  if (findings.length > 0) throw malformed(findings);
  const document = Buffer.concat([Buffer.from(prolog, 'base64'), element, Buffer.from(epilog, 'base64')]);
  const whole = attributes as unknown as EnvelopeAttributes;
  return {
    format: 'sfti',
    attributes: whole,
    document,
    findings: documentFindings(whole, { prolog, epilog, elementsha256 }, element, document),
  };
}

/** The document's element: the second child of the root. */
function elementAt(bytes: Uint8Array): Uint8Array {
  const [, second] = elementsAt(bytes, 1);
  return second === undefined ? new Uint8Array() : bytes.subarray(second.start, second.end);
}

const scopeNames = [
  'sequence',
  'environment',
  'recipientcertificate',
  'recipienturl',
  'documentsha256',
  'elementsha256',
  'documentprolog',
  'documentepilog',
  'type',
  'subject',
  'source',
  'datacontenttype',
  'dataschema',
  'correlationid',
  'traceparent',
];

type Said = Readonly<Record<string, string>> & { prolog?: string; epilog?: string; elementsha256?: string };

/** What the header says, by the names that the attributes have in CloudEvents. What is not there is left out. */
function attributesOf(head: HeaderElement, findings: Finding[]): Said {
  const scopes = new Map<string, string>();
  for (const scope of childrenOf(childOf(head, 'BusinessScope', findings), 'Scope')) {
    const type = textOf(scope, 'Type', findings) ?? '';
    const value = textOf(scope, 'InstanceIdentifier', findings);
    // More scopes may come; those that are not known are passed over.
    if (!scopeNames.includes(type) || value === undefined) continue;
    if (scopes.has(type)) findings.push(finding(type, 'twice', 'is there twice'));
    scopes.set(type, value);
  }
  const version = textOf(head, 'HeaderVersion', findings);
  if (version !== '1.0')
    findings.push(finding(`${header}/HeaderVersion`, 'version', 'is another version', '1.0', version ?? 'nothing'));
  const identification = childOf(head, 'DocumentIdentification', findings);
  const { documentprolog, documentepilog, ...rest } = Object.fromEntries(scopes);
  return leftOut({
    ...rest,
    prolog: documentprolog,
    epilog: documentepilog,
    specversion: '1.0',
    id: textOf(identification, 'InstanceIdentifier', findings),
    time: textOf(identification, 'CreationDateAndTime', findings),
    senderorgnumber: partyOf(head, 'Sender', 'senderorgnumber', findings),
    recipientorgnumber: partyOf(head, 'Receiver', 'recipientorgnumber', findings),
  });
}

function partyOf(head: HeaderElement, role: string, attribute: string, findings: Finding[]): string | undefined {
  const identifier = childOf(childOf(head, role, findings), 'Identifier', findings);
  if (identifier?.authority === authority && identifier.text.startsWith(identifierPrefix))
    return identifier.text.slice(identifierPrefix.length);
  findings.push(
    finding(
      attribute,
      'identifier',
      `the ${role} has no identifier of the Authority ${authority}`,
      `${identifierPrefix} and an organisation number`,
      identifier?.text,
    ),
  );
  return undefined;
}

/** The header must name the element that is there. */
function rootFindings(head: HeaderElement, root: Root): Finding[] {
  const identification = childOf(head, 'DocumentIdentification', []);
  return (
    [
      ['Standard', root.namespace],
      ['Type', root.local],
    ] as const
  ).flatMap(([name, expected]) => {
    const found = textOf(identification, name, []) ?? 'nothing';
    const where = `${header}/DocumentIdentification/${name}`;
    return found === expected
      ? []
      : [finding(where, 'document', 'does not name the document’s element', expected, found)];
  });
}

function documentFindings(
  attributes: EnvelopeAttributes,
  said: { prolog: string; epilog: string; elementsha256: string | undefined },
  element: Uint8Array,
  document: Buffer,
): Finding[] {
  const findings: Finding[] = [];
  for (const [where, text] of [
    ['documentprolog', said.prolog],
    ['documentepilog', said.epilog],
  ] as const)
    if (Buffer.from(text, 'base64').toString('base64') !== text)
      findings.push(finding(where, 'base64', 'is not base64 with padding and without line breaks (RFC 4648 §4)'));
  if (findings.length > 0) return findings;
  const found = sha256Hex(element);
  if (found !== said.elementsha256)
    findings.push(finding('elementsha256', 'sha256', 'is not that of the element', said.elementsha256, found));
  const whole = sha256Hex(document);
  if (whole !== attributes.documentsha256)
    findings.push(finding('documentsha256', 'sha256', 'is not that of the document', attributes.documentsha256, whole));
  if (partsOf(document)?.element.length !== element.length)
    findings.push(finding('documentprolog', 'prolog', 'holds more than what may stand before an element'));
  return findings;
}

const childrenOf = (parent: HeaderElement | undefined, name: string): readonly HeaderElement[] =>
  parent?.children.filter((child) => child.name === name) ?? [];

function childOf(parent: HeaderElement | undefined, name: string, findings: Finding[]): HeaderElement | undefined {
  const [first, ...others] = childrenOf(parent, name);
  if (others.length > 0) findings.push(finding(`${header}/${name}`, 'twice', 'is there more than once'));
  return first;
}

const textOf = (parent: HeaderElement | undefined, name: string, findings: Finding[]): string | undefined =>
  childOf(parent, name, findings)?.text;

const leftOut = (values: Record<string, string | undefined>): Said =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
