/** What an authority answered to a request of ours, looked at before it is kept. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import type { Certificate } from './certificate.ts';
import { constraintsOf } from './constraints.ts';
import { judgeChain, judgeUsage } from './judge-peer.ts';

export interface Expected {
  /** PEM: the key that the request was made for. */
  readonly keyPem: string;
  /** Whom we trust to issue. */
  readonly authorities: readonly Certificate[];
  /** The certificate that is renewed; undefined: a first one. */
  readonly renews?: Certificate;
  readonly now: Date;
}

export interface Issued {
  readonly certificate: Certificate;
  /** It, and those between it and a root, in order: what a TLS endpoint shows. */
  readonly chain: readonly Certificate[];
}

/**
 * Takes the certificate out of an answer (RFC 7030 §4.2.3).
 * @throws Fault `authority-not-trusted` with a sentence: not exactly one certificate, another key, another authority, another
 *   organisation, out of its dates
 */
export function takeIssued(answered: readonly Certificate[], { keyPem, authorities, renews, now }: Expected): Issued {
  const [certificate, ...more] = answered.filter(({ isAuthority }) => !isAuthority);
  if (certificate === undefined || more.length > 0)
    throw wrong(`the answer holds ${answered.length - countAuthorities(answered)} certificates where one is expected`);
  const publicKey = createPublicKey(createPrivateKey(keyPem)).export({ format: 'der', type: 'spki' });
  if (!certificate.publicKeySpki.equals(publicKey))
    throw wrong(`the certificate in the answer (${certificate.subject}) is for another key than ours`);
  const others = [...answered, ...authorities].map(({ x509 }) => x509);
  const trusts = authorities.map(({ x509 }) => x509);
  const refusal = judgeChain(certificate.x509, others, trusts, now);
  if (refusal !== undefined) throw wrong(`the certificate in the answer is not one that we can use: ${refusal}`);
  if (renews !== undefined && !sameOrganisation(certificate, renews))
    throw wrong(`the new certificate is for ${certificate.subject}, and the one that it follows for ${renews.subject}`);
  return { certificate, chain: chainFrom(certificate, [...authorities, ...answered]) };
}

const countAuthorities = (all: readonly Certificate[]): number => all.filter(({ isAuthority }) => isAuthority).length;

function sameOrganisation(one: Certificate, other: Certificate): boolean {
  const [ours, theirs] = [one, other].map(({ x509 }) => constraintsOf(x509).organisationIdentifiers.join(' '));
  return ours === theirs;
}

/** Up to the root, and without it: whoever trusts it has it. */
function chainFrom(certificate: Certificate, authorities: readonly Certificate[]): readonly Certificate[] {
  const chain = [certificate];
  for (let last: Certificate | undefined = certificate; last !== undefined; ) {
    const below: Certificate = last;
    last = authorities.find(
      (one) =>
        one.isAuthority &&
        one.subject !== one.issuer &&
        !chain.some(({ fingerprint }) => fingerprint === one.fingerprint) &&
        below.x509.checkIssued(one.x509) &&
        below.x509.verify(one.x509.publicKey),
    );
    if (last !== undefined) chain.push(last);
  }
  return chain;
}

/** What its extended key usage lets it be used for, as TLS names the roles. */
export function usesOf({ x509 }: Certificate): { readonly server: boolean; readonly client: boolean } {
  return { server: judgeUsage(x509, 'server') === undefined, client: judgeUsage(x509, 'client') === undefined };
}

const wrong = (why: string): Fault =>
  new Fault('authority-not-trusted', `${why}; it was not kept, and nothing was changed`);
