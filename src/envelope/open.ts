/** Opens an envelope for whoever receives one: signature over the exact bytes first, then what they say. */
import type { KeyObject } from 'node:crypto';
import { flattenedVerify } from 'jose';
import { Fault, type Finding } from '../domain/fault.ts';
import { type EnvelopeFormat, type Environment, type MessageType, messageTypes } from '../domain/message.ts';
import { type OrganisationNumber, parseOrganisationNumber } from '../domain/organisation-number.ts';
import { readCloudEvents } from './cloudevents.ts';
import { eventType } from './facts.ts';
import { finding, malformed } from './findings.ts';
import type { VerificationKeys } from './keys.ts';
import type { EnvelopeAttributes } from './schema.ts';
import { readSfti } from './sfti/read.ts';

export interface OpenOptions {
  /** Keys that may have signed: `keysOfJwks()` or `keysOfCertificates()`. */
  readonly keys: VerificationKeys;
  /** Largest envelope that is looked at, in bytes; default 16 MiB. */
  readonly mostBytes?: number;
  /** What this receiver is. Each that is given and does not agree is a finding: the envelope is not for me. */
  readonly expect?: {
    /** Organisation numbers that this receiver answers for: its own, and its principals' if it is an agent. */
    readonly recipients?: readonly OrganisationNumber[];
    readonly environment?: Environment;
    /** SHA-256 of the receiver's certificates, lower-case hex. */
    readonly certificates?: readonly string[];
  };
}

export interface OpenedEnvelope {
  readonly format: EnvelopeFormat;
  readonly id: string;
  readonly source: string;
  /** As on the wire, such as `se.arbetsformedlingen.ka.self-invoice.v1`. */
  readonly type: string;
  readonly messageType: MessageType;
  readonly documentNumber: string;
  /** RFC 3339, UTC, as on the wire. */
  readonly time: string;
  readonly sequence: bigint;
  readonly environment: Environment;
  readonly document: Buffer;
  readonly mediaType: string;
  readonly dataSchema: string;
  readonly documentSha256: string;
  readonly sender: string | undefined;
  readonly recipient: OrganisationNumber;
  readonly recipientCertificate: string | undefined;
  readonly recipientUrl: string | undefined;
  readonly correlationId: string | undefined;
  readonly traceparent: string | undefined;
  /** RFC 7638 thumbprint of the key that signed. */
  readonly keyThumbprint: string;
}

const defaultMostBytes = 16 * 1_048_576;
const mostSignatureCharacters = 4_096;
/** The store counts in signed 64-bit integers, and so may who receives. */
const mostSequence = 2n ** 63n - 1n;

/**
 * Verifies and reads an envelope.
 * @param bytes the body exactly as it came
 * @param signature the header `x-jws-signature`
 * @throws Fault `signature-invalid` · `signature-key-unknown` · `envelope-malformed` (with a finding for everything
 *   that is wrong, also when it is not for this receiver)
 */
export async function openEnvelope(
  bytes: Uint8Array,
  signature: string,
  options: OpenOptions,
): Promise<OpenedEnvelope> {
  // 1. A limit before any work.
  const mostBytes = options.mostBytes ?? defaultMostBytes;
  if (bytes.byteLength > mostBytes)
    throw malformed([
      finding('', 'size', 'the envelope is too large', `at most ${mostBytes} bytes`, `${bytes.byteLength}`),
    ]);
  // 2. The signature before the content: nothing is read out of bytes that nobody has signed.
  const keyThumbprint = await verifySignature(bytes, signature, options.keys);
  // 3. The form: only XML begins with `<`.
  const content = bytes[0] === 0x3c ? readSfti(bytes) : readCloudEvents(bytes);
  const { attributes, document } = content;
  // 4. Whether the envelope tells the truth about its document and is for us.
  const messageType = messageTypes.find((type) => eventType(type) === attributes.type);
  const recipient = parseOrganisationNumber(attributes.recipientorgnumber);
  const findings = [...content.findings, ...expectationFindings(attributes, options.expect)];
  if (recipient === undefined)
    findings.push(
      finding('recipientorgnumber', 'check-digit', 'is no organisation number', '', attributes.recipientorgnumber),
    );
  if (findings.length === 0 && BigInt(attributes.sequence) > mostSequence)
    findings.push(finding('sequence', 'range', 'is too large', `at most ${mostSequence}`, attributes.sequence));
  if (messageType === undefined || recipient === undefined || findings.length > 0) throw malformed(findings);
  return {
    format: content.format,
    id: attributes.id,
    source: attributes.source,
    type: attributes.type,
    messageType,
    documentNumber: attributes.subject,
    time: attributes.time,
    sequence: BigInt(attributes.sequence),
    environment: attributes.environment,
    document,
    mediaType: attributes.datacontenttype,
    dataSchema: attributes.dataschema,
    documentSha256: attributes.documentsha256,
    sender: attributes.senderorgnumber,
    recipient,
    recipientCertificate: attributes.recipientcertificate,
    recipientUrl: attributes.recipienturl,
    correlationId: attributes.correlationid,
    traceparent: attributes.traceparent,
    keyThumbprint,
  };
}

/** @returns the thumbprint of the key that signed the bytes */
async function verifySignature(bytes: Uint8Array, signature: string, keys: VerificationKeys): Promise<string> {
  if (signature === '') throw unsigned('there is no signature');
  if (signature.length > mostSignatureCharacters) throw unsigned('the signature is longer than any of ours');
  const [header, payload, value, ...more] = signature.split('.');
  if (!header || payload === undefined || !value || more.length > 0)
    throw unsigned('the signature is no compact JWS: it must be “header..signature”');
  if (payload !== '') throw unsigned('the signature carries a payload of its own; it must be detached');
  const kid = checkedHeader(header);
  const key: KeyObject | undefined = keys.get(kid);
  if (key === undefined)
    throw new Fault(
      'signature-key-unknown',
      `the signature names the key ${kid.slice(0, 60)}, which is none of the ${keys.size} known here; fetch the key set anew`,
    );
  try {
    await flattenedVerify({ protected: header, payload: bytes, signature: value }, key, { algorithms: ['ES256'] });
  } catch (cause) {
    throw new Fault('signature-invalid', undefined, { cause });
  }
  return kid;
}

/** The header decides nothing: it must be exactly what our profile says, or the signature is none. */
function checkedHeader(encoded: string): string {
  let header: Record<string, unknown> | null;
  try {
    header = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8')) as Record<string, unknown> | null;
  } catch {
    throw unsigned('the header of the signature is no JSON');
  }
  if (header === null || typeof header !== 'object') throw unsigned('the header of the signature is no JSON object');
  if (header['alg'] !== 'ES256') throw unsigned(`the signature's alg must be ES256, not ${shown(header['alg'])}`);
  // RFC 7797 §6: unencoded only if `b64` is false *and* named in `crit`; RFC 7515 §4.1.11: no other `crit` is understood.
  if (header['b64'] !== false) throw unsigned(`the signature's b64 must be false, not ${shown(header['b64'])}`);
  const crit = header['crit'];
  if (!Array.isArray(crit) || crit.length !== 1 || crit[0] !== 'b64')
    throw unsigned(`the signature's crit must be ["b64"], not ${shown(crit)}`);
  const kid = header['kid'];
  if (typeof kid !== 'string' || kid === '') throw unsigned('the signature names no key (kid)');
  return kid;
}

function expectationFindings(attributes: EnvelopeAttributes, expect: OpenOptions['expect'] = {}): Finding[] {
  const { recipients, environment, certificates } = expect;
  const findings: Finding[] = [];
  const { recipientorgnumber, recipientcertificate } = attributes;
  if (recipients && !(recipients as readonly string[]).includes(recipientorgnumber))
    findings.push(
      finding('recipientorgnumber', 'not-for-me', 'names another recipient', recipients.join(', '), recipientorgnumber),
    );
  if (environment && environment !== attributes.environment)
    findings.push(finding('environment', 'not-for-me', 'is another environment', environment, attributes.environment));
  if (certificates && recipientcertificate !== undefined && !certificates.includes(recipientcertificate))
    findings.push(
      finding(
        'recipientcertificate',
        'not-for-me',
        'names another certificate',
        certificates.join(', '),
        recipientcertificate,
      ),
    );
  return findings;
}

const unsigned = (why: string): Fault => new Fault('signature-invalid', why);
const shown = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 80);
