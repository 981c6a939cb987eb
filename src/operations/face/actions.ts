/** What somebody does on a page: a form with a reason, and the page again with what came of it. */
import type { Response } from 'express';
import { Fault, type FaultCode, faultTable } from '../../domain/fault.ts';
import { reasonLimit } from '../../store/audit.ts';
import type { Language } from '../catalogue.ts';
import { isWord, type Word, word } from '../console/words.ts';
import { swedishTitles } from '../titles.ts';
import { queryOf } from './paging.ts';
import type { Asked } from './route.ts';

/** A form in `views/action.eta`. */
export interface ActionForm {
  /** Unique on its page. */
  readonly name: string;
  /** Where it is sent. */
  readonly path: string;
  readonly label: string;
  /** What it will do, in a sentence or two, before it is done. */
  readonly says: string;
  /** It cannot be taken back. */
  readonly grave?: boolean;
  /** Shown open, with what was typed: it has just failed. */
  readonly open?: boolean;
  readonly reason?: string;
}

/** What stands above a page after something was done, or was not. */
export interface Told {
  readonly notice: string;
  readonly bad: boolean;
}

/** As many bytes as a form with the longest reason can have. */
export const mostActionBytes = 16_000;

/** @throws Fault `argument-invalid`: an action without a reason is none */
export function reasonOf({ form, language }: Pick<Asked, 'form' | 'language'>): string {
  const reason = (form.get('reason') ?? '').trim();
  if (reason === '' || reason.length > reasonLimit)
    throw new Fault('argument-invalid', word(language, 'action.reason-missing', { most: reasonLimit }));
  return reason;
}

/** After a redirect: `?done=…` names a sentence of the catalogue. */
export function toldBy({ request, language }: Pick<Asked, 'request' | 'language'>): Told | undefined {
  const key = `done.${queryOf(request).get('done') ?? ''}`;
  return isWord(key) ? { notice: word(language, key), bad: false } : undefined;
}

/**
 * Does it, and leads back to the page; or shows the page again with the fault in words and what was typed.
 * @param back the page, as a path; `done` is added to its query
 * @param again shows the page with the fault, and the action's name so that its form is open
 */
export async function act(asked: Asked, response: Response, { name, back, run, again }: ActionOrder): Promise<void> {
  try {
    const done = await run(reasonOf(asked));
    response.redirect(303, `${back}${back.includes('?') ? '&' : '?'}done=${encodeURIComponent(done)}`);
  } catch (error) {
    if (!(error instanceof Fault) || faultTable[error.code].status >= 500 || error.code === 'not-found') throw error;
    const failed = { name, reason: (asked.form.get('reason') ?? '').slice(0, reasonLimit) };
    await again({ notice: faultSaid(asked.language, error), bad: true }, faultTable[error.code].status, failed);
  }
}

export interface ActionOrder {
  readonly name: string;
  readonly back: string;
  /** @returns the key behind `done.` */
  run(reason: string): Promise<string>;
  again(told: Told, status: number, failed: { readonly name: string; readonly reason: string }): void | Promise<void>;
}

/** A fault as pages say it: in the reader's language where the catalogue has it. */
export function faultSaid(language: Language, { code, message }: Pick<Fault, 'code' | 'message'>): string {
  if (code === 'argument-invalid') return message;
  const key = `fault.${code}`;
  if (isWord(key))
    return [key, `${key}-do`]
      .filter(isWord)
      .map((one: Word) => word(language, one))
      .join('. ');
  if (language === 'sv' && code in swedishTitles) return swedishTitles[code as keyof typeof swedishTitles];
  return faultTable[code as FaultCode].title;
}
