/** Whether the envelope of a message, put together again, is what was signed, and by which key of ours. */
import { Fault, type FaultCode } from '../domain/fault.ts';
import { envelopeBytes } from '../envelope/bytes.ts';
import { isP256, jwkThumbprint, keysOfCertificates } from '../envelope/keys.ts';
import { type OpenedEnvelope, openEnvelope } from '../envelope/open.ts';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { readSigned } from '../store/enrol/own-certificates.ts';
import { readContent } from '../store/operator/content.ts';
import type { Db } from '../store/pool.ts';

export interface EnvelopeCheck {
  /** `not-sealed`, `not-kept`: there is nothing to check. `key-unknown`: nobody has its certificate. `wrong`: it is not what was signed. */
  readonly verdict: 'genuine' | 'not-sealed' | 'not-kept' | 'key-unknown' | 'wrong';
  /** What is wrong with it. */
  readonly why: FaultCode | undefined;
  /** What the envelope says; only of a genuine one. */
  readonly opened: Omit<OpenedEnvelope, 'document'> | undefined;
  readonly bytes: number | undefined;
  readonly signer: Signer | undefined;
}

export interface Signer {
  readonly subject: string;
  readonly fingerprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly withdrawnAt: Date | undefined;
}

export interface OwnSigning {
  /** Lists of a signing certificate and its chain, old ones too. */
  readonly certificates: readonly (readonly Certificate[])[];
  /** By fingerprint. */
  readonly withdrawn: ReadonlyMap<string, { readonly at: Date; readonly as: string }>;
}

/** All certificates of our signing keys: those on record, and those that the settings name. */
export async function readOwnSigning(db: Db, named: readonly (readonly Certificate[])[]): Promise<OwnSigning> {
  const onRecord = (await readSigned(db)).map((one) => ({
    ...one,
    chain: readCertificates(one.pem, 'a certificate on record'),
  }));
  return {
    certificates: [...named, ...onRecord.map(({ chain }) => chain)],
    withdrawn: new Map(
      onRecord.flatMap(({ chain, withdrawnAt: at, as }) =>
        chain[0] === undefined || at === null ? [] : [[chain[0].fingerprint, { at, as: as ?? 'unspecified' }] as const],
      ),
    ),
  };
}

/** More than the largest envelope that settings allow. */
const mostBytes = 256 * 1_048_576;

/** @throws Fault `not-found` */
export async function checkEnvelope(db: Db, messageId: string, own: OwnSigning): Promise<EnvelopeCheck> {
  const content = await readContent(db, messageId);
  if (content === undefined) throw new Fault('not-found', `there is no message ${messageId}`);
  const { sealed, document } = content;
  const none = { why: undefined, opened: undefined, bytes: undefined, signer: undefined };
  if (sealed === undefined) return { verdict: 'not-sealed', ...none };
  if (document === undefined) return { verdict: 'not-kept', ...none };
  const certificate = own.certificates
    .flat()
    .find(({ x509 }) => isP256(x509.publicKey) && jwkThumbprint(x509.publicKey) === sealed.keyThumbprint);
  try {
    const bytes = envelopeBytes(sealed.head, document, sealed.sha256, sealed.format);
    if (certificate === undefined) return { verdict: 'key-unknown', ...none, bytes: bytes.length };
    const keys = keysOfCertificates([certificate.pem]);
    const { document: _, ...opened } = await openEnvelope(bytes, sealed.signature, { keys, mostBytes });
    const { subject, fingerprint, notBefore, notAfter } = certificate;
    const withdrawnAt = own.withdrawn.get(fingerprint)?.at;
    return {
      verdict: 'genuine',
      why: undefined,
      opened,
      bytes: bytes.length,
      signer: { subject, fingerprint, notBefore, notAfter, withdrawnAt },
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { verdict: 'wrong', ...none, why: error.code };
  }
}
