/** An operator changes how an address is delivered to: an import of that one line, with the same locks, plan and words. */
import { Fault } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { readCertificates } from '../pki/certificate.ts';
import { operate } from '../store/operate.ts';
import type { Db, Pool } from '../store/pool.ts';
import { certificateTexts, type RegisteredAddress, type RegisteredSupplier, readRegister } from '../store/suppliers.ts';
import { lockLanesOf, lockRecipients } from '../store/suppliers-change.ts';
import { applyPlans } from './apply.ts';
import { chooseAddress } from './choose-address.ts';
import type { ImportOptions, ImportSummary } from './import.ts';
import { planOneAddress } from './plan.ts';
import { checkLacking, checkUses } from './read-certificates.ts';
import { supplierInvalid } from './read-file.ts';
import { readUrl, type WhyNoPush } from './url.ts';
import type { DeliveryMode, Report, WantedAddress } from './wanted.ts';

export interface ModeOrder extends ImportOptions {
  readonly organisationNumber: OrganisationNumber;
  readonly delivery: DeliveryMode;
  /** Needed when there are several. */
  readonly address: string | undefined;
  /** Without a name only addresses of this one are meant; undefined: nobody said which. */
  readonly environment: Environment | undefined;
  /** Only for push; left out: the one that the address has kept. */
  readonly url: string | undefined;
  /** What the gateway's settings have against an address; left out: nobody can say, and nothing is warned of. */
  readonly whyNoPush: WhyNoPush | undefined;
}

/**
 * Makes the address pushed to, fetched from, or handed over by somebody. What is on the wire ends as it does; what waits goes on
 * waiting, and is pushed from now or fetched from now. When it is so already nothing is changed, and nothing audited.
 * @throws Fault `not-found` · `argument-invalid` when it is not said which of several addresses · `supplier-invalid` for what an
 *   import would refuse
 */
export async function changeDelivery(pool: Pool, order: ModeOrder): Promise<ImportSummary> {
  const { organisationNumber, now } = order;
  return operate(pool, order.rehearsal, async (db) => {
    // 1 lock, as an import does.
    await lockRecipients(db, [organisationNumber]);
    await lockLanesOf(db, [organisationNumber]);
    // 2 plan, and refuse all that is wrong at once.
    const [supplier] = await readRegister(db, [organisationNumber]);
    if (supplier === undefined)
      throw new Fault('not-found', `there is no supplier ${organisationNumber}; see \`kuvert supplier list\``);
    const address = choose(supplier, order);
    const where = `address ${address.name}`;
    const report: Report = { findings: [], warnings: [] };
    const wanted = await readWanted(db, address, order, where, report);
    const plan = planOneAddress({ ...supplier, organisationNumber }, wanted, where, now);
    const findings = [...report.findings, ...plan.findings];
    if (findings.length > 0) throw supplierInvalid(findings);
    // 3 change, 4 wake and audit.
    const suppliers = await applyPlans(db, [plan], { ...order, action: 'supplier.delivery' });
    return { rehearsal: order.rehearsal, suppliers, warnings: [...report.warnings, ...plan.warnings] };
  });
}

function choose({ addresses }: RegisteredSupplier, order: ModeOrder): RegisteredAddress {
  const inUse = addresses.filter(({ retiredAt }) => retiredAt === undefined);
  const { address, environment, organisationNumber } = order;
  const meant =
    address !== undefined || environment === undefined ? inUse : inUse.filter((one) => one.environment === environment);
  if (meant.length === 0 && inUse.length > 0)
    throw new Fault(
      'not-found',
      `${organisationNumber} has no address for ${environment} in use; name the one that you mean with --address: ${inUse
        .map((one) => `${one.name} (${one.environment})`)
        .join(', ')}`,
    );
  return chooseAddress(meant, order, ({ name }) => name);
}

/** The address as it stands, but for how it is delivered to; judged as if a file said so. */
async function readWanted(
  db: Db,
  address: RegisteredAddress,
  { delivery, url, whyNoPush }: ModeOrder,
  where: string,
  report: Report,
): Promise<WantedAddress> {
  const certificates = (await certificateTexts(db, address.id)).flatMap((pem) => readCertificates(pem));
  const names = certificates.map(({ fingerprint }) => `${where}, certificate ${fingerprint}`);
  if (certificates.length === 0) checkLacking(delivery, where, report);
  checkUses(delivery, certificates, names, report);
  const asked = url ?? (delivery === 'push' ? address.url : undefined);
  const { id: _id, version: _version, retiredAt: _retiredAt, ...fields } = address;
  return { ...fields, delivery, url: readUrl(delivery, asked, `${where}, url`, whyNoPush, report), certificates };
}
