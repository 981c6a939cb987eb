/** Certificates as the rest of the gateway sees them. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { Fault } from '../domain/fault.ts';

/** What is known of a certificate; its own text in `pem`. */
export interface Certificate {
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** One line, such as `CN=Exempel AB, O=Exempel AB, C=SE`. */
  readonly subject: string;
  readonly issuer: string;
  /** Upper-case hex. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly isAuthority: boolean;
  /** `EC prime256v1`, `RSA 3072`, … */
  readonly keyKind: string;
  /** SubjectPublicKeyInfo, DER: the same when a certificate is renewed for the same key. */
  readonly publicKeySpki: Buffer;
  readonly pem: string;
  readonly x509: X509Certificate;
}

/** A file with more than this is not a chain. */
const mostCertificates = 200;
const mostCharacters = 2_000_000;
const block = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([^-]*)-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/**
 * Reads every certificate in a PEM text, in order.
 * @param where how the text is called in a fault, such as the file's name
 * @throws Fault `certificate-invalid` if there is none, one is damaged, or a private key lies among them
 */
export function readCertificates(pem: string, where = 'the PEM text'): Certificate[] {
  if (pem.length > mostCharacters) throw invalid(`${where} is longer than ${mostCharacters} characters`);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    throw invalid(`${where} holds a private key; give the certificate alone, and keep the key to yourself`);
  const blocks = [...pem.matchAll(block)];
  if (blocks.length === 0)
    throw invalid(`${where} holds no certificate: a PEM block “-----BEGIN CERTIFICATE-----” is expected`);
  if (blocks.length > mostCertificates) throw invalid(`${where} holds more than ${mostCertificates} certificates`);
  return blocks.map(([, body = ''], index) => {
    try {
      return describeCertificate(new X509Certificate(Buffer.from(body, 'base64')));
    } catch (cause) {
      throw new Fault('certificate-invalid', `certificate ${index + 1} in ${where} is damaged and cannot be read`, {
        cause,
      });
    }
  });
}

/** A certificate that is already parsed, such as a TLS peer's. */
export function describeCertificate(x509: X509Certificate): Certificate {
  const names = alternativeNames(x509.subjectAltName);
  return {
    fingerprint: fingerprintOf(x509),
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serial: x509.serialNumber,
    notBefore: x509.validFromDate,
    notAfter: x509.validToDate,
    dnsNames: names.filter((name) => name.kind === 'DNS').map((name) => name.value),
    ipAddresses: names.filter((name) => name.kind === 'IP Address').map((name) => name.value),
    isAuthority: x509.ca,
    keyKind: keyKind(x509),
    publicKeySpki: x509.publicKey.export({ format: 'der', type: 'spki' }),
    pem: x509.toString(),
    x509,
  };
}

/** SHA-256 of the DER in lower-case hex, the name by which the register knows a certificate. */
export function fingerprintOf(x509: X509Certificate): string {
  return x509.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** True if the certificate names this host (RFC 6125, subjectAltName only) or IP address. */
export function namesHost(x509: X509Certificate, host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? x509.checkHost(bare, { subject: 'never' }) !== undefined : x509.checkIP(bare) !== undefined;
}

function keyKind(x509: X509Certificate): string {
  const { asymmetricKeyType = 'unknown', asymmetricKeyDetails = {} } = x509.publicKey;
  const detail = asymmetricKeyDetails.namedCurve ?? asymmetricKeyDetails.modulusLength;
  return [asymmetricKeyType.toUpperCase(), detail].filter((part) => part !== undefined).join(' ');
}

/** Node writes `DNS:a.se, IP Address:10.0.0.1`, with values in JSON quotes when they hold anything odd. */
function alternativeNames(text: string | undefined): { kind: string; value: string }[] {
  const parts = text?.match(/[A-Za-z ]+:(?:"(?:[^"\\]|\\.)*"|[^,]*)/g) ?? [];
  return parts.map((part) => {
    const colon = part.indexOf(':');
    const raw = part.slice(colon + 1);
    return { kind: part.slice(0, colon).trim(), value: raw.startsWith('"') ? (JSON.parse(raw) as string) : raw };
  });
}

const oneLine = (name: string): string => name.replaceAll('\n', ', ');
const invalid = (why: string): Fault => new Fault('certificate-invalid', why);
