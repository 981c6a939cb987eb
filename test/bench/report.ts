/** What a scenario found, as a table for people and as JSON with the machine and the commit. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import type { Costs } from './cpu.ts';

export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

export interface Result {
  readonly rows: readonly Row[];
}

/** CPU of each part for one message, and its memory. */
export function costRows(costs: Costs, messages: number): Row[] {
  return Object.entries(costs).flatMap(([part, { cpuMs, kernelMs, memory }]) => [
    { what: `${part} CPU`, value: cpuMs / messages, unit: 'ms/message' },
    { what: `${part} CPU, of it in the kernel`, value: kernelMs / messages, unit: 'ms/message' },
    { what: `${part} memory`, value: memory / 2 ** 20, unit: 'MB' },
  ]);
}

export function table(rows: readonly Row[]): string {
  const shown = rows.map(({ what, value, unit }) => [what, figure(value), unit] as const);
  const [a, b] = [0, 1].map((i) => Math.max(...shown.map((row) => row[i]?.length ?? 0)));
  return shown
    .map(([what, value, unit]) => `${what.padEnd(a ?? 0)}  ${value.padStart(b ?? 0)} ${unit}`.trimEnd())
    .join('\n');
}

/** Three figures that count. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(value) || 1)))));
}

export function machine(): Record<string, string | number> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    loadBefore: Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]),
  };
}

/** The commit, and whether the work tree differs from it; `unknown` outside a repository. */
export function commit(): { readonly commit: string; readonly dirty: boolean } {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return { commit: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain', '--', 'src') !== '' };
  } catch {
    return { commit: 'unknown', dirty: true };
  }
}
