/** Certificate revocation lists (RFC 5280 §5), for outsiders: inside, the register decides. */
import 'reflect-metadata';
import { X509Certificate as Parsed } from '@peculiar/x509';
import type { Issuer } from './authority.ts';
import { context, encode, extension, integer, sequence, time } from './der.ts';
import { algorithmOf, signAs } from './sign-as.ts';

/** RFC 5280 §5.3.1; those that a supplier's certificate can have. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'privilegeWithdrawn';

const codes: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
};

export const revocationReasons = Object.keys(codes) as readonly RevocationReason[];

export interface Revocation {
  /** Hex. */
  readonly serial: string;
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
}

export interface RevocationListRequest {
  /** CRL number: greater than that of every list before. */
  readonly number: bigint | number;
  readonly thisUpdate: Date;
  /** No program trusts the list after that. */
  readonly nextUpdate: Date;
  readonly entries: readonly Revocation[];
}

/** Signs the list. @returns DER, as it is published (RFC 5280 §4.2.1.13) */
export async function makeRevocationList(issuer: Issuer, request: RevocationListRequest): Promise<Buffer> {
  const entries = request.entries.map(({ serial, revokedAt, reason }) =>
    sequence(
      integer(BigInt(`0x${serial}`)),
      time(revokedAt),
      // §5.3.1: “unspecified” is said by saying nothing.
      ...(reason === 'unspecified'
        ? []
        : [sequence(extension('2.5.29.21', encode(enumerated, Buffer.of(codes[reason]))))]),
    ),
  );
  const body = sequence(
    // v2, which extensions demand.
    integer(1),
    algorithmOf(issuer),
    Buffer.from(new Parsed(issuer.certificate.x509.raw).subjectName.toArrayBuffer()),
    time(request.thisUpdate),
    time(request.nextUpdate),
    // §5.1.2.6: no empty list.
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    context(
      0,
      sequence(
        extension('2.5.29.35', sequence(encode(keyIdentifier, issuer.keyIdentifier))),
        extension('2.5.29.20', integer(request.number)),
      ),
    ),
  );
  return signAs(issuer, body);
}

const enumerated = 0x0a;
/** AuthorityKeyIdentifier.keyIdentifier, `[0] IMPLICIT OCTET STRING`. */
const keyIdentifier = 0x80;
