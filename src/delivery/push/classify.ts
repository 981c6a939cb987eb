/** What an answer means. Pure: the table in docs/outcomes.md is this function, row by row (a test compares them). */
import { STATUS_CODES } from 'node:http';
import type { FaultCode } from '../../domain/fault.ts';
import { parseRetryAfter } from '../../domain/schedule.ts';

/** An answer as far as its meaning goes. Header names are lower case; `body` is the answer's (capped) body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** An outcome without the wire's particulars. */
export type Meaning =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'endpoint-failed';
      readonly fault: FaultCode;
      readonly detail: string;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'message-failed' | 'refused' | 'turned-away'; readonly fault: FaultCode; readonly detail: string };

const busy: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);
const notLetIn: ReadonlySet<number> = new Set([401, 403, 404, 405, 410]);

/**
 * The meaning of an answer to the push of message `messageId`.
 *
 * 2xx is the receipt, whatever the body says. `now` (epoch milliseconds) is what a dated `Retry-After` counts from.
 */
export function classify(answer: Answer, messageId: string, now: number): Meaning {
  const { status, headers } = answer;
  const said = `the endpoint answered ${status}${STATUS_CODES[status] ? ` (${STATUS_CODES[status]})` : ''}`;
  if (status >= 200 && status <= 299) return { kind: 'delivered' };
  if (busy.has(status)) {
    const retryAfterMs = parseRetryAfter(headers['retry-after'], now);
    const failed = { kind: 'endpoint-failed', fault: 'endpoint-busy', detail: said } as const;
    return retryAfterMs === undefined ? failed : { ...failed, retryAfterMs };
  }
  if (notLetIn.has(status)) return { kind: 'turned-away', fault: 'endpoint-rejects-us', detail: said };
  if (status >= 300 && status <= 399)
    return { kind: 'turned-away', fault: 'endpoint-rejects-us', detail: `${said}; redirects are not followed` };
  if (status === 409) {
    if (saysAlreadyReceived(answer, messageId)) return { kind: 'delivered' };
    return {
      kind: 'message-failed',
      fault: 'message-failed',
      detail: `${said}, not as problem+json of type …/already-received that names ${messageId}`,
    };
  }
  if (status >= 400 && status <= 499) return { kind: 'refused', fault: 'message-refused', detail: said };
  // RFC 9110 §15: a status outside 100–599 is treated as 5xx.
  if (status >= 500) return { kind: 'message-failed', fault: 'message-failed', detail: said };
  return { kind: 'endpoint-failed', fault: 'endpoint-no-answer', detail: `${said}, which is no final answer` };
}

/**
 * RFC 9457 problem details that say "we have it": `type` ends in `/already-received`, and our id is named: member
 * `messageId` is the id, or the last path segment of `instance` is. A 409 that names no id, or another, proves nothing.
 */
function saysAlreadyReceived({ headers, body }: Answer, messageId: string): boolean {
  const mediaType = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/problem+json') return false;
  let problem: unknown;
  try {
    problem = JSON.parse(body);
  } catch {
    return false;
  }
  if (typeof problem !== 'object' || problem === null) return false;
  const { type, messageId: named, instance } = problem as Record<string, unknown>;
  if (typeof type !== 'string' || !type.endsWith('/already-received')) return false;
  const same = (text: unknown) => typeof text === 'string' && text.toLowerCase() === messageId.toLowerCase();
  return same(named) || (typeof instance === 'string' && same(lastSegment(instance)));
}

/** What stands behind the last `/` or `:` of a URI, without query and fragment. One pass: a stranger wrote it, and it may be long. */
function lastSegment(uri: string): string {
  const path = uri.split(/[?#]/, 1)[0] ?? '';
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf(':')) + 1);
}
