/** From what the store keeps (head and document) to the exact bytes of the envelope, and never to any others. */
import { createHash } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import type { EnvelopeFormat } from './facts.ts';

/** What comes after the document. A CloudEvents head ends inside the last member: `… "data_base64":"`. */
const tails: Readonly<Record<EnvelopeFormat, string>> = { cloudevents: '"}' };

/** Head and document put together. The same head and document give the same bytes, always. */
export function assemble(head: string, document: Uint8Array, format: EnvelopeFormat): Buffer {
  const tail = tails[format];
  const data = Buffer.from(document.buffer, document.byteOffset, document.byteLength).toString('base64');
  const headBytes = Buffer.byteLength(head, 'utf8');
  const bytes = Buffer.allocUnsafe(headBytes + data.length + tail.length);
  bytes.write(head, 0, 'utf8');
  bytes.write(data, headBytes, 'latin1');
  bytes.write(tail, headBytes + data.length, 'latin1');
  return bytes;
}

/** SHA-256 in lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
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
