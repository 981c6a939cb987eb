/** Limits on what is read, and the fault beyond one. */
import { Fault } from '../domain/fault.ts';

export interface DocumentLimits {
  /** Bytes as received. */
  readonly bytes: number;
  /** Elements within elements; for JSON, objects and arrays within each other. */
  readonly depth: number;
  /** XML elements; for JSON, all values. */
  readonly elements: number;
}

export function beyondLimit(what: string, limit: number, where?: string): Fault {
  return new Fault('document-limit', `The document has more than ${limit} ${what}${where ? ` at ${where}` : ''}`, {
    findings: [
      {
        where: where ?? 'document',
        rule: 'limit',
        text: `At most ${limit} ${what}`,
        expected: `at most ${limit}`,
        found: 'more',
      },
    ],
  });
}
