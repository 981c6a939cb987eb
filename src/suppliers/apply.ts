/** A plan becomes the register: addresses change, and what waits follows them. For a transaction that holds recipients and lanes. */
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { issuedBy, keyDigest } from '../pki/origin.ts';
import { appendAudit } from '../store/audit.ts';
import { notifyStored } from '../store/collect/channels.ts';
import { readAuthorities } from '../store/enrol/authorities.ts';
import { insertDeliveryAnswers } from '../store/lane/answers.ts';
import { followMandates } from '../store/mandate-clock.ts';
import type { Db } from '../store/pool.ts';
import { moveDisplaced, probeSoon, releaseUnaddressed, silence } from '../store/reroute.ts';
import { startAfresh } from '../store/supplier-lanes.ts';
import {
  addCertificate,
  insertAddress,
  orderCertificates,
  retireAddress,
  updateAddress,
  upsertSupplier,
  withdrawCertificates,
} from '../store/suppliers-change.ts';
import { moveAlarms, notifyWake } from '../store/wake.ts';
import type { AddressPlan, SupplierPlan } from './plan.ts';

export interface ImportedSupplier {
  readonly organisationNumber: string;
  readonly name: string;
  readonly outcome: 'added' | 'changed' | 'unchanged';
  /** One sentence each. */
  readonly changes: readonly string[];
  /** Messages that were held for lack of an address and are on their way now. */
  readonly released: number;
  /** Messages that waited at one address and wait at another now. */
  readonly rerouted: number;
  /** Messages that waited at an address and have none now. */
  readonly held: number;
}

/** Why, by whom, and under which name it stands in the audit. */
export interface RegisterChange {
  readonly actor: string;
  readonly reason: string | undefined;
  readonly action: 'supplier.import' | 'supplier.delivery';
  readonly now: Date;
}

/**
 * Changes the register, supplier by supplier, wakes the workers and those who wait to fetch, and writes down what was done.
 * @param principals those for whom a supplier acts, by its number: the caller holds them and their lanes too
 */
export async function applyPlans(
  db: Db,
  plans: readonly SupplierPlan[],
  { actor, reason, action, now }: RegisterChange,
  principals: ReadonlyMap<string, readonly string[]> = new Map(),
): Promise<ImportedSupplier[]> {
  const done: { supplier: ImportedSupplier; wake: number[]; filled: number[]; plan: SupplierPlan }[] = [];
  for (const plan of plans) {
    const applied = await applyPlan(db, plan, now);
    done.push({ ...(await withPrincipals(db, applied, principals, now)), plan });
  }
  await notifyWake(db, [...new Set(done.flatMap(({ wake }) => wake))]);
  await notifyStored(
    db,
    done.flatMap(({ filled }) => filled),
  );
  // The audit's lock last.
  for (const { supplier, plan } of done)
    if (supplier.outcome !== 'unchanged' || supplier.released + supplier.rerouted + supplier.held > 0)
      await appendAudit(db, {
        actor,
        action,
        subject: `supplier/${supplier.organisationNumber}`,
        reason,
        details: { ...supplier, wanted: wantedDetails(plan) },
        at: now,
      });
  return done.map(({ supplier }) => supplier);
}

interface Applied {
  readonly supplier: ImportedSupplier;
  readonly wake: number[];
  readonly filled: number[];
}

/** What is on its way to those for whom the supplier acts follows its addresses, too. */
async function withPrincipals(
  db: Db,
  { supplier, wake, filled }: Applied,
  principals: ReadonlyMap<string, readonly string[]>,
  now: Date,
): Promise<Applied> {
  const { released, rerouted, held } = supplier;
  const sum = { released, rerouted, held };
  for (const principal of principals.get(supplier.organisationNumber) ?? []) {
    const followed = await followMandates(db, principal, now);
    for (const name of ['released', 'rerouted', 'held'] as const) sum[name] += followed[name];
    wake.push(...followed.wake);
    filled.push(...followed.filled);
  }
  return { supplier: { ...supplier, ...sum }, wake, filled };
}

async function applyPlan(db: Db, plan: SupplierPlan, now: Date): Promise<Applied> {
  const { organisationNumber, name } = plan.wanted;
  const changes = [...plan.changes];
  if (changes.length > 0) await upsertSupplier(db, plan.wanted, now);
  // Retired first: a message type that moves from one address to another is never at both.
  for (const address of plan.retire) {
    await retireAddress(db, address.id, now);
    await withdrawCertificates(
      db,
      address.id,
      address.certificates.map(({ fingerprint }) => fingerprint),
      now,
    );
    changes.push(`address ${address.name}: retired`);
  }
  const lanes = { alarm: [] as number[], probe: [] as number[] };
  for (const address of plan.addresses) {
    changes.push(...address.changes.map((change) => `address ${address.wanted.name}: ${change}`));
    await applyAddress(db, organisationNumber, address, lanes, now);
  }
  const moved = await moveDisplaced(db, organisationNumber, now);
  const released = await releaseUnaddressed(db, organisationNumber, now);
  await insertDeliveryAnswers(
    db,
    'held',
    moved.filter(({ to }) => to === undefined).map(({ deliveryId }) => deliveryId),
  );
  const filled = [...moved, ...released].flatMap(({ to }) => to ?? []);
  const wake = await moveAlarms(db, [...new Set([...filled, ...lanes.alarm])]);
  wake.push(...(await probeSoon(db, lanes.probe)));
  const outcome = plan.isNew ? 'added' : changes.length > 0 ? 'changed' : 'unchanged';
  const rerouted = moved.filter(({ to }) => to !== undefined).length;
  return {
    supplier: {
      organisationNumber,
      name,
      outcome,
      changes,
      released: released.length,
      rerouted,
      held: moved.length - rerouted,
    },
    wake,
    filled,
  };
}

async function applyAddress(
  db: Db,
  organisationNumber: string,
  plan: AddressPlan,
  lanes: { alarm: number[]; probe: number[] },
  now: Date,
): Promise<void> {
  if (plan.current !== undefined && plan.changes.length === 0) return;
  const { wanted, current } = plan;
  const id = current?.id ?? (await insertAddress(db, organisationNumber, wanted, now));
  if (current !== undefined) {
    await updateAddress(db, id, wanted, plan.bump, now);
    // What its endpoint did says nothing any more.
    if (wanted.delivery !== current.delivery || current.retiredAt !== undefined) await startAfresh(db, [id]);
    if (wanted.delivery === 'push' && (current.delivery !== 'push' || current.retiredAt !== undefined))
      lanes.alarm.push(id);
    if (wanted.delivery === 'push' && plan.bump) lanes.probe.push(id);
    if (wanted.delivery !== 'push' && current.delivery === 'push') await silence(db, [id]);
  }
  await withdrawCertificates(db, id, plan.withdraw, now);
  if (plan.add.length > 0) await addAll(db, id, organisationNumber, plan.add);
  if (plan.reorder)
    await orderCertificates(
      db,
      id,
      wanted.certificates.map(({ fingerprint }) => fingerprint),
    );
}

async function addAll(
  db: Db,
  address: number,
  organisationNumber: string,
  certificates: readonly Certificate[],
): Promise<void> {
  const authorities = (await readAuthorities(db)).flatMap(({ pem }) => readCertificates(pem));
  for (const certificate of certificates) {
    const authority = issuedBy(certificate, authorities)?.fingerprint;
    const issued = authority === undefined ? undefined : { authority, serial: certificate.serial };
    await addCertificate(db, address, organisationNumber, {
      ...certificate,
      origin: { spkiSha256: keyDigest(certificate), issued },
    });
  }
}

/** The whole of what was wanted, certificates by fingerprint: the audit must not depend on files that change. */
function wantedDetails(plan: SupplierPlan): unknown {
  return plan.addresses.map(({ wanted }) => ({
    ...wanted,
    certificates: wanted.certificates.map(({ fingerprint }) => fingerprint),
  }));
}
