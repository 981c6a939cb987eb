/** In which language a page speaks: by the words that only one of the catalogues has. */
import { rules } from '../../src/documents/rules.ts';
import { faultTable } from '../../src/domain/fault.ts';
import { catalogue, type Language } from '../../src/operations/catalogue.ts';
import { onPages } from '../../src/operations/catalogue-pages.ts';
import { lineSettings } from '../../src/operations/console/words/settings-line.ts';
import { outsideSettings } from '../../src/operations/console/words/settings-outside.ts';
import { words } from '../../src/operations/console/words.ts';
import { phrases } from '../../src/operations/phrases.ts';
import { expectedPhrases, findingPhrases, foundPhrases } from '../../src/operations/phrases-findings.ts';
import { rulesInSwedish } from '../../src/operations/rule-words.ts';
import { swedishFrameTitles, swedishTitles } from '../../src/operations/titles.ts';
import { settingsTable } from '../../src/platform/config/settings.ts';
import type { Page } from './chromium.ts';

const swedish = [swedishTitles, swedishFrameTitles, lineSettings, outsideSettings, rulesInSwedish].flatMap((titles) =>
  Object.values(titles),
);

const english = [
  ...Object.values(faultTable).map(({ title }) => title),
  ...Object.values(settingsTable).map(({ what }) => what),
  ...Object.values(rules),
];

const texts = (language: Language): string[] => [
  ...[words, catalogue, onPages].flatMap((all) => Object.values(all).map((one) => one[language])),
  ...[...phrases, ...foundPhrases, ...expectedPhrases, ...findingPhrases].map(([en, sv]) => ({ en, sv })[language]),
  ...(language === 'en' ? english : swedish),
];

/** Words, in lower case: neither what is filled in, nor names of things such as `message/01a1…`, `C=SE`, KUVERT_MAIL_URL. */
const wordsOf = (text: string): string[] =>
  text
    .replaceAll(/\{\w+\}/g, ' ')
    .split(/\s+/)
    .filter((one) => !/[\d/_=:@]./.test(one) && !/\w\.\w/.test(one))
    .flatMap((one) => one.toLowerCase().match(/\p{L}{2,}/gu) ?? []);

const known = { sv: new Set(texts('sv').flatMap(wordsOf)), en: new Set(texts('en').flatMap(wordsOf)) } as const;

/** As a word or words of its own, not inside another. */
const whole = (text: string): RegExp =>
  new RegExp(`(?<!\\p{L})${text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?!\\p{L})`, 'gu');

/**
 * Words of the other language on a page: in its text, its title, and what is read to those who do not see it.
 * @param data what stands on pages as it was written by people and programs: names, reasons
 */
export async function foreignWords(page: Page, language: Language, data: readonly string[]): Promise<string[]> {
  const pieces = await page.evaluate<string[]>(collect);
  const other = language === 'sv' ? 'en' : 'sv';
  return pieces.flatMap((piece) => {
    const said = data.reduce((text, one) => text.replaceAll(whole(one), ' '), piece);
    const foreign = wordsOf(said).filter((word) => known[other].has(word) && !known[language].has(word));
    return foreign.length === 0 ? [] : [`${foreign.join(', ')}: “${said.trim()}”`];
  });
}

/** In the page. Codes and documents speak no language; what is marked as another language is. */
const collect = `(() => {
  const pieces = [document.title];
  const outside = 'code, pre, textarea, .paper td, .paper .note, .parties p, [lang]:not(html)';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(outside)) pieces.push(walker.currentNode.data);
  for (const one of document.querySelectorAll('[title], [placeholder], [aria-label], [alt]'))
    if (!one.closest(outside))
      for (const name of ['title', 'placeholder', 'aria-label', 'alt']) pieces.push(one.getAttribute(name) ?? '');
  return pieces.filter((piece) => piece.trim() !== '');
})()`;
