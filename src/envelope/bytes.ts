/** From what the store keeps (head and document) to the exact bytes of the envelope, and never to any others. */
import { Fault } from '../domain/fault.ts';
import type { EnvelopeFormat } from '../domain/message.ts';
import { assembleCloudEvents } from './cloudevents.ts';
import { sha256Hex } from './hash.ts';
import { assembleSfti } from './sfti/head.ts';

const assemblers: Readonly<Record<EnvelopeFormat, (head: string, document: Uint8Array) => Buffer>> = {
  cloudevents: assembleCloudEvents,
  sfti: assembleSfti,
};

/** Head and document put together. The same head and document give the same bytes, always. */
export function assemble(head: string, document: Uint8Array, format: EnvelopeFormat): Buffer {
  return assemblers[format](head, document);
}

/**
 * Rebuilds the exact bytes that were signed.
 * @param sha256 lower-case hex, as `seal()` gave it
 * @throws Fault `envelope-changed` if the bytes are not those that were recorded: nothing may be sent then.
 */
export function envelopeBytes(
  head: string,
  document: Uint8Array,
  sha256: string,
  format: EnvelopeFormat = 'cloudevents',
): Buffer {
  const bytes = assemble(head, document, format);
  const found = sha256Hex(bytes);
  if (found !== sha256)
    throw new Fault('envelope-changed', undefined, {
      findings: [
        {
          where: 'envelope',
          rule: 'sha256',
          text: 'head and document as stored do not make up the envelope that was signed',
          expected: sha256,
          found,
        },
      ],
    });
  return bytes;
}
