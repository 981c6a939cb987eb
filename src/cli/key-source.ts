/** Where the keys that verify envelopes come from: a key set's URL or file, or the signing certificate itself. */
import { keysOfCertificates, type VerificationKeys } from '../envelope/keys.ts';
import { fetchKeys, readKeys } from '../receiver/keys.ts';
import { readText } from './read-text.ts';

/**
 * @param source a URL (https) or a file
 * @param ca PEM of the authorities that may have issued the listener's certificate; undefined: the machine's
 * @throws Fault `argument-invalid` when it cannot be read or is no key set that can be used · `server-unavailable` when
 *   nobody answers, or the answer is not 200
 */
export async function keysOfSet(source: string, ca?: string): Promise<VerificationKeys> {
  return /^https?:/i.test(source) ? fetchKeys(source, ca) : readKeys(readText(source), source);
}

/** @throws Fault `argument-invalid` · `certificate-invalid` */
export function keysOfCertificateFile(file: string): VerificationKeys {
  return keysOfCertificates([readText(file)]);
}
