/** The scenarios by name. */
import type { Row } from './report.ts';
import { backlogScenario, backlogSettings } from './scenarios/backlog.ts';
import { consoleScenario } from './scenarios/console.ts';
import { drainScenario } from './scenarios/drain.ts';
import { latencyScenario } from './scenarios/latency.ts';
import { limitsScenario } from './scenarios/limits.ts';
import { oneDeadScenario, oneDeadSettings } from './scenarios/one-dead-of-fifty.ts';
import { pullScenario, pullSettings } from './scenarios/pull.ts';
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
  console: {
    about: 'how long operators wait for each page of a full book (--messages), and whether the line notices',
    messages: 1_000_000,
    run: consoleScenario,
  },
  latency: { about: 'from the send to the 2xx at 50, 200 and 500 a second', messages: 3_000, run: latencyScenario },
  limits: { about: 'what broker, PostgreSQL and wire give by themselves', messages: 10_000, run: limitsScenario },
  backlog: {
    about: 'one supplier comes back to what has waited for it',
    messages: 20_000,
    run: backlogScenario,
    settings: backlogSettings,
  },
  'one-dead-of-fifty': {
    about: 'what the others notice of one silent endpoint',
    messages: 1_000,
    run: oneDeadScenario,
    settings: oneDeadSettings,
  },
  pull: {
    about: 'suppliers who fetch: long-polls, fetches, receipts, and lists of a very full mailbox',
    messages: 2_000,
    run: pullScenario,
    settings: pullSettings,
  },
};

export interface RunOptions {
  readonly messages: number;
  readonly suppliers: number;
  readonly concurrency: number;
  /** Of the gateway, over those of the scenario. */
  readonly settings: Readonly<Record<string, string>>;
  readonly profiles?: string | undefined;
  readonly progress: (text: string) => void;
}

/** Fails when a message was lost. */
export async function runScenario(name: string, options: RunOptions): Promise<readonly Row[]> {
  const scenario = scenarios[name];
  if (!scenario) throw new RangeError(`there is no scenario ${name}`);
  const { messages, ...rest } = options;
  const bench = await openBench({ ...rest, settings: { ...scenario.settings, ...options.settings } });
  try {
    return (await scenario.run(bench, messages)).rows;
  } finally {
    await bench.close();
  }
}
