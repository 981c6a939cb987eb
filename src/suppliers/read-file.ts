/** A supplier file becomes what is wanted, or a list of everything that is wrong with it. */
import { closeSync, openSync, readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Fault, type Finding } from '../domain/fault.ts';
import { loadSchema, type Schema } from '../platform/schema/schema.ts';
import { type Given, type RawSupplier, readWanted } from './read-wanted.ts';
import { soundParts } from './sound.ts';
import type { WantedSupplier } from './wanted.ts';

export interface ReadSuppliers {
  readonly suppliers: readonly WantedSupplier[];
  /** What is allowed but probably not meant. */
  readonly warnings: readonly Finding[];
}

/** Larger than a thousand suppliers with their certificates. */
const mostBytes = 50 * 1_048_576;

/** The schema goes down seven levels; what goes deeper than this is refused before anything walks down with it. */
const mostLevels = 100;

/** Most mistakes that are printed; a file with more is another kind of file. */
const mostPrinted = 200;

let schema: Schema | undefined;

/**
 * Reads and checks `schemas/supplier/1.json` files: their form by the schema, and numbers, URLs, certificates and routing
 * of all that the schema has nothing against.
 * @param given `now`: certificates are judged by it. `whyNoPush`: see `Given`.
 * @throws Fault `supplier-invalid` with a finding for every mistake; `where` is a JSON pointer into the file.
 */
export function readSupplierFile(path: string, given: Omit<Given, 'readPem'>): ReadSuppliers {
  const text = readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Fault('supplier-invalid', `${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  return readSuppliers(value, { ...given, readPem: (file) => readText(resolve(dirname(path), file)) });
}

/** The same for a value that is parsed already. */
export function readSuppliers(value: unknown, given: Given): ReadSuppliers {
  if (isDeeper(value, mostLevels))
    throw new Fault(
      'supplier-invalid',
      `the file has more than ${mostLevels} levels of lists and objects in each other`,
    );
  schema ??= loadSchema('supplier/1.json', 'supplier/1.json');
  const formal = schema.check(value, Number.POSITIVE_INFINITY);
  const sound = soundParts(value, formal);
  const many = Array.isArray(sound);
  const raw = (many ? sound : [sound]) as (RawSupplier | null)[];
  const { suppliers, findings, warnings } = readWanted(
    raw.map((supplier, index) => ({ supplier, where: many ? `/${index}` : '' })),
    given,
  );
  if (formal.length + findings.length > 0) throw supplierInvalid([...formal.map(inOurWords), ...findings]);
  return { suppliers, warnings };
}

/** True if more lists and objects than `levels` lie in each other. */
function isDeeper(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}

/** What the schema expects stands in its sentence already. */
function inOurWords({ where, rule, text, found }: Finding): Finding {
  const shown = found === undefined || found === '(nothing)' ? {} : { found };
  return { where, rule, text: text.replace(/^./, (first) => first.toLowerCase()), ...shown };
}

/** One fault for all mistakes: a line each, where and what. */
export function supplierInvalid(findings: readonly Finding[]): Fault {
  const lines = findings.slice(0, mostPrinted).map(({ where, text, expected, found }) => {
    const more = [expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean).join(', ');
    return `${where}: ${text}${more === '' ? '' : ` (${more})`}`;
  });
  if (findings.length > mostPrinted) lines.push(`… and ${findings.length - mostPrinted} more`);
  const head = `${findings.length} ${findings.length === 1 ? 'mistake' : 'mistakes'}; nothing was changed`;
  return new Fault('supplier-invalid', `${head}\n${lines.join('\n')}`, { findings });
}

function readText(path: string): string {
  try {
    return readBytes(path)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new Fault('supplier-invalid', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Not by the size that the file system states: a device has none and never ends. */
function readBytes(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let size = 0; size <= mostBytes; ) {
      const chunk = Buffer.allocUnsafe(65_536);
      const length = readSync(file, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
      size += length;
    }
    throw new Error(`larger than ${mostBytes} bytes`);
  } finally {
    closeSync(file);
  }
}
