/** Distinguished names as we write them, and the numbers of our certificates. */
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { type JsonNameParams, Name } from '@peculiar/x509';
import type { Environment } from '../domain/message.ts';

/** Whose a certificate is, or for whom an authority issues. */
export interface Subject {
  readonly organisation: string;
  readonly commonName: string;
  /** organizationIdentifier `NTRSE-…` (ETSI EN 319 412-1 §5.1.4). */
  readonly organisationNumber?: string;
}

/** RFC 5280 appendix A: ub-common-name and ub-organization-name. Some programs refuse a certificate with a longer one. */
const mostCharacters = 64;

/** C, O, OU=test outside production, organizationIdentifier, CN: from the widest to the narrowest. */
export function nameOf({ organisation, commonName, organisationNumber }: Subject, environment: Environment): Name {
  const parts: JsonNameParams = [{ C: [{ printableString: 'SE' }] }, { O: [exactly(organisation)] }];
  if (environment === 'test') parts.push({ OU: [exactly('test')] });
  if (organisationNumber !== undefined) parts.push({ '2.5.4.97': [exactly(`NTRSE-${organisationNumber}`)] });
  parts.push({ CN: [exactly(commonName)] });
  return new Name(parts);
}

/** A plain string would be read as RFC 4514 text, where quotes, `#` and backslashes mean something. */
function exactly(text: string): { utf8String: string } {
  const oneLine = text
    .normalize('NFC')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
  return { utf8String: Array.from(oneLine).slice(0, mostCharacters).join('').trim() };
}

/** RFC 5280 §4.1.2.2: positive, at most twenty octets. 126 random bits, upper-case hex, always 32 digits. */
export function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex').toUpperCase();
}
