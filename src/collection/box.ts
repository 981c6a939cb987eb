/** Whose mailbox a request asks for: the caller's own, or that of a principal which the header names. */
import type { IncomingMessage } from 'node:http';
import { Fault } from '../domain/fault.ts';
import type { MessageType } from '../domain/message.ts';
import { parseOrganisationNumber } from '../domain/organisation-number.ts';
import { type Mailbox, readActing } from '../store/collect/box.ts';
import type { Db } from '../store/pool.ts';
import type { Caller } from './caller.ts';

export const principalHeader = 'kuvert-principal';

export interface Box extends Mailbox {
  /** What lies at this address is the caller's to know of. */
  readonly covers: (address: number, messageType: MessageType) => boolean;
}

/**
 * Asked at each reading: a mandate may have ended since the last one.
 * @throws Fault `request-malformed` · `mandate-missing`, the same whether there is such an organisation or not
 */
export async function boxOf(db: Db, caller: Caller, { headers }: Pick<IncomingMessage, 'headers'>): Promise<Box> {
  const { organisationNumber, addresses } = caller;
  const named = headers[principalHeader];
  const principal = named === undefined ? organisationNumber : tenDigits(String(named));
  if (principal === undefined)
    throw new Fault('request-malformed', `${principalHeader} must be one organisation number, ten digits`);
  if (principal === organisationNumber)
    return { organisationNumber, addresses, covers: (address) => addresses.includes(address) };
  const acting = await readActing(db, principal, addresses);
  if (acting.length === 0)
    throw new Fault('mandate-missing', `no mandate lets you act for ${principal} at this moment, at your addresses`);
  return {
    organisationNumber: principal,
    addresses: [...new Set(acting.map(({ lane }) => lane))],
    agent: true,
    covers: (address, messageType) =>
      acting.some(({ lane, messageTypes }) => lane === address && messageTypes.includes(messageType)),
  };
}

/** As the contract has it: no other way to write a number is taken. */
const tenDigits = (text: string) => (/^\d{10}$/.test(text) ? parseOrganisationNumber(text) : undefined);
