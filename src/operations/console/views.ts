/** Views: templates in `views/`, filled in. What is text in them is escaped. */
import { Eta } from 'eta';
import type { Who } from '../access/entered.ts';
import type { Permission } from '../access/permissions.ts';
import { formToken } from '../access/secrets.ts';
import type { Language } from '../catalogue.ts';
import { assetPath } from './assets.ts';
import { type Word, word } from './words.ts';

/** `import.meta.dirname`: templates stand beside this file. */
const eta = new Eta({ views: `${import.meta.dirname}/views`, autoEscape: true, cache: true, useWith: false });

export interface PageParts {
  readonly language: Language;
  readonly who: Who | undefined;
  readonly environment: string;
  /** What the browser's window is called, before the product's name. */
  readonly title: string;
  /** The place in the main menu where the page stands. */
  readonly place?: string;
  /** Path and query of this page: where the language switch leads back to. */
  readonly path: string;
  readonly now: Date;
}

const places: readonly { readonly name: string; readonly path: string; readonly needs: Permission }[] = [
  { name: 'overview', path: '/', needs: 'view' },
  { name: 'messages', path: '/messages', needs: 'view' },
  { name: 'suppliers', path: '/suppliers', needs: 'view' },
  { name: 'certificates', path: '/certificates', needs: 'view' },
  { name: 'dead-letters', path: '/dead-letters', needs: 'view' },
  { name: 'jobs', path: '/jobs', needs: 'view' },
  { name: 'audit', path: '/audit', needs: 'audit' },
  { name: 'settings', path: '/settings', needs: 'view' },
  { name: 'accounts', path: '/accounts', needs: 'administer' },
];

/** A part of a page by itself. */
export function view(name: string, language: Language, data: object): string {
  return eta.render(`./${name}`, { w: wordsIn(language), ...data });
}

const wordsIn = (language: Language) => (key: Word, facts?: Readonly<Record<string, string | number>>) =>
  word(language, key, facts);

/** In templates: `it.w('key', facts)`, `it.may('act')`, `it.form` (the hidden field's value), and the view's own data. */
export function page(view: string, parts: PageParts, data: object = {}): string {
  const { language, who } = parts;
  return eta.render(`./${view}`, {
    ...parts,
    w: wordsIn(language),
    may: (permission: Permission) => who?.may.has(permission) ?? false,
    form: who?.session === undefined ? '' : formToken(who.session.secret),
    asset: assetPath,
    places: places.filter(({ needs }) => who?.may.has(needs)),
    ...data,
  });
}
