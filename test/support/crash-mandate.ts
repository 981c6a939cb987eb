/**
 * A process that moves what waits for a principal when its mandate ends, and whose nth step of the store ends it with SIGKILL. Run by
 * crashMandate() as `node crash-mandate.ts KIND SUBJECT NTH`.
 */
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../src/platform/log.ts';
import { followerOf } from '../../src/roles/follow.ts';
import { createPool } from '../../src/store/pool.ts';
import { dyingAt, endWithTheTest, runToItsDeath } from './dying-store.ts';
import { takeMandate } from './mandate.ts';

/** end: an operator's command, `subject` is the mandate. follow: the sweeper's work, `subject` is the principal. */
export type MandateWork = 'end' | 'follow';

/** @param nth 1: before the first statement; the commit is a step, and what is after it @returns false when the work was done before */
export const crashMandate = (url: string, kind: MandateWork, subject: string, nth: number): Promise<boolean> =>
  runToItsDeath(fileURLToPath(import.meta.url), [kind, subject, String(nth)], url);

async function main([kind, subject = '', nth]: readonly string[]): Promise<void> {
  endWithTheTest();
  const pool = createPool({ url: process.env['DATABASE_URL'] ?? '', connections: 1, name: 'test' });
  const dying = dyingAt(pool, Number(nth));
  if (kind === 'end') await takeMandate(dying, Number(subject));
  else await followerOf(dying, undefined, silentLog)(subject);
  process.exit(0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
