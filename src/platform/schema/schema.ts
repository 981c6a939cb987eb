/** The door to ajv: JSON Schemas (2020-12) from files under `schemas/`, all errors of a value as findings. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { Fault, type Finding } from '../../domain/fault.ts';
import { sentenceOf } from './sentence.ts';

const folder = new URL('../../../schemas/', import.meta.url);

export interface Schema {
  /** The schema's `$id`. */
  readonly id: string;
  /** Everything in `value` that breaks the schema; empty if nothing does. At most `most` findings, 100 unless told. */
  check(value: unknown, most?: number): readonly Finding[];
}

/** Most findings handed out for one value, unless more are asked for. */
const findingsLimit = 100;

/**
 * Reads and compiles `schemas/<path>` (and the files in `also`, which it refers to by `$id`). `rule` is the id that its findings carry.
 * Compiling takes tens of milliseconds: do it once. Throws Fault internal for a schema that cannot be used.
 */
export function loadSchema(path: string, rule: string, also: readonly string[] = []): Schema {
  try {
    return compileSchema(readSchema(path), rule, also.map(readSchema));
  } catch (error) {
    throw new Fault('internal', `The schema ${path} cannot be used`, { cause: error });
  }
}

/** The same for a schema that stands in no file of its own; throws what ajv throws. */
export function compileSchema(schema: { readonly $id: string }, rule: string, others: readonly object[] = []): Schema {
  const first = compile(schema, others, false);
  // Few processes ever meet a value that is wrong.
  let all: ValidateFunction | undefined;
  return {
    id: schema.$id,
    check: (value, most = findingsLimit) => {
      if (first(value)) return [];
      // ajv copies all errors so far for each part that has one: minutes for a document of a million wrong parts.
      const small = most === Number.POSITIVE_INFINITY || countOf(value, mostParts) < mostParts;
      return findingsOf(small ? (all ??= compile(schema, others, true)) : first, value, rule, most);
    },
  };
}

/** A value of more parts than this is told of its first mistake only. */
const mostParts = 20_000;

const options: Options = { verbose: true, strict: true, strictRequired: false };
/** Knows what a schema is. One for all: the schema of schemas costs as much as ten of ours. */
const judge = new Ajv2020(options);

function compile(schema: object, others: readonly object[], allErrors: boolean): ValidateFunction {
  const ajv = new Ajv2020({ ...options, allErrors, validateSchema: false });
  // A CommonJS module: its function is the default's default.
  ajvFormats.default(ajv, { mode: 'full', formats: ['date', 'date-time', 'uri', 'email', 'uuid'] });
  // It throws. A promise comes of schemas that ask somebody else, and the schema of schemas does not.
  for (const one of [schema, ...others]) void judge.validateSchema(one, true);
  for (const other of others) ajv.addSchema(other);
  return ajv.compile(schema);
}

/** How many values lie in the value, itself included; counts no further than `most`. */
function countOf(value: unknown, most: number): number {
  const open = [value];
  let count = 0;
  while (open.length > 0 && count < most) {
    const one = open.pop();
    count += 1;
    if (one === null || typeof one !== 'object') continue;
    for (const member of Object.values(one)) {
      if (open.length > most) return most;
      open.push(member);
    }
  }
  return count;
}

function readSchema(path: string): { $id: string } {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as { $id: string };
}

function findingsOf(validate: ValidateFunction, value: unknown, rule: string, most: number): readonly Finding[] {
  if (validate(value)) return [];
  return (
    (validate.errors ?? [])
      // That a branch was not kept to says nothing that the errors in the branch do not say better.
      .filter(({ keyword }) => keyword !== 'if')
      .slice(0, most)
      .map((error) => findingOf(error, rule))
  );
}

function findingOf(error: ErrorObject, rule: string): Finding {
  const property = propertyOf(error);
  const where = property === undefined ? error.instancePath : `${error.instancePath}/${escapePointer(property)}`;
  const expected = expectation(error);
  return {
    where: where === '' ? '/' : where,
    rule,
    text: sentenceOf(error),
    ...(expected === undefined ? {} : { expected }),
    found: error.keyword === 'required' ? '(nothing)' : quote(property ?? error.data),
  };
}

/** Errors about a name are reported at the name, not at the object around it. */
function propertyOf({ keyword, params }: ErrorObject): string | undefined {
  const name =
    keyword === 'required'
      ? params.missingProperty
      : keyword === 'additionalProperties'
        ? params.additionalProperty
        : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** For a pattern the schema's own words say more than the regular expression. */
function expectation({ keyword, params, schema, parentSchema }: ErrorObject): string | undefined {
  const words: unknown = parentSchema?.description ?? parentSchema?.title;
  switch (keyword) {
    case 'required':
      return 'present';
    case 'additionalProperties':
      return 'absent';
    case 'const':
      return JSON.stringify(params.allowedValue);
    case 'enum':
      return JSON.stringify(params.allowedValues);
    case 'pattern':
      return typeof words === 'string' ? words : String(schema);
    case 'type':
      return String(schema);
    default:
      return typeof schema === 'string' || typeof schema === 'number' ? `${keyword} ${schema}` : undefined;
  }
}

function quote(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? 'undefined';
  } catch {
    // So many lists in each other that writing them down runs out of stack.
    return Array.isArray(value) ? '[…]' : '{…}';
  }
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

/** RFC 6901 §3. */
function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
