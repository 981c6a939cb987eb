/** What the gateway's register says of the suppliers as a campaign goes on, and whoever changes it. */
import { X509Certificate } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CredentialFiles } from '../../../src/pki/dev-certificates.ts';
import type { RegisterLine } from '../outer/certificate-lines.ts';
import type { Operator } from './operator.ts';
import { type CastSupplier, messageTypes } from './suppliers.ts';

export type DeliveryMode = 'push' | 'pull' | 'manual';

/** The name of each one's only address. */
const lane = 'main';

/** A certificate of a supplier; one that it has enrolled for itself no import takes away. */
export interface Held extends CredentialFiles {
  readonly enrolled: boolean;
}

/** What the register says of a supplier. */
export interface Entry {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Those that count; the last is the newest. */
  readonly certificates: readonly Held[];
  readonly delivery: DeliveryMode;
}

export interface Register {
  entry(supplier: number): Entry;
  /**
   * Changes it with `kuvert supplier import`, and `kuvert certificate revoke` for what an import leaves; returns when the gateway has
   * confirmed.
   */
  change(supplier: number, change: Partial<Entry>, reason: string): Promise<void>;
  /** With `kuvert certificate revoke`; returns when the gateway has confirmed. */
  revoke(supplier: number, certificates: readonly Held[], as: string, reason: string): Promise<void>;
  /** One that the supplier gets without us. @param enrol does it, and says which it is */
  enrolled(supplier: number, enrol: () => Promise<CredentialFiles>): Promise<Held>;
  /** With `kuvert supplier delivery`; returns when the gateway has confirmed. */
  deliver(supplier: number, delivery: DeliveryMode, reason: string): Promise<void>;
  /** All of them at once, as the entries say: the first import. */
  importAll(): Promise<void>;
}

export interface RegisterOptions {
  readonly folder: string;
  readonly suppliers: readonly CastSupplier[];
  readonly entries: readonly Entry[];
  readonly operator: Operator;
}

export function openRegister({ folder, suppliers, entries: first, operator }: RegisterOptions): Register {
  const entries = [...first];
  const files = join(folder, 'register');
  mkdirSync(files, { recursive: true });
  let imports = 0;
  // What was pushed to once has its URL still.
  const kept = new Set(first.flatMap(({ delivery }, i) => (delivery === 'push' ? [i] : [])));
  const done = async (...words: readonly string[]): Promise<void> => {
    const { kind, said } = await operator(...words);
    if (kind !== 'done') throw new Error(`kuvert ${words.join(' ')} was refused: ${said}`);
  };
  const importFile = async (value: unknown, reason: string): Promise<void> => {
    const file = join(files, `${++imports}.json`);
    writeFileSync(file, JSON.stringify(value));
    await done('supplier', 'import', file, '--reason', reason);
  };
  const note = (
    event: RegisterLine['event'],
    org: string,
    certificates: readonly CredentialFiles[],
    at = Date.now(),
  ): void => {
    for (const one of certificates) {
      const line = { at, event, org, fingerprint: fingerprintOf(one) };
      appendFileSync(join(folder, 'register.jsonl'), `${JSON.stringify(line)}\n`);
    }
  };
  const entry = (i: number): Entry => found(entries[i]);
  const put = (i: number, change: Partial<Entry>): Entry => (entries[i] = { ...entry(i), ...change });
  const revoke: Register['revoke'] = async (i, certificates, as, reason) => {
    const { org } = found(suppliers[i]);
    note('withdrawing', org, certificates);
    put(i, { certificates: entry(i).certificates.filter((one) => !certificates.includes(one)) });
    for (const one of certificates) {
      const { said } = await operator('certificate', 'revoke', fingerprintOf(one), '--as', as, '--reason', reason);
      // Asked a second time because the first answer was lost: it is revoked.
      if (!/ is revoked/.test(said)) throw new Error(`the revocation was refused: ${said}`);
      note('withdrawn', org, [one]);
    }
  };
  return {
    entry,
    revoke,
    change: async (i, change, reason) => {
      const supplier = found(suppliers[i]);
      const before = entry(i).certificates;
      const after = put(i, change);
      const come = after.certificates.filter((one) => !before.includes(one));
      const [stays, goes] = parted(
        before.filter((one) => !after.certificates.includes(one)),
        ({ enrolled }) => enrolled,
      );
      note('registered', supplier.org, come);
      note('withdrawing', supplier.org, goes);
      await importFile(fileOf(supplier, after), reason);
      note('withdrawn', supplier.org, goes);
      note('confirmed', supplier.org, come);
      await revoke(i, stays, 'superseded', reason);
    },
    enrolled: async (i, enrol) => {
      const { org } = found(suppliers[i]);
      const asked = Date.now();
      const one = { ...(await enrol()), enrolled: true };
      note('registered', org, [one], asked);
      note('confirmed', org, [one]);
      put(i, { certificates: [...entry(i).certificates, one] });
      return one;
    },
    deliver: async (i, delivery, reason) => {
      const before = entry(i);
      const { org } = found(suppliers[i]);
      const url = delivery === 'push' && !kept.has(i) ? ['--url', urlOf(before)] : [];
      if (delivery === 'push') kept.add(i);
      await done('supplier', 'delivery', org, delivery, ...url, '--reason', reason);
      put(i, { delivery });
    },
    importAll: async () => {
      for (const [i, { org }] of suppliers.entries()) note('registered', org, entry(i).certificates);
      await importFile(
        suppliers.map((supplier, i) => fileOf(supplier, entry(i))),
        'the campaign begins',
      );
      for (const [i, { org }] of suppliers.entries()) note('confirmed', org, entry(i).certificates);
    },
  };
}

function fileOf(supplier: CastSupplier, entry: Entry) {
  return {
    organisationNumber: supplier.org,
    name: supplier.name,
    addresses: [
      {
        name: lane,
        environment: 'test',
        delivery: entry.delivery,
        ...(entry.delivery === 'push' ? { url: urlOf(entry) } : {}),
        certificates: entry.certificates.map(({ certificateFile }) => ({ file: certificateFile })),
        messageTypes,
        envelopeFormat: supplier.format,
        order: supplier.ordering,
        concurrency: supplier.concurrency,
      },
    ],
  };
}

const urlOf = ({ port }: Entry): string => `https://127.0.0.1:${port}/in`;

const fingerprintOf = ({ certificateFile }: CredentialFiles): string =>
  new X509Certificate(readFileSync(certificateFile)).fingerprint256.replaceAll(':', '').toLowerCase();

function parted<T>(all: readonly T[], is: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(is), all.filter((one) => !is(one))];
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is no such supplier');
  return value;
}
