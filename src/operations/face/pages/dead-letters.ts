/** Dead letters, newest first. */
import { parseOrganisationNumber } from '../../../domain/organisation-number.ts';
import { fromLocalTime } from '../../../platform/moments.ts';
import { type DeadLetterListed, listDeadLetters } from '../../../store/operator/dead-letters.ts';
import type { Pool } from '../../../store/pool.ts';
import { count, moment } from '../../console/moments.ts';
import { word } from '../../console/words.ts';
import { swedishFrameTitles, titleOf } from '../../titles.ts';
import { pathByNumber, shownNumber } from '../masking.ts';
import { type Pages, show } from '../pages.ts';
import { pageRows, pagingOf, queryOf } from '../paging.ts';
import type { GuardedRoute, OperatorRoute } from '../route.ts';

type AskedBy = Parameters<GuardedRoute['handle']>[0];

/** What a frame can be stopped for. */
const frameFaults = [...Object.keys(swedishFrameTitles), 'superseded', 'internal'];

export const deadLetterId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function deadLettersRoutes({
  pool,
  pages,
}: {
  readonly pool: Pool;
  readonly pages: Pages;
}): readonly OperatorRoute[] {
  return [
    {
      method: 'GET',
      path: '/dead-letters',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const { language } = asked;
        const query = queryOf(asked.request);
        const after = query.get('after') ?? '';
        const organisation = query.get('organisation');
        const letters = await listDeadLetters(pool, {
          fault: query.get('fault'),
          // As typed, with or without its hyphen; what is none fits nothing.
          organisationNumber: organisation && (parseOrganisationNumber(organisation) ?? organisation),
          documentNumber: query.get('document'),
          since: fromLocalTime(query.get('from') ?? ''),
          until: fromLocalTime(query.get('to') ?? ''),
          after: deadLetterId.test(after) ? after : undefined,
          limit: pageRows + 1,
        });
        const next = letters.length > pageRows ? letters[pageRows - 1]?.id : undefined;
        show(pages, asked, response, {
          view: 'dead-letters',
          title: word(language, 'nav.dead-letters'),
          place: 'dead-letters',
          data: {
            letters: letters.slice(0, pageRows).map((letter) => shownLetter(letter, asked)),
            paging: pagingOf('/dead-letters', query, next),
            filter: Object.fromEntries(query),
            faults: frameFaults.map((code) => ({ code, title: titleOf(code, language) })),
          },
        });
      },
    },
  ];
}

export function shownLetter<T extends Omit<DeadLetterListed, 'findings'>>(letter: T, { language, now, who }: AskedBy) {
  return {
    ...letter,
    title: titleOf(letter.fault, language),
    takenAt: moment(letter.takenAt, now).html,
    size: word(language, 'dead.bytes', { n: count(letter.size, language) }),
    // It may be none, as it was sent; such a one is nobody's.
    number: letter.organisationNumber === null ? undefined : shownNumber(who, letter.organisationNumber),
    supplierPath:
      letter.organisationNumber === null || letter.supplier === null
        ? undefined
        : pathByNumber(letter.organisationNumber),
  };
}
