/** What a file would change in the register: pure, so that a rehearsal and an import cannot differ. */
import type { Finding } from '../domain/fault.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { CertificateOwner, RegisteredAddress, RegisteredSupplier } from '../store/suppliers.ts';
import { addressPlace, type WantedAddress, type WantedSupplier } from './wanted.ts';

export interface AddressPlan {
  readonly wanted: WantedAddress;
  /** Undefined: a new address. */
  readonly current: RegisteredAddress | undefined;
  /** One sentence for each change; none: it is as wanted. */
  readonly changes: readonly string[];
  /** URL, certificates or mode change, or it comes back: kept-alive connections must not outlive that. */
  readonly bump: boolean;
  readonly add: readonly Certificate[];
  readonly withdraw: readonly string[];
  /** Those that stay stand in another order in the file, or a new one is not last: which is the newest must be written anew. */
  readonly reorder: boolean;
}

export interface SupplierPlan {
  readonly wanted: WantedSupplier;
  readonly isNew: boolean;
  /** Of the supplier itself. */
  readonly changes: readonly string[];
  readonly addresses: readonly AddressPlan[];
  readonly retire: readonly RegisteredAddress[];
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/**
 * @param owners whose the certificates are that the register knows, by fingerprint
 * @param now an expired certificate is refused when it would be registered now; one that is registered only gets a warning
 */
export function planSupplier(
  current: RegisteredSupplier | undefined,
  wanted: WantedSupplier,
  owners: ReadonlyMap<string, CertificateOwner>,
  now: Date,
): SupplierPlan {
  const findings: Finding[] = [];
  const warnings: Finding[] = [];
  const addresses = wanted.addresses.map((address, index) => {
    const place = addressPlace(wanted, index);
    const known = current?.addresses.find(({ name }) => name === address.name);
    const plan = planAddress(known, address);
    if (known !== undefined && known.environment !== address.environment)
      findings.push({
        where: `${place}/environment`,
        rule: 'environment-fixed',
        text: `the address ${known.name} is for ${known.environment}; give the one for ${address.environment} another name`,
      });
    checkCertificates(address, plan, `${place}/certificates`, wanted.organisationNumber, owners, now, {
      findings,
      warnings,
    });
    return plan;
  });
  const names = new Set(wanted.addresses.map(({ name }) => name));
  return {
    wanted,
    isNew: current === undefined,
    changes: current === undefined ? ['added'] : differences(current, wanted, ['name', 'language']),
    addresses,
    retire: (current?.addresses ?? []).filter(({ name, retiredAt }) => retiredAt === undefined && !names.has(name)),
    findings,
    warnings,
  };
}

function planAddress(current: RegisteredAddress | undefined, asked: WantedAddress): AddressPlan {
  // An address that is not pushed to keeps the URL that it had, for the day when it is again.
  const wanted = { ...asked, url: asked.url ?? current?.url };
  const have = new Set(current?.certificates.map(({ fingerprint }) => fingerprint));
  const want = new Set(wanted.certificates.map(({ fingerprint }) => fingerprint));
  const add = wanted.certificates.filter(({ fingerprint }) => !have.has(fingerprint));
  // What was enrolled for is ended by revoking it, not by a file that was written before it was there.
  const leaving =
    current?.certificates.filter(({ fingerprint, enrolled }) => !want.has(fingerprint) && !enrolled) ?? [];
  const staying = (current?.certificates ?? []).filter(({ fingerprint }) => want.has(fingerprint));
  const appended = [...staying, ...add].map(({ fingerprint }) => fingerprint);
  const reorder = wanted.certificates.some(({ fingerprint }, index) => fingerprint !== appended[index]);
  const base = { wanted, current, add, withdraw: leaving.map(({ fingerprint }) => fingerprint), reorder };
  if (current === undefined)
    return { ...base, changes: [`added, ${wanted.delivery} ${wanted.url ?? ''}`.trim()], bump: false };
  const certificateChanges = [
    ...add.map((one) => `certificate added: ${one.subject}, SHA-256 ${one.fingerprint}`),
    ...leaving.map((one) => `certificate withdrawn: ${one.subject}, SHA-256 ${one.fingerprint}`),
  ];
  const order = reorder
    ? [`certificates in another order; the newest is ${wanted.certificates.at(-1)?.subject ?? 'none'}`]
    : [];
  const endpoint = [...differences(current, wanted, ['delivery', 'url']), ...keptUrl(current, wanted)];
  const terms = differences(current, wanted, [
    'messageTypes',
    'envelopeFormat',
    'ordering',
    'concurrency',
    'ratePerSecond',
  ]);
  const back = current.retiredAt === undefined ? [] : ['in use again'];
  return {
    ...base,
    changes: [...back, ...endpoint, ...certificateChanges, ...order, ...terms],
    bump: back.length + endpoint.length + certificateChanges.length > 0,
  };
}

/** Said when it is pushed to again: where to is what an operator must see. */
function keptUrl(current: RegisteredAddress, wanted: WantedAddress): string[] {
  const again = wanted.delivery === 'push' && current.delivery !== 'push' && wanted.url === current.url;
  return again ? [`url: ${wanted.url} (kept)`] : [];
}

function checkCertificates(
  wanted: WantedAddress,
  plan: AddressPlan,
  where: string,
  organisationNumber: string,
  owners: ReadonlyMap<string, CertificateOwner>,
  now: Date,
  report: { findings: Finding[]; warnings: Finding[] },
): void {
  for (const certificate of wanted.certificates) {
    const { fingerprint, subject, notAfter } = certificate;
    const owner = owners.get(fingerprint);
    if (owner !== undefined && owner.organisationNumber !== organisationNumber)
      report.findings.push({
        where,
        rule: 'certificate-owner',
        text: `the certificate ${subject} (SHA-256 ${fingerprint}) is registered for ${owner.organisationNumber}; a certificate belongs to one organisation`,
      });
    const fresh = plan.add.includes(certificate);
    if (owner?.revoked !== undefined)
      (fresh ? report.findings : report.warnings).push({
        where,
        rule: 'certificate-revoked',
        text: `the certificate ${subject} (SHA-256 ${fingerprint}) was revoked at ${owner.revoked.at.toISOString()} (${owner.revoked.reason}) and stays so; leave it out`,
      });
    if (notAfter > now) continue;
    const finding = {
      where,
      rule: 'certificate-expired',
      text: `the certificate ${subject} (SHA-256 ${fingerprint}) expired ${notAfter.toISOString()}${
        fresh ? '; ask the supplier for the one in use' : ' and is of no use any more; leave it out'
      }`,
    };
    (fresh ? report.findings : report.warnings).push(finding);
  }
}

/** What changing one address of a supplier in the register would change; the others, and the supplier itself, stay as they are. */
export function planOneAddress(
  current: RegisteredSupplier & { readonly organisationNumber: OrganisationNumber },
  wanted: WantedAddress,
  where: string,
  now: Date,
): SupplierPlan {
  const findings: Finding[] = [];
  const warnings: Finding[] = [];
  const { organisationNumber, name, language, addresses } = current;
  const plan = planAddress(
    addresses.find((one) => one.name === wanted.name),
    wanted,
  );
  checkCertificates(wanted, plan, where, organisationNumber, new Map(), now, { findings, warnings });
  return {
    wanted: { organisationNumber, name, language, addresses: [wanted], where },
    isNew: false,
    changes: [],
    addresses: [plan],
    retire: [],
    findings,
    warnings,
  };
}

type Member<T> = { [K in keyof T]: T[K] extends string | number | readonly string[] | undefined ? K : never }[keyof T] &
  string;

/** `url: https://a → https://b`, for each of the members that differ. */
function differences<T, U extends Pick<T, M>, M extends Member<T>>(
  current: U,
  wanted: T,
  members: readonly M[],
): string[] {
  return members.flatMap((member) => {
    const [before, after] = [shown(current[member]), shown(wanted[member])];
    return before === after ? [] : [`${member}: ${before} → ${after}`];
  });
}

function shown(value: unknown): string {
  if (value === undefined) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
