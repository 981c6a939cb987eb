/** Documents that must become dead letters. */
import type { DocumentOptions } from './figures.ts';

export const breakages = [
  'empty',
  'cut short',
  'noise',
  'wrong check digit',
  'other buyer',
  'other recipient in the header',
  'header without meaning',
] as const;
export type Breakage = (typeof breakages)[number];

interface Frame {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly isText: boolean;
}

export function breakDocument(breakage: Breakage, frame: Frame, { org, sender }: DocumentOptions): Frame {
  const { body, headers } = frame;
  switch (breakage) {
    case 'empty':
      return { ...frame, body: Buffer.alloc(0) };
    case 'cut short':
      return { ...frame, body: body.subarray(0, body.length >> 1) };
    case 'noise':
      return { ...frame, body: Buffer.from(body.map((byte) => (byte * 7 + 13) & 0xff)), isText: false };
    case 'wrong check digit':
      return { ...frame, body: replaced(body, org, wrongCheckDigit(org)) };
    case 'other buyer':
      // Another authority, with a right check digit: Försäkringskassan.
      return { ...frame, body: replaced(body, sender, '2021005521') };
    case 'other recipient in the header':
      return { ...frame, headers: { ...headers, recipient: '2021005521' } };
    case 'header without meaning':
      return { ...frame, headers: { ...headers, messageType: 'love-letter' } };
  }
}

// Byte by byte, as Latin-1: the rest stays as it is, in whatever encoding.
const replaced = (body: Buffer, from: string, to: string): Buffer =>
  Buffer.from(body.toString('latin1').replaceAll(from, to), 'latin1');

const wrongCheckDigit = (org: string): string => `${org.slice(0, 9)}${(Number(org[9]) + 1) % 10}`;
