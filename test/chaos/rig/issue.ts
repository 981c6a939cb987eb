/** Certificates for suppliers from the authority of the campaign, given out by hand: what an operator gets in a mail and imports. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, readCertificates } from '../../../src/pki/certificate.ts';
import type { CredentialFiles } from '../../../src/pki/dev-certificates.ts';
import { issueDevCertificate } from '../../support/dev-authority.ts';
import type { CastSupplier } from './suppliers.ts';

export interface Issue {
  (supplier: CastSupplier): Promise<CredentialFiles>;
  /** SHA-256 of the authority's certificate. */
  readonly authority: string;
}

/** @param folder where the authority's key is (src/pki/dev-certificates.ts), and where they are put */
export function issuerIn(folder: string): Issue {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const [issuing] = readCertificates(read('issuing.pem')) as [Certificate];
  const certificatePem = issuing.pem;
  const keyPem = read('issuing.key.pem');
  const authority = { keyPem, certificatePem, chainPem: certificatePem, rootPem: read('root.pem') };
  let issued = 0;
  const issue = async ({ org, name }: CastSupplier): Promise<CredentialFiles> => {
    const number = ++issued;
    const credential = await issueDevCertificate(authority, {
      name,
      organisationNumber: org,
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
    });
    const files = {
      keyFile: join(folder, `supplier-${org}-${number}.key.pem`),
      certificateFile: join(folder, `supplier-${org}-${number}.pem`),
    };
    writeFileSync(files.keyFile, credential.keyPem, { mode: 0o600 });
    writeFileSync(files.certificateFile, credential.chainPem);
    return files;
  };
  return Object.assign(issue, { authority: issuing.fingerprint });
}
