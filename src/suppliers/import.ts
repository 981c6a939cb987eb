/** A supplier file becomes the register, in one transaction, and what waited for it is on its way. */
import { Fault, type Finding } from '../domain/fault.ts';
import { principalsOf, readMandates } from '../store/mandates.ts';
import { operate } from '../store/operate.ts';
import type { Db, Pool } from '../store/pool.ts';
import { sendingOn } from '../store/reroute.ts';
import { certificateOwners, readRegister } from '../store/suppliers.ts';
import { lockLanesOf, lockRecipients } from '../store/suppliers-change.ts';
import { applyPlans, type ImportedSupplier } from './apply.ts';
import { mandateFindings } from './mandate-findings.ts';
import { planSupplier, type SupplierPlan } from './plan.ts';
import { type ReadSuppliers, supplierInvalid } from './read-file.ts';

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
    // 1 lock: recipients in order, as intake does before it looks for an address; then lanes in order, as a claim does. Those too
    // for whom one of these acts: their messages follow its addresses.
    const principals = await lockWithPrincipals(db, numbers);
    // 2 plan, and refuse all that is wrong at once.
    const plans = await makePlans(db, read, options.now);
    const mandates = await readMandates(db, { principal: numbers });
    const findings = plans.flatMap((plan) => [...plan.findings, ...mandateFindings(plan.wanted, mandates)]);
    if (findings.length > 0) throw supplierInvalid(findings);
    await refuseWhileSending(db, plans);
    // 3 change the register, and let deliveries follow their addresses; 4 wake the workers, and write down what was done.
    const suppliers = await applyPlans(db, plans, { ...options, action: 'supplier.import' }, principals);
    const warnings = [...read.warnings, ...plans.flatMap((plan) => plan.warnings)];
    return { rehearsal: options.rehearsal, suppliers, warnings };
  });
}

/** Which of these have a mandate from whom. Whoever gives one holds the agent's lane: with the lanes in hand it is seen whole. */
async function lockWithPrincipals(db: Db, numbers: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const before = [...(await principalsOf(db, numbers)).values()].flat();
  const all = [...new Set([...numbers, ...before])];
  await lockRecipients(db, all);
  await lockLanesOf(db, all);
  const principals = await principalsOf(db, numbers);
  if ([...principals.values()].flat().every((one) => all.includes(one))) return principals;
  throw new Fault('not-possible-now', 'a mandate was given to one of these suppliers this very moment; import again');
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
