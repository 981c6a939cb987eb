/** Key and certificate of the operators' listener, from whichever authority their browsers trust. */
import { checkTlsCredentials, type TlsCredentials } from '../platform/tls/credentials.ts';
import type { Shelf } from './shelf.ts';

export interface OperatorApiCredentials {
  /** Undefined: plain HTTP. */
  readonly listener: TlsCredentials | undefined;
}

/** @returns undefined, with findings on the shelf, when they cannot be used */
export function operatorApiOf(shelf: Shelf): OperatorApiCredentials | undefined {
  const [key, cert] = [shelf.read('operatorKeyFile'), shelf.read('operatorCertificateFile')];
  if (key !== undefined && cert !== undefined) {
    const listener = { key, cert };
    const right = shelf.attempt('operatorCertificateFile', () => checkTlsCredentials(listener, shelf.now));
    return right && { listener };
  }
  if (key === undefined && cert === undefined) return { listener: undefined };
  // With one of the two somebody means TLS.
  shelf.refuse(
    key === undefined ? 'operatorCertificateFile' : 'operatorKeyFile',
    'KUVERT_OPERATOR_KEY_FILE and KUVERT_OPERATOR_CERTIFICATE_FILE go together',
  );
  return undefined;
}
