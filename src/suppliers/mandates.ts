/** An organisation lets another act for it: for so long, for these message types, at one of the other's addresses. */
import { Fault, type Finding } from '../domain/fault.ts';
import type { Environment, MessageType } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { appendAudit } from '../store/audit.ts';
import { notifyStored } from '../store/collect/channels.ts';
import { closeMandateEnds } from '../store/enrol/mandate-ends.ts';
import { type Followed, followMandates } from '../store/mandate-clock.ts';
import { databaseNow, insertMandate, type Mandate, readMandates, sendingFor, writeEnd } from '../store/mandates.ts';
import { operate } from '../store/operate.ts';
import type { Db, Pool } from '../store/pool.ts';
import { type RegisteredAddress, readRegister } from '../store/suppliers.ts';
import { lockLanesOf, lockRecipients } from '../store/suppliers-change.ts';
import { notifyWake } from '../store/wake.ts';
import { chooseAddress } from './choose-address.ts';

interface Order {
  readonly actor: string;
  readonly reason: string | undefined;
  /** Say what would be done, and do nothing. */
  readonly rehearsal: boolean;
  readonly now: Date;
}

export interface MandateOrder extends Order {
  readonly principal: OrganisationNumber;
  readonly agent: OrganisationNumber;
  /** Of the agent; needed when it has several. */
  readonly address: string | undefined;
  /** Without a name only addresses of this one are meant; undefined: nobody said which. */
  readonly environment: Environment | undefined;
  readonly messageTypes: readonly MessageType[];
  /** Undefined: now. */
  readonly from: Date | undefined;
  readonly to: Date;
  readonly evidence: string;
}

export interface MandateChange {
  readonly rehearsal: boolean;
  readonly mandate: Mandate;
  readonly released: number;
  readonly rerouted: number;
  readonly held: number;
  /** Refused by the agent, or held by an operator, and in nobody's lane now. */
  readonly stopped: number;
  /** On the wire to the agent this moment: it ends as it does. */
  readonly sending: number;
}

/**
 * Writes a mandate down. What was held for want of a way goes, when it runs already.
 * @throws Fault `not-found` · `argument-invalid` when it is not said which of several addresses · `mandate-invalid` with a finding
 *   for everything that stands against it
 */
export async function addMandate(pool: Pool, order: MandateOrder): Promise<MandateChange> {
  const { principal, agent } = order;
  return operate(pool, order.rehearsal, async (db) => {
    // 1 lock: the principal as intake does before it looks for a way; then, as a claim does, the lanes: its own and its agents'.
    // The agent's address does not change meanwhile, for whoever changes it holds its lane.
    await lockRecipients(db, [principal]);
    await lockLanesOf(db, [principal, agent]);
    // 2 refuse all that is wrong at once.
    const address = await addressOf(db, order);
    // By the clock that it will run by, and after the locks: waiting for them takes time.
    const now = await databaseNow(db);
    const findings = [...ownFindings(order, address, now), ...(await registerFindings(db, order, address))];
    if (findings.length > 0) throw mandateInvalid(findings);
    // 3 the mandate, and what it lets go; 4 wake and audit.
    const id = await insertMandate(db, {
      ...order,
      from: order.from ?? now,
      addressId: address.id,
      recordedBy: order.actor,
    });
    return changed(db, id, order, 'mandate.add');
  });
}

/**
 * Ends a mandate before its time, or before it began: from the commit on nothing more is claimed or fetched by it.
 * @throws Fault `not-found` · `not-possible-now` when it is over
 */
export async function endMandate(pool: Pool, order: Order & { readonly id: number }): Promise<MandateChange> {
  return operate(pool, order.rehearsal, async (db) => {
    const [named] = await readMandates(db, { id: order.id, over: true });
    if (named === undefined)
      throw new Fault('not-found', `there is no mandate ${order.id}; see \`kuvert supplier mandate list --all\``);
    await lockRecipients(db, [named.principal]);
    await lockLanesOf(db, [named.principal]);
    const [mandate = named] = await readMandates(db, { id: order.id, over: true });
    if (mandate.state === 'over')
      throw new Fault(
        'not-possible-now',
        `mandate ${order.id} ended at ${(mandate.endedAt ?? mandate.to).toISOString()} already`,
      );
    await writeEnd(db, order.id, order.actor, order.reason ?? '');
    return changed(db, order.id, order, 'mandate.end');
  });
}

async function changed(
  db: Db,
  id: number,
  { rehearsal, actor, reason, now }: Order,
  action: 'mandate.add' | 'mandate.end',
): Promise<MandateChange> {
  const [mandate] = await readMandates(db, { id, over: true });
  if (mandate === undefined) throw new Fault('internal', `mandate ${id} is not there any more`);
  const { principal, agent, addressId } = mandate;
  const { wake, filled, ...counts }: Followed = await followMandates(db, principal, now);
  await closeMandateEnds(db, principal, { environment: mandate.environment, now });
  await notifyWake(db, wake);
  await notifyStored(db, filled);
  const sending = await sendingFor(db, addressId, principal);
  const { from, to, evidence, messageTypes, environment, address } = mandate;
  await appendAudit(db, {
    actor,
    action,
    subject: `supplier/${principal}`,
    reason,
    details: {
      mandate: id,
      agent,
      address,
      environment,
      messageTypes,
      from: from.toISOString(),
      to: to.toISOString(),
      evidence,
      ...counts,
      ...(action === 'mandate.end' ? { sending } : {}),
    },
    at: now,
  });
  return { rehearsal, mandate, ...counts, sending };
}

async function addressOf(db: Db, { agent, environment, ...order }: MandateOrder): Promise<RegisteredAddress> {
  const [supplier] = await readRegister(db, [agent]);
  if (supplier === undefined)
    throw new Fault('not-found', `there is no supplier ${agent} to act as an agent; see \`kuvert supplier list\``);
  const inUse = supplier.addresses.filter(({ retiredAt }) => retiredAt === undefined);
  const meant = order.address === undefined && environment ? inUse.filter((a) => a.environment === environment) : inUse;
  return chooseAddress(meant, { organisationNumber: agent, address: order.address }, ({ name }) => name);
}

/** What the mandate itself says, and the agent's address. */
function ownFindings(order: MandateOrder, address: RegisteredAddress, now: Date): Finding[] {
  const { principal, agent, from = now, to, messageTypes } = order;
  const findings: Finding[] = [];
  if (principal === agent)
    findings.push({ where: 'agent', rule: 'mandate-own', text: 'an organisation needs no mandate from itself' });
  if (to <= from)
    findings.push({
      where: 'to',
      rule: 'mandate-span',
      text: `it would end (${to.toISOString()}) before it begins (${from.toISOString()})`,
    });
  else if (to <= now)
    findings.push({ where: 'to', rule: 'mandate-span', text: `it would be over already, since ${to.toISOString()}` });
  const not = messageTypes.filter((type) => !address.messageTypes.includes(type));
  if (not.length > 0)
    findings.push({
      where: 'messageTypes',
      rule: 'mandate-types',
      text: `the agent's address ${address.name} does not take ${not.join(', ')}; it takes ${address.messageTypes.join(', ')}`,
    });
  return findings;
}

/** Each message has one way to go: an address of its own, or one agent at a time. */
async function registerFindings(db: Db, order: MandateOrder, { environment }: RegisteredAddress): Promise<Finding[]> {
  const { principal, from, to, messageTypes } = order;
  const shared = (types: readonly MessageType[]) => types.filter((type) => messageTypes.includes(type)).join(', ');
  const findings: Finding[] = [];
  const [own] = await readRegister(db, [principal]);
  for (const { name, environment: of, messageTypes: types, retiredAt } of own?.addresses ?? [])
    if (retiredAt === undefined && of === environment && shared(types) !== '')
      findings.push({
        where: 'messageTypes',
        rule: 'mandate-own-address',
        text: `${shared(types)} in ${environment} goes to ${principal}'s own address ${name}; take it away there first (\`kuvert supplier import\`)`,
      });
  for (const other of await readMandates(db, { principal }))
    if (other.environment === environment && shared(other.messageTypes) !== '' && overlaps(other, from, to))
      findings.push({
        where: 'messageTypes',
        rule: 'mandate-overlaps',
        text: `${shared(other.messageTypes)} in ${environment} goes to ${other.agent} by mandate ${other.id}, from ${other.from.toISOString()} to ${other.to.toISOString()}`,
      });
  return findings;
}

/** @param from undefined: from now, and `one` is not over now */
const overlaps = (one: Pick<Mandate, 'from' | 'to'>, from: Date | undefined, to: Date): boolean =>
  one.from < to && (from === undefined || from < one.to);

function mandateInvalid(findings: readonly Finding[]): Fault {
  const lines = findings.map(({ text }) => text);
  return new Fault('mandate-invalid', ['the mandate cannot be given so; nothing was changed', ...lines].join('\n'), {
    findings,
  });
}
