/** Opening an envelope as a supplier does who has read docs/envelope.md and has Node, and nothing of ours. */
import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import type { EnvelopeClaims } from './lines.ts';

export interface Opened {
  /** `valid`, or why not. */
  readonly signature: string;
  readonly documentSha256: string | undefined;
  /** Undefined when there is nothing that could be read. */
  readonly claims: EnvelopeClaims | undefined;
}

/** @param signingCertificate PEM. */
export function openEnvelope(body: Buffer, jws: string | undefined, signingCertificate: string): Opened {
  const signature = verifySignature(body, jws, signingCertificate);
  try {
    const { claims, document, stated } = body[0] === 0x3c ? readSfti(body) : readCloudEvent(body);
    const documentSha256 = sha256(document);
    // The stated hash is inside what is signed.
    const honest = stated === documentSha256 ? signature : `documentsha256 says ${stated}`;
    return { signature: honest, documentSha256, claims };
  } catch (error) {
    return { signature: `unreadable: ${String(error)}`, documentSha256: undefined, claims: undefined };
  }
}

/** RFC 7515 appendix F, RFC 7797; ES256 and nothing else. */
export function verifySignature(body: Buffer, jws: string | undefined, signingCertificate: string): string {
  const [head, none, value, ...more] = (jws ?? '').split('.');
  if (head === undefined || none !== '' || value === undefined || more.length > 0) return 'not a detached JWS';
  try {
    const said = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>;
    const certificate = new X509Certificate(signingCertificate);
    if (said['alg'] !== 'ES256') return `alg is ${String(said['alg'])}`;
    if (said['b64'] !== false || JSON.stringify(said['crit']) !== '["b64"]') return 'b64 or crit is wrong';
    if (said['x5t#S256'] !== createHash('sha256').update(certificate.raw).digest('base64url')) return 'another key';
    const key = createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' }));
    const signed = Buffer.concat([Buffer.from(`${head}.`), body]);
    const right = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(value, 'base64url'));
    return right ? 'valid' : 'does not fit the body';
  } catch (error) {
    return `cannot be checked: ${String(error)}`;
  }
}

interface Read {
  readonly claims: EnvelopeClaims;
  readonly document: Buffer;
  readonly stated: string;
}

function readCloudEvent(body: Buffer): Read {
  const event = JSON.parse(body.toString('utf8')) as Record<string, string>;
  return {
    document: Buffer.from(text(event['data_base64'], 'data_base64'), 'base64'),
    stated: text(event['documentsha256'], 'documentsha256'),
    claims: claimsOf((name) => event[name]),
  };
}

const headEnd = '</sh:StandardBusinessDocumentHeader>\n';
const tail = '\n</sh:StandardBusinessDocument>';

function readSfti(body: Buffer): Read {
  const begin = body.indexOf(headEnd) + headEnd.length;
  const end = body.lastIndexOf(tail);
  if (begin < headEnd.length || end < begin) throw new Error('no document between header and end');
  const head = body.toString('utf8', 0, begin);
  const scopes = new Map<string, string>();
  const scope =
    /<sh:Scope><sh:Type>([^<]*)<\/sh:Type><sh:InstanceIdentifier>([^<]*)<\/sh:InstanceIdentifier><\/sh:Scope>/g;
  for (const [, name = '', value = ''] of head.matchAll(scope)) scopes.set(name, unescaped(value));
  const party = (role: string): string | undefined =>
    new RegExp(`<sh:${role}><sh:Identifier[^>]*>0007:(\\d{10})<`).exec(head)?.[1];
  const [, id] = /<sh:DocumentIdentification>[^]*?<sh:InstanceIdentifier>([^<]*)</.exec(head) ?? [];
  const around = (name: string): Buffer => Buffer.from(scopes.get(name) ?? '', 'base64');
  const element = body.subarray(begin, end);
  if (scopes.get('elementsha256') !== sha256(element)) throw new Error('elementsha256 is of another element');
  const others: Readonly<Record<string, string | undefined>> = {
    id,
    senderorgnumber: party('Sender'),
    recipientorgnumber: party('Receiver'),
  };
  return {
    document: Buffer.concat([around('documentprolog'), element, around('documentepilog')]),
    stated: text(scopes.get('documentsha256'), 'documentsha256'),
    claims: claimsOf((name) => others[name] ?? scopes.get(name)),
  };
}

function claimsOf(said: (name: string) => string | undefined): EnvelopeClaims {
  const [, type] = /\.(purchase-order|self-invoice|self-invoice-credit)\.v1$/.exec(said('type') ?? '') ?? [];
  return {
    id: text(said('id'), 'id'),
    recipient: text(said('recipientorgnumber'), 'recipientorgnumber'),
    sender: said('senderorgnumber'),
    environment: text(said('environment'), 'environment'),
    sequence: Number(text(said('sequence'), 'sequence')),
    type: text(type, 'type'),
    number: text(said('subject'), 'subject'),
  };
}

function text(value: string | undefined, name: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`no ${name}`);
  return value;
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const unescaped = (value: string): string =>
  value.replace(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string) =>
    code === undefined ? (named[name] ?? whole) : String.fromCodePoint(Number(code)),
  );

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
