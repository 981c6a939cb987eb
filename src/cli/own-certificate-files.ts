/** Where a key and certificate of our own lie, and beside them those to come until they are in use. */
import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Fault } from '../domain/fault.ts';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { settingsOfProcess } from '../platform/config/process.ts';
import { moveDurably, writeDurably } from '../platform/durable.ts';
import { nextSuffix } from '../roles/own-pair.ts';
import type { OwnPurpose, OwnRecord } from '../store/enrol/own-certificates.ts';
import { readText } from './read-text.ts';

export interface OwnFiles {
  readonly key: string;
  readonly certificate: string;
}

const settingsOf = {
  client: ['clientKeyFile', 'clientCertificateFile'],
  listener: ['supplierKeyFile', 'supplierCertificateFile'],
  signing: ['signingKeyFile', 'signingCertificateFile'],
} as const;

/** Those that the settings name. */
export function filesNow(purpose: OwnPurpose): OwnFiles {
  const [key, certificate] = settingsOf[purpose];
  const settings = settingsOfProcess([key, certificate]) as Readonly<Record<string, string>>;
  return { key: settings[key] ?? '', certificate: settings[certificate] ?? '' };
}

export const nextOf = ({ key, certificate }: OwnFiles): OwnFiles => ({
  key: key + nextSuffix,
  certificate: certificate + nextSuffix,
});

/** Undefined: there is none. */
export const certificateIn = ({ certificate }: OwnFiles): Certificate | undefined =>
  existsSync(certificate) ? readCertificates(readText(certificate), certificate)[0] : undefined;

/** What is to be done with those to come before another is asked for. */
export type Waiting =
  | { readonly kind: 'none' }
  /** Roles use it already: its files are moved to where the settings name them. */
  | { readonly kind: 'in-use'; readonly certificate: Certificate }
  /** Withdrawn, ended, or older than the one of now: no role would take it. It is put aside. */
  | { readonly kind: 'useless' }
  | { readonly kind: 'to-come'; readonly useFrom: Date };

/** @throws Fault `not-possible-now` when nobody knows what lies there · `certificate-invalid` */
export function waitingIn(present: OwnFiles, record: OwnRecord, now: Date): Waiting {
  const next = nextOf(present);
  const certificate = certificateIn(next);
  if (certificate === undefined) return { kind: 'none' };
  const known = record.get(certificate.fingerprint);
  if (known === undefined)
    throw new Fault(
      'not-possible-now',
      `${next.certificate} is there and not on record; take it away before another is asked for`,
    );
  const shown = certificateIn(present);
  const isOlder = shown !== undefined && certificate.notBefore < shown.notBefore;
  if (known.withdrawnAt !== undefined || certificate.notAfter < now || isOlder) return { kind: 'useless' };
  if (known.useFrom > now) return { kind: 'to-come', useFrom: known.useFrom };
  if (!isKeyOf(next.key, certificate) && !isKeyOf(present.key, certificate))
    throw new Fault('not-possible-now', `neither ${next.key} nor ${present.key} is the key of ${next.certificate}`);
  return { kind: 'in-use', certificate };
}

/** Power lost between the two, or before them: whoever reads takes the key that fits, and the same again ends it. */
export function moveIntoPlace(present: OwnFiles, certificate: Certificate): void {
  const next = nextOf(present);
  if (isKeyOf(next.key, certificate)) moveDurably(next.key, present.key);
  moveDurably(next.certificate, present.certificate);
}

const asideSuffix = '.aside';

/** The certificate last: while it is there, the same is done again. */
export function putAside(present: OwnFiles): void {
  const { key, certificate } = nextOf(present);
  if (existsSync(key)) moveDurably(key, key + asideSuffix);
  moveDurably(certificate, certificate + asideSuffix);
}

function isKeyOf(path: string, { x509 }: Certificate): boolean {
  if (!existsSync(path)) return false;
  try {
    return x509.checkPrivateKey(createPrivateKey(readText(path)));
  } catch {
    return false; // No key at all; who needs it says so.
  }
}

/** Where those are put that are asked for: beside those of now, or where the settings want them when nothing is there. */
export const filesToCome = (present: OwnFiles): OwnFiles =>
  existsSync(present.certificate) ? nextOf(present) : present;

/** The key that an earlier try left, or a new one, on disk before anybody hears of it; readable by its owner only. */
export async function keepKey(path: string, make: () => Promise<string>): Promise<string> {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  const pem = await make();
  writeDurably(path, pem, 0o600);
  return pem;
}
