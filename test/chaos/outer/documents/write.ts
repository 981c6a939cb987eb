/** One document of a given format, as the bytes that KA sends. */
import type { MessageType } from '../world.ts';
import type { DocumentOptions } from './figures.ts';
import { jsonCredit, jsonOrder, jsonSelfInvoice } from './json.ts';
import { peppolCredit, peppolOrder, peppolSelfInvoice } from './peppol.ts';
import { svefaktura } from './svefaktura.ts';

export const formats = ['svefaktura', 'svefaktura-latin-1', 'peppol', 'json'] as const;
export type Format = (typeof formats)[number];

type Writer = (options: DocumentOptions) => Buffer;
const utf8 =
  (write: (options: DocumentOptions) => string): Writer =>
  (options) =>
    Buffer.from(write(options));

/** There is no Svefaktura for orders. */
const writers: Readonly<Record<MessageType, Partial<Record<Format, Writer>>>> = {
  'purchase-order': { peppol: utf8(peppolOrder), json: utf8(jsonOrder) },
  'self-invoice': {
    svefaktura: utf8((options) => svefaktura(options, false)),
    'svefaktura-latin-1': (options) => Buffer.from(svefaktura(options, false, 'ISO-8859-1'), 'latin1'),
    peppol: utf8(peppolSelfInvoice),
    json: utf8(jsonSelfInvoice),
  },
  'self-invoice-credit': {
    svefaktura: utf8((options) => svefaktura(options, true)),
    'svefaktura-latin-1': (options) => Buffer.from(svefaktura(options, true, 'ISO-8859-1'), 'latin1'),
    peppol: utf8(peppolCredit),
    json: utf8(jsonCredit),
  },
};

/** In which formats there are documents of this type. */
export function formatsOf(type: MessageType): Format[] {
  return formats.filter((format) => writers[type][format] !== undefined);
}

/** @throws RangeError when there is no such document. */
export function writeDocument(type: MessageType, format: Format, options: DocumentOptions): Buffer {
  const write = writers[type][format];
  if (!write) throw new RangeError(`there is no ${type} in ${format}`);
  return write(options);
}
