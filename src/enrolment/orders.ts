/**
 * What representatives do with certificate orders, each in one transaction and on record with who and why: place, reorder, cancel,
 * approve, and another contact for a certificate. What cannot be done is a Fault that says what can.
 */
import { isSamePerson } from '../domain/actor.ts';
import { Fault } from '../domain/fault.ts';
import { appendAudit } from '../store/audit.ts';
import { maskContact } from '../store/enrol/contacts.ts';
import { closeIncident, contactUnreachable } from '../store/enrol/incidents.ts';
import { isBeingIssued, setOrderApproved, setOrderState } from '../store/enrol/order-changes.ts';
import type { Order } from '../store/enrol/orders.ts';
import { operate } from '../store/operate.ts';
import type { Db, Pool } from '../store/pool.ts';
import { lockNamed } from './named.ts';
import { type Act, type PlacedOrder, pinFor, type WantedOrder, writeOrder } from './place.ts';
import type { WantedContact } from './read-wanted.ts';
import { standingOf, whyNotOpen } from './standing.ts';

/**
 * Orders a certificate.
 * @throws Fault `not-found` · `argument-invalid` · `order-invalid` with every mistake
 */
export async function placeOrder(pool: Pool, wanted: WantedOrder, act: Act): Promise<PlacedOrder> {
  const made = await pinFor(wanted.pin);
  return operate(pool, act.rehearsal, async (db) => {
    const placed = await writeOrder(db, wanted, act, made);
    await record(db, 'order.place', placed, act, detailsOf(placed));
    return withoutId(placed);
  });
}

export interface Reorder {
  readonly transferId: string;
  /** What is not given stays as it was. */
  readonly contact: Partial<WantedContact>;
  readonly approval: boolean;
  readonly pin: WantedOrder['pin'];
}

/**
 * A new order in the place of one that expired, was locked or lost, or had a wrong telephone: the old codes are void at once.
 * @throws Fault `not-found` · `not-possible-now` (fetched, cancelled, replaced, or the certificate is being made) · `order-invalid`
 */
export async function reorder(pool: Pool, wanted: Reorder, act: Act): Promise<PlacedOrder> {
  const made = await pinFor(wanted.pin);
  return operate(pool, act.rehearsal, async (db) => {
    const old = await lockNamed(db, wanted.transferId);
    if (!['ordered', 'opened', 'locked', 'expired'].includes(standingOf(old, act.now)))
      throw new Fault('not-possible-now', whyNotOpen(old, act.now));
    await refuseWhileIssued(db, old);
    const { organisationNumber, type, description, dnsNames } = old;
    const { name, email, phone, language } = old.contact;
    const placed = await writeOrder(
      db,
      {
        organisationNumber,
        address: old.address.name,
        environment: old.address.environment,
        type,
        description,
        dnsNames,
        contact: { name, email, phone, language, ...wanted.contact },
        approval: wanted.approval,
        pin: wanted.pin,
      },
      act,
      made,
      old,
    );
    await setOrderState(db, old.id, 'replaced', act.reason, act.now);
    if (placed.contact.id !== old.contactId) await closeIncident(db, contactUnreachable(old.contactId), act.now);
    await record(db, 'order.reorder', placed, act, {
      ...detailsOf(placed),
      replaces: old.transferId,
      was: standingOf(old, act.now),
    });
    return withoutId(placed);
  });
}

export interface OrderMoved {
  readonly transferId: string;
  readonly organisationNumber: string;
  readonly rehearsal: boolean;
}

/** Takes back an order whose certificate nobody has fetched. @throws Fault `not-found` · `not-possible-now` */
export async function cancelOrder(pool: Pool, transferId: string, act: Act): Promise<OrderMoved> {
  return operate(pool, act.rehearsal, async (db) => {
    const order = await lockNamed(db, transferId);
    const standing = standingOf(order, act.now);
    if (standing === 'cancelled')
      throw new Fault('not-possible-now', `the order ${order.transferId} is cancelled already`);
    if (standing === 'fetched')
      throw new Fault(
        'not-possible-now',
        `the certificate of the order ${order.transferId} has been fetched; \`kuvert certificate revoke\` takes it out of use`,
      );
    if (standing === 'replaced') throw new Fault('not-possible-now', whyNotOpen(order, act.now));
    await refuseWhileIssued(db, order);
    await setOrderState(db, order.id, 'cancelled', act.reason, act.now);
    await record(db, 'order.cancel', order, act, { was: standing, ...maskContact(order.contact) });
    return moved(order, act);
  });
}

/**
 * Somebody else than who ordered says that there shall be a certificate.
 * @throws Fault `not-found` · `not-possible-now` (given already, no longer open, or by who ordered it)
 */
export async function approveOrder(pool: Pool, transferId: string, act: Act): Promise<OrderMoved> {
  return operate(pool, act.rehearsal, async (db) => {
    const order = await lockNamed(db, transferId);
    const why = whyNotOpen(order, act.now);
    if (why !== undefined) throw new Fault('not-possible-now', why);
    // One that was placed as if it needed none may need it: role `ca` says.
    if (order.approval === 'given')
      throw new Fault('not-possible-now', `the order ${order.transferId} was approved by ${order.approvedBy} already`);
    if (isSamePerson(order.orderedBy, act.actor))
      throw new Fault(
        'not-possible-now',
        `${order.orderedBy} placed the order ${order.transferId}; somebody else approves it`,
      );
    await setOrderApproved(db, order.id, act.actor, act.now);
    await record(db, 'order.approve', order, act, { type: order.type, orderedBy: order.orderedBy });
    return moved(order, act);
  });
}

/** What is intended is signed, and somebody has it the next moment. */
async function refuseWhileIssued(db: Db, { id, transferId }: Order): Promise<void> {
  if (await isBeingIssued(db, id))
    throw new Fault(
      'not-possible-now',
      `the certificate of the order ${transferId} is being made this moment; revoke it when it is there (\`kuvert certificate revoke\`)`,
    );
}

const moved = ({ transferId, organisationNumber }: Order, { rehearsal }: Act): OrderMoved => ({
  transferId,
  organisationNumber,
  rehearsal,
});

const withoutId = ({ id: _id, ...placed }: PlacedOrder & { readonly id: string }): PlacedOrder => placed;

/** Of the contact no more than who knows it already needs to recognise it. */
const detailsOf = ({
  type,
  description,
  dnsNames,
  address,
  environment,
  expiresAt,
  approval,
  pin,
  contact,
}: PlacedOrder) => ({
  type,
  description,
  dnsNames,
  address,
  environment,
  expiresAt,
  approval,
  pin: pin === undefined ? 'sms' : 'representative',
  ...maskContact(contact),
});

async function record(
  db: Db,
  action: string,
  { organisationNumber, transferId }: Pick<Order, 'organisationNumber' | 'transferId'>,
  { actor, reason, now }: Act,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  const subject = `supplier/${organisationNumber}/order/${transferId}`;
  await appendAudit(db, { actor, action, subject, reason, details, at: now });
}
