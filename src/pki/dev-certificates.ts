/** Everything in keys and certificates that a gateway on a developer's machine needs, written to a folder. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
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

/** Paths of what was written, and the credentials themselves. */
export interface DevCertificates {
  readonly authority: DevAuthority;
  /** The authority's certificate; its key is kept beside it, so that more can be issued by hand. */
  readonly caFile: string;
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
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, authority.certificatePem);
  writeKey(join(folder, 'ca.key.pem'), authority.keyPem);
  const write = async (
    file: string,
    request: Parameters<typeof issueDevCertificate>[1],
  ): Promise<CredentialFiles & DevCredential> => {
    const credential = await issueDevCertificate(authority, request);
    const files = { keyFile: join(folder, `${file}.key.pem`), certificateFile: join(folder, `${file}.pem`) };
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
