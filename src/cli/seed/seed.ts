/** `kuvert dev seed`: fills a developer's database with an invented book that keeps every law of conservation. */
import { setImmediate as turn } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { Signer } from '../../envelope/signer.ts';
import type { Issuer } from '../../pki/authority.ts';
import { type Certificate, readCertificates } from '../../pki/certificate.ts';
import { keyDigest } from '../../pki/origin.ts';
import { insertAuthority } from '../../store/enrol/authorities.ts';
import { registerOwn } from '../../store/enrol/own-certificates.ts';
import type { Pool } from '../../store/pool.ts';
import { analyzeBook, countTaken, writeSeedBatch } from '../../store/seed/batch.ts';
import {
  readRegistered,
  readSeed,
  readSeedLanes,
  requireDevelopment,
  setAside,
  writeRegister,
} from '../../store/seed/register.ts';
import { makeBatches } from './batch.ts';
import { mostSuppliers, type Person, personAt } from './people.ts';
import { peopleDid } from './people-did.ts';
import { batchesOf, batchSize, type Plan, type Wanted } from './plan.ts';
import { certify, type Registered, registerRows } from './register.ts';
import { frameIdOf } from './rows.ts';

export interface SeedDeps {
  readonly pool: Pool;
  readonly issuer: Issuer;
  readonly signer: Signer;
  /** The signer's certificate, with its chain. */
  readonly signingPem: string;
  readonly source: string;
  readonly sender: string;
  readonly now: () => Date;
  /** Asked between two transactions. */
  readonly stopped: () => boolean;
  readonly progress: (messages: number) => void;
}

export interface Seeded {
  /** Of the book, whenever they were written. */
  readonly messages: number;
  readonly suppliers: number;
  /** Written by this run. */
  readonly written: number;
  /** Stopped before the end; the same once more goes on. */
  readonly left: number;
}

/**
 * Writes what is not there yet, a batch in a transaction, so that the laws hold after each and a seed that was stopped or killed goes on.
 * @throws Fault `not-possible-now` for a database that is not a developer's, or has another book in it
 */
export async function seedBook(deps: SeedDeps, wanted: Wanted): Promise<Seeded> {
  const { pool } = deps;
  await requireDevelopment(pool);
  const people = Array.from({ length: Math.min(wanted.suppliers, mostSuppliers) }, (_, index) => personAt(index));
  await keepKeys(deps);
  // 1 the plan that was begun here, or a new one with its register.
  const plan = planOf(await readSeed(pool), wanted) ?? (await begin(deps, wanted, people));
  const suppliers = people.length;
  if (plan === undefined) return { messages: 0, suppliers, written: 0, left: wanted.messages };
  // 2 how far it has come: the ledger knows the first frame of each batch.
  const batches = batchesOf(plan);
  const firsts = Array.from({ length: batches }, (_, batch) => frameIdOf(plan, batch * batchSize));
  const from = await countTaken(pool, firsts);
  const at = (batch: number): number => Math.min(plan.messages, batch * batchSize);
  // 3 batch after batch, in order: the next is made while one is written.
  const lanes = await readSeedLanes(
    pool,
    people.map(({ organisationNumber }) => organisationNumber),
  );
  const { signer, source, sender } = deps;
  const made = makeBatches({ plan, people, lanes, signer, source, sender, breathe: () => turn() }, from);
  let done = from;
  deps.progress(at(done));
  let next = made.next();
  while (done < batches && !deps.stopped()) {
    const { value } = await next;
    if (!value) break;
    const writing = writeSeedBatch(pool, value);
    next = made.next();
    next.catch(() => undefined);
    await writing;
    done += 1;
    deps.progress(at(done));
  }
  await next.catch(() => undefined);
  if (done > from && done === batches) await analyzeBook(pool);
  return { messages: at(done), suppliers, written: at(done) - at(from), left: plan.messages - at(done) };
}

/** Authorities and the signing key are on record, as roles would have them: certificates name the one, and evidence is verified by the other. */
async function keepKeys({ pool, issuer, signingPem, now }: SeedDeps): Promise<void> {
  for (const [i, one] of issuer.chain.entries())
    await insertAuthority(pool, {
      ...one,
      kind: i === issuer.chain.length - 1 && i > 0 ? 'root' : 'issuing',
      spkiSha256: keyDigest(one),
    });
  const [certificate] = readCertificates(signingPem) as [Certificate, ...Certificate[]];
  const authority = issuer.certificate.fingerprint;
  const own = {
    purpose: 'signing',
    environment: 'test',
    pem: signingPem,
    certificate,
    useFrom: certificate.notBefore,
    authority,
  } as const;
  await registerOwn(pool, own, now());
}

/** @throws Fault `not-possible-now` when another book was begun */
function planOf(begun: unknown, wanted: Wanted): Plan | undefined {
  if (begun === undefined) return undefined;
  const plan = begun as Plan;
  const differs = (['messages', 'suppliers', 'documentBytes', 'seed'] as const).filter(
    (key) => plan[key] !== wanted[key],
  );
  if (differs.length === 0) return plan;
  throw new Fault(
    'not-possible-now',
    `another book was seeded in this database: ${plan.messages} messages of ${plan.documentBytes} bytes for ${plan.suppliers} suppliers, seed ${plan.seed}; the same again goes on with it, another needs an empty database`,
  );
}

/** In one transaction: the numbers set aside, the register, the audit with the plan. Power lost before the commit: nothing was begun. @returns undefined when it was stopped before */
async function begin(deps: SeedDeps, wanted: Wanted, people: readonly Person[]): Promise<Plan | undefined> {
  const { pool, issuer } = deps;
  const numbers = people.map(({ organisationNumber }) => organisationNumber);
  const [taken] = await readRegistered(pool, numbers);
  if (taken !== undefined)
    throw new Fault(
      'not-possible-now',
      `the organisation number ${taken} is one that the seed would invent, and is in this database already`,
    );
  const now = deps.now();
  const drawn: Plan = { ...wanted, endsAt: now.getTime(), firstMessage: 0, firstDelivery: 0 };
  const registered: Registered[] = [];
  for (const person of people) {
    if (deps.stopped()) return undefined;
    if (person.way === 'push' || person.way === 'pull') registered.push(await certify(issuer, drawn, person, now));
  }
  return pool.transaction(async (db) => {
    const aside = await setAside(db, wanted.messages, people.length);
    const plan: Plan = { ...drawn, firstMessage: aside.message, firstDelivery: aside.delivery };
    const rows = registerRows(plan, people, registered, aside, issuer.certificate.fingerprint);
    await writeRegister(db, rows, peopleDid(plan, people, now));
    return plan;
  });
}
