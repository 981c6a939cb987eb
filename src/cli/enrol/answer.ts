/** What the gateway answered to a request for a certificate, and what a person then does. */
import { Fault, type FaultCode, type Finding, faultTable } from '../../domain/fault.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { readCertsOnly } from '../../pki/certs-only.ts';
import type { Answered } from './connect.ts';

export type Answer =
  | { readonly kind: 'issued'; readonly certificates: readonly Certificate[] }
  /** Ask the same again, so many seconds later (RFC 7030 §4.2.3). */
  | { readonly kind: 'wait'; readonly seconds: number; readonly why: string };

/** When an answer names none, and at most. */
const usualWait = 30;
const longestWait = 3_600;

/** @throws Fault: what the gateway said, with what to do next */
export function readAnswer({ status, headers, body }: Answered): Answer {
  if (status === 200) return { kind: 'issued', certificates: readCertsOnly(body) };
  const seconds = secondsIn(headers['retry-after']);
  if (status === 202)
    return { kind: 'wait', seconds: seconds ?? usualWait, why: firstLine(body) ?? 'the gateway has not decided' };
  const problem = problemIn(body);
  const said = problem?.detail ?? problem?.title ?? firstLine(body) ?? 'without a word why';
  const code = problem?.code ?? codeFor(status);
  const next = code === undefined ? undefined : nextSteps[code];
  const when = status === 429 && seconds !== undefined ? `come back in ${seconds} s` : undefined;
  const sentence = [`the gateway answered ${status}: ${said}`, when ?? next].filter(Boolean).join('. ');
  throw new Fault(code ?? 'not-possible-now', sentence, { findings: problem?.findings ?? [] });
}

const reorder =
  'They make one with `kuvert certificate reorder` and the TransferID; new codes come, and go into another folder (--out)';

const nextSteps: Partial<Record<FaultCode, string>> = {
  'codes-wrong': `Compare both with the page of the order before you try again. If the page is closed or the order locked, ask for a new order. ${reorder}`,
  'order-not-open': reorder,
  'order-fetched': `If it was fetched into another folder, use that one. ${reorder}`,
  'request-refused':
    'This key gets no certificate: give another folder (--out), where a new one is made, with the same codes',
  'already-renewed':
    'If that was done in another folder or by another program, use the certificate there; otherwise call whoever ordered it: somebody else may have your key',
  'certificate-not-accepted': 'Ask whoever ordered it for a new order, and fetch that with `kuvert enrol`',
  'certificate-required':
    'Something between here and the gateway, such as a proxy that ends TLS, took our certificate away',
};

/** Of a server that does not say it in our words. */
function codeFor(status: number): FaultCode | undefined {
  if (status === 401) return 'codes-wrong';
  if (status === 429) return 'too-many-requests';
  if (status >= 500) return 'server-unavailable';
  return undefined;
}

interface Said {
  readonly code?: FaultCode;
  readonly title?: string;
  readonly detail?: string;
  readonly findings?: readonly Finding[];
}

/** RFC 9457. */
function problemIn(body: Buffer): Said | undefined {
  let read: unknown;
  try {
    read = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  const { type, title, detail, findings } = (read ?? {}) as Record<string, unknown>;
  const code = typeof type === 'string' ? type.replace(/^urn:kuvert:fault:/, '') : '';
  return {
    ...(Object.hasOwn(faultTable, code) ? { code: code as FaultCode } : {}),
    ...(typeof title === 'string' ? { title: short(title) } : {}),
    ...(typeof detail === 'string' ? { detail: short(detail) } : {}),
    ...(Array.isArray(findings) ? { findings: findings as Finding[] } : {}),
  };
}

function firstLine(body: Buffer): string | undefined {
  const [line = ''] = body.toString('utf8').split('\n', 1);
  return /^[^<\0]{1,500}$/.test(line) ? short(line) : undefined;
}

/** What a stranger says must not move the cursor. */
const short = (text: string): string =>
  text
    .slice(0, 1_000)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();

/** RFC 9110 §10.2.3: seconds, or a date. */
function secondsIn(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.min(longestWait, Math.max(1, Math.ceil(seconds)));
}
