/** The page to sign in on: by the provider, where there is one, or with a local account. */
import type { Response } from 'express';
import type { Provider } from '../access/oidc/provider.ts';
import { word } from '../console/words.ts';
import { type Pages, show } from './pages.ts';
import type { Asked } from './route.ts';

export interface SignInPage {
  readonly pages: Pages;
  /** Undefined: local accounts only. */
  readonly provider: Provider | undefined;
}

export interface SignInShown {
  readonly notice?: string;
  /** What follows the notice. */
  readonly more?: string;
  readonly bad?: boolean;
  readonly status?: number;
  readonly name?: string;
  /** Where they want to go. */
  readonly next: string;
  /** They are signed in at the provider still: it has a page to end that. */
  readonly leaves?: boolean;
}

export function showSignIn(
  { pages, provider }: SignInPage,
  asked: Asked,
  response: Response,
  shown: SignInShown,
): void {
  const { status = 200, leaves = false, next, ...rest } = shown;
  const asks = `next=${encodeURIComponent(next)}`;
  show(pages, asked, response, {
    view: 'sign-in',
    title: word(asked.language, 'sign-in'),
    status,
    // Not the way back from the provider: that leads nowhere twice.
    path: `/sign-in?${asks}`,
    data: {
      notice: undefined,
      more: undefined,
      bad: false,
      name: '',
      next,
      ...rest,
      provider: provider && {
        name: provider.name,
        path: `/sign-in/oidc?${asks}`,
        leave: leaves ? provider.leave()?.href : undefined,
      },
    },
  });
}

/** Too many wrong tries of their network. */
export function turnAway(parts: SignInPage, asked: Asked, response: Response, waitMs: number, next: string): void {
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
  response.set('retry-after', String(Math.ceil(waitMs / 1_000)));
  showSignIn(parts, asked, response, {
    notice: word(asked.language, 'sign-in.many', { minutes }),
    bad: true,
    status: 429,
    next,
  });
}
