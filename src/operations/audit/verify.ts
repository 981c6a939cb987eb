/** Whether the audit is what was written: the chain by itself, then against all that was signed of it. */
import { judgeChain } from '../../store/audit-breaks.ts';
import { chainStart, oldestRow, rowsAfter } from '../../store/audit-chain.ts';
import { allHeads, checkpoints, knownBooks } from '../../store/audit-heads.ts';
import type { Db, Pool } from '../../store/pool.ts';
import { judgeCheckpoints } from './checkpoints.ts';
import { judgeHeads, openHeads, type Restoration, type Seen } from './heads.ts';
import type { AuditReport, Damage, HeadFile, VerifyOrder } from './report.ts';

/** Reads everything in one snapshot, and changes nothing. */
export async function verifyBook(pool: Pool, order: VerifyOrder): Promise<AuditReport> {
  return pool.transaction(async (db) => {
    await db.query('set transaction isolation level repeatable read, read only');
    return verifyIn(db, order);
  });
}

async function verifyIn(db: Db, { files, keys, expected, restored }: VerifyOrder): Promise<AuditReport> {
  // 1. Where the chain begins.
  const purges = await checkpoints(db);
  const base = purges.at(-1) ?? chainStart;
  const purged = await judgeCheckpoints(purges, await oldestRow(db), keys);
  // 2. The chain itself, and on the way what the heads will be held against.
  const opened = await openHeads(await allHeads(db), files, keys);
  const wanted = new Set([expected?.id, ...opened.map(({ head }) => head?.row)]);
  const hashes = new Map(base.id > 0 ? [[base.id, base.hash.toString('hex')]] : []);
  const restorations: Restoration[] = [];
  const judge = judgeChain(base);
  for await (const row of rowsAfter(db, base.id)) {
    judge.take(row);
    if (wanted.has(row.id)) hashes.set(row.id, row.hash.toString('hex'));
    if (row.action === 'store.after-restore')
      restorations.push({ row: row.id, at: row.at, confirmed: restored.includes(row.id) });
  }
  const breaks = judge
    .breaks()
    .map(({ kind, row, why }): Damage => ({ kind, row, text: `The chain breaks at row ${row}: ${why}.` }));
  // 3. What was signed of it, and what somebody noted.
  const head = { id: judge.head().id, hash: judge.head().hash.toString('hex') };
  const seen: Seen = { base: base.id, newest: head.id, hashes, restorations, books: await knownBooks(db) };
  const heads = judgeHeads(opened, files, seen);
  const damage = [...purged.damage, ...breaks, ...judgeLines(files), ...heads.damage, ...judgeNoted(expected, seen)];
  const genuine = opened.flatMap((one) => (one.head ? [one.head] : [])).sort((a, b) => a.row - b.row);
  const inFiles = opened.filter(({ place }) => place).length;
  const newest = genuine.at(-1);
  const unsigned = keys === undefined && opened.length + purges.length > 0;
  return {
    ok: damage.length === 0,
    rows: judge.rows(),
    head,
    checkpoint: purged.newest,
    heads: {
      database: opened.filter(({ kept }) => kept).length,
      files: files.length === 0 ? undefined : inFiles,
      newest: newest && { row: newest.row, at: newest.at },
    },
    damage,
    more: judge.count() - breaks.length,
    notes: [...heads.notes, ...notesOn(files, opened.length, inFiles, unsigned), ...purgedNote(expected, seen)],
  };
}

function judgeLines(files: readonly HeadFile[]): Damage[] {
  return files.flatMap(({ name, lines: { damaged } }) =>
    damaged.length === 0
      ? []
      : [
          {
            kind: 'head-file-damaged' as const,
            row: undefined,
            text: `${name} holds what is no head: line ${damaged.slice(0, 10).join(', ')}${damaged.length > 10 ? `, and ${damaged.length - 10} more` : ''}.`,
          },
        ],
  );
}

function judgeNoted(noted: VerifyOrder['expected'], { base, newest, hashes }: Seen): Damage[] {
  if (noted === undefined) return [];
  const { id: row, hash } = noted;
  const found = hashes.get(row);
  if (found === hash) return [];
  if (found !== undefined)
    return [{ kind: 'chain-rewritten', row, text: `Row ${row} has another hash than the one that was noted.` }];
  if (row > newest) return [{ kind: 'tail-cut', row, text: `Rows up to ${row} were there and are gone.` }];
  return row < base ? [] : [{ kind: 'rows-removed', row, text: `Row ${row} was there and is gone.` }];
}

const purgedNote = (noted: VerifyOrder['expected'], { base }: Seen): string[] =>
  noted !== undefined && noted.id < base
    ? [`Row ${noted.id} was purged, and cannot be compared with what was noted.`]
    : [];

/** What could not be seen, and why. */
function notesOn(files: readonly HeadFile[], all: number, inFiles: number, unsigned: boolean): string[] {
  return [
    ...files.flatMap(({ name, lines }) =>
      lines.torn.map(
        (line) => `Line ${line} of ${name} was cut short, as when the power fails; nothing is lost by that.`,
      ),
    ),
    ...(unsigned ? ['No signature was checked: no signing certificate is at hand; give it with --certificates.'] : []),
    ...(all === 0
      ? ['No head was signed yet: that newest rows were cut off, or all was written anew, could not be seen.']
      : files.length === 0
        ? [
            'Only the heads in the database were looked at: who can write there can take them away with the rows. Give the file with --head.',
          ]
        : inFiles === 0
          ? ['There is no head in the file.']
          : []),
  ];
}
