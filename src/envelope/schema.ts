/** The envelope's form: schemas/envelope/1.json. */
import type { Finding } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import { loadSchema, type Schema } from '../platform/schema/schema.ts';

/** What an envelope says, in CloudEvents' names, once the schema has let it through; an SFTI envelope says the same. */
export interface EnvelopeAttributes {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: string;
  readonly dataschema: string;
  readonly sequence: string;
  readonly environment: Environment;
  readonly documentsha256: string;
  readonly senderorgnumber?: string;
  readonly recipientorgnumber: string;
  readonly recipientcertificate?: string;
  readonly recipienturl?: string;
  readonly correlationid?: string;
  readonly traceparent?: string;
  readonly data_base64: string;
}

/** Compiled when the first envelope is opened: a gateway that only seals never needs it. */
let compiled: Schema | undefined;

/** Everything in which the value is not an envelope. */
export function schemaFindings(value: unknown): readonly Finding[] {
  compiled ??= loadSchema('envelope/1.json', 'envelope-1');
  return compiled.check(value);
}
