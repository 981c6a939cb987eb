/** The supplier's addresses, one lane each, and what happens to them in the register. */
import type { MessageType } from '../../src/domain/message.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { type Certificate, readCertificates } from '../../src/pki/certificate.ts';
import type { Pool } from '../../src/store/pool.ts';
import { importSuppliers } from '../../src/suppliers/import.ts';
import type { WantedAddress } from '../../src/suppliers/wanted.ts';
import { issueDevCertificate } from '../support/dev-authority.ts';

export interface Address extends WantedAddress {
  /** False: it is left out of the register. */
  readonly present: boolean;
}

async function certificate(): Promise<Certificate> {
  const { certificatePem } = await issueDevCertificate(undefined, { name: 'Modell' });
  const [only] = readCertificates(certificatePem);
  if (!only) throw new Error('a certificate that was made is one');
  return only;
}

export async function firstAddresses(): Promise<Address[]> {
  const address = async (name: string, messageType: MessageType, more: Partial<Address>): Promise<Address> => ({
    name,
    environment: 'test',
    delivery: 'push',
    url: `https://${name}.example/in`,
    certificates: [await certificate()],
    messageTypes: [messageType],
    envelopeFormat: 'cloudevents',
    ordering: 'any',
    concurrency: 1,
    ratePerSecond: undefined,
    present: true,
    ...more,
  });
  return Promise.all([
    address('any', 'self-invoice', { concurrency: 3 }),
    address('strict', 'purchase-order', { ordering: 'strict' }),
    // A pause of a hundred seconds after each.
    address('rated', 'self-invoice-credit', { concurrency: 2, ratePerSecond: 0.01 }),
  ]);
}

export const registerChanges = ['url', 'certificate', 'presence', 'concurrency'] as const;
export type RegisterChange = (typeof registerChanges)[number];

export async function changeAddress(address: Address, change: RegisterChange): Promise<Address> {
  switch (change) {
    case 'url':
      return { ...address, url: address.url && `${address.url}/n` };
    case 'certificate':
      return { ...address, certificates: [await certificate()] };
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
  const wanted = addresses
    .filter(({ present }) => present)
    .map(({ present: _present, url, ...address }) => ({
      ...address,
      url: address.delivery === 'push' ? url : undefined,
    }));
  const supplier = { organisationNumber, name: `Modell ${organisationNumber} AB`, language: 'sv', where: '' } as const;
  await importSuppliers(
    store,
    { suppliers: [{ ...supplier, addresses: wanted }], warnings: [] },
    { actor: 'cli:model', reason: 'the model', rehearsal: false, now: new Date() },
  );
}
