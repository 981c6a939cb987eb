/** What a supplier file says, once it is read and found right in itself. */
import type { Finding } from '../domain/fault.ts';
import type { EnvelopeFormat, Environment, MessageType } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import type { Certificate } from '../pki/certificate.ts';

export type DeliveryMode = 'push' | 'pull' | 'manual';
export type Ordering = 'any' | 'strict';
export type Language = 'sv' | 'en';

/** Where findings go while a file is read. */
export interface Report {
  readonly findings: Finding[];
  readonly warnings: Finding[];
}

export interface WantedAddress {
  readonly name: string;
  readonly environment: Environment;
  readonly delivery: DeliveryMode;
  /** As the URL standard writes it; undefined unless it is pushed. */
  readonly url: string | undefined;
  /** In the file's order: the last one is the newest. */
  readonly certificates: readonly Certificate[];
  readonly messageTypes: readonly MessageType[];
  readonly envelopeFormat: EnvelopeFormat;
  readonly ordering: Ordering;
  readonly concurrency: number;
  readonly ratePerSecond: number | undefined;
}

/** An address in a file that may have mistakes: null where the schema has found one already. */
export type JudgedAddress = Omit<WantedAddress, 'name' | 'environment' | 'delivery'> & {
  readonly [K in 'name' | 'environment' | 'delivery']: WantedAddress[K] | null;
};

export interface WantedSupplier {
  readonly organisationNumber: OrganisationNumber;
  readonly name: string;
  readonly language: Language;
  readonly addresses: readonly WantedAddress[];
  /** Where it stands in the file, as a JSON pointer: empty when the file is one supplier. */
  readonly where: string;
}

/** The addresses' place in the file, for findings that only the register can make. */
export const addressPlace = (supplier: WantedSupplier, index: number): string => `${supplier.where}/addresses/${index}`;
