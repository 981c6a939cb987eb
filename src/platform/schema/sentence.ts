/** What a schema error means, said to a person: one sentence for each keyword that our schemas use. */
import type { ErrorObject } from 'ajv/dist/2020.js';

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

/** Says what must be, without what was found: that stands beside it in the finding. */
export function sentenceOf({ keyword, params, parentSchema, message }: ErrorObject): string {
  const limit = Number(params.limit);
  switch (keyword) {
    case 'required':
      return 'Must be given, and is missing';
    case 'additionalProperties':
      return `Is no name that is known here${known(parentSchema?.properties)}`;
    case 'type':
      return `Must be ${[params.type].flat().map(kind).join(' or ')}`;
    case 'enum':
      return `Must be ${(params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'const':
      return `Must be ${JSON.stringify(params.allowedValue)}`;
    case 'pattern':
      return `Must be written otherwise${form(parentSchema)}`;
    case 'format':
      return `Must be a right ${String(params.format)}`;
    case 'minLength':
      return limit === 1 ? 'Must not be empty' : `Must have at least ${limit} characters`;
    case 'maxLength':
      return `Must have at most ${limit} characters`;
    case 'minItems':
      return limit === 1 ? 'Must have something in it' : `Must have at least ${limit} items`;
    case 'maxItems':
      return `Must have at most ${limit} items`;
    case 'uniqueItems':
      return `Must not have the same item twice, as numbers ${Number(params.j) + 1} and ${Number(params.i) + 1} are`;
    case 'minimum':
      return `Must be at least ${limit}`;
    case 'exclusiveMinimum':
      return `Must be more than ${limit}`;
    case 'maximum':
      return `Must be at most ${limit}`;
    default:
      return message === undefined
        ? 'Is not as the schema says'
        : message.replace(/^./, (first) => first.toUpperCase());
  }
}

const kind = (type: unknown): string => kinds[String(type)] ?? String(type);

const known = (properties: unknown): string =>
  properties !== null && typeof properties === 'object' ? `: ${Object.keys(properties).join(', ')}` : '';

/** The description of what has a pattern begins with how it is written; the regular expression says nothing to a person. */
function form(schema: ErrorObject['parentSchema']): string {
  const words: unknown = schema?.description ?? schema?.title;
  return typeof words === 'string' ? `: ${words.split(/\.(?:\s|$)/, 1)[0]}` : '';
}
