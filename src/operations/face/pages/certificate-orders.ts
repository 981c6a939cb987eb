/** Certificate orders: the list, one order, and approving, cancelling or ordering it anew. */
import { isSamePerson } from '../../../domain/actor.ts';
import { Fault, faultTable } from '../../../domain/fault.ts';
import { type Order, readOrder } from '../../../store/enrol/orders.ts';
import { type OrderKey, orderFilters, pageOfOrders } from '../../../store/operator/orders.ts';
import type { Pool } from '../../../store/pool.ts';
import { day, moment } from '../../console/moments.ts';
import { word } from '../../console/words.ts';
import { supplierPath } from '../../supplier-page.ts';
import { type ActionForm, act, faultSaid, mostActionBytes, reasonOf, type Told, toldBy } from '../actions.ts';
import { shownNumber, shownPerson } from '../masking.ts';
import { type Pages, show } from '../pages.ts';
import { pageRows, pagingOf, queryOf } from '../paging.ts';
import type { GuardedRoute, OperatorRoute } from '../route.ts';

export interface OrderAct {
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
}

export interface OrderParts {
  readonly pool: Pool;
  readonly pages: Pages;
  /** @throws Fault `not-possible-now` */
  approve(transferId: string, act: OrderAct): Promise<unknown>;
  cancel(transferId: string, act: OrderAct): Promise<unknown>;
  /** @returns the new one; a PIN that is told to who orders is known here, and nowhere again */
  reorder(
    transferId: string,
    act: OrderAct,
  ): Promise<{ readonly transferId: string; readonly pin: string | undefined }>;
  /** How it stands at a time. */
  standing(order: Pick<Order, 'state' | 'expiresAt'>, now: Date): Standing;
}

type Standing = Order['state'] | 'expired';
type In = Parameters<GuardedRoute['handle']>[0];
type Response = Parameters<GuardedRoute['handle']>[1];
type Name = 'approve' | 'cancel' | 'reorder';

export function certificateOrderRoutes(parts: OrderParts): readonly OperatorRoute[] {
  const { pool, pages } = parts;
  const load = async ({ request }: In): Promise<Order> => {
    const transferId = String(request.params['order']);
    const order = /^[0-9A-Z-]{1,20}$/.test(transferId) ? await readOrder(pool, { transferId }) : undefined;
    if (order === undefined) throw new Fault('not-found');
    return order;
  };
  const showOne = async (
    asked: In,
    response: Response,
    more: { readonly told?: Told | undefined; readonly status?: number; readonly failed?: Failed } = {},
  ) => {
    const order = await load(asked);
    const { language, now, who } = asked;
    const standing = parts.standing(order, now);
    show(pages, asked, response, {
      view: 'certificate-order',
      title: word(language, 'order.title', { id: order.transferId }),
      place: 'certificates',
      status: more.status ?? 200,
      data: {
        order: { ...order, standing, contact: shownPerson(order.contact) },
        number: shownNumber(who, order.organisationNumber),
        path: supplierPath(order.organisationNumber, order.addressId),
        actions: who.may.has('certify')
          ? namesOf(order, standing, who.actor).map((name) => formOf(name, order, language, more.failed))
          : [],
        notYours: who.may.has('certify') && order.approval === 'awaited' && isSamePerson(order.orderedBy, who.actor),
        told: more.told,
        orderTag,
        when: (at: Date | undefined) => moment(at, now).html,
      },
    });
  };
  const action = (name: Exclude<Name, 'reorder'>, run: OrderParts['approve']): OperatorRoute => ({
    method: 'POST',
    path: `/certificates/orders/:order/${name}`,
    needs: 'certify',
    shows: 'page',
    mostBodyBytes: mostActionBytes,
    handle: async (asked, response) => {
      const { transferId } = await load(asked);
      await act(asked, response, {
        name,
        back: `/certificates/orders/${transferId}`,
        run: async (reason) => {
          await run(transferId, { actor: asked.who.actor, reason, now: asked.now });
          return `order-${name}`;
        },
        again: (told, status, failed) => showOne(asked, response, { told, status, failed }),
      });
    },
  });
  return [
    {
      method: 'GET',
      path: '/certificates/orders',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const { now, who, language } = asked;
        const query = queryOf(asked.request);
        const filter = { find: query.get('q'), state: orderFilters.find((one) => one === query.get('state')) };
        const rows = await pageOfOrders(pool, {
          ...filter,
          opens: who.may.has('open'),
          after: keyOf(query.get('after')),
          limit: pageRows + 1,
          now,
        });
        const shown = rows.slice(0, pageRows);
        const last = rows.length > pageRows ? shown.at(-1) : undefined;
        show(pages, asked, response, {
          view: 'certificate-orders',
          title: word(language, 'certificates.orders'),
          place: 'certificates',
          data: {
            part: 'orders',
            orderTag,
            filter,
            states: orderFilters,
            rows: shown.map((row) => ({
              ...row,
              standing: parts.standing(row, now),
              number: shownNumber(who, row.organisationNumber),
              path: supplierPath(row.organisationNumber, row.addressId),
            })),
            when: (at: Date) => moment(at, now).html,
            day: (at: Date) => day(at).html,
            paging: pagingOf('/certificates/orders', query, last && `${last.orderedAt.getTime()}-${last.transferId}`),
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/certificates/orders/:order',
      needs: 'view',
      shows: 'page',
      handle: (asked, response) => showOne(asked, response, { told: toldBy(asked) }),
    },
    action('approve', parts.approve),
    action('cancel', parts.cancel),
    {
      method: 'POST',
      path: '/certificates/orders/:order/reorder',
      needs: 'certify',
      shows: 'page',
      mostBodyBytes: mostActionBytes,
      handle: async (asked, response) => {
        const { transferId } = await load(asked);
        try {
          const order = { actor: asked.who.actor, reason: reasonOf(asked), now: asked.now };
          const { transferId: id, pin } = await parts.reorder(transferId, order);
          // The PIN stands in this very answer, and nowhere again.
          response.set('cache-control', 'no-store');
          const notice =
            pin === undefined
              ? word(asked.language, 'order.reordered', { id })
              : word(asked.language, 'order.pin', { id, pin });
          await showOne(asked, response, { told: { notice, bad: false } });
        } catch (error) {
          if (!(error instanceof Fault) || faultTable[error.code].status >= 500) throw error;
          const failed = { name: 'reorder', reason: asked.form.get('reason') ?? '' };
          const told = { notice: faultSaid(asked.language, error), bad: true };
          await showOne(asked, response, { told, status: faultTable[error.code].status, failed });
        }
      },
    },
  ];
}

/** How a standing looks. */
const orderTag = (standing: Standing): string =>
  standing === 'fetched'
    ? 'flowing'
    : standing === 'ordered' || standing === 'opened'
      ? 'waiting'
      : standing === 'locked' || standing === 'expired'
        ? 'held'
        : '';

interface Failed {
  readonly name: string;
  readonly reason: string;
}

/** What can be done with it as it stands. */
function namesOf({ approval, orderedBy }: Order, standing: Standing, actor: string): Name[] {
  const open = standing === 'ordered' || standing === 'opened';
  const movable = open || standing === 'locked' || standing === 'expired';
  return [
    ...(open && approval === 'awaited' && !isSamePerson(orderedBy, actor) ? (['approve'] as const) : []),
    ...(movable ? (['reorder', 'cancel'] as const) : []),
  ];
}

const formOf = (
  name: Name,
  { transferId }: Order,
  language: In['language'],
  failed: Failed | undefined,
): ActionForm => ({
  name,
  path: `/certificates/orders/${transferId}/${name}`,
  label: word(language, `order.${name}`),
  says: word(language, `order.${name}-says`),
  ...(name === 'cancel' ? { grave: true } : {}),
  ...(failed?.name === name ? { open: true, reason: failed.reason } : {}),
});

function keyOf(text: string | undefined): OrderKey | undefined {
  const [, time, transferId] = /^(\d{1,15})-([0-9A-Z-]{1,20})$/.exec(text ?? '') ?? [];
  return time === undefined || transferId === undefined ? undefined : { orderedAt: new Date(Number(time)), transferId };
}
