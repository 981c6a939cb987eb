/** From what was seen on the wire to the outcome of the attempt. */
import type { Outcome, Wire } from '../../domain/outcome.ts';
import { errorText } from '../../platform/log.ts';
import { classify } from './classify.ts';
import { type Failure, type Opened, sinceMs } from './connect.ts';
import { safeExcerpt } from './excerpt.ts';
import type { Exchanged } from './exchange.ts';
import { answerTrouble } from './trouble.ts';
import type { PushLimits } from './types.ts';

type Seen = Omit<Wire, 'totalMs'>;
export type Undelivered = Exclude<Outcome, { kind: 'delivered' }>;

/** The outcome of an attempt that ended with `failure`; `started` is its beginning on the monotonic clock. */
export function ended(started: number, wire: Seen, failure: Failure): Undelivered {
  return { ...failure, ...wire, totalMs: sinceMs(started) };
}

export const notSent = (detail: string): Failure => ({ kind: 'not-sent', detail });

export const tooLate = notSent('the mandate ended before anything was sent');

/** What one request came to, and on which connection. */
export interface Tried {
  readonly started: number;
  readonly messageId: string;
  readonly opened: Opened;
  /** It was the first request on its connection. */
  readonly first: boolean;
  readonly exchanged: Exchanged;
  readonly limits: PushLimits;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The outcome of an attempt that got as far as a request. */
export function outcomeOf(tried: Tried): Outcome {
  const { started, messageId, opened, first, exchanged, limits, now } = tried;
  const wire = first ? opened.wire : withoutConnecting(opened.wire);
  if (exchanged.kind === 'closed') return ended(started, wire, silence(tried, opened.socketError(), false));
  if (exchanged.kind === 'too-late') return ended(started, wire, tooLate);
  const { firstByteAt } = exchanged;
  const seen: Seen =
    firstByteAt === undefined ? wire : { ...wire, firstByteMs: Math.round((firstByteAt - started) * 10) / 10 };
  if (exchanged.kind === 'no-answer') return ended(started, seen, withoutAnswer(tried, exchanged));
  const { status, headers, body } = exchanged;
  const meaning = classify({ status, headers, body: new TextDecoder().decode(body) }, messageId, now);
  // A receipt's body is nobody's business.
  const excerpt = meaning.kind === 'delivered' ? '' : safeExcerpt(body, limits.answerExcerpt);
  return { ...meaning, ...seen, status, ...(excerpt === '' ? {} : { excerpt }), totalMs: sinceMs(started) };
}

/** On a kept connection nothing was connected in this attempt. */
function withoutConnecting({ connectMs: _connect, tlsMs: _tls, ...wire }: Seen): Seen {
  return wire;
}

type NoAnswer = Extract<Exchanged, { kind: 'no-answer' }>;

function withoutAnswer(tried: Tried, { why, error, written, begun }: NoAnswer): Failure {
  if (why === 'aborted') {
    if (!written) return notSent('given up before anything was sent');
    return {
      kind: 'endpoint-failed',
      fault: 'outcome-unknown',
      detail: 'given up by the gateway while the endpoint had not answered yet',
    };
  }
  if (why === 'timeout') {
    const what = begun ? "the answer's head did not end" : 'no answer';
    return {
      kind: 'endpoint-failed',
      fault: 'endpoint-no-answer',
      detail: `${what} within ${tried.limits.pushTimeout} ms`,
    };
  }
  // Refused by our own HTTP library: this message cannot be put in a request.
  if (!written && error instanceof Error && (error as { code?: unknown }).code === 'UND_ERR_INVALID_ARG')
    return {
      kind: 'message-failed',
      fault: 'internal',
      detail: `the request could not be made: ${errorText(error)}`,
    };
  return silence(tried, error, begun);
}

const closing = Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });

function silence({ opened, first }: Tried, error: unknown, begun: boolean): Failure {
  return answerTrouble({
    error: error ?? closing,
    socketError: opened.socketError(),
    firstOnTls13: first && opened.wire.tlsVersion === 'TLSv1.3',
    begun,
  });
}
