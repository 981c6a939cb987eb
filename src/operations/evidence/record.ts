/** The record of the message as it lies in evidence. */
import type { OpenedEnvelope } from '../../envelope/open.ts';
import { type Claim, proven, wrong } from './claims.ts';
import { type EvidenceFiles, type Part, partOf, parts } from './files.ts';

export interface EvidenceRecordFile {
  readonly id: string;
  readonly recipient: string;
  readonly sequence: number;
  readonly messageType: string;
  readonly documentNumber: string;
  readonly environment: string;
  readonly documentSha256: string;
  readonly envelopeSha256: string;
  readonly keyThumbprint: string;
  readonly sealedAt: Date;
}

/** Reads what the other steps need; what is no JSON, or not of the right form, is wrong. */
export function readRecord(files: EvidenceFiles): {
  readonly record: EvidenceRecordFile | undefined;
  readonly claims: readonly Claim[];
} {
  const claims: Claim[] = [];
  for (const part of ['deliveries', 'attempts'] as const)
    if (!Array.isArray(jsonOf(files, part))) claims.push(wrong('record', `${parts[part][0]} is no JSON list.`));
  // Evidence that is older than fetching has none of these.
  for (const part of ['receipts', 'collections'] as const)
    if (partOf(files, part) !== undefined && !Array.isArray(jsonOf(files, part)))
      claims.push(wrong('record', `${parts[part][0]} is no JSON list.`));
  if (!isObject(jsonOf(files, 'made'))) claims.push(wrong('record', 'export.json is no JSON object.'));
  const record = recordOf(jsonOf(files, 'message'));
  if (record === undefined) claims.push(wrong('message', 'message.json is not the record of a sealed message.'));
  return { record, claims };
}

export interface Withdrawal {
  readonly at: string;
  readonly as: string;
}

/** What whoever made the evidence says of the signing certificate; undefined: it was not withdrawn then. */
export function withdrawalIn(files: EvidenceFiles): Withdrawal | undefined {
  const made = jsonOf(files, 'made');
  const said = isObject(made) ? made['signingCertificateWithdrawn'] : undefined;
  return isObject(said) ? { at: String(said['at']), as: String(said['as']) } : undefined;
}

/** Undefined when it is no JSON. */
export function jsonOf(files: EvidenceFiles, part: Part): unknown {
  try {
    return JSON.parse(partOf(files, part)?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): EvidenceRecordFile | undefined {
  if (!isObject(value)) return undefined;
  const envelope = value['envelope'];
  if (!isObject(envelope)) return undefined;
  const texts = {
    id: value['id'],
    recipient: value['organisation_number'],
    messageType: value['message_type'],
    documentNumber: value['document_number'],
    environment: value['environment'],
    documentSha256: value['document_sha256'],
    envelopeSha256: envelope['sha256'],
    keyThumbprint: envelope['keyThumbprint'],
  };
  const sequence = value['sequence'];
  const sealedAt = new Date(String(envelope['sealedAt']));
  if (Object.values(texts).some((text) => typeof text !== 'string')) return undefined;
  if (typeof sequence !== 'number' || Number.isNaN(sealedAt.getTime())) return undefined;
  return { ...(texts as Record<keyof typeof texts, string>), sequence, sealedAt };
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether the gateway's record tells of the same message as the signed envelope. */
export function about(record: EvidenceRecordFile, opened: OpenedEnvelope, envelopeSha256: string): Claim {
  const differing = Object.entries({
    id: [record.id, opened.id],
    recipient: [record.recipient, opened.recipient],
    sequence: [String(record.sequence), String(opened.sequence)],
    'message type': [record.messageType, opened.messageType],
    'document number': [record.documentNumber, opened.documentNumber],
    environment: [record.environment, opened.environment],
    'SHA-256 of the document': [record.documentSha256, opened.documentSha256],
    'SHA-256 of the envelope': [record.envelopeSha256, envelopeSha256],
    'signing key': [record.keyThumbprint, opened.keyThumbprint],
  }).filter(([, [recorded, signed]]) => recorded !== signed);
  if (differing.length === 0) return proven('message', 'The record of the message says what the signed envelope says.');
  return wrong(
    'message',
    `The record of the message is not that of the signed envelope: ${differing
      .map(([name, [recorded, signed]]) => `${name} is ${recorded} there and ${signed} in the envelope`)
      .join('; ')}.`,
  );
}
