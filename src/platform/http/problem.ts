/** Faults as answers: problem details (RFC 9457), rendered here and nowhere else. */
import { Fault, type FaultCode, type Finding, faultTable } from '../../domain/fault.ts';

export const problemMediaType = 'application/problem+json';

export interface Problem {
  /** `urn:kuvert:fault:<code>`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** Names this very answer; the log knows it too. */
  readonly instance: string;
  readonly findings?: readonly Finding[];
}

/**
 * What a caller may know of an error. A fault that is the caller's says everything; one that is ours says only what
 * kind it is (the log has the rest), and an error that is no fault is `internal`.
 */
export function problemOf(error: unknown, requestId: string): Problem {
  const fault = asFault(error);
  const { status, title } = faultTable[fault.code];
  const told = status < 500;
  return {
    type: `urn:kuvert:fault:${fault.code}`,
    title,
    status,
    ...(told && fault.message !== title ? { detail: fault.message } : {}),
    instance: `urn:uuid:${requestId}`,
    ...(told && fault.findings.length > 0 ? { findings: fault.findings } : {}),
  };
}

/** Faults as they are; errors of Express and its parsers by their status; all else `internal`, with the cause kept. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const status = callersStatus(error);
  if (status === undefined) return new Fault('internal', undefined, { cause: error });
  const code: FaultCode = status === 413 ? 'request-too-large' : status === 404 ? 'not-found' : 'request-malformed';
  return new Fault(code, undefined, { cause: error });
}

/** Of an error of Express or a parser that is about what the caller sent, or did not send to its end. */
export function callersStatus(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' && status >= 400 && status <= 499 ? status : undefined;
}
