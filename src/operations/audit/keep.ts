/** Signs the audit's newest row now and then, and writes what was signed outside the database. */
import type { Signer } from '../../envelope/signer.ts';
import { isStatement } from '../../envelope/statement.ts';
import { errorText, type Log } from '../../platform/log.ts';
import { type HeadChance, type KeptHead, markWritten, newestHeads, takeHeadTurn } from '../../store/audit-heads.ts';
import type { Pool } from '../../store/pool.ts';
import { openHead, signHead } from './head.ts';
import { appendHeads } from './head-file.ts';

export interface KeeperParts {
  readonly pool: Pool;
  readonly signer: () => Signer;
  readonly environment: string;
  /** Milliseconds between two heads. */
  readonly interval: number;
  /** Undefined: heads are kept in the database only. */
  readonly file: string | undefined;
  readonly now: () => Date;
  readonly log: Log;
}

export interface Keeper {
  /** Looks whether a head is due and whether the file lacks one. Never throws: trouble is logged, and the next look tries again. */
  look(): Promise<void>;
}

const pageOfHeads = 100;

export function createKeeper(parts: KeeperParts): Keeper {
  const { log, now } = parts;
  // The same trouble is said once in each interval, not at every look.
  const told = new Map<string, { readonly trouble: string; readonly at: number }>();
  const tell = (what: string, trouble: string | undefined, fields: Readonly<Record<string, unknown>> = {}) => {
    const before = told.get(what);
    const at = now().getTime();
    if (trouble === undefined) told.delete(what);
    else if (before?.trouble !== trouble || at - before.at >= parts.interval) {
      log.error(what, { ...fields, error: trouble });
      told.set(what, { trouble, at });
    }
  };
  const attempt = async (what: string, fields: Readonly<Record<string, unknown>>, work: () => Promise<void>) => {
    try {
      await work();
      tell(what, undefined);
    } catch (error) {
      tell(what, errorText(error), fields);
    }
  };
  let written: string | undefined;
  return {
    look: async () => {
      await attempt('no head of the audit could be signed', {}, async () => {
        const head = await takeHeadTurn(parts.pool, async (chance) => {
          tell('the audit is not what was signed', await contradiction(chance));
          return isDue(chance, now(), parts.interval) ? signed(parts, chance, now()) : undefined;
        });
        if (typeof head === 'object') log.info('a head of the audit is signed', { row: head.row });
      });
      const { file } = parts;
      if (file === undefined) return;
      await attempt('heads of the audit could not be written outside the database', { file }, async () => {
        written = await writeHeads(parts, file, written);
      });
    },
  };
}

/** Not by the order of clocks alone: one that was far ahead must not silence the others for years. */
function isDue({ newest, last }: HeadChance, now: Date, interval: number): boolean {
  if (newest.id <= (last?.row ?? 0)) return false;
  return last === undefined || Math.abs(now.getTime() - last.at.getTime()) >= interval;
}

async function signed({ signer, environment }: KeeperParts, { newest, book }: HeadChance, at: Date) {
  const said = { environment, book, row: newest.id, hash: newest.hash.toString('hex'), at: at.toISOString() };
  return { row: newest.id, at, jws: await signHead(signer(), said) };
}

/**
 * A cheap look, at each head: is what was signed last still there? Who changed older rows is found by `kuvert audit verify`.
 * A head is signed all the same: it says what is there now, and the older ones go on saying what was.
 */
async function contradiction({ newest, last, lastRow, base }: HeadChance): Promise<string | undefined> {
  if (last === undefined) return undefined;
  if (newest.id < last.row)
    return `rows up to ${last.row} were signed and the newest is ${newest.id}: the end was cut off; ${advice}`;
  if (lastRow === undefined)
    return base.id >= last.row ? undefined : `row ${last.row} was signed and is gone; ${advice}`;
  const said = await openHead(last.jws, undefined).catch(() => undefined);
  if (said?.hash === lastRow.hash.toString('hex')) return undefined;
  return `row ${last.row} has another hash than was signed; ${advice}`;
}

const advice = 'see `kuvert audit verify`';

/** @returns the newest head that is in the file */
async function writeHeads(
  { pool, now, log }: KeeperParts,
  file: string,
  before: string | undefined,
): Promise<string | undefined> {
  const [newest] = await newestHeads(pool, 1);
  if (newest === undefined || newest.jws === before) return before;
  const added = await appendHeads(file, (there) => lacking(pool, there));
  await markWritten(
    pool,
    added.map(({ row }) => row),
    now(),
  );
  if (added.length > 0) log.info('heads of the audit are written outside the database', { file, heads: added.length });
  return newest.jws;
}

/** From the newest head back to the first that the file has; a file that has none of them gets all. Oldest first. */
async function lacking(pool: Pool, there: ReadonlySet<string>): Promise<KeptHead[]> {
  const found: KeptHead[] = [];
  for (let below: number | undefined; ; ) {
    const page = await newestHeads(pool, pageOfHeads, below);
    for (const head of page) {
      if (there.has(head.jws)) return found.reverse();
      // A line must be a line, whatever somebody put into the table.
      if (isStatement(head.jws)) found.push(head);
    }
    if (page.length < pageOfHeads) return found.reverse();
    below = page.at(-1)?.row;
  }
}
