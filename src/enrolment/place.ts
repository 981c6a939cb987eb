/** Placing an order: checked against the register, codes prepared, the letter to the contact left for the postman. */
import { randomUUID } from 'node:crypto';
import { Fault, type Finding } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import { namesHost, readCertificates } from '../pki/certificate.ts';
import { type ContactFields, keepContact } from '../store/enrol/contacts.ts';
import { insertLetter } from '../store/enrol/letters.ts';
import { type CertificateType, insertOrder } from '../store/enrol/orders.ts';
import { listOwn } from '../store/enrol/own-certificates.ts';
import type { Db } from '../store/pool.ts';
import { type RegisteredAddress, type RegisteredSupplier, readRegister } from '../store/suppliers.ts';
import { hashPin, makePin, makeTransferId } from './codes.ts';
import { readDnsName, readDnsNames, readText, readWantedContact, type WantedContact } from './read-wanted.ts';

/** Days that the codes of an order are good for. */
export const orderDays = 14;

/** Who does something, and why; a rehearsal does all of it and takes it back. */
export interface Act {
  readonly actor: string;
  readonly reason: string | undefined;
  readonly rehearsal: boolean;
  readonly now: Date;
}

export interface WantedOrder {
  readonly organisationNumber: string;
  /** Needed when there are several. */
  readonly address: string | undefined;
  /** Only addresses of it; undefined: of any. */
  readonly environment: Environment | undefined;
  readonly type: CertificateType;
  readonly description: string;
  readonly dnsNames: readonly string[];
  readonly contact: WantedContact;
  /** Whether somebody else must approve it before there is a certificate. */
  readonly approval: boolean;
  /** `sms`: made when the contact asks for it. `representative`: made now, and told to who orders. */
  readonly pin: 'sms' | 'representative';
}

export interface PlacedOrder {
  readonly rehearsal: boolean;
  readonly transferId: string;
  readonly organisationNumber: string;
  readonly organisation: string;
  readonly address: string;
  readonly environment: Environment;
  readonly type: CertificateType;
  readonly description: string;
  readonly dnsNames: readonly string[];
  readonly contact: ContactFields & { readonly id: number };
  readonly expiresAt: Date;
  readonly approval: 'not-needed' | 'awaited';
  /** For the representative to tell the contact; undefined: the contact gets one by SMS. Known here, and nowhere again. */
  readonly pin: string | undefined;
  /** TransferID of the order that this one takes the place of. */
  readonly replaces: string | undefined;
}

/** All that is wrong with an order at once. */
export function orderInvalid(findings: readonly Finding[]): Fault {
  const texts = findings.map(({ text, found }) => (found === undefined ? text : `${text}; “${found}” is not`));
  const message =
    texts.length === 1
      ? texts[0]
      : `${texts.length} things are not right:\n${texts.map((one) => `  ${one}`).join('\n')}`;
  return new Fault('order-invalid', message, { findings });
}

/** The PIN that is told to who orders; made before the transaction, because its hash takes time. */
export async function pinFor(pin: WantedOrder['pin']): Promise<{ pin: string; hash: string } | undefined> {
  if (pin === 'sms') return undefined;
  const made = makePin();
  return { pin: made, hash: await hashPin(made) };
}

/**
 * In the caller's transaction; the audit is the caller's too, and last.
 * @throws Fault `not-found` · `argument-invalid` (which address) · `order-invalid` with every mistake
 */
export async function writeOrder(
  db: Db,
  wanted: WantedOrder,
  { actor, rehearsal, now }: Act,
  made: { readonly pin: string; readonly hash: string } | undefined,
  replaces?: { readonly id: string; readonly transferId: string },
): Promise<PlacedOrder & { readonly id: string }> {
  const [supplier] = await readRegister(db, [wanted.organisationNumber]);
  if (supplier === undefined)
    throw new Fault('not-found', `there is no supplier ${wanted.organisationNumber}; see \`kuvert supplier list\``);
  const address = chooseAddress(supplier, wanted);
  await keepInUse(db, address);
  const findings: Finding[] = [];
  const description = readText(wanted.description, 'description', findings);
  const fields = readWantedContact(wanted.contact, findings);
  const dnsNames = namesFor(wanted, address, findings);
  await refuseOwnNames(db, dnsNames, findings);
  if (findings.length > 0) throw orderInvalid(findings);

  const contactId = await keepContact(db, wanted.organisationNumber, fields);
  const id = randomUUID();
  const transferId = makeTransferId();
  const expiresAt = new Date(now.getTime() + orderDays * 86_400_000);
  const approval = wanted.approval ? 'awaited' : 'not-needed';
  await insertOrder(db, {
    id,
    transferId,
    organisationNumber: wanted.organisationNumber,
    addressId: address.id,
    type: wanted.type,
    description,
    dnsNames,
    contactId,
    orderedBy: actor,
    orderedAt: now,
    expiresAt,
    approval,
    replaces: replaces?.id,
    pinHash: made?.hash,
  });
  await insertLetter(db, { kind: 'order', contactId, orderId: id, at: now });
  return {
    id,
    rehearsal,
    transferId,
    organisationNumber: wanted.organisationNumber,
    organisation: supplier.name,
    address: address.name,
    environment: address.environment,
    type: wanted.type,
    description,
    dnsNames,
    contact: { id: contactId, ...fields },
    expiresAt,
    approval,
    // What was rehearsed opens nothing.
    pin: rehearsal ? undefined : made?.pin,
    replaces: replaces?.transferId,
  };
}

function chooseAddress(supplier: RegisteredSupplier, wanted: WantedOrder): RegisteredAddress {
  const { organisationNumber } = supplier;
  const where = wanted.environment === undefined ? '' : ` in ${wanted.environment}`;
  const all = supplier.addresses.filter(
    ({ retiredAt, environment }) =>
      retiredAt === undefined && (wanted.environment === undefined || environment === wanted.environment),
  );
  const names = all.map(({ name }) => name).join(', ');
  if (all.length === 0)
    throw new Fault('not-found', `${organisationNumber} has no address in use${where}; see \`kuvert supplier list\``);
  const named = wanted.address === undefined ? all : all.filter(({ name }) => name === wanted.address);
  const [found, another] = named;
  if (found === undefined)
    throw new Fault(
      'not-found',
      `${organisationNumber} has no address ${wanted.address} in use${where}; it has ${names}`,
    );
  if (another !== undefined)
    throw new Fault(
      'argument-invalid',
      `${organisationNumber} has several addresses (${names}); say which with --address NAME`,
    );
  return found;
}

/** Nobody retires it before this transaction is over. */
async function keepInUse(db: Db, { id, name }: RegisteredAddress): Promise<void> {
  const { rowCount } = await db.query('select 1 from address where id = $1 and retired_at is null for share', [id]);
  if (rowCount === 0) throw new Fault('not-found', `the address ${name} is not in use any more`);
}

/** With such a certificate a supplier's endpoint could stand in the place of our own listener, towards all who trust our authority. */
async function refuseOwnNames(db: Db, names: readonly string[], findings: Finding[]): Promise<void> {
  const listeners = (await listOwn(db)).filter(({ purpose, withdrawnAt }) => purpose === 'listener' && !withdrawnAt);
  const shown = listeners.flatMap(({ pem }) => readCertificates(pem, 'our listener’s certificate').slice(0, 1));
  for (const name of names)
    if (name !== 'localhost' && shown.some(({ x509 }) => namesHost(x509, name)))
      findings.push({
        where: 'dns',
        rule: 'dns-ours',
        text: `${name} is a name of this gateway's own listener; an endpoint needs one of its own`,
      });
}

function namesFor({ type, dnsNames: given }: WantedOrder, address: RegisteredAddress, findings: Finding[]): string[] {
  const { name, delivery, url } = address;
  // What waits at an address may be fetched, however it is delivered to.
  if (type === 'push-endpoint' && delivery !== 'push')
    findings.push({
      where: 'type',
      rule: 'type-delivery',
      text: `nothing is pushed to the address ${name} (its delivery is ${delivery}); order pull-client or both, or change it with \`kuvert supplier delivery\``,
    });
  const names = readDnsNames(given, findings);
  if (type === 'pull-client') {
    if (given.length > 0)
      findings.push({
        where: 'dns',
        rule: 'dns-unused',
        text: 'a pull-client is known by its organisation and needs no host name; leave --dns out',
      });
    return [];
  }
  if (given.length > 0) return names;
  const host = url === undefined ? undefined : readDnsName(new URL(url).hostname);
  if (host !== undefined) return [host];
  findings.push({
    where: 'dns',
    rule: 'dns-missing',
    text: `a certificate of type ${type} needs the host name of the endpoint, and the URL of the address ${name} has none; give it with --dns NAME`,
  });
  return [];
}
