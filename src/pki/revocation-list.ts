/** Certificate revocation lists (RFC 5280 §5), for outsiders: inside, the register decides. */
import 'reflect-metadata';
import { type BaseBlock, Enumerated, Integer, OctetString } from 'asn1js';
import {
  AuthorityKeyIdentifier,
  CertificateRevocationList,
  Certificate as Encoded,
  Extension,
  Extensions,
  RevokedCertificate,
  Time,
  TimeType,
} from 'pkijs';
import type { RevocationReason } from '../domain/revocation.ts';
import type { Issuer } from './authority.ts';

/** RFC 5280 §5.3.1. */
const codes: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
};

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
  const { entries } = request;
  const list = new CertificateRevocationList({
    // v2, which extensions demand.
    version: 1,
    issuer: Encoded.fromBER(Uint8Array.from(issuer.certificate.x509.raw)).subject,
    thisUpdate: timeOf(request.thisUpdate),
    nextUpdate: timeOf(request.nextUpdate),
    // §5.1.2.6: no empty list.
    ...(entries.length === 0 ? {} : { revokedCertificates: entries.map(entryOf) }),
    crlExtensions: new Extensions({
      extensions: [
        extension('2.5.29.35', new AuthorityKeyIdentifier({ keyIdentifier: octets(issuer.keyIdentifier) }).toSchema()),
        extension('2.5.29.20', Integer.fromBigInt(request.number)),
      ],
    }),
  });
  await list.sign(issuer.signingKey, issuer.signingAlgorithm.hash);
  return Buffer.from(list.toSchema(true).toBER());
}

function entryOf({ serial, revokedAt, reason }: Revocation): RevokedCertificate {
  const code = new Enumerated({ value: codes[reason] });
  return new RevokedCertificate({
    userCertificate: Integer.fromBigInt(BigInt(`0x${serial}`)),
    revocationDate: timeOf(revokedAt),
    // §5.3.1: “unspecified” is said by saying nothing.
    ...(reason === 'unspecified'
      ? {}
      : { crlEntryExtensions: new Extensions({ extensions: [extension('2.5.29.21', code)] }) }),
  });
}

/** RFC 5280 §5.1.2.4: whole seconds, with two digits for the year up to 2049. */
const timeOf = (at: Date): Time =>
  new Time({ type: at.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime, value: at });
const octets = (bytes: Uint8Array): OctetString => new OctetString({ valueHex: Uint8Array.from(bytes) });
const extension = (extnID: string, value: BaseBlock): Extension => new Extension({ extnID, extnValue: value.toBER() });
