/** Messages: the list with its filters, and the search at the top of every page. */
import { type DeliveryState, deliveryStates } from '../../../domain/delivery.ts';
import { type MessageType, messageTypes } from '../../../domain/message.ts';
import { parseOrganisationNumber } from '../../../domain/organisation-number.ts';
import { fromLocalTime } from '../../../platform/moments.ts';
import type { MessageRow } from '../../../store/messages.ts';
import {
  findSuppliers,
  type ListedFilter,
  type ListedMessage,
  listForOperators,
} from '../../../store/operator/messages.ts';
import type { Pool } from '../../../store/pool.ts';
import type { Who } from '../../access/entered.ts';
import type { Language } from '../../catalogue.ts';
import { moment } from '../../console/moments.ts';
import { word } from '../../console/words.ts';
import { manyActions, statesFor } from '../../many-messages.ts';
import { search } from '../../message-search.ts';
import { supplierPaths } from '../../supplier-page.ts';
import { swedishTitles, titleOf } from '../../titles.ts';
import { pathByNumber, shownNumber } from '../masking.ts';
import { type Pages, show } from '../pages.ts';
import { afterOf, pageRows, pagingOf, queryOf } from '../paging.ts';
import type { Asked, OperatorRoute } from '../route.ts';

export interface MessagesParts {
  readonly pool: Pool;
  readonly pages: Pages;
}

export function messagesRoutes({ pool, pages }: MessagesParts): readonly OperatorRoute[] {
  return [
    {
      method: 'GET',
      path: '/messages',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const query = queryOf(asked.request);
        const { filter, unread } = await filterOf(pool, query);
        const page =
          unread === undefined
            ? await listForOperators(pool, filter, pageRows)
            : { rows: [], next: undefined, lookedBackTo: undefined };
        show(pages, asked, response, {
          view: 'messages',
          title: word(asked.language, 'nav.messages'),
          place: 'messages',
          data: {
            rows: await rowsOf(pool, page.rows, asked),
            filter: Object.fromEntries(query),
            unread,
            job: page.rows.length > 0 ? jobFor(filter, asked.who) : undefined,
            states: deliveryStates,
            types: messageTypes,
            faults: faultChoices(asked.language),
            paging: pagingOf('/messages', query, page.next),
            lookedBackTo: page.lookedBackTo && moment(page.lookedBackTo, asked.now).html,
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/search',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const text = queryOf(asked.request).get('q') ?? '';
        const found = text === '' ? undefined : await search(pool, text);
        const numbers = (found?.suppliers ?? []).map(({ organisationNumber }) => organisationNumber);
        const pathOf = await supplierPaths(pool, numbers);
        const suppliers = (found?.suppliers ?? []).map(({ organisationNumber, name }) => ({
          name,
          shown: shownNumber(asked.who, organisationNumber),
          path: pathOf(organisationNumber),
        }));
        const messages = [...(found?.exact ?? []), ...(found?.begins ?? [])];
        const unknown = found?.recipient !== undefined && suppliers.length === 0 ? found.recipient : undefined;
        const only = [
          ...messages.map(({ id }) => `/messages/${id}`),
          ...suppliers.map(({ path }) => path),
          ...(unknown === undefined ? [] : [`/messages?supplier=${unknown}`]),
        ];
        // One hit is what was meant.
        if (only.length === 1 && only[0] !== undefined) return response.redirect(303, only[0]);
        show(pages, asked, response, {
          view: 'search',
          title: word(asked.language, 'search'),
          data: {
            text,
            suppliers,
            unknown,
            rows: await rowsOf(pool, messages, asked),
            begins: (found?.begins.length ?? 0) > 0,
          },
        });
      },
    },
  ];
}

/** What may be done with all of one supplier's in one state, as an order for many that begins as its dry run. */
function jobFor({ state, supplier, messageType }: ListedFilter, who: Who) {
  const action = manyActions.find((one) => statesFor[one].some((fits) => fits === state));
  if (action === undefined || state === undefined || supplier === undefined) return undefined;
  if (!who.may.has('act') || pathByNumber(supplier) === undefined) return undefined;
  const fields = { action, state, recipient: supplier, ...(messageType === undefined ? {} : { type: messageType }) };
  return { action, path: `/jobs/new?${new URLSearchParams(fields).toString()}` };
}

/** @returns `unread`: the field that cannot be understood */
export async function filterOf(
  pool: Pool,
  query: ReadonlyMap<string, string>,
): Promise<{ readonly filter: ListedFilter; readonly unread: 'supplier' | 'from' | 'to' | undefined }> {
  const [from, to] = (['from', 'to'] as const).map((name) => {
    const text = query.get(name);
    return text === undefined ? undefined : (fromLocalTime(text) ?? 'unread');
  });
  const supplier = await supplierOf(pool, query.get('supplier'));
  return {
    unread: supplier === 'unread' ? 'supplier' : from === 'unread' ? 'from' : to === 'unread' ? 'to' : undefined,
    filter: {
      state: deliveryStates.find((state): state is DeliveryState => state === query.get('state')),
      messageType: messageTypes.find((type): type is MessageType => type === query.get('type')),
      supplier: supplier === 'unread' ? undefined : supplier,
      fault: query.get('fault'),
      documentNumber: query.get('document'),
      from: from === 'unread' ? undefined : from,
      to: to === 'unread' ? undefined : to,
      after: afterOf(query),
    },
  };
}

/** By number, or by a name that only one has. */
async function supplierOf(pool: Pool, text: string | undefined): Promise<string | undefined> {
  if (text === undefined) return undefined;
  const number = parseOrganisationNumber(text) ?? (/^\d{10}$/.test(text) ? text : undefined);
  if (number !== undefined) return number;
  const found = await findSuppliers(pool, text, 2);
  const exactly = found.find(({ name }) => name.toLowerCase() === text.toLowerCase());
  return (exactly ?? (found.length === 1 ? found[0] : undefined))?.organisationNumber ?? 'unread';
}

async function rowsOf(
  pool: Pool,
  rows: readonly (MessageRow & Partial<ListedMessage>)[],
  { who, language, now }: Asked & { readonly who: Who },
) {
  const pathOf = await supplierPaths(
    pool,
    rows.map(({ recipient }) => recipient),
  );
  return rows.map((row) => ({
    ...row,
    shown: shownNumber(who, row.recipient),
    supplierPath: row.supplier === undefined ? undefined : pathOf(row.recipient),
    taken: moment(row.acceptedAt, now).html,
    why: whyOf(row, language),
    delivered: row.deliveredAt === undefined ? undefined : moment(row.deliveredAt, now).html,
  }));
}

/** In a few words; the sentence stands on the message's own page. */
function whyOf(row: MessageRow & Partial<ListedMessage>, language: Language): string | undefined {
  const { state, laneState, laneReason, reason } = row;
  if (state === 'delivered') return undefined;
  if (state === 'waiting' && laneState !== undefined && laneState !== 'flowing')
    return laneReason === undefined ? undefined : titleOf(laneReason, language);
  return reason === undefined ? undefined : titleOf(reason, language);
}

const faultChoices = (language: Language) =>
  Object.keys(swedishTitles)
    .map((code) => ({ code, title: titleOf(code, language) }))
    .sort((a, b) => a.title.localeCompare(b.title, language));
