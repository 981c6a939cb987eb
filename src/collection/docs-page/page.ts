/** The contracts as a page to read: made from the OpenAPI documents, with nothing from anywhere else in it. */
import { createHash } from 'node:crypto';
import { type Html, html } from '../../platform/html.ts';
import type { Contract } from '../../platform/http/contract.ts';
import { type Operation, operationId, operationSection, operationsOf } from './operation.ts';
import { prose } from './prose.ts';
import { type Json, schemaId, schemaSection, type Writing } from './schema.ts';
import { style } from './style.ts';
import { type PageLanguage, pageLanguages, wordIn } from './words.ts';

export interface DocumentedContract {
  readonly contract: Contract;
  /** Where the document itself is. */
  readonly path: string;
  /** Begins the ids of its parts; letters. */
  readonly prefix: string;
  readonly certificate: Writing['certificate'];
}

/** The page may load nothing and run nothing; its style is the one that stands in it. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export function docsPage(contracts: readonly DocumentedContract[], language: PageLanguage): string {
  const say: Writing['say'] = (word) => wordIn(language, word);
  const parts = contracts.map((one) => ({ ...one, writing: writingOf(one, say) }));
  const names = { sv: 'Svenska', en: 'English' } as const;
  const languages = pageLanguages.map((one) =>
    one === language
      ? html`<a href="?lang=${one}" lang="${one}" hreflang="${one}" aria-current="true">${names[one]}</a>`
      : html`<a href="?lang=${one}" lang="${one}" hreflang="${one}">${names[one]}</a>`,
  );
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${say('title')}</title>
<style>${{ html: style }}</style>
</head>
<body><div class="frame">
<header><h1>${say('title')}</h1><p>${say('intro')} ${say('in-english')}</p>
<p class="languages" aria-label="${say('language')}">${languages}</p></header>
<nav aria-label="${say('contents')}">${parts.map(({ contract, writing }) => contents(contract, writing))}</nav>
<main>${parts.map(({ contract, path, writing }) => contractPart(contract, path, writing))}</main>
</div></body>
</html>
`.html;
}

function writingOf({ contract, prefix, certificate }: DocumentedContract, say: Writing['say']): Writing {
  const resolve = (value: unknown): Json => {
    const reference = (value as Json)['$ref'];
    if (typeof reference !== 'string') return value as Json;
    const names = reference.replace('#/', '').split('/');
    return resolve(names.reduce<unknown>((at, name) => (at as Json)[name], contract));
  };
  return { prefix, certificate, say, resolve };
}

const schemasOf = (contract: Contract): readonly [string, Json][] =>
  Object.entries((contract['components'] as { schemas: Readonly<Record<string, Json>> }).schemas);

function contents(contract: Contract, writing: Writing): Html {
  const operations = operationsOf(contract).map(
    (one) => html`<li><a href="#${operationId(writing, one)}" lang="en">${String(one.operation['summary'])}</a></li>`,
  );
  const schemas = schemasOf(contract).map(
    ([name], i) => html`${i === 0 ? '' : ' · '}<a href="#${schemaId(writing, name)}">${name}</a>`,
  );
  return html`<strong><a href="#${writing.prefix}" lang="en">${contract.info.title}</a></strong><ol>${operations}</ol>
<p>${writing.say('schemas')}: ${schemas}</p>`;
}

function contractPart(contract: Contract, path: string, writing: Writing): Html {
  const { title, version, description } = contract.info;
  return html`<section id="${writing.prefix}"><h2 lang="en">${title}</h2>
<p class="note">${writing.say('version')} ${version} · ${writing.say('document')}: <a href="${path}"><code>${path}</code></a></p>
<div lang="en">${prose(contract.info['summary' as keyof typeof contract.info])}${prose(description)}</div></section>
${byTag(contract).map(([tag, operations]) => html`${tag}${operations.map((one) => operationSection(writing, one))}`)}
<h3>${writing.say('schemas')}</h3>
${schemasOf(contract).map(([name, schema]) => schemaSection(writing, name, schema))}`;
}

/** In the order of the tags, each with its heading; all together where there are none. */
function byTag(contract: Contract): readonly [Html | undefined, Operation[]][] {
  const operations = operationsOf(contract);
  const tags = (contract['tags'] ?? []) as readonly { name: string; description?: string }[];
  if (tags.length === 0) return [[undefined, operations]];
  return tags.map(({ name, description = name }) => [
    html`<h3 lang="en">${description}</h3>`,
    operations.filter(({ operation }) => (operation['tags'] as readonly string[] | undefined)?.includes(name)),
  ]);
}
