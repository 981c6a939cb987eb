/** Runs one server as a child process: start and wait until it is ready, stop, kill, pause, start again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { Log } from '../log.ts';
import { descendants, gone, type Identity, identify, isAlive, signal } from './process.ts';

const READY_PATIENCE = 60_000;
const STOP_PATIENCE = 10_000;
const LOOK_EVERY = 20;
const SETPRIV = '/usr/bin/setpriv';

export interface Program {
  /** For people: `ActiveMQ`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly logFile: string;
  /** A clean stop that does not wait for clients. The kernel sends it too when our own process dies. */
  readonly stopSignal: NodeJS.Signals;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Called as soon as the process exists, before it is ready. */
  readonly record: (identity: Identity) => void;
  readonly ready: (pid: number) => Promise<boolean>;
}

export interface LocalServer {
  /** Undefined while it is not running. */
  readonly pid: () => number | undefined;
  /** Ends it at once with all it has started; SIGKILL by default. Resolves when it is gone. */
  readonly kill: (name?: NodeJS.Signals) => Promise<void>;
  /** Starts it again (after a clean stop if it runs) with the same data on the same port. Resolves when it is ready. */
  readonly restart: () => Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** A clean stop. Resolves when it is gone. Does nothing when it is not running. */
  readonly stop: () => Promise<void>;
}

interface Running {
  readonly child: ChildProcess;
  readonly identity: Identity;
  readonly ended: Promise<void>;
  readonly stopSignal: NodeJS.Signals;
}

/** All that run, so that a process that ends without stopping them takes them along. */
const running = new Set<Running>();
process.on('exit', () => {
  for (const { identity, stopSignal } of running) {
    signal(identity, 'SIGCONT');
    signal(identity, stopSignal);
  }
});

/**
 * Starts the program and resolves when it is ready.
 * @throws Fault `server-unavailable` with the end of its log when it ends or is not ready within a minute.
 */
export async function supervise(program: Program, log: Log): Promise<LocalServer> {
  let current: Running | undefined = await start(program, log);

  const stopped = async (name: NodeJS.Signals, patience: number): Promise<void> => {
    if (!current) return;
    const { child, identity, ended } = current;
    // Not to be waited for while it runs, but while it stops.
    child.ref();
    running.delete(current);
    current = undefined;
    const family = [identity, ...descendants(identity.pid)];
    if (name === 'SIGKILL') for (const one of family) signal(one, name);
    else {
      for (const one of family) signal(one, 'SIGCONT');
      signal(identity, name);
    }
    if (!(await gone(family, patience))) for (const one of family) signal(one, 'SIGKILL');
    await gone(family, STOP_PATIENCE);
    await ended;
  };
  const each = (name: NodeJS.Signals): void => {
    if (!current) return;
    for (const one of [current.identity, ...descendants(current.identity.pid)]) signal(one, name);
  };

  return {
    pid: () => (current && isAlive(current.identity) ? current.identity.pid : undefined),
    kill: (name = 'SIGKILL') => stopped(name, STOP_PATIENCE),
    restart: async () => {
      await stopped(program.stopSignal, STOP_PATIENCE);
      current = await start(program, log);
    },
    pause: () => each('SIGSTOP'),
    resume: () => each('SIGCONT'),
    stop: () => stopped(program.stopSignal, STOP_PATIENCE),
  };
}

async function start(program: Program, log: Log): Promise<Running> {
  const begun = performance.now();
  const one = launch(program);
  running.add(one);
  program.record(one.identity);
  let over = false;
  const onEnd = (): void => {
    over = true;
    if (running.delete(one)) log.warn('a local server ended by itself', { server: program.name, log: program.logFile });
  };
  one.child.once('exit', onEnd);
  while (!(await program.ready(one.identity.pid))) {
    const late = performance.now() - begun > READY_PATIENCE;
    if (over || late) {
      running.delete(one);
      for (const left of [one.identity, ...descendants(one.identity.pid)]) signal(left, 'SIGKILL');
      throw new Fault(
        'server-unavailable',
        `${program.name} ${over ? 'ended' : 'was not ready in time'}: ${tail(program)}`,
      );
    }
    await wait(LOOK_EVERY);
  }
  log.debug('local server ready', {
    server: program.name,
    pid: one.identity.pid,
    ms: Math.round(performance.now() - begun),
  });
  return one;
}

function launch(program: Program): Running {
  // setpriv has the kernel end the server when we die, kill -9 included; without it a later start cleans up.
  const words = existsSync(SETPRIV)
    ? [SETPRIV, '--pdeathsig', program.stopSignal.replace(/^SIG/, ''), '--', program.command, ...program.args]
    : [program.command, ...program.args];
  const output = openSync(program.logFile, 'a', 0o600);
  try {
    const child = spawn(words[0] ?? '', words.slice(1), {
      cwd: program.cwd,
      stdio: ['ignore', output, output],
      // Its own session: Ctrl-C in a terminal reaches us alone, and we stop the servers when we are done with them.
      detached: true,
      ...program.user,
    });
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    child.unref();
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (!identity) throw missing(program);
    return { child, identity, ended, stopSignal: program.stopSignal };
  } finally {
    closeSync(output);
  }
}

function missing(program: Program): Fault {
  return new Fault(
    'server-unavailable',
    `${program.name} could not be started (${program.command}); run bin/setup demo`,
  );
}

/** The last lines of the log, which say why. */
function tail({ logFile, command }: Program): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-5);
  const text = lines.join(' | ').slice(-800);
  return text.includes('failed to execute') ? `${command} is missing; run bin/setup demo` : `${text} (${logFile})`;
}
