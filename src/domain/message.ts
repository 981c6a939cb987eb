/** What travels: message types, environments and the things that name a message. */
import type { OrganisationNumber } from './organisation-number.ts';

export const messageTypes = ['purchase-order', 'self-invoice', 'self-invoice-credit'] as const;
export type MessageType = (typeof messageTypes)[number];

/** A map: an object would also know `constructor` and `toString`. */
const swedishNames: ReadonlyMap<string, MessageType> = new Map([
  ['inkopsorder', 'purchase-order'],
  ['sjalvfaktura', 'self-invoice'],
  ['sjalvfaktura-kredit', 'self-invoice-credit'],
]);

/** Reads a message type in English or Swedish; undefined if it is neither. */
export function parseMessageType(text: string): MessageType | undefined {
  return messageTypes.find((type) => type === text) ?? swedishNames.get(text);
}

export const environments = ['test', 'production'] as const;
export type Environment = (typeof environments)[number];

/** What a business document is about: together these three are the deduplication key. */
export interface DocumentKey {
  readonly messageType: MessageType;
  readonly recipient: OrganisationNumber;
  readonly documentNumber: string;
}

export const documentFormats = ['json', 'svefaktura-1.0', 'peppol-self-billing-3', 'peppol-order-only-3'] as const;
export type DocumentFormat = (typeof documentFormats)[number];

/** Longest document number, correlation id or other keyed text that reaches SQL, in characters. */
export const keyedTextLimit = 200;

/** How an envelope is written; each address has its own. The store keeps it with the envelope: it never changes afterwards. */
export const envelopeFormats = ['cloudevents', 'sfti'] as const;
export type EnvelopeFormat = (typeof envelopeFormats)[number];
