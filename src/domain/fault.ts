/** Coded failures: one table, one class. */
import { type Disposition, type FaultRow, table } from './fault-table.ts';

export type FaultCode = keyof typeof table;

export const faultTable: Readonly<Record<FaultCode, FaultRow>> = table;

export const faultCodes = Object.keys(table) as readonly FaultCode[];

/** One thing found wrong: where (element path, header or setting), by which rule, what was expected and what was there. */
export interface Finding {
  readonly where: string;
  readonly rule: string;
  readonly text: string;
  readonly expected?: string;
  readonly found?: string;
}

/** A coded failure. `message` is one sentence for a person; `findings` are the details. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly findings: readonly Finding[];

  constructor(code: FaultCode, detail?: string, options: { findings?: readonly Finding[]; cause?: unknown } = {}) {
    super(detail ?? faultTable[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.findings = options.findings ?? [];
  }

  get disposition(): Disposition {
    return faultTable[this.code].disposition;
  }
}
