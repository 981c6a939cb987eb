/** An invented book for whoever looks at the console: `kuvert dev seed`, small, in a database of its own. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fullLane, personAt } from '../../src/cli/seed/people.ts';
import type { Wanted } from '../../src/cli/seed/plan.ts';
import { seedBook } from '../../src/cli/seed/seed.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { loadSigner } from '../../src/envelope/signer.ts';
import { loadIssuer } from '../../src/pki/authority.ts';
import { writeDevCertificates } from '../../src/pki/dev-certificates.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';

const sender = { name: 'Arbetsförmedlingen', organisationNumber: '2021002114' as OrganisationNumber };

/** The supplier whose lane is held and full. */
export const troubled = personAt(fullLane);

export interface BookOptions extends Partial<Wanted> {
  readonly databaseUrl: string;
  /** For keys; removed afterwards. */
  readonly folder: string;
  readonly now: Date;
  readonly progress?: (messages: number) => void;
}

/** @param options the database has the present schema, and is empty */
export async function seedSmallBook({ databaseUrl, folder, now, progress, ...wanted }: BookOptions): Promise<void> {
  const keys = await writeDevCertificates(join(folder, 'keys'), [], sender);
  const read = (file: string): string => readFileSync(file, 'utf8');
  await markAsDevelopers(databaseUrl);
  const pool = createPool({ url: databaseUrl, connections: 2, name: 'book' });
  try {
    await seedBook(
      {
        pool,
        issuer: loadIssuer(
          { keyPem: read(keys.issuing.keyFile), certificatePem: read(keys.issuing.certificateFile) },
          new Date(),
        ),
        signer: loadSigner(read(keys.signing.keyFile), read(keys.signing.certificateFile)),
        signingPem: read(keys.signing.certificateFile),
        source: 'urn:kuvert:test',
        sender: sender.organisationNumber,
        now: () => now,
        stopped: () => false,
        progress: progress ?? (() => undefined),
      },
      { messages: 400, suppliers: 80, documentBytes: 1_024, seed: 1, ...wanted },
    );
  } finally {
    await pool.close();
    rmSync(join(folder, 'keys'), { recursive: true, force: true });
  }
}

/** A database says so itself; whoever connects afterwards sees it. */
async function markAsDevelopers(databaseUrl: string): Promise<void> {
  const pool: Pool = createPool({ url: databaseUrl, connections: 1, name: 'book' });
  try {
    const name = new URL(databaseUrl).pathname.slice(1);
    await pool.query(`alter database "${name}" set kuvert.development = 'on'`);
  } finally {
    await pool.close();
  }
}
