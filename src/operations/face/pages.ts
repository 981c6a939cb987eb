/** How a route answers with a page. */
import type { Response } from 'express';
import type { Fault } from '../../domain/fault.ts';
import type { Problem } from '../../platform/http/problem.ts';
import { page } from '../console/views.ts';
import { isWord, word } from '../console/words.ts';
import { shownTexts, typedIn } from './masking.ts';
import type { Asked } from './route.ts';

/** What every page of this listener has in common. */
export interface Pages {
  readonly environment: string;
}

export interface Shown {
  readonly view: string;
  readonly title: string;
  readonly place?: string;
  readonly status?: number;
  /** To come back to with another language; left out: what was asked for. */
  readonly path?: string;
  readonly data?: object;
}

export function show(pages: Pages, asked: Asked, response: Response, shown: Shown): void {
  const { view, title, place, status = 200, path, data } = shown;
  response
    .status(status)
    .set('content-language', asked.language)
    .type('text/html; charset=utf-8')
    .send(
      Buffer.from(
        page(
          view,
          {
            ...partsOf(pages, asked),
            title,
            ...(place === undefined ? {} : { place }),
            ...(path === undefined ? {} : { path }),
          },
          shownTexts(asked.who, data, typedIn(asked)),
        ),
      ),
    );
}

const partsOf = ({ environment }: Pages, { language, who, request, now }: Asked) => ({
  environment,
  language,
  who,
  now,
  // Of what was sent with a form nothing is left to come back to but its page.
  path: request.method === 'GET' ? request.originalUrl : '/',
});

export function faultPage(pages: Pages, problem: Problem, fault: Fault, asked: Asked): string {
  const { language } = asked;
  const known = `fault.${fault.code}`;
  const doing = `${known}-do`;
  const heading = word(language, isWord(known) ? known : 'fault');
  // What only the log has words for is in English.
  const lines = isWord(doing)
    ? [{ text: word(language, doing), lang: language }]
    : [{ text: shownTexts(asked.who, problem.detail ?? problem.title), lang: 'en' }];
  return page(
    'fault',
    { ...partsOf(pages, asked), title: heading },
    { heading, lines, instance: problem.instance, signIn: fault.code === 'sign-in-required' },
  );
}

/** A path of ours that somebody is led to; anything else is the overview. */
export function pathOf(text: unknown): string {
  // One slash, then no second one nor a backslash: `//host` and `/\host` are other hosts.
  return typeof text === 'string' && /^\/(?![/\\])[\x21-\x7e]{0,2000}$/.test(text) ? text : '/';
}
