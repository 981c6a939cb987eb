/** Where a coming key and certificate of our own lie until they are in use: beside those of now. */
import { existsSync, readFileSync } from 'node:fs';
import { Fault } from '../domain/fault.ts';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { settingsOfProcess } from '../platform/config/process.ts';
import { writeDurably } from '../platform/durable.ts';
import type { OwnPurpose } from '../store/enrol/own-certificates.ts';
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

/** The one of now; undefined: there is none yet. */
export const certificateNow = ({ certificate }: OwnFiles): Certificate | undefined =>
  existsSync(certificate) ? readCertificates(readText(certificate), certificate)[0] : undefined;

/** @throws Fault `not-possible-now` when there is a certificate already */
export function filesToCome({ key, certificate }: OwnFiles): OwnFiles {
  const isFirst = !existsSync(key) && !existsSync(certificate);
  const files = isFirst ? { key, certificate } : { key: `${key}.next`, certificate: `${certificate}.next` };
  if (existsSync(files.certificate))
    throw new Fault(
      'not-possible-now',
      `${files.certificate} is there already; take it into use, or away, before another is asked for`,
    );
  return files;
}

/** The key that an earlier try left, or a new one, on disk before anybody hears of it; readable by its owner only. */
export async function keepKey(path: string, make: () => Promise<string>): Promise<string> {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  const pem = await make();
  writeDurably(path, pem, 0o600);
  return pem;
}
