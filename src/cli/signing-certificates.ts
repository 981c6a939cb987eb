/** The certificates of our signing keys, as far as the settings name them. */
import { isP256, keysOfCertificates, type VerificationKeys } from '../envelope/keys.ts';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { inspectProcess, settingsOfProcess } from '../platform/config/process.ts';
import { readText } from './read-text.ts';

/**
 * A list for each file that KUVERT_SIGNING_CERTIFICATE_FILE and KUVERT_SIGNING_OLD_CERTIFICATES_FILE name, the present key's first;
 * what they name must be readable.
 */
export function signingCertificates(): Certificate[][] {
  const named = [
    inspectProcess(['signingCertificateFile']).values.signingCertificateFile,
    settingsOfProcess(['signingOldCertificatesFile']).signingOldCertificatesFile,
  ];
  return named.flatMap((file) => (file === undefined ? [] : [readCertificates(readText(file), file)]));
}

/**
 * Keys that may have signed statements.
 * @param file certificates that are known beside those of the settings
 * @returns undefined: no certificate is at hand
 */
export function statementKeys(file: string | undefined): VerificationKeys | undefined {
  const all = [...signingCertificates(), ...(file === undefined ? [] : [readCertificates(readText(file), file)])];
  const pems = all.flat().flatMap(({ pem, x509 }) => (isP256(x509.publicKey) ? [pem] : []));
  return pems.length === 0 ? undefined : keysOfCertificates(pems);
}
