/** What several of the suppliers' and certificates' pages share. */
import { mostCounted } from '../../../store/operator/overview.ts';
import type { Who } from '../../access/entered.ts';
import type { Language } from '../../catalogue.ts';
import { count } from '../../console/moments.ts';
import type { Asked } from '../route.ts';

export type SeenBy = Pick<Asked, 'language' | 'now'> & { readonly who: Who };
/** The action that was not done, with the reason as it was given. */
export type Failed = { readonly name: string; readonly reason: string } | undefined;

export const counted = (n: number, language: Language): string =>
  n > mostCounted ? `> ${count(mostCounted, language)}` : count(n, language);

/** Of a certificate's subject, one attribute a line or all on one (RFC 4514: a comma within is escaped), what people call it. */
export const commonName = (subject: string): string =>
  /^CN=(.+)$/m
    .exec(subject.includes('\n') ? subject : subject.replaceAll(/(?<!\\), ?/g, '\n'))?.[1]
    ?.replaceAll('\\', '') ?? subject.replaceAll('\n', ', ');

/** Days before the end of a certificate from which it is marked. */
const soon = 60 * 86_400_000;
export const endOf = (at: Date | undefined, now: Date): 'none' | 'ended' | 'soon' | 'far' =>
  at === undefined ? 'none' : at <= now ? 'ended' : at.getTime() - now.getTime() < soon ? 'soon' : 'far';
