/** Keys and certificates of the roles: read from the files that settings name and tried, before any server is touched. */
import { createHash, type X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Finding } from '../domain/fault.ts';
import { jwks } from '../envelope/keys.ts';
import { loadSigner, type Signer } from '../envelope/signer.ts';
import { type Issuer, loadIssuer } from '../pki/authority.ts';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { settingsFault } from '../platform/config/read.ts';
import type { TlsCredentials } from '../platform/tls/credentials.ts';
import type { OwnCertificate, OwnRecord } from '../store/enrol/own-certificates.ts';
import { type OperatorApiCredentials, operatorApiOf } from './operator-credentials.ts';
import { ownPair, type Pair } from './own-pair.ts';
import type { RoleName } from './parts.ts';
import { type FileKey, openShelf, type Shelf, type Values } from './shelf.ts';

/** One of our own certificates, as it is to be on record. */
export type OwnPair = Pick<OwnCertificate, 'purpose' | 'pem' | 'certificate'>;

export interface IntakeCredentials {
  /** PEM of the authorities that may have issued the brokers' certificates; undefined: the machine's. */
  readonly brokerCa: string | undefined;
}

export interface DeliveryCredentials {
  readonly signer: Signer;
  /** What we show to suppliers' endpoints, PEM. */
  readonly client: {
    readonly key: string;
    readonly certificate: string;
    readonly fingerprint: string;
    /** Another when anything of it, its chain too, is another. */
    readonly version: string;
  };
  /** Who issues suppliers' certificates. */
  readonly authorities: readonly X509Certificate[];
  /** Another when they are others: no connection outlives them. */
  readonly authoritiesVersion: string;
  /** PEM of the authorities that may have issued the egress proxy's certificate; undefined: the machine's. */
  readonly proxyCa: string | undefined;
  readonly own: readonly OwnPair[];
}

export interface SupplierApiCredentials {
  readonly listener: TlsCredentials & { readonly fingerprint: string };
  /** Signs what is fetched before it was ever pushed. */
  readonly signer: Signer;
  /** Who issues suppliers' certificates. */
  readonly authorities: readonly X509Certificate[];
  /** PEM of certificates of signing keys, the present one first, and old ones that a file names. */
  readonly keyPems: readonly string[];
  readonly own: readonly OwnPair[];
  /** PEM of the authorities that may have issued the mail server's certificate; undefined: those that Node knows. */
  readonly mailCa?: string | undefined;
}

export interface CaCredentials {
  readonly issuer: Issuer;
  /** The one before: only its revocation lists are made. */
  readonly old?: Issuer | undefined;
}

export interface CredentialsOf {
  readonly intake: IntakeCredentials;
  readonly delivery: DeliveryCredentials;
  readonly 'supplier-api': SupplierApiCredentials;
  readonly 'operator-api': OperatorApiCredentials;
  readonly ca: CaCredentials;
}
/** Of the roles that were asked for. */
export type Credentials = Partial<CredentialsOf>;

const loaders: { readonly [R in RoleName]: (shelf: Shelf) => CredentialsOf[R] | undefined } = {
  intake: intakeOf,
  delivery: deliveryOf,
  'supplier-api': supplierApiOf,
  'operator-api': operatorApiOf,
  ca: caOf,
};

export interface InspectedFiles {
  /** What could be loaded: all of it when there is no finding. */
  readonly credentials: Credentials;
  /** Every mistake. */
  readonly findings: readonly Finding[];
  /** What is wrong with pairs that were passed over, while others are in use. */
  readonly passedOver: readonly Finding[];
  /** Of what is in use, and of all that was read. */
  readonly digest: string;
  readonly seen: string;
}

/**
 * Reads and tries all files of these roles: keys and certificates are read, belong together and are in their dates, bundles hold
 * authorities. An own certificate that has expired is refused: no peer would take it, and what waits on the queue is safe there.
 * @param record from when our own certificates are used; left out: nobody was asked yet, and the present ones are taken if they can be
 */
export function inspectCredentials(
  settings: Values,
  roles: readonly RoleName[],
  now: Date,
  record?: OwnRecord,
): InspectedFiles {
  const shelf = openShelf(settings, now, record);
  const credentials = Object.fromEntries(roles.map((role) => [role, loaders[role](shelf)])) as Credentials;
  const [findings, passedOver] = [shelf.findings(), shelf.passedOver()];
  return { credentials, findings, passedOver, digest: shelf.digest(), seen: shelf.seen() };
}

/** @throws Fault `setting-invalid` with a finding for every mistake in the files */
export function loadCredentials<R extends RoleName>(
  settings: Values,
  roles: readonly R[],
  now: Date,
): Pick<CredentialsOf, R> {
  const { credentials, findings } = inspectCredentials(settings, roles, now);
  if (findings.length > 0) throw settingsFault(findings);
  return credentials as Pick<CredentialsOf, R>;
}

function intakeOf(shelf: Shelf): IntakeCredentials {
  return { brokerCa: bundle(shelf, 'brokerCaFile')?.pem };
}

function deliveryOf(shelf: Shelf): DeliveryCredentials | undefined {
  const signer = signerOf(shelf);
  const client = ownPair(shelf, {
    purpose: 'client',
    keyFile: 'clientKeyFile',
    certificateFile: 'clientCertificateFile',
    blamed: 'clientCertificateFile',
    attempt: (pair) => tryInTls(pair),
  });
  const proxyCa = bundle(shelf, 'egressProxyCaFile')?.pem;
  const issuers = authorities(shelf);
  if (signer === undefined || client === undefined || issuers === undefined) return undefined;
  const { key, cert: certificate, own } = client;
  return {
    signer: signer.signer,
    own: [ownOf('client', client), ownOf('signing', signer.pair)],
    client: { key, certificate, fingerprint: own.fingerprint, version: sha256(certificate) },
    authorities: issuers.certificates.map(({ x509 }) => x509),
    authoritiesVersion: sha256(issuers.pem),
    proxyCa,
  };
}

const ownOf = (purpose: OwnPair['purpose'], { cert, own }: Pair): OwnPair => ({ purpose, pem: cert, certificate: own });

function signerOf(shelf: Shelf): { readonly signer: Signer; readonly pair: Pair } | undefined {
  const pair = ownPair(shelf, {
    purpose: 'signing',
    keyFile: 'signingKeyFile',
    certificateFile: 'signingCertificateFile',
    blamed: 'signingKeyFile',
    attempt: ({ key, cert }) => loadSigner(key, cert) && jwks([cert]),
  });
  const signer = pair && shelf.attempt('signingKeyFile', () => loadSigner(pair.key, pair.cert));
  return pair && signer && { signer, pair };
}

function supplierApiOf(shelf: Shelf): SupplierApiCredentials | undefined {
  const issuers = authorities(shelf);
  const own = ownPair(shelf, {
    purpose: 'listener',
    keyFile: 'supplierKeyFile',
    certificateFile: 'supplierCertificateFile',
    blamed: 'supplierCertificateFile',
    attempt: (pair) => tryInTls(pair, issuers?.pem),
  });
  const signer = signerOf(shelf);
  const old = shelf.read('signingOldCertificatesFile');
  if (old !== undefined) shelf.attempt('signingOldCertificatesFile', () => readCertificates(old) && jwks([old]));
  const mailCa = bundle(shelf, 'mailCaFile')?.pem;
  if (own === undefined || issuers === undefined || signer === undefined) return undefined;
  const listener = { key: own.key, cert: own.cert, ca: issuers.pem, fingerprint: own.own.fingerprint };
  return {
    listener,
    signer: signer.signer,
    own: [ownOf('listener', own), ownOf('signing', signer.pair)],
    authorities: issuers.certificates.map(({ x509 }) => x509),
    keyPems: [signer.pair.cert, ...(old === undefined ? [] : [old])],
    mailCa,
  };
}

function caOf(shelf: Shelf): CaCredentials | undefined {
  const issuer = issuerOf(shelf, 'caKeyFile', 'caKeyPassphraseFile', 'caCertificateFile');
  const old = issuerOf(shelf, 'caOldKeyFile', 'caOldKeyPassphraseFile', 'caOldCertificateFile');
  // Silence would end the lists that somebody meant to keep.
  const named = (['caOldKeyFile', 'caOldCertificateFile'] as const).filter((key) => shelf.read(key) !== undefined);
  if (named.length === 1 && named[0] !== undefined)
    shelf.refuse(named[0], 'KUVERT_CA_OLD_KEY_FILE and KUVERT_CA_OLD_CERTIFICATE_FILE go together');
  return issuer && { issuer, old };
}

function issuerOf(shelf: Shelf, keyFile: FileKey, passphraseFile: FileKey, file: FileKey): Issuer | undefined {
  const keyPem = shelf.read(keyFile);
  const passphrase = shelf.read(passphraseFile)?.replace(/\r?\n$/, '');
  const certificatePem = shelf.read(file);
  if (keyPem === undefined || certificatePem === undefined) return undefined;
  return shelf.attempt(file, () =>
    loadIssuer({ keyPem, certificatePem, ...(passphrase === undefined ? {} : { passphrase }) }, shelf.now),
  );
}

/** OpenSSL has the last word: the chain, and keys too short for its security level. */
function tryInTls({ key, cert }: Pair, ca?: string): void {
  createSecureContext({ key, cert, ...(ca === undefined ? {} : { ca }) });
}

/** Certificates that others are judged by. One that has expired may lie beside its successor; if all have, nobody passes. */
function bundle(shelf: Shelf, file: FileKey): { pem: string; certificates: Certificate[] } | undefined {
  const pem = shelf.read(file);
  const certificates = pem === undefined ? undefined : shelf.attempt(file, () => readCertificates(pem));
  if (pem === undefined || certificates === undefined) return undefined;
  const [first] = certificates;
  if (!certificates.some(({ notBefore, notAfter }) => notBefore <= shelf.now && shelf.now <= notAfter))
    shelf.refuse(file, `none of its certificates is in its dates; the first (${first?.subject}) is not`);
  return { pem, certificates };
}

/** Who issues suppliers' certificates. (A broker may be trusted by its own certificate, an authority's or not.) */
function authorities(shelf: Shelf): ReturnType<typeof bundle> {
  const found = bundle(shelf, 'caFile');
  if (found && !found.certificates.some(({ isAuthority }) => isAuthority))
    shelf.refuse(
      'caFile',
      `it holds no authority's certificate; the first (${found.certificates[0]?.subject}) is none`,
    );
  return found;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
