/** From what the store knows about a message to the files that prove it. */
import { Fault } from '../../domain/fault.ts';
import { envelopeBytes } from '../../envelope/bytes.ts';
import { envelopeMediaTypes } from '../../envelope/facts.ts';
import { isP256, jwkThumbprint } from '../../envelope/keys.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { type EnvelopeRecord, type EvidenceRecord, readEvidence } from '../../store/evidence.ts';
import type { Pool } from '../../store/pool.ts';
import { type EvidenceFiles, evidenceFormat, evidenceJson, manifestName, manifestOf, nameFor } from './files.ts';

export interface EvidenceOrder {
  readonly messageId: string;
  /** Certificates of the signing keys, old ones too, with their chains, in the files' order. */
  readonly certificates: readonly (readonly Certificate[])[];
  /** By fingerprint: those that were withdrawn, and why (RFC 5280 §5.3.1). */
  readonly withdrawn?: ReadonlyMap<string, { readonly at: Date; readonly as: string }>;
  readonly madeBy: string;
  readonly version: string;
  readonly now: Date;
}

export interface Collected {
  readonly files: EvidenceFiles;
  /** False: no certificate of the key that signed was at hand, so the evidence does not say whose key that is. */
  readonly hasCertificate: boolean;
}

/**
 * Reads everything in one snapshot, and rebuilds the envelope's exact bytes.
 * @throws Fault `not-found` · `not-possible-now` when it was never sealed, or its content is not kept any more ·
 *   `envelope-changed` when what is stored does not make up what was signed
 */
export async function collectEvidence(pool: Pool, order: EvidenceOrder): Promise<Collected> {
  const record = await readEvidence(pool, order.messageId);
  if (record === undefined) throw new Fault('not-found', `there is no message ${order.messageId}`);
  const { envelope, document } = requireWhole(record, order.messageId);
  const certificates = chainOf(order.certificates, envelope.keyThumbprint);
  const { format, keyThumbprint, sha256, sealedAt } = envelope;
  const [signing] = certificates;
  const withdrawn = signing && order.withdrawn?.get(signing.fingerprint);
  const files = new Map<string, Buffer>([
    [
      nameFor('envelope', envelopeMediaTypes[format]),
      envelopeBytes(envelope.head, document, envelope.sha256, envelope.format),
    ],
    ['signature.jws', Buffer.from(envelope.signature)],
    [nameFor('document', record.mediaType), document],
    ['message.json', evidenceJson({ ...record.message, envelope: { format, sha256, keyThumbprint, sealedAt } })],
    ['deliveries.json', evidenceJson(record.deliveries)],
    ['attempts.json', evidenceJson(record.attempts)],
    ['receipts.json', evidenceJson(record.receipts)],
    ['collections.json', evidenceJson(record.collections)],
    ['audit.json', evidenceJson({ head: record.auditHead, checkpoint: record.auditCheckpoint, rows: record.audit })],
    [
      'export.json',
      evidenceJson({
        format: evidenceFormat,
        madeAt: order.now.toISOString(),
        madeBy: order.madeBy,
        kuvert: order.version,
        ...(withdrawn && { signingCertificateWithdrawn: { at: withdrawn.at.toISOString(), as: withdrawn.as } }),
      }),
    ],
  ]);
  if (certificates.length > 0)
    files.set('signing-certificates.pem', Buffer.from(certificates.map(({ pem }) => pem).join('')));
  files.set(manifestName, manifestOf(files));
  return { files, hasCertificate: certificates.length > 0 };
}

function requireWhole(
  { envelope, document }: EvidenceRecord,
  messageId: string,
): { readonly envelope: EnvelopeRecord; readonly document: Buffer } {
  if (envelope === undefined)
    throw new Fault(
      'not-possible-now',
      `message ${messageId} is not sealed yet: it has never left the house, so there is no envelope to prove`,
    );
  if (document === undefined)
    throw new Fault('not-possible-now', `the content of message ${messageId} is not kept any more`);
  return { envelope, document };
}

/** The certificate of the key that signed, first, and those that lie in the same file: its chain. */
function chainOf(texts: readonly (readonly Certificate[])[], thumbprint: string): readonly Certificate[] {
  for (const text of texts) {
    const own = text.find(({ x509 }) => isP256(x509.publicKey) && jwkThumbprint(x509.publicKey) === thumbprint);
    if (own === undefined) continue;
    // Old signing keys share a file; those are no part of this chain.
    return [own, ...text.filter((one) => one !== own && one.isAuthority)];
  }
  return [];
}
