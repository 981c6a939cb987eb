/** The authority's day: what was left half done, then what is asked, one after the other; again when it is rung for, and now and then. */
import { Fault } from '../domain/fault.ts';
import { errorText, type Log } from '../platform/log.ts';
import { isServerTrouble } from '../store/pool.ts';
import type { IssuingSteps } from './issue.ts';
import type { Work } from './record.ts';

/** Milliseconds: how often it looks without being rung for, and how long an intention stands before somebody else finishes it. */
export const lookEvery = 10_000;

export interface Loop {
  /** Something may be there to do. */
  ring(): void;
  /** When what is in hand is done. */
  stop(): Promise<void>;
}

/** Runs `work` at once, whenever it is rung for, and so often; never twice at a time. What fails is logged and tried again. */
export function startLoop(work: () => Promise<void>, every: number, log: Log, what: string): Loop {
  const state = { rung: true, stopped: false };
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (state.rung && !state.stopped) {
      state.rung = false;
      await work().catch((error: unknown) => log.warn(what, { error: errorText(error) }));
    }
    running = undefined;
  };
  const ring = (): void => {
    state.rung = true;
    if (!state.stopped) running ??= run();
  };
  const timer = setInterval(ring, every);
  ring();
  return {
    ring,
    stop: async () => {
      state.stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** Starts the authority. What is intended when it starts was left by one that is gone, or is in the hands of another: either way it may be finished. */
export function startIssuing(steps: IssuingSteps, log: Log): Loop {
  let age = 0;
  const work = async (): Promise<void> => {
    await finishLeft(steps, age, log);
    age = lookEvery;
    await answerAsked(steps, log);
  };
  return startLoop(work, lookEvery, log, 'certificates cannot be issued just now');
}

async function finishLeft(steps: IssuingSteps, age: number, log: Log): Promise<void> {
  for (;;) {
    const left = await steps.resume(age);
    if (left === 'none') return;
    if (left === 'put-back') log.warn('an intention of another authority was put back');
    else await finish(steps, left, log);
  }
}

async function answerAsked(steps: IssuingSteps, log: Log): Promise<void> {
  for (;;) {
    const taken = await steps.intend();
    if (taken === 'none') return;
    if (taken === 'refused') log.info('a certificate was refused');
    else await finish(steps, taken, log);
  }
}

async function finish(steps: IssuingSteps, work: Work, log: Log): Promise<void> {
  const about = {
    issuance: work.issuance.id,
    organisation: work.wanted.organisationNumber,
    serial: work.issuance.intention.serial,
    resumed: work.resumed,
  };
  try {
    const certificate = await steps.sign(work);
    const outcome = await steps.record(work, certificate);
    log.info('a certificate', { ...about, outcome, fingerprint: certificate.fingerprint });
  } catch (error) {
    if (isServerTrouble(error)) throw error;
    // Nobody else would get further with it, and others wait behind it.
    const fault = error instanceof Fault ? error : new Fault('internal', errorText(error), { cause: error });
    log.error('a certificate cannot be made', { ...about, error: errorText(error) });
    await steps.giveUp(work, fault);
  }
}
