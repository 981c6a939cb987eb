/** Key, certificate and authorities of a TLS listener or client, looked at before they are used. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Fault } from '../../domain/fault.ts';

/** PEM texts. */
export interface TlsCredentials {
  readonly key: string;
  /** The certificate and its chain. */
  readonly cert: string;
  /** Authorities whose certificates the other side may show. */
  readonly ca?: string | undefined;
}

/** What was found in credentials that can be used. */
export interface CheckedCredentials {
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  readonly notAfter: Date;
}

/**
 * Tries credentials without using them: they can be read, belong together and are in their dates.
 * @throws Fault `certificate-invalid`
 */
export function checkTlsCredentials(credentials: TlsCredentials, now: Date): CheckedCredentials {
  const certificate = attempt('the certificate cannot be read as PEM', () => new X509Certificate(credentials.cert));
  const key = attempt('the private key cannot be read as PEM', () => createPrivateKey(credentials.key));
  const name = certificate.subject.replaceAll('\n', ', ');
  if (!certificate.checkPrivateKey(key)) throw invalid(`the certificate (${name}) was made for another private key`);
  if (now < certificate.validFromDate)
    throw invalid(`the certificate (${name}) is not valid before ${certificate.validFromDate.toISOString()}`);
  if (now > certificate.validToDate)
    throw invalid(`the certificate (${name}) expired at ${certificate.validToDate.toISOString()}`);
  // OpenSSL has the last word: chain, authorities, keys too short for its security level.
  attempt('OpenSSL does not take the key, certificate and authorities', () =>
    createSecureContext({ key: credentials.key, cert: credentials.cert, ca: credentials.ca }),
  );
  return {
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    notAfter: certificate.validToDate,
  };
}

function attempt<T>(otherwise: string, what: () => T): T {
  try {
    return what();
  } catch (cause) {
    throw new Fault('certificate-invalid', `${otherwise}: ${(cause as Error).message}`, { cause });
  }
}

const invalid = (why: string): Fault => new Fault('certificate-invalid', why);
