/** One operation of a contract: what it is for, what it takes, and each of its answers. */
import { type Html, html } from '../../platform/html.ts';
import { plain, prose } from './prose.ts';
import { entry, type Json, kindOf, oneLine, type Writing } from './schema.ts';

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operation: Json;
}

const methods = ['get', 'put', 'post', 'delete', 'patch'];

export function operationsOf(contract: Json): Operation[] {
  return Object.entries(contract['paths'] as Readonly<Record<string, Json>>).flatMap(([path, item]) =>
    methods
      .filter((method) => item[method] !== undefined)
      .map((method) => ({ method: method.toUpperCase(), path, operation: item[method] as Json })),
  );
}

export const operationId = ({ prefix }: Writing, { operation }: Operation): string =>
  `${prefix}-${String(operation['operationId'])}`;

export function operationSection(writing: Writing, one: Operation): Html {
  const { say, resolve } = writing;
  const { method, path, operation } = one;
  const security = operation['security'] as readonly Json[] | undefined;
  const open = security?.every((one) => !('certificate' in one)) === true;
  const parameters = ((operation['parameters'] ?? []) as unknown[])
    .map(resolve)
    .map((parameter) =>
      entry(
        String(parameter['name']),
        kindOf(writing, parameter['schema'] ?? {}),
        `${say(parameter['in'] as 'path' | 'query' | 'header')}, ${say(parameter['required'] === true ? 'required' : 'optional')}`,
        parameter['description'],
      ),
    );
  const body = operation['requestBody'] === undefined ? undefined : resolve(operation['requestBody']);
  return html`<section class="operation" id="${operationId(writing, one)}">
<h4><span class="method">${method}</span> <code>${breakable(path)}</code></h4>
<p class="summary" lang="en">${oneLine(operation['summary'])}</p>
<p class="note">${say(open ? 'no-certificate' : writing.certificate)}</p>
<div lang="en">${prose(operation['description'])}</div>
${parameters.length === 0 ? undefined : html`<h5>${say('parameters')}</h5><dl>${parameters}</dl>`}
${body === undefined ? undefined : html`<h5>${say('body')}</h5><div lang="en">${prose(body['description'])}</div>${contents(writing, body)}`}
<h5>${say('answers')}</h5>
${Object.entries(operation['responses'] as Json).map(([status, response]) => answer(writing, status, resolve(response)))}
</section>`;
}

/** A long path may break after a slash; what is copied from it has nothing in it that is not there. */
const breakable = (path: string): readonly Html[] =>
  path.split('/').map((piece, i) => (i === 0 ? html`${piece}` : html`/<wbr>${piece}`));

function answer(writing: Writing, status: string, response: Json): Html {
  const { say, resolve } = writing;
  const headers = Object.entries((response['headers'] ?? {}) as Json).map(([name, value]) => {
    const header = resolve(value);
    const note = say(header['required'] === true ? 'always' : 'optional');
    return entry(name, kindOf(writing, header['schema'] ?? {}), note, header['description']);
  });
  const kind = status.startsWith('2') ? 'good' : status.startsWith('3') ? 'plain' : 'bad';
  const inside = [
    ...(headers.length === 0 ? [] : [html`<h6>${say('headers')}</h6><dl>${headers}</dl>`]),
    ...(response['content'] === undefined ? [] : [contents(writing, response)]),
  ];
  const head = html`<span class="status ${kind}">${status === 'default' ? say('any') : status}</span> <span lang="en">${oneLine(response['description'])}</span>`;
  if (inside.length === 0) return html`<div class="answer">${head} <span class="note">${say('empty')}</span></div>`;
  return html`<details class="answer"><summary>${head}</summary>${inside}</details>`;
}

/** The kinds of body, each with its schema and examples. */
function contents(writing: Writing, { content }: Json): Html {
  const kinds = Object.entries((content ?? {}) as Readonly<Record<string, Json>>).map(([type, media]) => {
    const several = Object.values((media['examples'] ?? {}) as Readonly<Record<string, Json>>);
    const examples = [
      ...(media['example'] === undefined ? [] : [{ summary: '', value: media['example'] }]),
      ...several.map((one) => ({ summary: plain(one['summary']), value: one['value'] })),
    ];
    const shown = examples.map(
      ({ summary, value }) =>
        html`<figure><figcaption>${writing.say('example')}${summary === '' ? '' : ': '}<span lang="en">${summary}</span></figcaption><pre tabindex="0"><code>${JSON.stringify(value, undefined, 2)}</code></pre></figure>`,
    );
    return html`<p class="media"><code>${type}</code> <span class="kind">${kindOf(writing, media['schema'] ?? {})}</span></p>${shown}`;
  });
  return html`<div class="contents">${kinds}</div>`;
}
