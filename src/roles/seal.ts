/** Sealing with the settings' words: the same for what is pushed and for what is fetched. */
import { Fault } from '../domain/fault.ts';
import { seal } from '../envelope/seal.ts';
import type { Signer } from '../envelope/signer.ts';
import type { Settings } from '../platform/config/settings.ts';
import type { DueDelivery, StoredEnvelope } from '../store/lane/due.ts';
import type { LaneTarget } from '../store/lane/target.ts';

type Sealable = Omit<DueDelivery, 'deliveryId' | 'failures' | 'refusedBefore' | 'principal' | 'envelope'>;
type SealTarget = Pick<LaneTarget, 'envelopeFormat' | 'certificate'> & { readonly url: string | undefined };

/** @returns a Fault when this message cannot be sealed as it is. */
export async function sealOrFault(
  settings: Pick<Settings, 'source' | 'senderOrganisation'>,
  signer: Signer,
  due: Sealable,
  target: SealTarget,
): Promise<StoredEnvelope | Fault> {
  try {
    return await seal(
      signer,
      {
        ...due,
        id: due.messageId,
        format: target.envelopeFormat,
        source: settings.source,
        senderOrganisation: settings.senderOrganisation,
        recipientCertificate: target.certificate,
        recipientUrl: target.url,
        correlationId: due.correlationId ?? undefined,
        traceparent: due.traceparent ?? undefined,
      },
      due.document,
    );
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}
