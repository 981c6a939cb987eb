/** What a technical contact sees: one page for each view, with nothing from anywhere else in it and nothing that runs. */
import { createHash } from 'node:crypto';
import { type Html, html } from '../../platform/html.ts';
import { formatMoment } from '../letters/words.ts';
import type { Notice, Seen, View } from '../open-order.ts';
import { type Fetching, howTo } from './how-to.ts';
import { style } from './style.ts';
import { type PageLanguage, pageLanguages, type Word, wordIn } from './words.ts';

export type Shown = View | { readonly kind: 'guesses'; readonly waitMs: number };

export interface PageParts extends Fetching {
  /** Path of this order's page. */
  readonly path: string;
  readonly language: PageLanguage;
}

/** It loads nothing and runs nothing, its style is the one that stands in it, and its forms go nowhere else. */
export const orderPagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;

type Say = (word: Word, values?: Readonly<Record<string, string>>) => string;

export function orderPage(shown: Shown, parts: PageParts): string {
  const { language } = parts;
  const say: Say = (word, values) => wordIn(language, word, values);
  // Another language is another look at the page: the codes would be gone.
  const languages = shown.kind === 'codes' ? undefined : languageLinks(parts, say);
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${say('title')} · Kuvert</title>
<style>${{ html: style }}</style>
</head>
<body><div class="page">
<header><strong>Kuvert</strong>${languages}</header>
<main>
${contentOf(shown, parts, say)}
</main>
</div></body>
</html>
`.html;
}

function languageLinks({ path, language }: PageParts, say: Say): Html {
  const names = { sv: 'Svenska', en: 'English' } as const;
  const links = pageLanguages.map((one) =>
    one === language
      ? html`<a href="${path}?lang=${one}" lang="${one}" hreflang="${one}" aria-current="true">${names[one]}</a>`
      : html`<a href="${path}?lang=${one}" lang="${one}" hreflang="${one}">${names[one]}</a>`,
  );
  return html`<nav class="languages" aria-label="${say('language')}">${links}</nav>`;
}

function contentOf(shown: Shown, parts: PageParts, say: Say): Html {
  switch (shown.kind) {
    case 'unknown':
      return html`<h1>${say('unknown')}</h1><p>${say('unknown-do')}</p>`;
    case 'guesses': {
      const minutes = String(Math.max(1, Math.ceil(shown.waitMs / 60_000)));
      return html`<h1>${say('guesses')}</h1><p>${say('guesses-do', { minutes })}</p>`;
    }
    case 'closed': {
      const { order, standing } = shown;
      const at = order.openedAt === undefined ? '' : formatMoment(order.openedAt, parts.language);
      return html`<h1>${say(`closed-${standing}`, { at })}</h1><p>${say(`closed-${standing}-do`)}</p>${about(order, parts, say)}`;
    }
    case 'ask':
      return html`<h1>${say('title')}</h1><p>${say('ask-intro')}</p>${about(shown.order, parts, say)}${asking(shown, parts, say)}`;
    case 'codes':
      return html`<h1>${say('codes-title')}</h1><p class="notice once">${say('codes-once')}</p>
${shown.order.approval === 'awaited' ? html`<p class="notice">${say('codes-approval')}</p>` : undefined}
<dl><dt>TransferID</dt><dd><code class="secret">${shown.transferId}</code></dd>
<dt>TransferPassword</dt><dd><code class="secret">${shown.password}</code></dd></dl>
${about(shown.order, parts, say)}
${howTo(shown, parts, say)}`;
  }
}

function about(order: Seen, { language }: PageParts, say: Say): Html {
  const { organisation, environment, description, type, dnsNames, expiresAt } = order;
  const test = environment === 'test' ? html` <span class="test">${say('test')}</span>` : undefined;
  const names = dnsNames.length === 0 ? undefined : html`<dt>${say('names')}</dt><dd>${dnsNames.join(', ')}</dd>`;
  return html`<dl><dt>${say('organisation')}</dt><dd>${organisation}${test}</dd>
<dt>${say('description')}</dt><dd>${description}</dd>
<dt>${say('type')}</dt><dd>${say(`type-${type}`)}</dd>
${names}
<dt>${say('until')}</dt><dd>${say('until-at', { at: formatMoment(expiresAt, language) })}</dd></dl>`;
}

function asking(
  { order, notice, triesLeft }: Extract<View, { kind: 'ask' }>,
  { path, language }: PageParts,
  say: Say,
): Html {
  const values = { phone: order.phone, tries: String(triesLeft) };
  const told = notice && html`<p class="notice${isBad(notice) ? ' bad' : ''}" role="status">${say(notice, values)}</p>`;
  const how = notice === 'pin-sent' ? undefined : html`<p>${say(`ask-${order.pin}`, values)}</p>`;
  const send = order.mayAsk ? sendForm(order, path, language, say) : undefined;
  if (order.pin === 'to-send' || order.pin === 'none') return html`${told}${how}${send}`;
  // At the first look it would scroll past what the page is about.
  const focus = notice && html` autofocus`;
  return html`${told}${how}<form method="post" action="${path}?lang=${language}">
<label for="pin">${say('pin')}</label>
<input id="pin" name="pin" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,8}" maxlength="8" required${focus}>
<button>${say('open')}</button></form>${send}`;
}

function sendForm(order: Seen, path: string, language: PageLanguage, say: Say): Html {
  const first = order.pin === 'to-send';
  const note = first ? undefined : html`<p class="soft">${say('again-note')}</p>`;
  return html`<form method="post" action="${path}/pin?lang=${language}"><button${first ? '' : html` class="other"`}>${say(first ? 'send-pin' : 'send-again')}</button>${note}</form>`;
}

const isBad = (notice: Notice): boolean => notice !== 'pin-sent';
