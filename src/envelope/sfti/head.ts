/** The SFTI envelope (tekniskt kuvert): `head` + the document's root element, byte for byte + the end tag. */
import { Fault } from '../../domain/fault.ts';
import { eventType, type Facts, sequenceText } from '../facts.ts';
import { sha256Hex } from '../hash.ts';
import { embeddable, partsOf } from './document.ts';
import { authority, headerNamespace, identifierPrefix } from './names.ts';

const tail = Buffer.from('\n</sh:StandardBusinessDocument>\n');

/**
 * Everything that comes before the document's root element.
 * @throws Fault `format-not-possible` if the document, or something said of it, cannot be in XML in UTF-8
 */
export function sftiHead(facts: Facts, document: Uint8Array): string {
  const { prolog, element, epilog, root } = embeddable(document, facts.mediaType);
  if (facts.senderOrganisation === undefined)
    throw new Fault('format-not-possible', 'an SFTI envelope names its sender, and no organisation number is set');
  const scopes: readonly (readonly [string, string | undefined])[] = [
    ['sequence', sequenceText(facts.sequence)],
    ['environment', facts.environment],
    ['recipientcertificate', facts.recipientCertificate],
    ['recipienturl', facts.recipientUrl],
    ['documentsha256', facts.documentSha256],
    ['elementsha256', sha256Hex(element)],
    // With these two a receiver has the whole document again, to the byte.
    ['documentprolog', base64(prolog)],
    ['documentepilog', base64(epilog)],
    ['type', eventType(facts.messageType)],
    ['subject', facts.documentNumber],
    ['source', facts.source],
    ['datacontenttype', facts.mediaType],
    ['dataschema', facts.dataSchema],
    ['correlationid', facts.correlationId],
    ['traceparent', facts.traceparent],
  ];
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<sh:StandardBusinessDocument xmlns:sh="${headerNamespace}">`,
    '<sh:StandardBusinessDocumentHeader>',
    tag('HeaderVersion', '1.0'),
    party('Sender', facts.senderOrganisation),
    party('Receiver', facts.recipient),
    '<sh:DocumentIdentification>',
    tag('Standard', root.namespace),
    tag('TypeVersion', versionOf(root.namespace)),
    tag('InstanceIdentifier', facts.id),
    tag('Type', root.local),
    tag('CreationDateAndTime', facts.eventTime),
    '</sh:DocumentIdentification>',
    '<sh:BusinessScope>',
    ...scopes.map(([type, value]) => (value === undefined ? '' : scope(type, value))).filter(Boolean),
    '</sh:BusinessScope>',
    '</sh:StandardBusinessDocumentHeader>',
  ];
  return `${lines.join('\n')}\n`;
}

/** Head and document put together. */
export function assembleSfti(head: string, document: Uint8Array): Buffer {
  // What has no root element was never sealed: the comparison with the recorded hash says so.
  return Buffer.concat([Buffer.from(head), partsOf(document)?.element ?? document, tail]);
}

/** Svefaktura's namespaces end in their version; those of UBL 2, `…:Invoice-2`, do not say which 2: Peppol BIS 3 is 2.1. */
function versionOf(namespace: string): string {
  const [, major, minor] = /:(\d+):(\d+)$/.exec(namespace) ?? [];
  if (major !== undefined) return `${major}.${minor}`;
  return namespace.startsWith('urn:oasis:names:specification:ubl:') ? '2.1' : '1.0';
}

const base64 = (bytes: Uint8Array): string | undefined =>
  bytes.length === 0 ? undefined : Buffer.from(bytes).toString('base64');

const party = (role: string, organisationNumber: string): string =>
  `<sh:${role}><sh:Identifier Authority="${authority}">${identifierPrefix}${organisationNumber}</sh:Identifier></sh:${role}>`;

const scope = (type: string, value: string): string =>
  `<sh:Scope>${tag('Type', type)}${tag('InstanceIdentifier', value)}</sh:Scope>`;

const tag = (name: string, text: string): string => `<sh:${name}>${escaped(text, name)}</sh:${name}>`;

// XML 1.0 §2.2: what is outside this cannot be written in XML at all, not even as a reference. Lone surrogates too.
const unwritable = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // Written as they are, XML would read each of them as a line feed (§2.11), and tools strip them.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escaped(text: string, name: string): string {
  const character = unwritable.exec(text)?.[0];
  if (character !== undefined) {
    const code = `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
    throw new Fault('format-not-possible', `${name} holds the character ${code}, which cannot be written in XML`);
  }
  return text.replace(/[&<>\t\n\r]/g, (one) => entities[one] ?? one);
}
