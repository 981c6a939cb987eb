/** Certificate orders for people. */
import type { ContactChanged } from '../enrolment/contact.ts';
import type { PlacedOrder } from '../enrolment/place.ts';
import type { Standing } from '../enrolment/standing.ts';
import type { LetterState } from '../store/enrol/letters.ts';
import type { Order } from '../store/enrol/orders.ts';
import { facts, moment, table } from './table.ts';

export interface ToldOrder
  extends Pick<
    Order,
    | 'transferId'
    | 'organisationNumber'
    | 'type'
    | 'description'
    | 'dnsNames'
    | 'reason'
    | 'approval'
    | 'contact'
    | 'orderedBy'
    | 'orderedAt'
    | 'expiresAt'
    | 'openedAt'
    | 'fingerprint'
  > {
  readonly organisation: string;
  readonly address: string;
  readonly environment: string;
  readonly state: Standing;
  readonly letter: LetterState | undefined;
}

export function showPlaced(placed: PlacedOrder): string {
  const { contact, pin, rehearsal } = placed;
  return [
    facts([
      ['TransferID', placed.transferId],
      ['Organisation', `${placed.organisation} (${placed.organisationNumber})`],
      ['Address', `${placed.address}, ${placed.environment}`],
      ['Type', placed.type],
      ['Description', placed.description],
      ['Host names', placed.dnsNames.length === 0 ? undefined : placed.dnsNames.join(', ')],
      ['Contact', `${contact.name}, ${contact.email}, ${contact.phone}, ${contact.language}`],
      ['Takes the place of', placed.replaces],
      ['Approval', placed.approval === 'awaited' ? 'awaited: see `kuvert certificate approve`' : undefined],
      ['To be fetched before', `${moment(placed.expiresAt)} UTC`],
      ['PIN', pin],
    ]),
    rehearsal
      ? 'Rehearsal: nothing was changed, and this TransferID was not given out.'
      : pinSentence(contact.name, pin),
  ].join('\n');
}

const pinSentence = (name: string, pin: string | undefined): string =>
  pin === undefined
    ? `${name} gets the link by mail, and the PIN by SMS when they ask for it on the page.`
    : `There is no SMS account (KUVERT_SMS_URL), so nobody but you is told the PIN: call ${name} and say it. It is not shown again; do not send it by mail, where the link is.`;

export function orderTable(orders: readonly ToldOrder[]): string {
  if (orders.length === 0) return 'Nothing has been ordered; see `kuvert certificate order --help`.';
  return table(
    [
      { title: 'TRANSFERID', value: ({ transferId }) => transferId },
      { title: 'ORGANISATION', value: ({ organisationNumber: number }) => number },
      { title: 'ADDRESS', value: ({ address }) => address },
      { title: 'TYPE', value: ({ type }) => type },
      { title: 'DESCRIPTION', value: ({ description }) => description },
      { title: 'STATE', value: ({ state, approval }) => (approval === 'awaited' ? `${state}, not approved` : state) },
      { title: 'EXPIRES (UTC)', value: ({ expiresAt }) => moment(expiresAt) },
      { title: 'CONTACT', value: ({ contact }) => contact.name },
      { title: 'LETTER', value: ({ letter }) => letterText(letter) },
    ],
    orders,
  );
}

function letterText(letter: LetterState | undefined): string | undefined {
  if (letter === undefined) return undefined;
  const { sentAt, givenUpAt, tries, detail } = letter;
  if (sentAt !== undefined) return `sent ${moment(sentAt)}`;
  if (givenUpAt !== undefined) return `not sent: ${detail ?? 'given up'}`;
  return tries === 0 ? 'waits' : `tried ${tries} times: ${detail ?? 'no answer yet'}`;
}

export function showContactChange({ fingerprint, before, after, rehearsal }: ContactChanged): string {
  const person = ({ name, email, phone, language }: ContactChanged['after']) =>
    `${name}, ${email}, ${phone}, ${language}`;
  return [
    facts([
      ['Certificate', fingerprint],
      ['Contact before', before && person(before)],
      ['Contact now', person(after)],
    ]),
    ...(rehearsal ? ['Rehearsal: nothing was changed.'] : []),
  ].join('\n');
}
