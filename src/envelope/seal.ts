/** Facts and a document become a signed envelope. Called once per message, at its first exposure; kept for ever after. */
import { Fault } from '../domain/fault.ts';
import { assemble, sha256Hex } from './bytes.ts';
import { type EnvelopeFormat, eventType, type Facts, sequenceText } from './facts.ts';
import type { Signer } from './signer.ts';

/** What the store keeps of an envelope, beside the document. */
export interface Sealed {
  readonly format: EnvelopeFormat;
  /** Everything that comes before the document. */
  readonly head: string;
  /** Detached JWS, compact with an empty payload. */
  readonly signature: string;
  /** SHA-256 of the whole envelope, lower-case hex. */
  readonly sha256: string;
  /** RFC 7638 thumbprint of the key that signed. */
  readonly keyThumbprint: string;
}

/**
 * Builds the envelope around the document and signs its exact bytes.
 * @throws Fault `envelope-changed` if the document is not the one whose hash the facts name
 */
export async function seal(signer: Signer, facts: Facts, document: Uint8Array): Promise<Sealed> {
  // 1. The right document: a signature over other bytes could never be taken back.
  const documentSha256 = sha256Hex(document);
  if (documentSha256 !== facts.documentSha256)
    throw new Fault('envelope-changed', 'the document is not the one that was accepted; it is not signed', {
      findings: [
        {
          where: 'documentsha256',
          rule: 'sha256',
          text: `the stored document of ${facts.id} has changed since it was accepted`,
          expected: facts.documentSha256,
          found: documentSha256,
        },
      ],
    });
  // 2. Head, then the whole as it will be on the wire: signed is what is sent.
  const format = facts.format ?? 'cloudevents';
  const head = headOf(facts);
  const bytes = assemble(head, document, format);
  return {
    format,
    head,
    signature: await signer.sign(bytes),
    sha256: sha256Hex(bytes),
    keyThumbprint: signer.keyThumbprint,
  };
}

/** A CloudEvents 1.0 JSON object, open inside its last member, `data_base64`. */
function headOf(facts: Facts): string {
  if (!timePattern.test(facts.eventTime)) throw new Error(`event time “${facts.eventTime}” is not RFC 3339 in UTC`);
  const attributes = {
    specversion: '1.0',
    id: facts.id,
    source: facts.source,
    type: eventType(facts.messageType),
    subject: facts.documentNumber,
    time: facts.eventTime,
    datacontenttype: facts.mediaType,
    dataschema: facts.dataSchema,
    sequence: sequenceText(facts.sequence),
    environment: facts.environment,
    documentsha256: facts.documentSha256,
    senderorgnumber: facts.senderOrganisation,
    recipientorgnumber: facts.recipient,
    recipientcertificate: facts.recipientCertificate,
    recipienturl: facts.recipientUrl,
    correlationid: facts.correlationId,
    traceparent: facts.traceparent,
  };
  return `${JSON.stringify(attributes).slice(0, -1)},"data_base64":"`;
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
