/** The documents of a bench: Svefaktura self-invoices of about 7 KB, all different, made fast enough not to be what is measured. */

import { svefaktura } from '../../src/documents/sample.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import type { OutgoingFrame } from '../../src/intake/broker/frame.ts';

/** Gives a document about 7 KB. */
const lines = 5;
const digits = 8;
const blank = `B-${'0'.repeat(digits)}`;

/** Frames as KA would send them; each call gives the next document of one supplier. */
export function frameMaker(queue: string, suppliers: readonly OrganisationNumber[]): (supplier: number) => BenchFrame {
  // One document for each supplier, with its number left to be filled in: building one takes longer than reading it.
  const drafts = suppliers.map((recipient, i) => {
    const bytes = svefaktura({ recipient, number: blank, seed: i + 1, lines });
    return { recipient, bytes, at: bytes.indexOf(blank) };
  });
  let last = 0;
  return (supplier) => {
    const draft = drafts[supplier];
    if (!draft) throw new RangeError(`there is no supplier ${supplier}`);
    last += 1;
    const number = `B-${String(last).padStart(digits, '0')}`;
    const body = Buffer.from(draft.bytes);
    body.write(number, draft.at, 'latin1');
    const headers = { messageType: 'self-invoice', recipient: draft.recipient, eventTime: '2026-04-02T08:00:00Z' };
    return { number, frame: { queue, headers, body, isText: false } };
  };
}

export interface BenchFrame {
  readonly number: string;
  readonly frame: OutgoingFrame;
}
