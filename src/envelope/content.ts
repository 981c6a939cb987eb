/** What is found in an envelope, whatever its format. */
import type { Finding } from '../domain/fault.ts';
import type { EnvelopeFormat } from '../domain/message.ts';
import type { EnvelopeAttributes } from './schema.ts';

export interface EnvelopeContent {
  readonly format: EnvelopeFormat;
  readonly attributes: EnvelopeAttributes;
  /** Byte for byte as the sender wrote it. */
  readonly document: Buffer;
  /** Where the envelope does not tell the truth about the document. */
  readonly findings: readonly Finding[];
}
