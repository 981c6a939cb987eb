/** The scenarios by name. */
import type { Row } from './report.ts';
import { drainScenario } from './scenarios/drain.ts';
import { type Bench, openBench } from './stage.ts';

interface Scenario {
  readonly about: string;
  readonly messages: number;
  readonly run: (bench: Bench, messages: number) => Promise<{ rows: readonly Row[] }>;
  readonly settings?: Readonly<Record<string, string>>;
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  drain: {
    about: 'documents for all suppliers, from the queue to a 2xx, as fast as it goes',
    messages: 10_000,
    run: drainScenario,
  },
};

export interface RunOptions {
  readonly messages: number;
  readonly suppliers: number;
  readonly concurrency: number;
  readonly profiles?: string | undefined;
  readonly progress: (text: string) => void;
}

/** Fails when a message was lost. */
export async function runScenario(name: string, options: RunOptions): Promise<readonly Row[]> {
  const scenario = scenarios[name];
  if (!scenario) throw new RangeError(`there is no scenario ${name}`);
  const { messages, ...rest } = options;
  const bench = await openBench({ ...rest, settings: scenario.settings ?? {} });
  try {
    return (await scenario.run(bench, messages)).rows;
  } finally {
    await bench.close();
  }
}
