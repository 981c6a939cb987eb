/** Where a seeded book is written, and whose keys seal and certify in it. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import { loadSigner } from '../../envelope/signer.ts';
import { loadIssuer } from '../../pki/authority.ts';
import { keepDevCertificates } from '../../pki/dev-certificates.ts';
import { processEnvironment, settingsOfProcess } from '../../platform/config/process.ts';
import { startLocal } from '../../platform/local/local.ts';
import { migrate } from '../../store/migrate.ts';
import { createPool } from '../../store/pool.ts';
import { fetching, pushedTo } from '../dev-suppliers.ts';
import type { SeedDeps } from './seed.ts';

export interface SeedPlace extends Pick<SeedDeps, 'pool' | 'issuer' | 'signer' | 'signingPem' | 'source' | 'sender'> {
  readonly close: () => Promise<void>;
}

/**
 * The database that DATABASE_URL names, with the keys that the settings name; without it, that of `kuvert dev`.
 * @throws Fault `not-possible-now` in another environment than test, or when `kuvert dev` has its database open
 */
export function openSeedPlace(): Promise<SeedPlace> {
  return processEnvironment['DATABASE_URL'] ? given() : own();
}

async function given(): Promise<SeedPlace> {
  const settings = settingsOfProcess([
    'environment',
    'databaseUrl',
    'source',
    'senderOrganisation',
    'signingKeyFile',
    'signingCertificateFile',
    'caKeyFile',
    'caCertificateFile',
  ]);
  if (settings.environment !== 'test')
    throw new Fault(
      'not-possible-now',
      `KUVERT_ENVIRONMENT is ${settings.environment}: an invented book goes nowhere but into a developer's database, in the environment test`,
    );
  return placeOf(settings.databaseUrl, settings, async () => undefined);
}

/** Under .kuvert/dev, as `kuvert dev` has it. */
async function own(): Promise<SeedPlace> {
  const folder = resolve('.kuvert/dev');
  const local = await startLocal({ folder, keep: true, want: { postgres: true } });
  try {
    const { source, senderOrganisation } = settingsOfProcess(['source', 'senderOrganisation']);
    const sender = { name: 'Arbetsförmedlingen', organisationNumber: senderOrganisation };
    const folders = { authority: join(folder, 'ca'), certificates: join(folder, 'certificates') };
    const { issuing, signing } = await keepDevCertificates(folders, [pushedTo, fetching], sender, new Date());
    const files = {
      source,
      senderOrganisation,
      signingKeyFile: signing.keyFile,
      signingCertificateFile: signing.certificateFile,
      caKeyFile: issuing.keyFile,
      caCertificateFile: issuing.certificateFile,
    };
    return await placeOf(local.postgres?.url ?? '', files, () => local.stop(), true);
  } catch (error) {
    await local.stop();
    throw error;
  }
}

interface Files {
  readonly source: string;
  readonly senderOrganisation: string;
  readonly signingKeyFile: string;
  readonly signingCertificateFile: string;
  readonly caKeyFile: string;
  readonly caCertificateFile: string;
}

async function placeOf(url: string, files: Files, stop: () => Promise<void>, migrating = false): Promise<SeedPlace> {
  const read = (file: string): string => readFileSync(file, 'utf8');
  const issuer = loadIssuer(
    { keyPem: read(files.caKeyFile), certificatePem: read(files.caCertificateFile) },
    new Date(),
  );
  const signingPem = read(files.signingCertificateFile);
  const signer = loadSigner(read(files.signingKeyFile), signingPem);
  const pool = createPool({ url, connections: 2, name: 'kuvert dev seed' });
  try {
    if (migrating) await migrate(pool);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return {
    pool,
    issuer,
    signer,
    signingPem,
    source: files.source,
    sender: files.senderOrganisation,
    close: async () => {
      await pool.close();
      await stop();
    },
  };
}
