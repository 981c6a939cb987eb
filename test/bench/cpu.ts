/** What processes have cost so far, from /proc (proc(5)); Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Cost {
  /** User and system together. */
  readonly cpuMs: number;
  /** Of it in the kernel: system calls, sockets, TCP. */
  readonly kernelMs: number;
  /** Bytes; what several processes share is counted once. */
  readonly memory: number;
}

/** Parts of the run whose costs are told apart. */
export type Part = 'gateway' | 'postgresql' | 'broker' | 'redis' | 'receiver' | 'bench';
export type Costs = Readonly<Partial<Record<Part, Cost>>>;

/** USER_HZ, which Linux has fixed at 100 for programs. */
const tickMs = 10;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** With those of children that have ended. */
  readonly ticks: number;
  readonly kernelTicks: number;
}

/** This process and all below it, by part. `known` names those that their command line does not. */
export function costs(known: ReadonlyMap<number, Part>): Costs {
  const stats = new Map(readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readStat(Number(name)) : [])));
  const found: Partial<Record<Part, Cost>> = {};
  for (const stat of stats.values()) {
    const part = partOf(stat, stats, known);
    if (!part) continue;
    const { cpuMs, kernelMs, memory } = found[part] ?? { cpuMs: 0, kernelMs: 0, memory: 0 };
    found[part] = {
      cpuMs: cpuMs + stat.ticks * tickMs,
      kernelMs: kernelMs + stat.kernelTicks * tickMs,
      memory: memory + memoryOf(stat.pid),
    };
  }
  return found;
}

/** What it took from one moment to the other; memory as it is at the second. */
export function costBetween(before: Costs, after: Costs): Costs {
  return Object.fromEntries(
    Object.entries(after).map(([part, { cpuMs, kernelMs, memory }]) => {
      const then = before[part as Part];
      return [part, { cpuMs: cpuMs - (then?.cpuMs ?? 0), kernelMs: kernelMs - (then?.kernelMs ?? 0), memory }];
    }),
  );
}

function partOf(stat: Stat, stats: ReadonlyMap<number, Stat>, known: ReadonlyMap<number, Part>): Part | undefined {
  if (stat.pid === process.pid) return 'bench';
  let at: Stat | undefined = stat;
  while (at && at.parent !== process.pid) at = stats.get(at.parent);
  if (!at) return undefined;
  return known.get(at.pid) ?? serverOf(at.pid);
}

function serverOf(pid: number): Part | undefined {
  const command = read(pid, 'cmdline');
  if (/postgres/.test(command)) return 'postgresql';
  if (/activemq/.test(command)) return 'broker';
  return /redis/.test(command) ? 'redis' : undefined;
}

function readStat(pid: number): [number, Stat][] {
  const text = read(pid, 'stat');
  // The name before it, in brackets, may hold anything.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  if (fields.length < 22) return [];
  // Fields 14 to 17 of proc(5) are utime, stime, cutime, cstime; the first here is field 3.
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
  // Ended children of this process are of an earlier part of the run.
  const own = pid === process.pid;
  const ticks = user + system + (own ? 0 : endedUser + endedSystem);
  const kernelTicks = system + (own ? 0 : endedSystem);
  return [[pid, { pid, parent: fields[1] ?? 0, ticks, kernelTicks }]];
}

/** The proportional set: of shared pages only the process's share. */
function memoryOf(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(read(pid, 'smaps_rollup'))?.[1] ?? 0) * 1_024;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}
