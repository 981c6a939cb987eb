/** Certificate orders for scripts: the list, one, and approving, cancelling or ordering it anew. */
import { Fault } from '../../../domain/fault.ts';
import { type Order, readOrder } from '../../../store/enrol/orders.ts';
import { type OrderFilter, pageOfOrders } from '../../../store/operator/orders.ts';
import { supplierName } from '../../supplier-page.ts';
import { shownNumber, shownPerson } from '../masking.ts';
import type { OrderParts } from '../pages/certificate-orders.ts';
import type { OperatorRoute } from '../route.ts';
import { type AskedBy, acts, looks, namedIn, oneIn, textIn } from './ask.ts';
import { keyIn, limitIn, pageOf } from './paging.ts';

export type OrdersApiParts = Omit<OrderParts, 'pages'>;

export function certificateOrdersApi(parts: OrdersApiParts): readonly OperatorRoute[] {
  const { pool, standing } = parts;
  const load = async (transferId: string): Promise<Order> => {
    const order = await readOrder(pool, { transferId });
    if (order === undefined) throw new Fault('not-found', 'there is no such order');
    return order;
  };
  const seen = async (asked: AskedBy, transferId = namedIn(asked, 'order')) => {
    const order = await load(transferId);
    return orderOf(order, standing(order, asked.now), asked);
  };
  return [
    looks('/certificate-orders', 'view', async (asked) => {
      const limit = limitIn(asked);
      const key = keyIn(asked, ['number', 'string']);
      const rows = await pageOfOrders(pool, {
        find: textIn(asked, 'q'),
        opens: asked.who.may.has('open'),
        state: oneIn<OrderFilter>(asked, 'state'),
        after: key && { orderedAt: new Date(key[0]), transferId: key[1] },
        limit: limit + 1,
        now: asked.now,
      });
      return pageOf(
        rows,
        limit,
        (last) => [last.orderedAt.getTime(), last.transferId],
        ({ organisationNumber, organisation, addressId, state, ...rest }) => ({
          ...rest,
          supplier: supplierName(organisationNumber, addressId),
          organisationNumber: shownNumber(asked.who, organisationNumber),
          name: organisation,
          state: standing({ state, expiresAt: rest.expiresAt }, asked.now),
        }),
      );
    }),
    looks('/certificate-orders/:order', 'view', (asked) => seen(asked)),
    ...(['approve', 'cancel'] as const).map((name) =>
      acts(`/certificate-orders/:order/${name}`, 'certify', async (asked, { actor, reason, now }) => {
        const { transferId } = await load(namedIn(asked, 'order'));
        await parts[name](transferId, { actor, reason, now });
        return { value: await seen(asked) };
      }),
    ),
    acts('/certificate-orders/:order/reorder', 'certify', async (asked, { actor, reason, now }) => {
      const { transferId } = await load(namedIn(asked, 'order'));
      const { transferId: id, pin } = await parts.reorder(transferId, { actor, reason, now });
      // The PIN stands in this very answer, and nowhere again.
      const value = { order: await seen(asked, id), pin };
      return { status: 201, location: `/certificate-orders/${id}`, value };
    }),
  ];
}

/** Nothing of its codes, not even hashes. */
function orderOf(order: Order, state: string, { who }: AskedBy) {
  const { transferId, organisationNumber, addressId, type, description, dnsNames, contact, approval } = order;
  const { orderedBy, orderedAt, expiresAt, changedAt, approvedBy, reason, openedAt, fingerprint, pinsSent } = order;
  const { id, name, email, phone, language } = contact;
  return {
    transferId,
    supplier: supplierName(organisationNumber, addressId),
    organisationNumber: shownNumber(who, organisationNumber),
    name: order.organisation.name,
    address: order.address.name,
    environment: order.address.environment,
    type,
    description,
    dnsNames,
    state,
    approval,
    orderedBy,
    orderedAt,
    expiresAt,
    changedAt,
    approvedBy,
    reason,
    openedAt,
    fingerprint,
    pinsSent,
    wrongPins: order.wrongPins,
    wrongPasswords: order.wrongPasswords,
    contact: { id, ...shownPerson({ name, email, phone }), language },
  };
}
