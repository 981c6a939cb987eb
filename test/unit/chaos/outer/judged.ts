/** A campaign made by hand in which everything happens that can, and its judging. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, type Verdict } from '../../../chaos/outer/verdict.ts';
import {
  buildCampaign,
  type Campaign,
  easy,
  muted,
  type Row,
  refused,
  stranger,
  strict,
  type Tables,
  taken,
} from './campaign.ts';

/** Everything that can happen, once. */
export function cleanCampaign(): Campaign {
  const build = buildCampaign();
  build.accept('m1', easy);
  build.accept('m2', easy);
  build.accept('m3', easy);
  build.accept('s1', strict);
  build.accept('s2', strict);
  build.accept('u1', stranger);
  build.accept('m4', easy);
  build.double('m1');
  build.reject('d1');
  build.withdraw('m4');
  build.push('m1', taken);
  build.push('m2', muted);
  build.push('m2', taken);
  build.push('m3', refused);
  build.push('s1', taken);
  build.push('s2', taken);
  // Fetched; pushed without an answer, and then fetched all the same.
  build.accept('c1', easy);
  build.fetch('c1');
  build.receipt('c1');
  build.accept('c2', easy);
  build.push('c2', muted);
  build.fetch('c2');
  build.receipt('c2');
  build.renew(strict);
  return build.campaign;
}

/** Writes the folder, and judges it by the store. */
export async function judged({ world, store, ...files }: Campaign): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-outer-'));
  try {
    writeFileSync(join(folder, 'world.json'), JSON.stringify(world));
    for (const [name, lines] of Object.entries(files))
      writeFileSync(join(folder, `${name}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return await judge(folder, { query: async (sql) => ({ rows: rowsOf(store, sql) }) });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function rowsOf(store: Tables, sql: string): Row[] {
  const plain = sql.replace(/extract\(epoch from [^)]*\)+|substring\([^)]*\)/g, '');
  const [, table] = /\bfrom (\w+)/.exec(plain) ?? [];
  if (table === undefined) return [{ now: 2_000_000 }];
  return store[table as keyof Tables];
}
