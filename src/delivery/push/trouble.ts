/** What went wrong on the wire, in plain words, as the meaning of an attempt. Pure. */
import { errorText } from '../../platform/log.ts';
import type { Meaning } from './classify.ts';

type Failure = Exclude<Meaning, { kind: 'delivered' }>;

/** TLS alerts (RFC 8446 §6.2) by which a peer says that our certificate is the matter, as OpenSSL names them. */
const aboutOurCertificate =
  /ALERT_(CERTIFICATE_REQUIRED|NO_CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)\b/;

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** The alert's name as words if it is about our certificate: `unknown ca`; otherwise undefined. */
export function alertAboutOurCertificate(error: unknown): string | undefined {
  return aboutOurCertificate.exec(codeOf(error).replaceAll('/', '_'))?.[1]?.toLowerCase().replaceAll('_', ' ');
}

function rejectsUs(alert: string): Failure {
  return {
    kind: 'turned-away',
    fault: 'endpoint-rejects-us',
    detail: `the endpoint refuses our certificate (TLS alert: ${alert})`,
  };
}

const unreachable = (detail: string): Failure => ({ kind: 'endpoint-failed', fault: 'endpoint-unreachable', detail });
const noAnswer = (detail: string): Failure => ({ kind: 'endpoint-failed', fault: 'endpoint-no-answer', detail });

/** The way out of our own house failed, whoever the endpoint is: never a reason to hold a lane. */
export const proxyTrouble = (detail: string): Failure => ({ kind: 'endpoint-failed', fault: 'proxy-failed', detail });

export type Stage = 'name' | 'tcp' | 'proxy' | 'tls';

const stageWords: Readonly<Record<Stage, string>> = {
  name: 'the name was not resolved',
  tcp: 'no TCP connection was made',
  proxy: 'the egress proxy opened no tunnel',
  tls: 'the TLS handshake was not finished',
};

/** No connection came about within the time, stuck at `stage`. */
export function connectTimedOut(stage: Stage, milliseconds: number): Failure {
  const detail = `${stageWords[stage]} within ${milliseconds} ms`;
  if (stage === 'proxy') return proxyTrouble(detail);
  return stage === 'tls' ? { kind: 'endpoint-failed', fault: 'endpoint-tls', detail } : unreachable(detail);
}

/** No connection came about: what was caught at `stage`. */
export function connectTrouble(stage: Stage, error: unknown): Failure {
  if (stage === 'name') return unreachable(`the name could not be resolved: ${errorText(error)}`);
  if (stage === 'tcp') {
    const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
    return unreachable(`no TCP connection: ${errorText(first)}`);
  }
  const alert = alertAboutOurCertificate(error);
  if (alert !== undefined) return rejectsUs(alert);
  const closed = codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE';
  const detail = closed
    ? 'the endpoint closed the connection during the TLS handshake'
    : `TLS handshake: ${errorText(error)}`;
  return { kind: 'endpoint-failed', fault: 'endpoint-tls', detail };
}

/** Why a request that was handed over got no answer. */
export interface NoAnswer {
  /** What undici reported. */
  readonly error: unknown;
  /** The first error that the socket itself reported: a TLS alert is only seen there. */
  readonly socketError: unknown;
  /** It was the first request on its connection, over TLS 1.3, where a refusal of our certificate comes this late. */
  readonly firstOnTls13: boolean;
  /** Some bytes of an answer had come. */
  readonly begun: boolean;
}

/** True if the other side ended the connection (as against: sent what is no HTTP). */
export function isClosing(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes(codeOf(error));
}

/** The meaning of a request without an answer. */
export function answerTrouble({ error, socketError, firstOnTls13, begun }: NoAnswer): Failure {
  const alert = alertAboutOurCertificate(socketError) ?? alertAboutOurCertificate(error);
  if (alert !== undefined) return rejectsUs(alert);
  const code = codeOf(error);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return noAnswer("the answer's head is larger than the limit");
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return noAnswer('the length of the answer is not what it says');
  const [name, message] = error instanceof Error ? [error.name, error.message] : ['', ''];
  // The parser's own words, without its preamble; it answers a status below 100 by a failed assertion.
  if (name === 'HTTPParserError' || code === 'ERR_ASSERTION') {
    const reason = code === 'ERR_ASSERTION' ? 'impossible status' : (/\((.+)\)$/.exec(message)?.[1] ?? message);
    return noAnswer(`what the endpoint answered is not HTTP/1.1: ${reason}`);
  }
  if (message === 'bad upgrade') return noAnswer('the endpoint switches to another protocol, which nobody asked for');
  if (message === 'bad response')
    return noAnswer('the endpoint sent an answer that nobody asked for (or 100 Continue, which was not expected)');
  if (!isClosing(error)) return noAnswer(`no answer: ${errorText(error)}`);
  if (begun) return noAnswer("the endpoint closed the connection in the middle of the answer's head");
  if (firstOnTls13)
    return noAnswer(
      'the endpoint closed the connection right after the TLS handshake, without an answer; it probably refuses our certificate',
    );
  return noAnswer('the endpoint closed the connection without an answer');
}
