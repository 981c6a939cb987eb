/** The audit: who did what to what, why, and how far it is signed. */
import { Fault } from '../../../domain/fault.ts';
import { fromLocalTime } from '../../../platform/moments.ts';
import { auditStanding } from '../../../store/audit-heads.ts';
import { type AuditListed, listAuditFor, readAuditRow } from '../../../store/operator/audit.ts';
import type { Pool } from '../../../store/pool.ts';
import type { Language } from '../../catalogue.ts';
import { count, moment } from '../../console/moments.ts';
import { isWord, word } from '../../console/words.ts';
import { supplierPaths } from '../../supplier-page.ts';
import { shownTexts } from '../masking.ts';
import { type Pages, show } from '../pages.ts';
import { afterOf, pageRows, pagingOf, queryOf } from '../paging.ts';
import type { Asked, OperatorRoute } from '../route.ts';

export interface AuditParts {
  readonly pool: Pool;
  readonly pages: Pages;
}

export function auditRoutes({ pool, pages }: AuditParts): readonly OperatorRoute[] {
  return [
    {
      method: 'GET',
      path: '/audit',
      needs: 'audit',
      shows: 'page',
      handle: async (asked, response) => {
        const { language, now } = asked;
        const query = queryOf(asked.request);
        const [since, until] = (['from', 'to'] as const).map((name) => fromLocalTime(query.get(name) ?? ''));
        const wrongTime = (query.has('from') && since === undefined) || (query.has('to') && until === undefined);
        const filter = {
          actor: query.get('actor'),
          action: query.get('action'),
          subject: query.get('subject'),
          since,
          until,
          after: afterOf(query),
          limit: pageRows + 1,
        };
        const [listed, standing] = [await listAuditFor(pool, filter), await auditStanding(pool)];
        const link = await linksOf(pool, listed);
        const next = listed.length > pageRows ? listed[pageRows - 1]?.id : undefined;
        show(pages, asked, response, {
          view: 'audit',
          title: word(language, 'nav.audit'),
          place: 'audit',
          data: {
            rows: listed.slice(0, pageRows).map((row) => ({
              ...row,
              at: moment(row.at, now).html,
              link: link(row),
              title: titleOfAct(row.action, language),
            })),
            paging: pagingOf('/audit', query, next),
            filter: Object.fromEntries(query),
            wrongTime,
            standing: {
              newest: count(standing.newest, language),
              head: standing.head && {
                row: count(standing.head.row, language),
                at: moment(standing.head.at, now).html,
              },
              outside: standing.outside && {
                row: count(standing.outside.row, language),
                at: moment(standing.outside.at, now).html,
              },
            },
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/audit/:id',
      needs: 'audit',
      shows: 'page',
      handle: async (asked, response) => {
        const row = await readAuditRow(pool, idOf(asked));
        if (row === undefined) throw new Fault('not-found', 'there is no such row in the audit');
        const { language, now, who } = asked;
        const link = await linksOf(pool, [row]);
        show(pages, asked, response, {
          view: 'audit-row',
          title: word(language, 'audit.row', { n: row.id }),
          place: 'audit',
          data: {
            row: {
              ...row,
              at: moment(row.at, now).html,
              iso: row.at.toISOString(),
              link: link(row),
              title: titleOfAct(row.action, language),
            },
            details: JSON.stringify(shownTexts(who, row.details), undefined, 2),
          },
        });
      },
    },
  ];
}

function idOf({ request }: Asked): number {
  const id = String(request.params['id']);
  if (!/^\d{1,15}$/.test(id)) throw new Fault('not-found', 'there is no such row in the audit');
  return Number(id);
}

/** What was done, in words; undefined where the catalogue has none: its name says it then. */
function titleOfAct(action: string, language: Language): string | undefined {
  const key = `act.${action}`;
  return isWord(key) ? word(language, key) : undefined;
}

type Subject = Pick<AuditListed, 'subject'>;

/** What a subject names that may have a page: a kind of thing, and which. */
const namedIn = ({ subject }: Subject): readonly [what: string | undefined, which: string] => {
  const [, what, which = ''] = /^(message|supplier|job|dead-letter)\/([\w.@-]+)/.exec(subject) ?? [];
  return [what, which];
};

/** The pages of what was acted on, where there is one; a person's is named as everywhere. */
async function linksOf(pool: Pool, rows: readonly Subject[]): Promise<(row: Subject) => string | undefined> {
  const numbers = rows.map(namedIn).flatMap(([what, which]) => (what === 'supplier' ? [which] : []));
  const pathOf = await supplierPaths(pool, numbers);
  return (row) => {
    const [what, which] = namedIn(row);
    if (what === undefined) return undefined;
    return what === 'supplier' ? pathOf(which) : `/${what}s/${encodeURIComponent(which)}`;
  };
}
