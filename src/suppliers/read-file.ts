/** A supplier file becomes what is wanted, or a list of everything that is wrong with it. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Fault, type Finding } from '../domain/fault.ts';
import { loadSchema, type Schema } from '../platform/schema/schema.ts';
import { type RawSupplier, readWanted } from './read-wanted.ts';
import type { WantedSupplier } from './wanted.ts';

export interface ReadSuppliers {
  readonly suppliers: readonly WantedSupplier[];
  /** What is allowed but probably not meant. */
  readonly warnings: readonly Finding[];
}

/** Larger than a thousand suppliers with their certificates. */
const mostBytes = 50 * 1_048_576;

let schema: Schema | undefined;

/**
 * Reads and checks `schemas/supplier/1.json` files: form first, then numbers, URLs, certificates and routing.
 * @param now certificates are judged by it.
 * @throws Fault `supplier-invalid` with a finding for every mistake; `where` is a JSON pointer into the file.
 */
export function readSupplierFile(path: string, now: Date): ReadSuppliers {
  const text = readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Fault('supplier-invalid', `${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  return readSuppliers(value, { now, readPem: (file) => readText(resolve(dirname(path), file)) });
}

/** The same for a value that is parsed already. `readPem` gives the text of a certificate file. */
export function readSuppliers(value: unknown, given: { now: Date; readPem: (file: string) => string }): ReadSuppliers {
  schema ??= loadSchema('supplier/1.json', 'supplier/1.json');
  // The branch that was not taken says nothing that its own errors do not say better.
  const formal = schema.check(value).filter((finding) => !/^must match "(?:then|else)" schema$/.test(finding.text));
  if (formal.length > 0) throw supplierInvalid(formal);
  const many = Array.isArray(value);
  const raw = (many ? value : [value]) as RawSupplier[];
  const { suppliers, findings, warnings } = readWanted(
    raw.map((supplier, index) => ({ supplier, where: many ? `/${index}` : '' })),
    given,
  );
  if (findings.length > 0) throw supplierInvalid(findings);
  return { suppliers, warnings };
}

/** One fault for all mistakes: a line each, where and what. */
export function supplierInvalid(findings: readonly Finding[]): Fault {
  const lines = findings.map(({ where, text, expected, found }) => {
    const more = [expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean).join(', ');
    return `${where}: ${text}${more === '' ? '' : ` (${more})`}`;
  });
  const head = `${findings.length} ${findings.length === 1 ? 'mistake' : 'mistakes'}; nothing was changed`;
  return new Fault('supplier-invalid', `${head}\n${lines.join('\n')}`, { findings });
}

function readText(path: string): string {
  try {
    if (statSync(path).size > mostBytes) throw new Error(`larger than ${mostBytes} bytes`);
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new Fault('supplier-invalid', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
