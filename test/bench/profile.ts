/** `node test/bench/profile.ts FOLDER [N]`: where the gateway's CPU went, by function and by file, from V8's profiles. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `src/…`, a package's name, or what Node calls its own. */
export function placeOf(url: string): string {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path);
  if (inPackage) return `${inPackage[1]}/${inPackage[2]}`;
  return path.startsWith('/') ? relative(root, path) : path || '(native)';
}

/** Self time in milliseconds of every function, idle time left out. */
export function selfTimes(profile: Profile): Map<string, { place: string; ms: number }> {
  const byId = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const found = new Map<string, { place: string; ms: number }>();
  for (const [i, id] of profile.samples.entries()) {
    const frame = byId.get(id);
    if (!frame || frame.functionName === '(idle)') continue;
    const place = placeOf(frame.url);
    const name = `${frame.functionName || '(anonymous)'} ${place}:${frame.lineNumber + 1}`;
    const ms = (profile.timeDeltas[i] ?? 0) / 1_000;
    found.set(name, { place, ms: ms + (found.get(name)?.ms ?? 0) });
  }
  return found;
}

function print(title: string, times: ReadonlyMap<string, number>, count: number): void {
  const all = [...times.values()].reduce((sum, ms) => sum + ms, 0);
  const largest = [...times].sort((a, b) => b[1] - a[1]).slice(0, count);
  process.stdout.write(`${title} (${Math.round(all)} ms in all)\n`);
  for (const [name, ms] of largest)
    process.stdout.write(`${((100 * ms) / all).toFixed(1).padStart(6)} % ${ms.toFixed(0).padStart(7)} ms  ${name}\n`);
  process.stdout.write('\n');
}

const add = (times: Map<string, number>, name: string, ms: number) => void times.set(name, (times.get(name) ?? 0) + ms);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = '.', count = '25'] = process.argv.slice(2);
  const [functions, files, rooms] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile')))
    for (const [name, { place, ms }] of selfTimes(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile)) {
      add(functions, name, ms);
      add(files, place, ms);
      const depth = place.startsWith('src/') || place.startsWith('@') ? 2 : 1;
      add(rooms, place.startsWith('node:') ? place : place.split('/').slice(0, depth).join('/'), ms);
    }
  print('by room or package', rooms, Number(count));
  print('by file', files, Number(count));
  print('by function', functions, Number(count));
}
