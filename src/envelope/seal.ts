/** Facts and a document become a signed envelope. Called once per message, at its first exposure; kept for ever after. */
import { Fault } from '../domain/fault.ts';
import type { EnvelopeFormat } from '../domain/message.ts';
import { assemble } from './bytes.ts';
import { cloudEventsHead } from './cloudevents.ts';
import type { Facts } from './facts.ts';
import { sha256Hex } from './hash.ts';
import { sftiHead } from './sfti/head.ts';
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
 * @throws Fault `envelope-changed` if the document is not the one whose hash the facts name · `format-not-possible` if it cannot
 *   be put in an envelope of that format
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
  if (!timePattern.test(facts.eventTime)) throw new Error(`event time “${facts.eventTime}” is not RFC 3339 in UTC`);
  const head = format === 'sfti' ? sftiHead(facts, document) : cloudEventsHead(facts);
  const bytes = assemble(head, document, format);
  return {
    format,
    head,
    signature: await signer.sign(bytes),
    sha256: sha256Hex(bytes),
    keyThumbprint: signer.keyThumbprint,
  };
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
