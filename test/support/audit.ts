/** The audit in tests: rows, heads that are signed at a time of the test's own, and what somebody with all rights could do to it. */

import { existsSync, readFileSync } from 'node:fs';
import { keysOfCertificates, type VerificationKeys } from '../../src/envelope/keys.ts';
import { loadSigner, type Signer } from '../../src/envelope/signer.ts';
import { readHeadLines } from '../../src/operations/audit/head-file.ts';
import { createKeeper, type Keeper } from '../../src/operations/audit/keep.ts';
import type { AuditReport, HeadFile } from '../../src/operations/audit/report.ts';
import { verifyBook } from '../../src/operations/audit/verify.ts';
import { type Log, silentLog } from '../../src/platform/log.ts';
import { appendAudit } from '../../src/store/audit.ts';
import type { Pool } from '../../src/store/pool.ts';
import { issueDevCertificate } from './dev-authority.ts';

/** The chain alone, for tests that are about something else: no file of heads, no certificate. */
export const verifyAudit = (pool: Pool): Promise<AuditReport> =>
  verifyBook(pool, { files: [], keys: undefined, expected: undefined, restored: [] });

export const hour = 3_600_000;
/** The first row's time. */
export const began = Date.parse('2026-01-05T08:00:00Z');

/** One row, a minute after the one before. */
export const writeRow = (pool: Pool, n: number, details: Record<string, unknown> = {}): Promise<number> =>
  pool.transaction((db) =>
    appendAudit(db, {
      actor: 'cli:test',
      action: 'test.write',
      subject: `thing/${n}`,
      reason: n % 2 === 0 ? 'even' : undefined,
      details: { n, ...details },
      at: new Date(began + n * 60_000),
    }),
  );

/** What somebody with the rights of the database's owner could do. */
export async function tamper(pool: Pool, ...statements: readonly string[]): Promise<void> {
  await pool.transaction(async (db) => {
    await db.query("set local session_replication_role = 'replica'");
    for (const sql of statements) await db.query(sql);
  });
}

export interface Signing {
  readonly signer: Signer;
  readonly keys: VerificationKeys;
  readonly keyPem: string;
  readonly certificatePem: string;
}

export async function openSigning(): Promise<Signing> {
  const { keyPem, certificatePem } = await issueDevCertificate(undefined, { name: 'Sigill', usages: ['signing'] });
  return {
    signer: loadSigner(keyPem, certificatePem),
    keys: keysOfCertificates([certificatePem]),
    keyPem,
    certificatePem,
  };
}

export interface KeeperOptions {
  readonly pool: Pool;
  readonly signing: Signing;
  readonly file?: string | undefined;
  readonly log?: Log;
}

/** Looks at the time that it is told. */
export function openKeeper({ pool, signing, file, log = silentLog }: KeeperOptions): (at: number) => Promise<void> {
  let time = began;
  const keeper: Keeper = createKeeper({
    pool,
    signer: () => signing.signer,
    environment: 'test',
    interval: hour,
    file,
    now: () => new Date(time),
    log,
  });
  return (at) => {
    time = at;
    return keeper.look();
  };
}

/** A file as `kuvert audit verify --head` reads it. */
export const headFile = (name: string): HeadFile => ({
  name,
  lines: readHeadLines(existsSync(name) ? readFileSync(name) : Buffer.alloc(0)),
});
