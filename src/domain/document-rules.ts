/** Whether a breach of a business rule rejects a document or is only noted: per format and message type. */
import { type DocumentFormat, documentFormats, type MessageType, messageTypes } from './message.ts';

export type Strictness = 'reject' | 'warn';

/** `format/message-type` → what a breach does; what is not in it rejects. */
export type DocumentRules = ReadonlyMap<string, Strictness>;

const selfInvoices: readonly MessageType[] = ['self-invoice', 'self-invoice-credit'];

/** Which message types a format can carry. */
export const typesOfFormat: Readonly<Record<DocumentFormat, readonly MessageType[]>> = {
  json: messageTypes,
  'svefaktura-1.0': selfInvoices,
  'peppol-self-billing-3': selfInvoices,
  'peppol-order-only-3': ['purchase-order'],
};

export function strictnessOf(rules: DocumentRules, format: string, messageType: MessageType): Strictness {
  return rules.get(`${format}/${messageType}`) ?? 'reject';
}

/**
 * Reads `svefaktura-1.0/self-invoice=warn,json=warn`: a format with or without a message type, `reject` or `warn`; later entries win.
 * The empty text is none. Throws an Error whose message completes “NAME …”.
 */
export function parseDocumentRules(text: string): DocumentRules {
  const rules = new Map<string, Strictness>();
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [, name = '', type, strictness = ''] = /^([a-z0-9.-]+)(?:\/([a-z-]+))?=([a-z]+)$/.exec(entry) ?? [];
    const format = documentFormats.find((one) => one === name);
    if (format === undefined || (strictness !== 'reject' && strictness !== 'warn')) {
      throw new Error(
        `must be entries such as svefaktura-1.0/self-invoice=warn, separated by commas, with one of ${documentFormats.join(', ')} and reject or warn; “${entry}” is none`,
      );
    }
    const types = typesOfFormat[format].filter((one) => type === undefined || one === type);
    if (types.length === 0) {
      throw new Error(`has “${entry}”: ${format} carries ${typesOfFormat[format].join(', ')}`);
    }
    for (const one of types) rules.set(`${format}/${one}`, strictness);
  }
  return rules;
}
