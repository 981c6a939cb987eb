/** A supplier's own certificate, for people and for programs. */
import { join } from 'node:path';
import type { Certificate } from '../../pki/certificate.ts';
import { usesOf } from '../../pki/issued.ts';
import { facts, moment } from '../table.ts';

export interface Shown {
  readonly result: 'enrolled' | 'renewed' | 'not-due';
  readonly folder: string;
  readonly certificate: Certificate;
  readonly bundle?: string | undefined;
}

export function showCertificate({ folder, certificate, bundle }: Shown): string {
  const { subject, dnsNames, notAfter, fingerprint } = certificate;
  const uses = usesOf(certificate);
  const purposes = [uses.server && 'an endpoint that is pushed to', uses.client && 'a program that fetches'];
  return facts([
    ['Whose', subject],
    ['For', purposes.filter(Boolean).join(', and ')],
    ['Host names', dnsNames.length === 0 ? undefined : dnsNames.join(', ')],
    ['Until (UTC)', moment(notAfter)],
    ['SHA-256', fingerprint],
    ['Key', join(folder, 'key.pem')],
    ['Certificate', `${join(folder, 'chain.pem')} (with those above it; alone: certificate.pem)`],
    ['Authorities', join(folder, 'ca.pem')],
    ['Bundle', bundle],
  ]);
}

/** What `--json` prints. */
export function certificateFacts({ result, folder, certificate, bundle }: Shown) {
  const { subject, issuer, serial, fingerprint, dnsNames, notBefore, notAfter } = certificate;
  return {
    result,
    certificate: { fingerprint, subject, issuer, serial, dnsNames, notBefore, notAfter, uses: usesOf(certificate) },
    files: {
      key: join(folder, 'key.pem'),
      certificate: join(folder, 'certificate.pem'),
      chain: join(folder, 'chain.pem'),
      authorities: join(folder, 'ca.pem'),
      bundle: bundle ?? null,
    },
  };
}
