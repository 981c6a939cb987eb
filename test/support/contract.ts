/** Holding answers against an OpenAPI document, as a stranger would who has nothing but the document. */
import { strict as assert } from 'node:assert';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { Contract } from '../../src/platform/http/contract.ts';

type Json = Readonly<Record<string, unknown>>;

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Json[];
  readonly requestBody: Json | undefined;
  readonly responses: Readonly<Record<string, Json>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];

export function openContract(contract: Contract) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajvFormats.default(ajv);
  ajv.addSchema(contract, 'https://contract.invalid/');
  const resolve = (value: unknown): Json => {
    const reference = (value as { $ref?: string }).$ref;
    if (reference === undefined) return value as Json;
    const found = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], contract);
    assert.ok(found, `${reference} leads nowhere`);
    return resolve(found);
  };
  const operations: Operation[] = Object.entries(contract.paths).flatMap(([path, item]) =>
    methods
      .filter((method) => item[method] !== undefined)
      .map((method) => {
        const operation = item[method] as Json;
        return {
          method: method.toUpperCase(),
          path,
          parameters: ((operation['parameters'] as unknown[] | undefined) ?? []).map(resolve),
          requestBody: operation['requestBody'] === undefined ? undefined : resolve(operation['requestBody']),
          responses: Object.fromEntries(
            Object.entries(operation['responses'] as Json).map(([status, response]) => [status, resolve(response)]),
          ),
        };
      }),
  );
  const compiled = new Map<unknown, ValidateFunction>();
  /** Throws with everything that is not as the schema says. */
  const holds = (schema: unknown, value: unknown, what: string): void => {
    let validate = compiled.get(schema);
    if (validate === undefined) {
      const text = JSON.stringify(schema).replaceAll('"#/', '"https://contract.invalid/#/');
      validate = ajv.compile(JSON.parse(text) as object);
      compiled.set(schema, validate);
    }
    assert.ok(
      validate(value),
      `${what}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)?.slice(0, 500)}`,
    );
  };
  return {
    operations,
    resolve,
    holds,
    /** Throws unless the document allows this answer of this operation: status, type, body and headers. */
    allows(operation: Operation, { status, headers, body }: Answer): void {
      const what = `${operation.method} ${operation.path} → ${status}`;
      const response = operation.responses[status] ?? operation.responses['default'];
      assert.ok(response, `${what} is not documented`);
      if (operation.responses[status] === undefined)
        assert.ok(status >= 400, `${what} is no problem, and not documented`);
      const content = response['content'] as Readonly<Record<string, { schema: unknown }>> | undefined;
      const type = String(headers['content-type'] ?? '').split(';', 1)[0] ?? '';
      if (content === undefined) assert.equal(body, '', `${what} has no body`);
      else {
        const media = content[type];
        assert.ok(media, `${what} is of type “${type}”, and not of ${Object.keys(content).join(', ')}`);
        holds(media.schema, type.endsWith('json') ? JSON.parse(body) : body, what);
      }
      for (const [name, given] of Object.entries((response['headers'] ?? {}) as Json)) {
        const header = resolve(given);
        const value = headers[name];
        if (value === undefined) assert.ok(header['required'] !== true, `${what} lacks the header ${name}`);
        else {
          const schema = resolve(header['schema']);
          holds(schema, schema['type'] === 'integer' ? Number(value) : value, `${what}, header ${name}`);
        }
      }
    },
  };
}
