/** For tests of certificate orders: a supplier with addresses of each kind, and an order as the command would place it. */

import { Fault } from '../../src/domain/fault.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { placeOrder } from '../../src/enrolment/orders.ts';
import type { Act, PlacedOrder, WantedOrder } from '../../src/enrolment/place.ts';
import type { Pool } from '../../src/store/pool.ts';
import { addressEntry, certificate, importValue, supplierFile } from './register.ts';

export const supplierNumber = '5560160680' as OrganisationNumber;

/** Addresses `push`, `pull` and `manual`, one message type each. */
export async function registerSupplier(pool: Pool, number: string = supplierNumber): Promise<void> {
  const certificates = [await certificate(`Exempel ${number}`)];
  await importValue(
    pool,
    supplierFile(number, [
      addressEntry({ name: 'push', certificates, messageTypes: ['purchase-order'] }),
      { environment: 'test', name: 'pull', delivery: 'pull', certificates, messageTypes: ['self-invoice'] },
      { environment: 'test', name: 'manual', delivery: 'manual', messageTypes: ['self-invoice-credit'] },
    ]),
  );
}

export const anna = { name: 'Anna Ek', email: 'anna@exempel.se', phone: '+46 70 123 45 67', language: 'sv' } as const;

export const wantedOrder = (more: Partial<WantedOrder> = {}): WantedOrder => ({
  organisationNumber: supplierNumber,
  address: 'pull',
  environment: 'test',
  type: 'pull-client',
  description: 'Lönesystemet',
  dnsNames: [],
  contact: anna,
  approval: false,
  pin: 'sms',
  ...more,
});

/** A time that is not this one: what compares with the clock of a machine is found out. */
export const orderedAt = new Date('2030-03-01T12:00:00Z');
export const later = (milliseconds: number, from = orderedAt): Date => new Date(from.getTime() + milliseconds);
export const day = 86_400_000;

export const act = (more: Partial<Act> = {}): Act => ({
  actor: 'cli:test',
  reason: 'a test',
  rehearsal: false,
  now: orderedAt,
  ...more,
});

export const place = (pool: Pool, more: Partial<WantedOrder> = {}, how: Partial<Act> = {}): Promise<PlacedOrder> =>
  placeOrder(pool, wantedOrder(more), act(how));

export async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof Fault) return error;
  throw new Error(`a Fault was expected, not ${String(error)}`);
}
