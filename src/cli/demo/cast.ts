/** Who and what is on the stage of the demo: six suppliers, and what KA sends. All of it is invented. */

import {
  jsonCredit,
  jsonPurchaseOrder,
  jsonSelfInvoice,
  sampleOrganisationNumber,
  svefaktura,
} from '../../documents/sample.ts';
import { peppolOrder } from '../../documents/sample-peppol.ts';
import type { EnvelopeFormat } from '../../domain/message.ts';
import type { OrganisationNumber } from '../../domain/organisation-number.ts';

export interface Player {
  readonly organisationNumber: OrganisationNumber;
  readonly name: string;
  readonly temper: 'healthy' | 'busy' | 'down' | 'picky' | 'late' | 'fetching';
  /** How it wants its envelopes. */
  readonly format: EnvelopeFormat;
  /** What the newcomer should know about it, in a few words. */
  readonly story: string;
}

const player = (
  n: number,
  name: string,
  temper: Player['temper'],
  story: string,
  format: EnvelopeFormat = 'cloudevents',
): Player => ({ organisationNumber: sampleOrganisationNumber(n), name, temper, story, format });

export const players: readonly Player[] = [
  player(1, 'Norrskenet Utbildning AB', 'healthy', 'healthy'),
  player(2, 'Björkudden Kompetens AB', 'busy', 'SFTI envelopes; 503 for a while', 'sfti'),
  player(3, 'Södra Hamnens Coachning AB', 'down', 'down at first, then up'),
  player(4, 'Fjällbruket Lärande AB', 'picky', 'refuses one self-invoice'),
  player(5, 'Nya Vägen Matchning AB', 'late', 'unknown at first, added later'),
  player(6, 'Mälarstrand Studier AB', 'fetching', 'fetches, and sends receipts'),
];

export interface Play {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly isText: boolean;
  /** What it must become. */
  readonly fate: 'message' | 'refused' | 'duplicate' | 'dead-letter';
}

/** The one that the picky supplier will not have, and what it says of it. */
export const unwanted = {
  documentNumber: 'SF-2026-0053',
  objection: 'We never held that course: order IO-2026-0053 was cancelled.',
};

/** What KA puts on the queue, in order. `round` varies numbers and amounts; times count up from `start` in milliseconds. */
export function script(rounds: number, start: number): Play[] {
  const plays: Play[] = [];
  let tick = 0;
  const add = (headers: Record<string, string>, body: Buffer, isText = false, fate: Play['fate'] = 'message') => {
    const eventTime = new Date(start + tick++).toISOString();
    plays.push({ headers: { eventTime, ...headers }, body, isText, fate });
  };
  for (let round = 1; round <= rounds; round++) {
    for (const [i, { organisationNumber: recipient, name: sellerName, temper, format }] of players.entries()) {
      // One document is enough for the one that nobody knows yet.
      if (temper === 'late' && round > 1) continue;
      const seed = round * 10 + i;
      const number = (kind: string): string => `${kind}-2026-${String(seed).padStart(4, '0')}`;
      const options = { recipient, sellerName, seed };
      // An SFTI envelope holds XML in UTF-8 and nothing else.
      const xmlOnly = format === 'sfti';
      const order = { ...options, number: number('IO') };
      if (xmlOnly) add({ messageType: 'purchase-order', recipient }, peppolOrder(order));
      else add({ messageType: 'purchase-order', recipient }, jsonPurchaseOrder(order), true);
      if (temper === 'late') continue;
      const invoice = number('SF');
      const fate = temper === 'picky' && invoice === unwanted.documentNumber ? 'refused' : 'message';
      add({ messageType: 'sjalvfaktura', recipient }, svefaktura({ ...options, number: invoice }), false, fate);
      if (round % 2 === 0) {
        const credit = { ...options, number: number('SK'), original: number('SF') };
        const body =
          round % 4 === 0 && !xmlOnly
            ? jsonCredit(credit)
            : svefaktura({ ...credit, credit: true, encoding: xmlOnly ? 'UTF-8' : 'ISO-8859-1' });
        add({ messageType: 'self-invoice-credit', recipient }, body);
      }
      if (round % 3 === 0 && !xmlOnly)
        add({ messageType: 'self-invoice', recipient }, jsonSelfInvoice({ ...options, number: number('SJ') }), true);
    }
  }
  const [first] = plays;
  if (first) plays.push({ ...first, fate: 'duplicate' });
  plays.push(brokenPlay(start + tick));
  return plays;
}

/** A self-invoice cut short on its way. */
function brokenPlay(time: number): Play {
  const recipient = players[0]?.organisationNumber ?? '';
  const whole = svefaktura({ recipient, number: 'SF-2026-9999', seed: 9 });
  return {
    headers: { eventTime: new Date(time).toISOString(), messageType: 'self-invoice', recipient },
    body: whole.subarray(0, Math.floor(whole.length * 0.6)),
    isText: false,
    fate: 'dead-letter',
  };
}
