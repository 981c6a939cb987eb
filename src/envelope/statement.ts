/** Short statements that the signing key stands for, such as a head of the audit: compact JWS with the payload in it (RFC 7515 §3.1). */
import { compactVerify, decodeProtectedHeader } from 'jose';
import { Fault } from '../domain/fault.ts';
import type { VerificationKeys } from './keys.ts';

/** Longest that is looked at; the store's columns take no more. */
export const mostStatementCharacters = 16_384;

/** Whether it has the form of one: three parts, nothing else, so that it can stand on a line. */
export function isStatement(text: string): boolean {
  return text.length <= mostStatementCharacters && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/**
 * @param type what the statement must be, its header `typ`: no statement can pass for one of another kind.
 * @returns the payload, JSON
 * @throws Fault `signature-invalid` · `signature-key-unknown` · `envelope-malformed` when it is no such statement
 */
export async function openStatement(jws: string, type: string, keys: VerificationKeys): Promise<unknown> {
  const { kid = '' } = headerOf(jws, type);
  const key = keys.get(kid);
  if (key === undefined)
    throw new Fault('signature-key-unknown', `it names the key ${kid.slice(0, 60)}, which is none of those known here`);
  try {
    const { payload } = await compactVerify(jws, key, { algorithms: ['ES256'] });
    return parsed(payload);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('signature-invalid', 'the signature is not that of what it says', { cause });
  }
}

/**
 * What a statement says, whoever signed it: for where no key is at hand.
 * @throws Fault `envelope-malformed`
 */
export function readStatement(jws: string, type: string): unknown {
  headerOf(jws, type);
  return parsed(Buffer.from(jws.split('.')[1] ?? '', 'base64url'));
}

function headerOf(jws: string, type: string): { readonly kid?: string } {
  if (!isStatement(jws)) throw malformed('it is no compact JWS');
  let header: { readonly typ?: unknown; readonly kid?: unknown };
  try {
    header = decodeProtectedHeader(jws);
  } catch (cause) {
    throw malformed('its header cannot be read', cause);
  }
  if (header.typ !== type) throw malformed(`it is no ${type}`);
  return typeof header.kid === 'string' ? { kid: header.kid } : {};
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    throw malformed('what was signed is no JSON', cause);
  }
}

const malformed = (why: string, cause?: unknown): Fault => new Fault('envelope-malformed', why, { cause });
