/** What a campaign got, for people. */
import type { Report } from './target.ts';

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

export function summary(
  about: { readonly seed: number; readonly commit: string; readonly dirty: boolean; readonly machine: object },
  reports: readonly Report[],
): string {
  const total = reports.reduce((sum, { inputs }) => sum + inputs, 0);
  const { cpu, cores, memoryGb, node } = about.machine as Record<string, string | number>;
  const head = `${total} inputs, seed ${about.seed}, ${cpu}, ${cores} cores, ${memoryGb} GB, Node ${node}, ${about.commit.slice(0, 10)}${about.dirty ? ' (changed)' : ''}`;
  const broken = reports.filter(({ failure }) => failure !== undefined);
  const verdict =
    broken.length === 0
      ? 'No claim was broken.'
      : `Broken: ${broken.map(({ target, failure }) => `${target} (${failure?.kind})`).join(', ')}.`;
  return `${head}\n\n${reports.map(one).join('\n')}\n${verdict}\n`;
}

function one({ target, inputs, seconds, got, slowest, heaps, failure }: Report): string {
  const [second, last] = [heaps[1], heaps.at(-1)];
  const memory =
    second === undefined || last === undefined
      ? ''
      : `, heap ${megabytes(second.heap)} → ${megabytes(last.heap)} MB (${signed(last.heap / second.heap - 1)})`;
  const lines = [
    `${target}: ${inputs} inputs in ${seconds} s, slowest ${slowest} ms${memory}`,
    ...Object.entries(got).map(([what, times]) => `  ${String(times).padStart(7)}  ${what}`),
  ];
  if (failure !== undefined)
    lines.push(`  BROKEN (${failure.kind}): ${failure.what}`, `  with ${failure.input ?? 'an unknown input'}`);
  return `${lines.join('\n')}\n`;
}

const signed = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)} %`;
