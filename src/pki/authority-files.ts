/** An authority as it lies in a folder: made whole, and written once. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Fault } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import { syncFolder, writeNew } from '../platform/durable.ts';
import { createIssuing, createRoot, type Issuer, loadIssuer, type NewAuthority } from './authority.ts';

export interface AuthorityFiles {
  /** Encrypted; to be taken off line. */
  readonly rootKeyFile: string;
  readonly rootFile: string;
  readonly issuingKeyFile: string;
  /** The issuing certificate and those above it: KUVERT_CA_CERTIFICATE_FILE. */
  readonly issuingFile: string;
  /** Whom the gateway and its suppliers trust, the root first: KUVERT_CA_FILE. */
  readonly caFile: string;
}

export const authorityFilesIn = (folder: string): AuthorityFiles => ({
  rootKeyFile: join(folder, 'root.key.pem'),
  rootFile: join(folder, 'root.pem'),
  issuingKeyFile: join(folder, 'issuing.key.pem'),
  issuingFile: join(folder, 'issuing.pem'),
  caFile: join(folder, 'ca.pem'),
});

export interface AuthorityPlan {
  readonly organisation: string;
  readonly environment: Environment;
  readonly now: Date;
  /** A root that is there already, for a new issuing authority below it. */
  readonly root?: Issuer;
}

export interface MadeAuthority {
  /** Undefined below a root that was there. */
  readonly rootKeyPem: string | undefined;
  readonly issuing: NewAuthority;
  readonly issuer: Issuer;
}

const rootYears = 20;
const issuingYears = 10;

/** A root, unless there is one, and an issuing authority below it. What it returns is nowhere yet. */
export async function makeAuthority(plan: AuthorityPlan): Promise<MadeAuthority> {
  // An hour back: clocks differ, and what is issued at once is dated back itself.
  const notBefore = new Date(Math.floor(plan.now.getTime() / 1_000) * 1_000 - 3_600_000);
  const common = { organisation: plan.organisation, environment: plan.environment, notBefore };
  const newRoot =
    plan.root === undefined
      ? await createRoot({
          ...common,
          commonName: nameFor('Root', plan.now),
          notAfter: yearsAfter(notBefore, rootYears),
        })
      : undefined;
  const root = newRoot === undefined ? plan.root : loadIssuer(newRoot, plan.now);
  if (root === undefined) throw new Error('an authority without a root');
  const end = Math.min(yearsAfter(notBefore, issuingYears).getTime(), root.certificate.notAfter.getTime());
  const issuing = await createIssuing(root, {
    ...common,
    commonName: nameFor('Issuing', plan.now),
    notAfter: new Date(end),
  });
  return { rootKeyPem: newRoot?.keyPem, issuing, issuer: loadIssuer(issuing, plan.now) };
}

/** No two authorities have one name: by it a revocation list is found (RFC 5280 §6.3.3), also while an old one runs out beside a new one. */
const nameFor = (kind: string, now: Date): string =>
  `Kuvert ${kind} CA ${now.getUTCFullYear()}-${randomBytes(3).toString('hex')}`;

function yearsAfter(from: Date, years: number): Date {
  const date = new Date(from);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return date;
}

/** What `ca.pem` holds. A program that reads only the first finds the root. */
export const trustOf = ({ chain }: Issuer): string =>
  chain
    .toReversed()
    .map(({ pem }) => pem)
    .join('');

/** One file of those that are written. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
  /** Readable by its owner only. */
  readonly secret: boolean;
}

/**
 * Writes the files of a folder that is not there yet: all of them, on the disk, or none. Power may fail at any time: what is left then
 * is a folder with `.new-` in its name, and nobody was told of it.
 * @param files all in `folder`
 * @throws Fault `not-possible-now` if there is something in the folder, `argument-invalid` if it cannot be made
 */
export function writeFolderOnce(folder: string, files: readonly NewFile[]): void {
  const place = resolve(folder);
  refuseToOverwrite(place);
  const draft = join(dirname(place), `.${basename(place)}.new-${randomBytes(4).toString('hex')}`);
  try {
    mkdirSync(dirname(place), { recursive: true });
    mkdirSync(draft);
    for (const { path, text, secret } of files) writeNew(join(draft, basename(path)), text, secret ? 0o600 : 0o644);
    syncFolder(draft);
    // Takes the place of an empty folder, and of no other.
    renameSync(draft, place);
    syncFolder(dirname(place));
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true });
    throw new Fault('argument-invalid', `${folder} cannot be made: ${(cause as Error).message}`, { cause });
  }
}

/** @throws Fault `not-possible-now` */
export function refuseToOverwrite(folder: string): void {
  let there: readonly string[] = [];
  try {
    there = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Fault('argument-invalid', `${folder}: ${(error as Error).message}`, { cause: error });
  }
  if (there.length > 0)
    throw new Fault(
      'not-possible-now',
      `${folder} is not empty (${there.slice(0, 3).join(', ')}); an authority is never overwritten: name another folder`,
    );
}
