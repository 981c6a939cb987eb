/** The supplier's addresses, one lane each, and what happens to them in the register. */
import { type MessageType, messageTypes } from '../../src/domain/message.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { type Certificate, readCertificates } from '../../src/pki/certificate.ts';
import type { Pool } from '../../src/store/pool.ts';
import { importSuppliers } from '../../src/suppliers/import.ts';
import type { WantedAddress } from '../../src/suppliers/wanted.ts';
import { issueDevCertificate } from '../support/dev-authority.ts';

export interface Address extends WantedAddress {
  readonly owner: OrganisationNumber;
  /** False: it is left out of the register. */
  readonly present: boolean;
}

async function certificate(): Promise<Certificate> {
  const { certificatePem } = await issueDevCertificate(undefined, { name: 'Modell' });
  const [only] = readCertificates(certificatePem);
  if (!only) throw new Error('a certificate that was made is one');
  return only;
}

/** Three of one supplier, each for a type of its own, and one of another that takes all: an agent for what the first is not, or no longer. */
export async function firstAddresses([first, other]: readonly OrganisationNumber[]): Promise<Address[]> {
  const address = async (name: string, messageType: MessageType, more: Partial<Address>): Promise<Address> => ({
    owner: first as OrganisationNumber,
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
    address('other', 'self-invoice', { owner: other as OrganisationNumber, messageTypes, concurrency: 2 }),
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

/** As an operator's file would, which has these organisations in it. */
export async function importAddresses(
  store: Pool,
  organisations: readonly OrganisationNumber[],
  addresses: readonly Address[],
): Promise<void> {
  const suppliers = organisations.map((organisationNumber) => ({
    organisationNumber,
    name: `Modell ${organisationNumber} AB`,
    language: 'sv' as const,
    where: '',
    addresses: addresses
      .filter(({ present, owner }) => present && owner === organisationNumber)
      .map(({ present: _present, owner: _owner, url, ...address }) => ({
        ...address,
        url: address.delivery === 'push' ? url : undefined,
      })),
  }));
  await importSuppliers(
    store,
    { suppliers, warnings: [] },
    { actor: 'cli:model', reason: 'the model', rehearsal: false, now: new Date() },
  );
}
