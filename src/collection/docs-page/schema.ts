/** Schemas as lists of members, each with its kind and what it means. */
import { type Html, html } from '../../platform/html.ts';
import { inline, plain, prose } from './prose.ts';
import type { Word } from './words.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What a page needs to write about one contract. */
export interface Writing {
  /** Begins the ids of the contract's parts on the page. */
  readonly prefix: string;
  /** What is said of operations that want a certificate: whose. */
  readonly certificate: Word;
  say(word: Word): string;
  /** Follows references of the contract. */
  resolve(value: unknown): Json;
}

export const schemaId = ({ prefix }: Writing, name: string): string => `${prefix}-schema-${name}`;

/** Its kind in a few words, with links to the schemas that have names. */
export function kindOf(writing: Writing, value: unknown): Html {
  const schema = value as Json;
  const name = /^#\/components\/schemas\/(\w+)$/.exec(plain(schema['$ref']))?.[1];
  if (name !== undefined) return html`<a href="#${schemaId(writing, name)}">${name}</a>`;
  if (schema['$ref'] !== undefined) return kindOf(writing, writing.resolve(schema));
  const { say } = writing;
  const notes = limitsOf(writing, schema);
  const more = notes.length === 0 ? '' : `, ${notes.join(', ')}`;
  if (Array.isArray(schema['enum'])) {
    const values = schema['enum'].map((one, i) => html`${i === 0 ? '' : ', '}<code>${String(one)}</code>`);
    return html`${say('one-of')} ${values}${more}`;
  }
  if ('const' in schema) return html`<code>${JSON.stringify(schema['const'])}</code>`;
  if (schema['type'] === 'array') return html`${say('list-of')} ${kindOf(writing, schema['items'] ?? {})}${more}`;
  return html`${plain(schema['type'])}${more}`;
}

function limitsOf({ say }: Writing, schema: Json): string[] {
  const { maxLength, maxItems } = schema;
  const [minimum, maximum] = [plain(schema['minimum']), plain(schema['maximum'])];
  const counted = (word: Word, n: unknown): string => (n === undefined ? '' : say(word).replace('{n}', plain(n)));
  return [
    plain(schema['format']),
    [minimum && `${say('from')} ${minimum}`, maximum && `${say('to')} ${maximum}`]
      .filter((one) => one !== '')
      .join(' '),
    counted('most-characters', maxLength),
    counted('most-items', maxItems),
    schema['default'] === undefined ? '' : `${say('usual')} ${JSON.stringify(schema['default'])}`,
  ].filter((note) => note !== '');
}

/** One thing with a name: a parameter, a header, a member. */
export function entry(
  name: string,
  kind: Html,
  note: string,
  text: unknown,
  more: { pattern?: unknown; inner?: Html } = {},
): Html {
  const { pattern, inner } = more;
  const shape = typeof pattern === 'string' ? html`<p class="pattern"><code>${pattern}</code></p>` : undefined;
  return html`<div class="entry"><dt><code>${name}</code> <span class="kind">${kind}</span> <span class="note">${note}</span></dt>
<dd lang="en">${prose(text)}${shape}${inner}</dd></div>`;
}

/** A named schema, with its members. */
export function schemaSection(writing: Writing, name: string, schema: Json): Html {
  const members = membersOf(writing, schema);
  const own = members === undefined ? html`<p class="kind">${kindOf(writing, schema)}</p>` : undefined;
  const pattern = members === undefined ? schema['pattern'] : undefined;
  return html`<section id="${schemaId(writing, name)}"><h4>${name}</h4>
<div lang="en">${prose(schema['description'])}</div>${own}${
    typeof pattern === 'string' ? html`<p class="pattern"><code>${pattern}</code></p>` : undefined
  }${members}</section>`;
}

function membersOf(writing: Writing, schema: Json): Html | undefined {
  const properties = schema['properties'] as Json | undefined;
  if (properties === undefined) return undefined;
  const required = (schema['required'] ?? []) as readonly string[];
  const entries = Object.entries(properties).map(([name, value]) => {
    const member = value as Json;
    const note = writing.say(required.includes(name) ? 'always' : 'optional');
    const inner = membersOf(writing, member);
    const more = { pattern: member['pattern'], ...(inner && { inner }) };
    return entry(name, kindOf(writing, member), note, member['description'], more);
  });
  return html`<dl>${entries}</dl>`;
}

/** A summary of one line, for lists of contents. */
export const oneLine = (text: unknown): readonly Html[] => inline(typeof text === 'string' ? text : '');
