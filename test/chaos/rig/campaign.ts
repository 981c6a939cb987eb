/** One campaign: load, faults by the plan, healing, settling, the verdict of the outer world. */
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { judge, type Verdict } from '../outer/verdict.ts';
import { healAll } from './heal.ts';
import { inflict } from './inflict.ts';
import { type Fault, makePlan, sayFault } from './plan.ts';
import { type Settling, settle } from './settle.ts';
import { type ChaosStage, chaosFolder, openChaos } from './stage.ts';

export interface CampaignOptions {
  readonly seed: number;
  readonly faults: number;
  readonly suppliers: number;
  /** Keep the files of the outer world and the logs, also when all is well. */
  readonly keep: boolean;
  /** A deliberate defect of the gateway (broken-gateway.ts). */
  readonly broken: string | undefined;
  readonly progress: (text: string) => void;
}

export type Inflicted = Fault & {
  readonly result: 'done' | 'left out' | 'failed';
  readonly why?: string;
};

export interface Campaign {
  readonly clean: boolean;
  readonly plan: readonly Inflicted[];
  readonly settling: Settling;
  readonly verdict: Verdict;
  /** Of gateway processes that nobody had told to end. */
  readonly endedByItself: readonly string[];
  readonly seconds: { readonly faults: number; readonly settling: number; readonly all: number };
  /** Where its files are, if they were kept. */
  readonly kept: string | undefined;
}

/** Documents put on the queue: so many, so often. */
const load = { count: 16, everyMs: 2_000 } as const;
/** After this, what is not at rest will not be. */
const settleLimit = 300_000;

/** @throws when it could not be held: a server or the outer world does not start, or broke in a way that no fault explains */
export async function holdCampaign(options: CampaignOptions): Promise<Campaign> {
  const { seed, progress } = options;
  const begun = performance.now();
  const plan = makePlan(seed, options.faults, options.suppliers);
  const stage = await openChaos(options);
  let kept: string | undefined;
  try {
    writeFileSync(join(stage.folder, 'plan.json'), JSON.stringify(plan, null, 2));
    const started = performance.now();
    const loading = startLoad(stage, seed);
    const inflicted = await carryOut(stage, plan, progress);
    await loading.stop();
    progress('healing');
    await healAll(stage);
    const healed = performance.now();
    const settling = await settle(stage, settleLimit, progress);
    progress('asking what became of each number');
    await stage.programs.ask({ do: 'numbers' });
    await stage.certificates.ask({ do: 'lists' });
    progress('judging');
    const verdict = await judge(stage.folder, stage.pool);
    const endedByItself = [...stage.gateways.values()].flatMap((gateway) => gateway.endedByItself);
    const failed = inflicted.some(({ result }) => result === 'failed');
    const clean = verdict.clean && settling.settled && endedByItself.length === 0 && !failed;
    if (options.keep || !clean) kept = keepFiles(stage, seed);
    const seconds = (from: number, to: number): number => Math.round((to - from) / 1_000);
    const over = performance.now();
    return {
      clean,
      plan: inflicted,
      settling,
      verdict,
      endedByItself,
      seconds: { faults: seconds(started, healed), settling: seconds(healed, over), all: seconds(begun, over) },
      kept,
    };
  } catch (error) {
    progress(`the files are in ${keepFiles(stage, seed)}`);
    throw error;
  } finally {
    await stage.close();
  }
}

function startLoad({ producer }: ChaosStage, seed: number): { stop(): Promise<void> } {
  const enough = new AbortController();
  const run = async (): Promise<void> => {
    for (let batch = 1; !enough.signal.aborted; batch++) {
      const next = sleep(load.everyMs);
      await producer.ask({ do: 'send', count: load.count, seed: seed * 10_000 + batch });
      await next;
    }
  };
  const running = run();
  running.catch(() => undefined);
  return {
    stop: async () => {
      enough.abort();
      await running;
    },
  };
}

/** Faults overlap, but not two on the same process, server, connection or supplier: the second waits until the first is healed. */
async function carryOut(
  stage: ChaosStage,
  plan: readonly Fault[],
  progress: (text: string) => void,
): Promise<Inflicted[]> {
  const begun = performance.now();
  const busy = new Map<string, Promise<unknown>>();
  const note = (event: string, fault: Fault, why?: string): void =>
    appendFileSync(
      join(stage.folder, 'faults.jsonl'),
      `${JSON.stringify({ ...fault, at: Date.now(), event, ...(why === undefined ? {} : { why }) })}\n`,
    );
  const carry = async (fault: Fault): Promise<Inflicted> => {
    progress(sayFault(fault));
    note('begins', fault);
    try {
      const left = await inflict(stage, fault);
      note(left ? 'left out' : 'healed', fault, left?.leftOut);
      return left ? { ...fault, result: 'left out', why: left.leftOut } : { ...fault, result: 'done' };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      progress(`fault ${fault.number} could not be brought about: ${why}`);
      note('failed', fault, why);
      return { ...fault, result: 'failed', why };
    }
  };
  return Promise.all(
    plan.map(async (fault) => {
      await sleep(Math.max(0, fault.at - (performance.now() - begun)));
      const on = fault.kind.startsWith('frames-') ? 'producer' : fault.target;
      const carried = (busy.get(on) ?? Promise.resolve()).then(() => carry(fault));
      busy.set(on, carried);
      return carried;
    }),
  );
}

/** What one needs to find out what happened; the servers' data are not kept. With `owner.json` the next campaign would clean it away. */
function keepFiles({ folder }: ChaosStage, seed: number): string {
  const kept = join(chaosFolder, `seed-${seed}-${process.pid}`);
  mkdirSync(kept, { recursive: true });
  for (const name of readdirSync(folder).filter((name) => /\.(jsonl|json|log)$/.test(name) && name !== 'owner.json'))
    copyFileSync(join(folder, name), join(kept, name));
  return kept;
}
