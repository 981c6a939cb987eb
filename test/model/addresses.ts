/** The supplier's addresses, one lane each, and what happens to them in the register. */
import { randomBytes } from 'node:crypto';
import type { MessageType } from '../../src/domain/message.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import type { Pool } from '../../src/store/pool.ts';
import { importSuppliers } from '../../src/suppliers/import.ts';
import type { WantedAddress } from '../../src/suppliers/wanted.ts';

export interface Address extends WantedAddress {
  /** False: it is left out of the register. */
  readonly present: boolean;
}

/** As much of one as the register wants. */
function certificate(): Certificate {
  const fingerprint = randomBytes(32).toString('hex');
  const known = { fingerprint, subject: `CN=${fingerprint.slice(0, 8)}`, pem: 'of no use here' };
  return { ...known, notBefore: new Date(0), notAfter: new Date('2100-01-01') } as Certificate;
}

export function firstAddresses(): Address[] {
  const address = (name: string, messageType: MessageType, more: Partial<Address>): Address => ({
    name,
    environment: 'test',
    delivery: 'push',
    url: `https://${name}.example/in`,
    certificates: [certificate()],
    messageTypes: [messageType],
    envelopeFormat: 'cloudevents',
    ordering: 'any',
    concurrency: 1,
    ratePerSecond: undefined,
    present: true,
    ...more,
  });
  return [
    address('any', 'self-invoice', { concurrency: 3 }),
    address('strict', 'purchase-order', { ordering: 'strict' }),
    // A pause of a hundred seconds after each.
    address('rated', 'self-invoice-credit', { concurrency: 2, ratePerSecond: 0.01 }),
  ];
}

export const registerChanges = ['url', 'certificate', 'mode', 'presence', 'concurrency'] as const;
export type RegisterChange = (typeof registerChanges)[number];

export function changeAddress(address: Address, change: RegisterChange): Address {
  switch (change) {
    case 'url':
      return { ...address, url: address.url && `${address.url}/n` };
    case 'certificate':
      return { ...address, certificates: [certificate()] };
    case 'mode':
      return address.delivery === 'push'
        ? { ...address, delivery: 'pull', url: undefined }
        : { ...address, delivery: 'push', url: `https://${address.name}.example/again` };
    case 'presence':
      return { ...address, present: !address.present };
    case 'concurrency':
      return { ...address, concurrency: address.concurrency === 1 ? 3 : 1 };
  }
}

/** As an operator's file would. */
export async function importAddresses(
  store: Pool,
  organisationNumber: OrganisationNumber,
  addresses: readonly Address[],
): Promise<void> {
  const wanted = addresses.filter(({ present }) => present).map(({ present: _present, ...address }) => address);
  const supplier = { organisationNumber, name: `Modell ${organisationNumber} AB`, language: 'sv', where: '' } as const;
  await importSuppliers(
    store,
    { suppliers: [{ ...supplier, addresses: wanted }], warnings: [] },
    { actor: 'cli:model', reason: 'the model', rehearsal: false, now: new Date() },
  );
}
