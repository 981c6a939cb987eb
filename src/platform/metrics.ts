/** The door to prom-client: what a process counts and measures, as Prometheus reads it. Each metric is told of as it is made, for its table in the docs. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Of each label, all values that it has: few, known beforehand, and never anybody's number. */
export type Labels<L extends string> = Readonly<Record<L, readonly string[]>>;

export interface MetricSpec<L extends string> {
  /** As Prometheus would have it: `_total` for what only grows, base units (`_seconds`, `_bytes`). */
  readonly name: string;
  readonly help: string;
  readonly labels: Labels<L>;
}

export interface Told {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: Labels<string>;
}

export interface Metrics {
  /** Begins at 0 for every value of its labels: what has never happened is told as that, and not as missing. */
  counter<L extends string>(spec: MetricSpec<L>): (labels: Readonly<Record<L, string>>, by?: number) => void;
  /** Is not there until it is set; undefined takes it away again: an old value must not pass for that of now. */
  gauge<L extends string>(
    spec: MetricSpec<L>,
  ): (labels: Readonly<Record<L, string>>, value: number | undefined) => void;
  /** @param buckets upper ends, in the unit of the name */
  histogram(spec: MetricSpec<never>, buckets: readonly number[]): (value: number) => void;
  /** Those that were made here, in that order. */
  told(): readonly Told[];
  /** What Node and the operating system say of the process. */
  ofProcess(): Promise<readonly Pick<Told, 'name' | 'help'>[]>;
  text(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const made: Told[] = [];
  const settingsOf = <L extends string>({ name, help, labels }: MetricSpec<L>, type: Told['type']) => {
    made.push({ name, help, labels, type });
    return { name, help, labelNames: Object.keys(labels) as L[], registers: [registry] };
  };
  collectDefaultMetrics({ register: registry });
  return {
    counter: (spec) => {
      const counter = new Counter(settingsOf(spec, 'counter'));
      for (const labels of combinations(spec.labels)) counter.inc(labels, 0);
      return (labels, by = 1) => counter.inc(labels, by);
    },
    gauge: (spec) => {
      const gauge = new Gauge(settingsOf(spec, 'gauge'));
      const remove = (labels: object) => gauge.remove(labels);
      // One without labels is there from the start, with 0.
      for (const labels of combinations(spec.labels)) remove(labels);
      return (labels, value) => (value === undefined ? remove(labels) : gauge.set(labels, value));
    },
    histogram: (spec, buckets) => {
      const histogram = new Histogram({ ...settingsOf(spec, 'histogram'), buckets: [...buckets] });
      return (value) => histogram.observe(value);
    },
    told: () => made,
    ofProcess: async () => {
      const own = new Set(made.map(({ name }) => name));
      const all = await registry.getMetricsAsJSON();
      return all.filter(({ name }) => !own.has(name)).map(({ name, help }) => ({ name, help }));
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Every value of one label with every value of the others. */
function combinations<L extends string>(labels: Labels<L>): Record<L, string>[] {
  let all: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries<readonly string[]>(labels))
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  return all;
}
