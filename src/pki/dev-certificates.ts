/** Everything in keys and certificates that a gateway on a developer's machine needs, written to a folder. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { readCertificates } from './certificate.ts';
import { createDevAuthority, type DevAuthority, type DevCredential, issueDevCertificate } from './dev-authority.ts';

export interface DevSupplier {
  readonly name: string;
  readonly organisationNumber: OrganisationNumber;
}

export interface CredentialFiles {
  readonly keyFile: string;
  /** Certificate and chain. */
  readonly certificateFile: string;
}

/** Where everything lies. */
export interface DevCertificateFiles {
  /** The authority's certificate; its key is kept beside it, so that more can be issued by hand. */
  readonly caFile: string;
  readonly client: CredentialFiles;
  readonly supplierListener: CredentialFiles;
  readonly signing: CredentialFiles;
  readonly suppliers: ReadonlyMap<OrganisationNumber, CredentialFiles>;
}

/** Paths of what was written, and the credentials themselves. */
export interface DevCertificates extends DevCertificateFiles {
  readonly authority: DevAuthority;
  readonly client: CredentialFiles & DevCredential;
  readonly supplierListener: CredentialFiles & DevCredential;
  readonly signing: CredentialFiles & DevCredential;
  readonly suppliers: ReadonlyMap<OrganisationNumber, CredentialFiles & DevCredential>;
}

/** Here, and under the name that docker-compose.yml gives it. */
const listener = { dnsNames: ['localhost', 'gateway'], ipAddresses: ['127.0.0.1', '::1'] } as const;
const loopback = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] } as const;

/**
 * Makes a new authority and, under it, the gateway's client certificate, the supplier listener's, the signing key's
 * and one for each supplier (as server and client). What lay in the folder under the same names is replaced.
 * Keys are readable by their owner only.
 */
export async function writeDevCertificates(
  folder: string,
  suppliers: readonly DevSupplier[],
  sender: DevSupplier,
): Promise<DevCertificates> {
  mkdirSync(folder, { recursive: true });
  const authority = await createDevAuthority();
  const { caFile } = filesIn(folder, suppliers);
  writeFileSync(caFile, authority.certificatePem);
  writeKey(join(folder, 'ca.key.pem'), authority.keyPem);
  const write = async (
    file: string,
    request: Parameters<typeof issueDevCertificate>[1],
  ): Promise<CredentialFiles & DevCredential> => {
    const credential = await issueDevCertificate(authority, request);
    const files = pairOf(folder, file);
    writeKey(files.keyFile, credential.keyPem);
    writeFileSync(files.certificateFile, credential.chainPem);
    return { ...credential, ...files };
  };
  return {
    authority,
    caFile,
    client: await write('gateway-client', { ...sender, usages: ['clientAuth'] }),
    supplierListener: await write('supplier-listener', { ...sender, ...listener, usages: ['serverAuth'] }),
    signing: await write('signing', { ...sender, name: `${sender.name} kuvertsigill`, usages: ['signing'] }),
    suppliers: new Map(
      await Promise.all(
        suppliers.map(
          async (supplier) =>
            [
              supplier.organisationNumber,
              await write(`supplier-${supplier.organisationNumber}`, { ...supplier, ...loopback }),
            ] as const,
        ),
      ),
    ),
  };
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

function filesIn(folder: string, suppliers: readonly DevSupplier[]): DevCertificateFiles {
  return {
    caFile: join(folder, 'ca.pem'),
    client: pairOf(folder, 'gateway-client'),
    supplierListener: pairOf(folder, 'supplier-listener'),
    signing: pairOf(folder, 'signing'),
    suppliers: new Map(
      suppliers.map(({ organisationNumber }) => [organisationNumber, pairOf(folder, `supplier-${organisationNumber}`)]),
    ),
  };
}

/** What is kept must be good for so long yet, or all of it is made anew; milliseconds. */
const goodFor = 7 * 86_400_000;

/**
 * The certificates that lie in the folder, when all are there and good for a week yet; else new ones. For a gateway whose
 * data outlive its runs: what was registered and signed in an earlier run is still right in the next.
 */
export async function keepDevCertificates(
  folder: string,
  suppliers: readonly DevSupplier[],
  sender: DevSupplier,
  now: Date,
): Promise<DevCertificateFiles> {
  const files = filesIn(folder, suppliers);
  const pairs = [files.client, files.supplierListener, files.signing, ...files.suppliers.values()];
  const certificates = [files.caFile, ...pairs.map(({ certificateFile }) => certificateFile)];
  const isThere = [...certificates, ...pairs.map(({ keyFile }) => keyFile)].every((file) => existsSync(file));
  const isGood = (file: string): boolean =>
    readCertificates(readFileSync(file, 'utf8'), file).every(
      ({ notAfter }) => notAfter.getTime() - now.getTime() > goodFor,
    );
  return isThere && certificates.every(isGood) ? files : writeDevCertificates(folder, suppliers, sender);
}
