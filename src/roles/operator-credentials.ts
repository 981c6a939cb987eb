/** Key and certificate of the operators' listener, from whichever authority their browsers trust; and whom it trusts itself. */
import { readCertificates } from '../pki/certificate.ts';
import { checkTlsCredentials, type TlsCredentials } from '../platform/tls/credentials.ts';
import type { Shelf } from './shelf.ts';

export interface OperatorApiCredentials {
  /** Undefined: plain HTTP. */
  readonly listener: TlsCredentials | undefined;
  /** PEM of the authorities that may have issued the certificate of the OpenID Connect provider; undefined: those that Node knows. */
  readonly oidcCa?: string | undefined;
}

/** @returns undefined, with findings on the shelf, when they cannot be used */
export function operatorApiOf(shelf: Shelf): OperatorApiCredentials | undefined {
  const oidcCa = shelf.read('oidcCaFile');
  if (oidcCa !== undefined) shelf.attempt('oidcCaFile', () => readCertificates(oidcCa));
  const [key, cert] = [shelf.read('operatorKeyFile'), shelf.read('operatorCertificateFile')];
  if (key !== undefined && cert !== undefined) {
    const listener = { key, cert };
    const right = shelf.attempt('operatorCertificateFile', () => checkTlsCredentials(listener, shelf.now));
    return right && { listener, oidcCa };
  }
  if (key === undefined && cert === undefined) return { listener: undefined, oidcCa };
  // With one of the two somebody means TLS.
  shelf.refuse(
    key === undefined ? 'operatorCertificateFile' : 'operatorKeyFile',
    'KUVERT_OPERATOR_KEY_FILE and KUVERT_OPERATOR_CERTIFICATE_FILE go together',
  );
  return undefined;
}
