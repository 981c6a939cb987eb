/** The envelope as CloudEvents 1.0 in structured JSON: `head` + base64 of the document + `"}`. */
import { Fault, type Finding } from '../domain/fault.ts';
import type { EnvelopeContent } from './content.ts';
import { eventType, type Facts, sequenceText } from './facts.ts';
import { finding, malformed } from './findings.ts';
import { sha256Hex } from './hash.ts';
import { type EnvelopeAttributes, schemaFindings } from './schema.ts';

const tail = '"}';

/** A CloudEvents 1.0 JSON object, open inside its last member, `data_base64`. */
export function cloudEventsHead(facts: Facts): string {
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

/** Head and document put together. */
export function assembleCloudEvents(head: string, document: Uint8Array): Buffer {
  const data = Buffer.from(document.buffer, document.byteOffset, document.byteLength).toString('base64');
  const headBytes = Buffer.byteLength(head, 'utf8');
  const bytes = Buffer.allocUnsafe(headBytes + data.length + tail.length);
  bytes.write(head, 0, 'utf8');
  bytes.write(data, headBytes, 'latin1');
  bytes.write(tail, headBytes + data.length, 'latin1');
  return bytes;
}

/** @throws Fault `envelope-malformed` if its form is not right */
export function readCloudEvents(bytes: Uint8Array): EnvelopeContent {
  let value: unknown;
  try {
    // A byte-order mark is not JSON (RFC 8259 §8.1), and bytes that are not UTF-8 must not turn into question marks.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new Fault(
      'envelope-malformed',
      `the envelope is neither XML nor JSON in UTF-8: ${(cause as Error).message}`,
      { cause },
    );
  }
  const findings = schemaFindings(value);
  if (findings.length > 0) throw malformed(findings);
  const attributes = value as EnvelopeAttributes;
  const document = Buffer.from(attributes.data_base64, 'base64');
  return { format: 'cloudevents', attributes, document, findings: documentFindings(attributes, document) };
}

function documentFindings(attributes: EnvelopeAttributes, document: Buffer): Finding[] {
  // Buffer skips what is no base64; two texts for one document would be two envelopes for one message.
  if (document.toString('base64') !== attributes.data_base64)
    return [finding('data_base64', 'base64', 'is not base64 with padding and without line breaks (RFC 4648 §4)')];
  const found = sha256Hex(document);
  if (found === attributes.documentsha256) return [];
  return [finding('documentsha256', 'sha256', 'is not that of the document', attributes.documentsha256, found)];
}
