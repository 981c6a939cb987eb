/** What happens to suppliers' certificates in a campaign: they are replaced, renewed, revoked, while messages go on. */
import type { Fault } from './plan.ts';
import type { Held } from './register.ts';
import type { ChaosStage } from './stage.ts';
import type { CastSupplier } from './suppliers.ts';

type Lasts = () => Promise<unknown>;

interface Who {
  readonly index: number;
  readonly supplier: CastSupplier;
}

/** Shows it from now on: the supplier's endpoint, its program that fetches, or both. Connections that are open go on as they are. */
export async function show(
  { endpoints, programs }: Pick<ChaosStage, 'endpoints' | 'programs'>,
  { org }: CastSupplier,
  { keyFile, certificateFile }: Held,
  where: readonly ('endpoint' | 'program')[] = ['endpoint', 'program'],
): Promise<void> {
  const order = { do: 'certificate', org, keyFile, certificateFile };
  for (const one of where) await (one === 'endpoint' ? endpoints : programs).ask(order);
}

const another = async (stage: ChaosStage, supplier: CastSupplier): Promise<Held> => ({
  ...(await stage.issue(supplier)),
  enrolled: false,
});

/** As who has no software for it: a second one is imported, the endpoint changes over, the old is left out; the program is late. */
export async function changed(stage: ChaosStage, { index, supplier }: Who, lasts: Lasts): Promise<void> {
  const { register } = stage;
  const next = await another(stage, supplier);
  await register.change(index, { certificates: [...register.entry(index).certificates, next] }, 'a new certificate');
  await show(stage, supplier, next, ['endpoint']);
  await register.change(index, { certificates: [next] }, 'the old certificate is out of use');
  await lasts();
  await show(stage, supplier, next);
}

/** It goes on being shown, by endpoint and program: nothing more may reach whoever shows it. */
export async function withdrawn(stage: ChaosStage, { index, supplier }: Who, lasts: Lasts): Promise<void> {
  const next = await another(stage, supplier);
  await stage.register.change(index, { certificates: [next] }, 'the key was lost');
  await lasts();
  await show(stage, supplier, next);
}

/**
 * The supplier renews with its own software. Endpoint and program change over one after the other, and the old one is revoked under
 * connections that are open with it, or stays.
 */
export async function rolled(
  stage: ChaosStage,
  { index, supplier }: Who,
  { kind, how }: Fault,
  lasts: Lasts,
): Promise<void> {
  const { register, certificates } = stage;
  const old = register.entry(index).certificates;
  const { keyFile, certificateFile } = old.at(-1) ?? missing(supplier);
  const next = await register.enrolled(index, async () => {
    const made = await certificates.ask({ do: 'renew', org: supplier.org, keyFile, certificateFile });
    return { keyFile: String(made['keyFile']), certificateFile: String(made['certificateFile']) };
  });
  await show(stage, supplier, next, [kind === 'endpoint-rolled' ? 'endpoint' : 'program']);
  await lasts();
  await show(stage, supplier, next);
  if (how === 'revoked') await register.revoke(index, old, 'superseded', 'renewed');
}

/** All that it has; it goes on showing it. Then it gets another. */
export async function revoked(stage: ChaosStage, { index, supplier }: Who, lasts: Lasts): Promise<void> {
  const { register } = stage;
  await register.revoke(index, register.entry(index).certificates, 'keyCompromise', 'the laptop was stolen');
  await lasts();
  const next = await another(stage, supplier);
  await register.change(index, { certificates: [next] }, 'a new laptop');
  await show(stage, supplier, next);
}

/** At the end: it has one that counts, and shows that. */
export async function restored(stage: ChaosStage, { index, supplier }: Who): Promise<void> {
  const { register } = stage;
  const newest = register.entry(index).certificates.at(-1);
  const one = newest ?? (await another(stage, supplier));
  if (newest === undefined) await register.change(index, { certificates: [one] }, 'the campaign ends');
  await show(stage, supplier, one);
}

function missing({ org }: CastSupplier): never {
  throw new Error(`${org} has no certificate that counts`);
}
