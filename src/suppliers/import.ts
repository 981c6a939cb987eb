/** A supplier file becomes the register, in one transaction, and what waited for it is on its way. */
import { Fault, type Finding } from '../domain/fault.ts';
import { appendAudit } from '../store/audit.ts';
import { insertDeliveryAnswers } from '../store/lane/answers.ts';
import { operate } from '../store/operate.ts';
import type { Db, Pool } from '../store/pool.ts';
import { moveDisplaced, probeSoon, releaseUnaddressed, sendingOn, silence } from '../store/reroute.ts';
import { startAfresh } from '../store/supplier-lanes.ts';
import { certificateOwners, readRegister } from '../store/suppliers.ts';
import {
  addCertificate,
  insertAddress,
  lockLanesOf,
  lockRecipients,
  orderCertificates,
  retireAddress,
  updateAddress,
  upsertSupplier,
  withdrawCertificates,
} from '../store/suppliers-change.ts';
import { moveAlarms, notifyWake } from '../store/wake.ts';
import { type AddressPlan, planSupplier, type SupplierPlan } from './plan.ts';
import { type ReadSuppliers, supplierInvalid } from './read-file.ts';

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

export interface ImportSummary {
  readonly rehearsal: boolean;
  readonly suppliers: readonly ImportedSupplier[];
  readonly warnings: readonly Finding[];
}

export interface ImportOptions {
  readonly actor: string;
  readonly reason: string | undefined;
  /** Say what would be done, and do nothing. */
  readonly rehearsal: boolean;
  readonly now: Date;
}

/**
 * Imports what `readSupplierFile` read: all of it or nothing. The same file again changes nothing and leaves no trace.
 * @throws Fault `supplier-invalid` for what only the register can tell (somebody else's certificate, an expired one, an
 *   address's environment); `not-possible-now` when an address that is to be retired has messages on the wire.
 */
export async function importSuppliers(pool: Pool, read: ReadSuppliers, options: ImportOptions): Promise<ImportSummary> {
  return operate(pool, options.rehearsal, async (db) => {
    const numbers = read.suppliers.map(({ organisationNumber }) => organisationNumber);
    // 1 lock: recipients in order, as intake does before it looks for an address; then lanes in order, as a claim does.
    await lockRecipients(db, numbers);
    await lockLanesOf(db, numbers);
    // 2 plan, and refuse all that is wrong at once.
    const plans = await makePlans(db, read, options.now);
    const findings = plans.flatMap((plan) => plan.findings);
    if (findings.length > 0) throw supplierInvalid(findings);
    await refuseWhileSending(db, plans);
    // 3 change the register, supplier by supplier; 4 let deliveries follow their addresses.
    const suppliers: ImportedSupplier[] = [];
    const wake: number[] = [];
    for (const plan of plans) {
      const done = await applyPlan(db, plan, options.now);
      suppliers.push(done.supplier);
      wake.push(...done.wake);
    }
    // 5 wake the workers, and write down what was done: the audit's lock last.
    await notifyWake(db, [...new Set(wake)]);
    for (const [index, supplier] of suppliers.entries())
      if (supplier.outcome !== 'unchanged' || supplier.released + supplier.rerouted + supplier.held > 0)
        await appendAudit(db, {
          actor: options.actor,
          action: 'supplier.import',
          subject: `supplier/${supplier.organisationNumber}`,
          reason: options.reason,
          details: { ...supplier, wanted: wantedDetails(plans[index]) },
          at: options.now,
        });
    const warnings = [...read.warnings, ...plans.flatMap((plan) => plan.warnings)];
    return { rehearsal: options.rehearsal, suppliers, warnings };
  });
}

async function makePlans(db: Db, read: ReadSuppliers, now: Date): Promise<SupplierPlan[]> {
  const register = await readRegister(
    db,
    read.suppliers.map(({ organisationNumber }) => organisationNumber),
  );
  const owners = await certificateOwners(
    db,
    read.suppliers.flatMap(({ addresses }) =>
      addresses.flatMap(({ certificates }) => certificates.map(({ fingerprint }) => fingerprint)),
    ),
  );
  return read.suppliers.map((wanted) =>
    planSupplier(
      register.find(({ organisationNumber }) => organisationNumber === wanted.organisationNumber),
      wanted,
      owners,
      now,
    ),
  );
}

/** What is on the wire comes back to the lane it left from; that lane must still be in use. */
async function refuseWhileSending(db: Db, plans: readonly SupplierPlan[]): Promise<void> {
  const leaving = plans.flatMap(({ wanted, retire }) => retire.map((address) => ({ wanted, address })));
  const sending = await sendingOn(
    db,
    leaving.map(({ address }) => address.id),
  );
  const busy = leaving.filter(({ address }) => sending.has(address.id));
  if (busy.length > 0)
    throw new Fault(
      'not-possible-now',
      busy
        .map(
          ({ wanted: { organisationNumber: number }, address: { id, name } }) =>
            `the file leaves out the address ${name} of ${number}, and ${sending.get(id)} of its messages are being sent this moment; ` +
            `stop it with \`kuvert supplier pause ${number} --address ${name} --reason …\`, then import again`,
        )
        .join('\n'),
    );
}

async function applyPlan(
  db: Db,
  plan: SupplierPlan,
  now: Date,
): Promise<{ supplier: ImportedSupplier; wake: number[] }> {
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
    if (wanted.delivery === 'push' && (current.delivery !== 'push' || current.retiredAt !== undefined)) {
      await startAfresh(db, [id]);
      lanes.alarm.push(id);
    }
    if (wanted.delivery === 'push' && plan.bump) lanes.probe.push(id);
    if (wanted.delivery !== 'push' && current.delivery === 'push') await silence(db, [id]);
  }
  await withdrawCertificates(db, id, plan.withdraw, now);
  for (const certificate of plan.add) await addCertificate(db, id, organisationNumber, certificate);
  if (plan.reorder)
    await orderCertificates(
      db,
      id,
      wanted.certificates.map(({ fingerprint }) => fingerprint),
    );
}

/** The whole of what was wanted, certificates by fingerprint: the audit must not depend on files that change. */
function wantedDetails(plan: SupplierPlan | undefined): unknown {
  return plan?.wanted.addresses.map((address) => ({
    ...address,
    certificates: address.certificates.map(({ fingerprint }) => fingerprint),
  }));
}
