/** What a command's exit code says; docs/cli.md has the table. */
import { Fault, type FaultCode } from '../domain/fault.ts';

export const exitCodes = {
  0: 'Done; also when nothing had to be done.',
  1: 'Failed for a reason that the message names; also a defect of the program itself.',
  2: 'Wrong arguments, settings or files: nothing was done.',
  3: 'There is no such supplier, address or message.',
  4: 'Not possible in its present state, or refused; the message says what is, and what a person can do.',
  5: 'A server that is needed does not answer, or is not set up as it must be. Trying again may help.',
  6: 'What was checked is not right: a signature, an envelope, the audit, the conservation of messages, who answers.',
} as const;

export type ExitCode = keyof typeof exitCodes;

const byFault: Partial<Record<FaultCode, ExitCode>> = {
  'argument-invalid': 2,
  'setting-invalid': 2,
  'supplier-invalid': 2,
  'mandate-invalid': 2,
  'certificate-invalid': 2,
  'order-invalid': 2,
  'url-not-allowed': 2,
  'not-found': 3,
  'not-possible-now': 4,
  'no-address': 4,
  'type-not-agreed': 4,
  'codes-wrong': 4,
  'order-not-open': 4,
  'order-fetched': 4,
  'request-refused': 4,
  'renewal-too-early': 4,
  'already-renewed': 4,
  'certificate-required': 4,
  'certificate-not-accepted': 4,
  superseded: 4,
  'server-unavailable': 5,
  'store-unsafe': 5,
  'too-many-requests': 5,
  'authority-not-trusted': 6,
  'signature-invalid': 6,
  'signature-key-unknown': 6,
  'envelope-malformed': 6,
  'evidence-malformed': 6,
  'audit-not-whole': 6,
};

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof Fault ? (byFault[error.code] ?? 1) : 1;
}
