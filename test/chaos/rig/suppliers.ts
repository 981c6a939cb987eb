/** The suppliers of a campaign: who they are, their certificates, and what the gateway's register says of them as the campaign goes on. */
import { X509Certificate } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sampleOrganisationNumber } from '../../../src/documents/sample.ts';
import type { OrganisationNumber } from '../../../src/domain/organisation-number.ts';
import { type Certificate, readCertificates } from '../../../src/pki/certificate.ts';
import type { CredentialFiles } from '../../../src/pki/dev-certificates.ts';
import { issueDevCertificate } from '../../support/dev-authority.ts';
import type { CollectorTemper } from '../outer/world.ts';
import { fetchesToo, pullers } from './cast.ts';
import type { Operator } from './operator.ts';
import { seeded } from './random.ts';

export interface CastSupplier {
  readonly org: OrganisationNumber;
  readonly name: string;
  readonly ordering: 'any' | 'strict';
  readonly concurrency: number;
  readonly format: 'cloudevents' | 'sfti';
  readonly temper: string;
  /** As its address is delivered to at the start, and in the end. */
  readonly delivery: 'push' | 'pull';
  /** Its program that fetches, at the start. */
  readonly collects: CollectorTemper;
}

export type DeliveryMode = 'push' | 'pull' | 'manual';

/** The name of each one's only address. */
const lane = 'main';
export const messageTypes = ['purchase-order', 'self-invoice', 'self-invoice-credit'] as const;

/** Of all sorts, mixed by the seed. */
export function castSuppliers(seed: number, count: number): CastSupplier[] {
  const random = seeded(seed ^ 0x5eed);
  return Array.from({ length: count }, (_, i) => {
    const org = sampleOrganisationNumber(i + 1);
    const strict = i % 5 === 4;
    return {
      org,
      name: `Leverantör ${org} AB`,
      ordering: strict ? 'strict' : 'any',
      concurrency: strict ? 1 : random.pick([1, 2, 4, 8]),
      format: i % 7 === 3 && !strict ? 'sfti' : 'cloudevents',
      temper: i % 10 === 1 ? 'slow' : i % 10 === 7 ? 'flapping' : 'healthy',
      delivery: 'push',
      collects: fetchesToo(i) ? (tempersOfSome[i % tempersOfSome.length] ?? 'prompt') : 'off',
    };
  });
}

const tempersOfSome = ['late', 'fetching-twice', 'forgetful', 'prompt', 'receipting-twice'] as const;
const tempersOfPullers = ['prompt', 'forgetful', 'late', 'never'] as const;

/** Those that only fetch, beside so many others. */
export function castPullers(pushed: number): CastSupplier[] {
  return pullers(pushed).map((index, i) => {
    const org = sampleOrganisationNumber(index + 1);
    return {
      org,
      name: `Leverantör ${org} AB`,
      ordering: i % 4 === 1 ? 'strict' : 'any',
      concurrency: 1,
      format: i % 4 === 2 ? 'sfti' : 'cloudevents',
      temper: 'healthy',
      delivery: 'pull',
      collects: tempersOfPullers[i % tempersOfPullers.length] ?? 'prompt',
    };
  });
}

/** A second certificate for each, from the authority that issued the first (src/pki/dev-certificates.ts keeps its key). */
export async function issueOthers(
  folder: string,
  suppliers: readonly CastSupplier[],
): Promise<Map<OrganisationNumber, CredentialFiles>> {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const [issuing] = readCertificates(read('issuing.pem')) as [Certificate];
  const certificatePem = issuing.pem;
  const keyPem = read('issuing.key.pem');
  const authority = { keyPem, certificatePem, chainPem: certificatePem, rootPem: read('root.pem') };
  return new Map(
    await Promise.all(
      suppliers.map(async ({ org, name }) => {
        const issued = await issueDevCertificate(authority, {
          name,
          organisationNumber: org,
          dnsNames: ['localhost'],
          ipAddresses: ['127.0.0.1'],
        });
        const files = {
          keyFile: join(folder, `supplier-${org}-other.key.pem`),
          certificateFile: join(folder, `supplier-${org}-other.pem`),
        };
        writeFileSync(files.keyFile, issued.keyPem, { mode: 0o600 });
        writeFileSync(files.certificateFile, issued.chainPem);
        return [org, files] as const;
      }),
    ),
  );
}

export type Which = 'own' | 'other';

/** What the register says of a supplier. */
export interface Entry {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** The last is the newest. */
  readonly certificates: readonly Which[];
  readonly delivery: DeliveryMode;
}

export interface Register {
  entry(supplier: number): Entry;
  /** Changes it with `kuvert supplier import`; returns when the gateway has confirmed. */
  change(supplier: number, change: Partial<Entry>, reason: string): Promise<void>;
  /** With `kuvert supplier delivery`; returns when the gateway has confirmed. */
  deliver(supplier: number, delivery: DeliveryMode, reason: string): Promise<void>;
  /** All of them at once, as the entries say: the first import. */
  importAll(): Promise<void>;
}

export interface RegisterOptions {
  readonly folder: string;
  readonly suppliers: readonly CastSupplier[];
  readonly credentials: (org: OrganisationNumber, which: Which) => CredentialFiles;
  readonly entries: readonly Entry[];
  readonly operator: Operator;
}

export function openRegister({ folder, suppliers, credentials, entries: first, operator }: RegisterOptions): Register {
  const entries = [...first];
  const files = join(folder, 'register');
  mkdirSync(files, { recursive: true });
  let imports = 0;
  const fileOf = (supplier: CastSupplier, entry: Entry) => ({
    organisationNumber: supplier.org,
    name: supplier.name,
    addresses: [
      {
        name: lane,
        environment: 'test',
        delivery: entry.delivery,
        ...(entry.delivery === 'push' ? { url: urlOf(entry) } : {}),
        certificates: entry.certificates.map((which) => ({ file: credentials(supplier.org, which).certificateFile })),
        messageTypes,
        envelopeFormat: supplier.format,
        order: supplier.ordering,
        concurrency: supplier.concurrency,
      },
    ],
  });
  // What was pushed to once has its URL still.
  const kept = new Set(first.flatMap(({ delivery }, i) => (delivery === 'push' ? [i] : [])));
  const importFile = async (value: unknown, reason: string): Promise<void> => {
    const file = join(files, `${++imports}.json`);
    writeFileSync(file, JSON.stringify(value));
    const { kind, said } = await operator('supplier', 'import', file, '--reason', reason);
    if (kind !== 'done') throw new Error(`the import was refused: ${said}`);
  };
  /** What the verdict is told: registered counts from before the gateway is told, withdrawn from after it has confirmed. */
  const note = (event: 'registered' | 'withdrawn', org: OrganisationNumber, which: readonly Which[]): void => {
    for (const one of which) {
      const fingerprint = fingerprintOf(credentials(org, one).certificateFile);
      appendFileSync(
        join(folder, 'register.jsonl'),
        `${JSON.stringify({ at: Date.now(), event, org, fingerprint })}\n`,
      );
    }
  };
  const entry = (i: number): Entry => found(entries[i]);
  return {
    entry,
    change: async (i, change, reason) => {
      const supplier = found(suppliers[i]);
      const before = entry(i);
      const after = { ...before, ...change };
      entries[i] = after;
      note(
        'registered',
        supplier.org,
        after.certificates.filter((which) => !before.certificates.includes(which)),
      );
      await importFile(fileOf(supplier, after), reason);
      note(
        'withdrawn',
        supplier.org,
        before.certificates.filter((which) => !after.certificates.includes(which)),
      );
    },
    deliver: async (i, delivery, reason) => {
      const before = entry(i);
      const { org } = found(suppliers[i]);
      const url = delivery === 'push' && !kept.has(i) ? ['--url', urlOf(before)] : [];
      if (delivery === 'push') kept.add(i);
      const { kind, said } = await operator('supplier', 'delivery', org, delivery, ...url, '--reason', reason);
      if (kind !== 'done') throw new Error(`the change was refused: ${said}`);
      entries[i] = { ...before, delivery };
    },
    importAll: async () => {
      for (const [i, { org }] of suppliers.entries()) note('registered', org, entry(i).certificates);
      await importFile(
        suppliers.map((supplier, i) => fileOf(supplier, entry(i))),
        'the campaign begins',
      );
    },
  };
}

const urlOf = ({ port }: Entry): string => `https://127.0.0.1:${port}/in`;

const fingerprintOf = (file: string): string =>
  new X509Certificate(readFileSync(file)).fingerprint256.replaceAll(':', '').toLowerCase();

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is no such supplier');
  return value;
}
