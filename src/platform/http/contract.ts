/** The contract of a listener: an OpenAPI document under `schemas/`, whole, as it is served and as requests are held against it. */
import { readFileSync } from 'node:fs';
import { Fault } from '../../domain/fault.ts';

const folder = new URL('../../../schemas/', import.meta.url);

export interface Contract {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [member: string]: unknown;
}

/**
 * Reads `schemas/<path>`. What it refers to in other files is put in its place: who fetches the contract gets one document.
 * Throws Fault internal for one that cannot be read.
 */
export function loadContract(path: string): Contract {
  try {
    return whole(new URL(path, folder)) as Contract;
  } catch (cause) {
    throw new Fault('internal', `The contract ${path} cannot be used`, { cause });
  }
}

function whole(file: URL): unknown {
  return JSON.parse(readFileSync(file, 'utf8'), (_key, value: unknown) => {
    const reference = (value as { $ref?: unknown } | null)?.$ref;
    if (typeof reference !== 'string' || reference.startsWith('#')) return value;
    // Its own `$id` would make references of ours into references of that file.
    const { $schema: _schema, $id: _id, ...rest } = whole(new URL(reference, file)) as Record<string, unknown>;
    return rest;
  }) as unknown;
}
