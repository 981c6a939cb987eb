/**
 * What a technical contact does behind the link of a letter: look, ask for a PIN, open. Looking changes nothing, however often: mail
 * scanners follow links. Each answer is what the page shows; none of them is an error.
 */
import type { Log } from '../platform/log.ts';
import type { SendSms } from '../platform/sms.ts';
import { appendAudit } from '../store/audit.ts';
import { maskPhone } from '../store/enrol/contacts.ts';
import { countWrong, giveBackPin, mostWrong, setOrderOpened, setPin } from '../store/enrol/order-changes.ts';
import { lockOrder, type Order, readOrder } from '../store/enrol/orders.ts';
import type { Pool } from '../store/pool.ts';
import { checkOf, hashPin, linkHash, makePassword, makePin, pinIsRight, proofOf } from './codes.ts';
import { pinText } from './letters/pin-text.ts';
import { type Standing, standingOf } from './standing.ts';

export interface Desk {
  readonly log: Log;
  readonly pool: Pool;
  /** Undefined: no SMS account. */
  readonly sendSms: SendSms | undefined;
  now(): Date;
}

/** SMS for one order, and milliseconds between two of them. */
export const mostPins = 5;
export const pinEvery = 60_000;

/** What may be seen of an order by whoever has its link. */
export interface Seen extends Pick<Order, 'description' | 'type' | 'dnsNames' | 'expiresAt' | 'approval' | 'openedAt'> {
  readonly organisation: string;
  readonly environment: Order['address']['environment'];
  readonly language: 'sv' | 'en';
  /** Masked. */
  readonly phone: string;
  /** How the PIN comes: by SMS when asked for · it has been sent · from whoever placed the order · not at all any more. */
  readonly pin: 'to-send' | 'sent' | 'representative' | 'none';
  /** Another SMS may be asked for. */
  readonly mayAsk: boolean;
}

/** Why the page looks as it does after a button was pressed. */
export type Notice = 'pin-sent' | 'pin-too-soon' | 'pin-too-many' | 'pin-failed' | 'pin-wrong' | 'pin-unreadable';

export type View =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'closed'; readonly standing: Exclude<Standing, 'ordered'>; readonly order: Seen }
  | { readonly kind: 'ask'; readonly order: Seen; readonly notice?: Notice; readonly triesLeft: number }
  | { readonly kind: 'codes'; readonly order: Seen; readonly transferId: string; readonly password: string };

/** Changes nothing. */
export async function lookAt(desk: Desk, link: string): Promise<View> {
  return viewOf(desk, await readOrder(desk.pool, { linkHash: linkHash(link) }));
}

/**
 * Sends a new PIN to the contact's telephone; the one before opens nothing any more. It is on record before it is sent: killed in between,
 * it is lost, and another may be asked for a minute later.
 */
export async function askForPin(desk: Desk, link: string): Promise<View> {
  const { pool, sendSms, log, now } = desk;
  const key = { linkHash: linkHash(link) };
  // Before the hash, which takes time and memory.
  const before = whyNoPin(desk, await readOrder(pool, key));
  if (before !== undefined || sendSms === undefined) return before ?? { kind: 'unknown' };
  const pin = makePin();
  const hash = await hashPin(pin);
  const made = await pool.transaction(async (db) => {
    const order = await lockOrder(db, key);
    const why = whyNoPin(desk, order);
    if (why !== undefined || order === undefined) return why ?? { kind: 'unknown' as const };
    await setPin(db, order.id, hash, now());
    return order;
  }, lockTimeout);
  if ('kind' in made) return made;
  const { id, transferId, contact } = made;
  const outcome = await sendSms({ to: contact.phone, text: pinText(contact.language, pin, transferId) });
  log.info(`PIN ${outcome.kind}`, {
    order: transferId,
    contact: contact.id,
    ...(outcome.kind === 'sent' ? { file: outcome.file } : { why: outcome.why }),
  });
  // What surely went nowhere is none of the five.
  if (outcome.kind === 'not-sent') await giveBackPin(pool, id, hash);
  return viewOf(desk, await readOrder(pool, key), outcome.kind === 'sent' ? 'pin-sent' : 'pin-failed');
}

/** What keeps a PIN from being sent, as the page shows it; undefined: nothing. */
function whyNoPin(desk: Desk, order: Order | undefined): View | undefined {
  const view = viewOf(desk, order);
  if (view.kind !== 'ask' || order === undefined) return view;
  const { pin } = view.order;
  if (pin === 'representative' || pin === 'none' || desk.sendSms === undefined) return view;
  if (order.pinsSent >= mostPins) return { ...view, notice: 'pin-too-many' };
  const madeAt = order.pinMadeAt?.getTime();
  if (madeAt !== undefined && desk.now().getTime() - madeAt < pinEvery) return { ...view, notice: 'pin-too-soon' };
  return undefined;
}

/**
 * With the right PIN: makes TransferPassword, keeps the hash of its hash, and shows it, once. Killed after that is on record and before
 * anybody saw it, the password is lost, and the order is placed anew.
 */
export async function openOrder(desk: Desk, link: string, typed: string): Promise<View> {
  const { pool, now } = desk;
  const pin = typed.replaceAll(/\s/g, '');
  const key = { linkHash: linkHash(link) };
  // What can be no PIN is a slip, not a guess.
  if (!/^\d{6}$/.test(pin)) return viewOf(desk, await readOrder(pool, key), 'pin-unreadable');
  // Looked at under the lock: of twenty guesses at once the sixth is refused, right or wrong.
  return pool.transaction(async (db) => {
    const order = await lockOrder(db, key);
    const view = viewOf(desk, order);
    if (order?.pinHash === undefined || view.kind !== 'ask') return view;
    const at = now();
    const audited = { actor: `contact:${order.contactId}`, reason: undefined, at };
    const subject = `supplier/${order.organisationNumber}/order/${order.transferId}`;
    if (!(await pinIsRight(pin, order.pinHash))) {
      const triesLeft = await countWrong(db, order.id, 'pin', at);
      if (triesLeft > 0) return { ...view, notice: 'pin-wrong', triesLeft };
      await appendAudit(db, { ...audited, action: 'order.lock', subject, details: { wrongPins: mostWrong } });
      return { kind: 'closed', standing: 'locked', order: view.order };
    }
    const password = makePassword();
    await setOrderOpened(db, order.id, checkOf(proofOf(password)), at);
    await appendAudit(db, { ...audited, action: 'order.open', subject, details: { wrongPins: order.wrongPins } });
    return { kind: 'codes', order: view.order, transferId: order.transferId, password };
  }, lockTimeout);
}

/** Milliseconds; somebody waits at a page. */
const lockTimeout = 10_000;

function viewOf({ sendSms, now }: Desk, order: Order | undefined, notice?: Notice): View {
  if (order === undefined) return { kind: 'unknown' };
  const standing = standingOf(order, now());
  const seen = seenOf(order, sendSms !== undefined);
  if (standing !== 'ordered') return { kind: 'closed', standing, order: seen };
  return { kind: 'ask', order: seen, ...(notice && { notice }), triesLeft: mostWrong - order.wrongPins };
}

function seenOf(order: Order, smsThere: boolean): Seen {
  const { description, type, dnsNames, expiresAt, approval, openedAt, contact, pinHash, pinsSent } = order;
  const pin =
    pinHash === undefined ? (smsThere ? 'to-send' : 'none') : pinsSent > 0 ? 'sent' : ('representative' as const);
  return {
    description,
    type,
    dnsNames,
    expiresAt,
    approval,
    openedAt,
    organisation: order.organisation.name,
    environment: order.address.environment,
    language: contact.language,
    phone: maskPhone(contact.phone),
    pin,
    mayAsk: smsThere && pinsSent < mostPins && pin !== 'representative',
  };
}
