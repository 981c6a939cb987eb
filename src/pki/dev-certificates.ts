/**
 * Everything in keys and certificates that a gateway on a developer's machine needs, written to folders. Made by the authority that
 * production has (authority.ts, profile.ts): only that nothing is ordered.
 */
import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../domain/fault.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { type Issuer, loadIssuer } from './authority.ts';
import { authorityFilesIn, makeAuthority, trustOf, writeFolderOnce } from './authority-files.ts';
import { readCertificates } from './certificate.ts';
import { makeKey } from './own-key.ts';
import { type CertificatePurpose, issueCertificate, validityFor } from './profile.ts';
import { newSerial } from './subject.ts';

export interface DevSupplier {
  readonly name: string;
  readonly organisationNumber: OrganisationNumber;
}

export interface CredentialFiles {
  readonly keyFile: string;
  /** Certificate and chain. */
  readonly certificateFile: string;
}

/** A private key and its certificate, PEM. */
export interface DevCredential {
  readonly keyPem: string;
  readonly certificatePem: string;
  /** The certificate and the authorities above it, but not the root: what a TLS listener shows. */
  readonly chainPem: string;
}

/** Where everything lies. */
export interface DevCertificateFiles {
  /** Whom to trust: the root and the issuing authority. */
  readonly caFile: string;
  readonly rootFile: string;
  /** The authority that issues: its key, and its certificate with the root. */
  readonly issuing: CredentialFiles;
  readonly client: CredentialFiles;
  readonly supplierListener: CredentialFiles;
  readonly signing: CredentialFiles;
  readonly suppliers: ReadonlyMap<OrganisationNumber, CredentialFiles>;
}

/** Paths of what was written, and the credentials themselves. */
export interface DevCertificates extends DevCertificateFiles {
  /** The one that issues. */
  readonly authority: DevCredential & { readonly rootPem: string };
  readonly client: CredentialFiles & DevCredential;
  readonly supplierListener: CredentialFiles & DevCredential;
  readonly signing: CredentialFiles & DevCredential;
  readonly suppliers: ReadonlyMap<OrganisationNumber, CredentialFiles & DevCredential>;
}

/** Here, and under the name that docker-compose.yml gives it. */
const listener = { dnsNames: ['localhost', 'gateway'], ipAddresses: ['127.0.0.1', '::1'] } as const;
const loopback = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] } as const;
/** No host shows it. */
const nowhere = { dnsNames: [], ipAddresses: [] } as const;

const lifetime = 365 * 86_400_000;

/**
 * Makes a new authority, as `kuvert ca init` does, and under it the gateway's client certificate, the supplier listener's, the signing
 * key's and one for each supplier (as server and client). What lay in the folder under the same names is replaced. Keys are readable by
 * their owner only; the root's is thrown away.
 */
export async function writeDevCertificates(
  folder: string,
  suppliers: readonly DevSupplier[],
  sender: DevSupplier,
): Promise<DevCertificates> {
  const now = new Date();
  mkdirSync(folder, { recursive: true });
  const { issuing, issuer } = await makeAuthority({ organisation: sender.name, environment: 'test', now });
  const files = filesIn({ certificates: folder, authority: folder }, suppliers);
  writeFileSync(files.rootFile, issuer.chain.at(-1)?.pem ?? '');
  writeFileSync(files.caFile, trustOf(issuer));
  writeFileSync(files.issuing.certificateFile, issuing.certificatePem);
  writeKey(files.issuing.keyFile, issuing.keyPem);
  return {
    ...files,
    authority: {
      keyPem: issuing.keyPem,
      certificatePem: issuer.certificate.pem,
      chainPem: issuer.certificate.pem,
      rootPem: issuer.chain.at(-1)?.pem ?? '',
    },
    ...(await writeBelow(issuer, folder, suppliers, sender, now)),
  };
}

/** What the authority issues for them; what lay in the folder under the same names is replaced. */
async function writeBelow(
  issuer: Issuer,
  folder: string,
  suppliers: readonly DevSupplier[],
  sender: DevSupplier,
  now: Date,
): Promise<Pick<DevCertificates, 'client' | 'supplierListener' | 'signing' | 'suppliers'>> {
  const write = async (file: string, request: DevRequest): Promise<CredentialFiles & DevCredential> => {
    const credential = await issue(issuer, request, now);
    const pair = pairOf(folder, file);
    writeKey(pair.keyFile, credential.keyPem);
    writeFileSync(pair.certificateFile, credential.chainPem);
    return { ...credential, ...pair };
  };
  const own = { ...nowhere, subject: sender };
  const signing = { ...sender, name: `${sender.name} kuvertsigill` };
  return {
    client: await write('gateway-client', { ...own, purpose: 'client' }),
    supplierListener: await write('supplier-listener', { ...own, ...listener, purpose: 'listener' }),
    signing: await write('signing', { ...own, subject: signing, purpose: 'signing' }),
    suppliers: new Map(
      await Promise.all(
        suppliers.map(
          async (supplier) =>
            [
              supplier.organisationNumber,
              await write(`supplier-${supplier.organisationNumber}`, {
                ...loopback,
                subject: supplier,
                purpose: 'both',
              }),
            ] as const,
        ),
      ),
    ),
  };
}

interface DevRequest {
  readonly subject: DevSupplier;
  readonly purpose: CertificatePurpose;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

async function issue(issuer: Issuer, request: DevRequest, now: Date): Promise<DevCredential> {
  const { subject, ...profile } = request;
  const keyPem = await makeKey();
  const certificatePem = await issueCertificate(issuer, {
    ...profile,
    spki: createPublicKey(keyPem).export({ format: 'der', type: 'spki' }),
    subject: { organisation: subject.name, commonName: subject.name, organisationNumber: subject.organisationNumber },
    environment: 'test',
    serial: newSerial(),
    ...validityFor(issuer, now, lifetime),
  });
  return { keyPem, certificatePem, chainPem: certificatePem + issuer.certificate.pem };
}

/** Removed first: the mode counts only when a file is made, and a link must not be followed. */
function writeKey(path: string, pem: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, pem, { mode: 0o600, flag: 'wx' });
}

const pairOf = (folder: string, file: string): CredentialFiles => ({
  keyFile: join(folder, `${file}.key.pem`),
  certificateFile: join(folder, `${file}.pem`),
});

/** Both may be one folder. */
export interface DevFolders {
  /** As `kuvert ca init` writes it. */
  readonly authority: string;
  readonly certificates: string;
}

function filesIn({ authority, certificates }: DevFolders, suppliers: readonly DevSupplier[]): DevCertificateFiles {
  const { caFile, rootFile, issuingKeyFile, issuingFile } = authorityFilesIn(authority);
  const pair = (file: string) => pairOf(certificates, file);
  return {
    caFile,
    rootFile,
    issuing: { keyFile: issuingKeyFile, certificateFile: issuingFile },
    client: pair('gateway-client'),
    supplierListener: pair('supplier-listener'),
    signing: pair('signing'),
    suppliers: new Map(
      suppliers.map(({ organisationNumber }) => [organisationNumber, pair(`supplier-${organisationNumber}`)]),
    ),
  };
}

/** What is kept must be good for so long yet, or all of it is made anew; milliseconds. */
const goodFor = 7 * 86_400_000;

/**
 * For a gateway whose data outlive its runs. The authority is that which lies in its folder, be it of an earlier run or made by
 * `kuvert ca init`; where there is none, one is made. Certificates are those that lie there, when they are this authority's and all good
 * for a week yet; else new ones.
 * @param passphrase of the issuing key, if it is encrypted
 * @throws Fault `certificate-invalid` if what lies there is no authority that can issue
 */
export async function keepDevCertificates(
  folders: DevFolders,
  suppliers: readonly DevSupplier[],
  sender: DevSupplier,
  now: Date,
  passphrase?: string,
): Promise<DevCertificateFiles> {
  const issuer = await keepAuthority(folders.authority, sender, now, passphrase);
  const files = filesIn(folders, suppliers);
  const pairs = [files.client, files.supplierListener, files.signing, ...files.suppliers.values()];
  const isThere = pairs.flatMap(({ keyFile, certificateFile }) => [keyFile, certificateFile]).every(existsSync);
  const isGood = ({ certificateFile }: CredentialFiles): boolean => {
    const [own, above] = readCertificates(readFileSync(certificateFile, 'utf8'), certificateFile);
    const left = (own?.notAfter.getTime() ?? 0) - now.getTime();
    return left > goodFor && above?.fingerprint === issuer.certificate.fingerprint;
  };
  if (isThere && pairs.every(isGood)) return files;
  mkdirSync(folders.certificates, { recursive: true });
  await writeBelow(issuer, folders.certificates, suppliers, sender, now);
  return files;
}

async function keepAuthority(
  folder: string,
  sender: DevSupplier,
  now: Date,
  passphrase: string | undefined,
): Promise<Issuer> {
  const files = authorityFilesIn(folder);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    try {
      const [keyPem, certificatePem] = [files.issuingKeyFile, files.issuingFile].map((one) =>
        readFileSync(one, 'utf8'),
      );
      const given = { keyPem: keyPem ?? '', certificatePem: certificatePem ?? '' };
      return loadIssuer(passphrase === undefined ? given : { ...given, passphrase }, now);
    } catch (cause) {
      const why = (cause as Error).message;
      throw new Fault('certificate-invalid', `the authority in ${folder} cannot be used: ${why}`, { cause });
    }
  const { issuing, issuer } = await makeAuthority({ organisation: sender.name, environment: 'test', now });
  // The root's key is kept by nobody.
  writeFolderOnce(folder, [
    { path: files.rootFile, text: issuer.chain.at(-1)?.pem ?? '', secret: false },
    { path: files.issuingFile, text: issuing.certificatePem, secret: false },
    { path: files.caFile, text: trustOf(issuer), secret: false },
    { path: files.issuingKeyFile, text: issuing.keyPem, secret: true },
  ]);
  return issuer;
}
