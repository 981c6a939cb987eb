/** Whose signature it is. */
import { Fault } from '../../domain/fault.ts';
import { keyStayedOurs } from '../../domain/revocation.ts';
import { isP256, jwkThumbprint } from '../../envelope/keys.ts';
import { type Certificate, readCertificates } from '../../pki/certificate.ts';
import { constraintsOf } from '../../pki/constraints.ts';
import { judgeChain } from '../../pki/judge-peer.ts';
import { type Claim, proven, type Trust, unproven, wrong } from './claims.ts';
import { type EvidenceFiles, partOf } from './files.ts';
import type { Withdrawal } from './record.ts';

/** The certificates in the evidence. Undefined, and a claim more, when there is none that can be used. */
export function readSigning(files: EvidenceFiles, claims: Claim[]): readonly Certificate[] | undefined {
  const pem = partOf(files, 'certificates');
  if (pem === undefined) {
    claims.push(
      wrong(
        'signature',
        'The signature could not be checked: there is no signing certificate in the evidence; give the gateway’s with --cert.',
      ),
    );
    return undefined;
  }
  try {
    return readCertificates(pem.toString('latin1'), 'signing-certificates.pem');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    claims.push(wrong('signature', `The signature could not be checked: ${error.message}.`));
    return undefined;
  }
}

/** @param sealedAt when it was signed, by the record: the certificate must have been in its dates then, not now. */
export function judgeSigner(
  certificates: readonly Certificate[],
  thumbprint: string,
  trust: Trust,
  sealedAt: Date | undefined,
): Claim {
  const own = certificates.find(({ x509 }) => isP256(x509.publicKey) && jwkThumbprint(x509.publicKey) === thumbprint);
  if (own === undefined) return wrong('signer', 'No certificate of the key that signed is here.');
  const named = `${own.subject} (certificate ${own.fingerprint})`;
  if (trust.authorities !== undefined) {
    const others = certificates.filter((one) => one !== own).map(({ x509 }) => x509);
    const authorities = trust.authorities.map(({ x509 }) => x509);
    const why = judgeChain(own.x509, others, authorities, sealedAt ?? own.notBefore);
    if (why !== undefined) return wrong('signer', `The signing certificate is not of the given authorities: ${why}.`);
    if (isForTls(own))
      return unproven('signer', `${named} is of the given authorities, but is meant for TLS and not for signatures.`);
    return proven(
      'signer',
      `The key is that of ${named}; it leads to the given authorities and was in its dates when the record says that it signed. See that this is the gateway: anybody with a certificate of theirs can sign.`,
    );
  }
  if (trust.certificate !== undefined) return proven('signer', `The key is that of the given certificate, ${named}.`);
  return unproven(
    'signer',
    `Whose key it is: the evidence itself brings the certificate, ${named}. Give --ca or --cert with what you got from the gateway itself.`,
  );
}

/**
 * A signature proves nothing of the time when it was made: once somebody else may have the key, what speaks for it is
 * the record, and who got the envelope.
 */
export function judgeWithdrawal(signer: Claim, withdrawal: Withdrawal | undefined): Claim {
  if (withdrawal === undefined || keyStayedOurs(withdrawal.as) || signer.verdict !== 'proven') return signer;
  return unproven(
    'signer',
    `${signer.text} But the certificate was withdrawn at ${withdrawal.at} (${withdrawal.as}): somebody else may have had its key, and could have signed anything with it since. Compare with what the supplier has, and when it got it.`,
  );
}

/** RFC 5280 §4.2.1.12: purposes that are listed, and nothing but TLS among them. */
function isForTls({ x509 }: Certificate): boolean {
  const { purposes } = constraintsOf(x509);
  const tls = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];
  return purposes !== undefined && purposes.length > 0 && purposes.every((one) => tls.includes(one));
}
