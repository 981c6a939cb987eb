/** Documents of a seeded book. A few are built as samples are, and read as intake reads them; the rest differ in names, numbers and dates. */
import { readDocument } from '../../documents/read.ts';
import { jsonCredit, jsonPurchaseOrder, jsonSelfInvoice, sampleOrganisationNumber } from '../../documents/sample.ts';
import { type MessageType, messageTypes } from '../../domain/message.ts';

export interface Paper {
  readonly bytes: Buffer;
  readonly format: string;
  readonly mediaType: string;
  readonly dataSchema: string;
  readonly currency: string | undefined;
  readonly total: string | undefined;
}

export interface PaperWords {
  readonly recipient: string;
  readonly name: string;
  readonly number: string;
  /** YYYY-MM-DD. */
  readonly issued: string;
  readonly due: string;
  /** Of what a credit corrects. */
  readonly original: string;
}

export type Papers = (type: MessageType, words: PaperWords, variant: number) => Paper;

type Template = Omit<Paper, 'bytes'> & { readonly parts: readonly string[] };

/** Different sums and lines of one type. */
export const variants = 48;

const recipient = sampleOrganisationNumber(999);
const marks: Readonly<Record<string, keyof PaperWords>> = {
  [recipient]: 'recipient',
  '§name§': 'name',
  '§number§': 'number',
  '2001-02-03': 'issued',
  '2001-03-05': 'due',
  '§original§': 'original',
};
const cut = new RegExp(`(${Object.keys(marks).join('|')})`);

const builders = {
  'purchase-order': jsonPurchaseOrder,
  'self-invoice': jsonSelfInvoice,
  'self-invoice-credit': jsonCredit,
} as const;

/** @param size bytes of one document, about; not less than one line takes, some 900 */
export function makePapers(size: number): Papers {
  const templates = Object.fromEntries(
    messageTypes.map((type) => [type, Array.from({ length: variants }, (_, n) => template(type, n + 1, size))]),
  ) as Record<MessageType, Template[]>;
  return (type, words, variant) => {
    const { parts, ...rest } = templates[type][variant % variants] as Template;
    return {
      ...rest,
      bytes: Buffer.from(parts.map((part) => words[marks[part] as keyof PaperWords] ?? part).join('')),
    };
  };
}

function template(type: MessageType, seed: number, size: number): Template {
  const text = (lines: number): string => {
    const options = {
      recipient,
      sellerName: '§name§',
      number: '§number§',
      issued: '2001-02-03',
      original: '§original§',
    };
    const built = builders[type]({ ...options, seed, lines });
    return JSON.stringify(JSON.parse(built.toString('utf8')));
  };
  let lines = 1;
  while (lines < 400 && Buffer.byteLength(text(lines + 1)) <= size) lines += 1;
  const filled = noted(text(lines), size);
  const { format, mediaType, dataSchema, currency, total, findings } = readDocument(
    Buffer.from(filled),
    limits,
    'text',
  );
  if (findings.length > 0) throw new Error(`a sample ${type} is not right: ${JSON.stringify(findings)}`);
  return { parts: filled.split(cut), format, mediaType, dataSchema, currency, total };
}

const limits = { bytes: 10_000_000, depth: 64, elements: 200_000 };

/** As long as wanted, by a note. */
function noted(text: string, size: number): string {
  const { note, ...rest } = JSON.parse(text) as { note?: string };
  const sentence = 'Enligt avtal om arbetsmarknadstjänster. ';
  const room = size - Buffer.byteLength(JSON.stringify(rest)) - '"note":"",'.length;
  if (room < 10) return JSON.stringify(note === undefined ? rest : { ...rest, note });
  let filled = sentence.repeat(Math.ceil(Math.min(room, 2_000) / sentence.length)).slice(0, Math.min(room, 2_000));
  while (Buffer.byteLength(filled) > room) filled = filled.slice(0, -1);
  return JSON.stringify({ ...rest, note: filled.trim() });
}
