/** One clock for all processes of this machine (CLOCK_MONOTONIC), and what is reckoned with its times. */

/** Milliseconds, with fractions. */
export const clock = (): number => Number(process.hrtime.bigint()) / 1e6;

/** The value that `share` of all are not above; `NaN` of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Arrivals in a second, between the first tenth and the last: without start and tail. */
export function steadyRate(times: readonly number[]): number {
  const sorted = Float64Array.from(times).sort();
  const from = Math.floor(sorted.length * 0.1);
  const to = Math.ceil(sorted.length * 0.9) - 1;
  const span = (sorted[to] ?? Number.NaN) - (sorted[from] ?? Number.NaN);
  return ((to - from) / span) * 1_000;
}
