/** Requests are held against the contract before a route sees them: what it does not describe is refused, with all that is wrong. */
import type { Request, RequestHandler } from 'express';
import { Fault, type Finding } from '../../domain/fault.ts';
import { compileSchema, type Schema } from '../schema/schema.ts';
import type { Contract } from './contract.ts';

type Json = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Json;
}

interface Held {
  readonly schema: Schema;
  /** Query parameters that are whole numbers: on the wire they are texts. */
  readonly numbers: ReadonlySet<string>;
  readonly hasBody: boolean;
}

/**
 * For one route of an application, by its method and its path as Express writes it (`/v1/messages/:id`). Parameters that are not
 * described are refused: a misspelt one must not be a silent default. Headers are not looked at. A JSON body, read before as bytes,
 * is the parsed value from here on; one of another kind stays bytes.
 * @returns undefined for what the contract does not have
 */
export function holdRequests(contract: Contract, method: string, path: string): RequestHandler | undefined {
  const held = heldBy(contract, method.toLowerCase(), path.replaceAll(/:(\w+)/g, '{$1}'));
  if (held === undefined) return undefined;
  return (request, _response, next) => {
    if (held.hasBody) request.body = readJson(request);
    const query = Object.fromEntries(
      Object.entries(request.query).map(([name, value]) => [name, held.numbers.has(name) ? numberOf(value) : value]),
    );
    const findings = held.schema.check({
      path: { ...request.params },
      query,
      ...(held.hasBody ? { body: request.body as unknown } : {}),
    });
    const [first] = findings;
    if (first !== undefined) throw new Fault('request-malformed', sentenceOf(first, findings.length), { findings });
    next();
  };
}

function heldBy(contract: Contract, method: string, path: string): Held | undefined {
  const operation = contract.paths[path]?.[method] as Json | undefined;
  if (operation === undefined) return undefined;
  const resolve = (value: unknown): Json => {
    const reference = (value as { $ref?: string }).$ref;
    if (reference === undefined) return value as Json;
    const names = reference.replace('#/', '').split('/');
    return resolve(names.reduce<unknown>((at, name) => (at as Json | undefined)?.[name], contract));
  };
  const parameters = ((operation['parameters'] ?? []) as unknown[]).map(resolve) as unknown as Parameter[];
  const content =
    operation['requestBody'] === undefined
      ? undefined
      : (resolve(operation['requestBody'])['content'] as Readonly<Record<string, Json>>);
  // A body of another kind is the route's own to read.
  const body = content?.[json]?.['schema'];
  const schema = {
    $id: `urn:kuvert:request:${String(operation['operationId'])}`,
    type: 'object',
    properties: {
      path: objectOf(parameters.filter((one) => one.in === 'path')),
      query: objectOf(parameters.filter((one) => one.in === 'query')),
      ...(body === undefined ? {} : { body }),
    },
  };
  const $defs = namedIn(schema, (contract['components'] as { schemas: Json }).schemas);
  const text = JSON.stringify({ ...schema, $defs }).replaceAll('"#/components/schemas/', '"#/$defs/');
  return {
    schema: compileSchema(JSON.parse(text) as { $id: string }, `openapi.json ${String(operation['operationId'])}`),
    numbers: new Set(parameters.filter((one) => resolve(one.schema)['type'] === 'integer').map(({ name }) => name)),
    hasBody: body !== undefined,
  };
}

/** The schemas that a part of the contract refers to, at any depth: to look at those of all answers too would cost most of a start. */
function namedIn(part: unknown, schemas: Json, found: Record<string, unknown> = {}): Json {
  for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (name in found) continue;
    found[name] = schemas[name];
    namedIn(schemas[name], schemas, found);
  }
  return found;
}

const json = 'application/json';

const objectOf = (parameters: readonly Parameter[]): Json => ({
  type: 'object',
  additionalProperties: false,
  required: parameters.filter(({ required }) => required === true).map(({ name }) => name),
  properties: Object.fromEntries(
    parameters.map(({ name, schema, ...rest }) => [name, { description: (rest as Json)['description'], ...schema }]),
  ),
});

/** `1e2`, ` 7` and `0x10` are numbers to JavaScript, and to nobody who wrote a URL. */
const numberOf = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;

function readJson(request: Request): unknown {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== json)
    throw new Fault('media-type-not-taken', `the body must be ${json}, and say so in its content-type`);
  const bytes: unknown = request.body;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes as Buffer));
  } catch (cause) {
    throw new Fault('request-malformed', 'the body is not JSON in UTF-8', { cause });
  }
}

function sentenceOf({ where, text }: Finding, count: number): string {
  const more = count === 1 ? '' : `; and ${count - 1} more in findings`;
  return `${where} ${text.replace(/^./, (first) => first.toLowerCase())}${more}`;
}
