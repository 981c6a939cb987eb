/** The gateway's processes, each kept running as a service is: one that ends is started again, and if nobody ended it, that is noted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { apis, type GatewayName, gatewayNames, gatewayRoles, lineNames } from './cast.ts';
import type { Ways } from './ways.ts';

/** Short waits, so that much happens in a minute; for operators too. A lease lasts longer than a push by the 5 s that the settings ask for. */
export const hurried = {
  KUVERT_DATABASE_CONNECTIONS: '6',
  KUVERT_BROKER_HEARTBEAT: '4s',
  KUVERT_BROKER_WATCHDOG: '8s',
  KUVERT_INTAKE_BATCH: '25',
  KUVERT_BROKER_PREFETCH: '50',
  KUVERT_RETRY_SCHEDULE: '300ms,1s,2s,3s',
  KUVERT_RETRY_TOTAL: '6h',
  KUVERT_RETRY_AFTER_MOST: '3s',
  KUVERT_HELD_PROBE: '2s',
  KUVERT_CONNECT_TIMEOUT: '2s',
  KUVERT_PUSH_TIMEOUT: '3s',
  KUVERT_LEASE: '8500ms',
  KUVERT_DRAIN_SLICE: '3s',
  KUVERT_SWEEP_EVERY: '1s',
  KUVERT_STOP_TIMEOUT: '10s',
  // A certificate may be renewed as soon as there is one.
  KUVERT_RENEWAL_FROM: '3650d',
};

/** What is said when all that belongs to a process runs; a broken one is its role and nothing else, and says what that says. */
const allRuns = 'the gateway runs';
const runs: Readonly<Record<(typeof gatewayRoles)[GatewayName], string>> = {
  intake: 'intake runs',
  delivery: 'delivery runs',
  'supplier-api': 'the suppliers listener runs',
  ca: 'the authority runs',
};

export interface Gateway {
  readonly name: GatewayName;
  /** Resolves when it runs and has its servers; fails after a while. */
  running(patience: number): Promise<void>;
  /** Ends it; it stays down until `revive`. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  revive(): void;
  pause(): void;
  resume(): void;
  /** Seconds that its clock is ahead; false: there is no libfaketime. */
  stepClock(seconds: number): boolean;
  /** What it said last each time that it ended without having been told to, after it had run. */
  readonly endedByItself: readonly string[];
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly folder: string;
  /** Of the whole gateway (src/roles/stage.ts). */
  readonly environment: Readonly<Record<string, string>>;
  readonly ways: Ways;
  /** Ports of the listeners for suppliers, and of those for revocation lists, in the order of their processes. */
  readonly apiPorts: readonly number[];
  readonly crlPorts: readonly number[];
  /** A deliberate defect (broken-gateway.ts). */
  readonly broken: string | undefined;
}

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const brokenMain = fileURLToPath(new URL('broken-gateway.ts', import.meta.url));
const setpriv = '/usr/bin/setpriv';

/** Debian's places for it. */
export const libfaketime = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

export function startGateways(options: GatewayOptions): Map<GatewayName, Gateway> {
  return new Map(gatewayNames.map((name) => [name, keep(name, options)]));
}

/** The second delivery process goes out through the egress proxy. */
function environmentOf(
  name: GatewayName,
  { environment, ways, folder, apiPorts, crlPorts }: GatewayOptions,
): Record<string, string> {
  const url = (text: string, port: number): string => text.replace(/:\d+(?=\/|$)/, `:${port}`);
  const { DATABASE_URL = '', REDIS_URL = '', BROKER_URLS = '', ...rest } = environment;
  return {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: '.kuvert/chaos/compiled',
    ...rest,
    ...hurried,
    DATABASE_URL: url(DATABASE_URL, ways.portTo(name, 'postgresql')),
    ...(apis.includes(name)
      ? {
          KUVERT_SUPPLIER_PORT: String(apiPorts[apis.indexOf(name)] ?? 0),
          KUVERT_CRL_PORT: String(crlPorts[apis.indexOf(name)] ?? 0),
        }
      : {}),
    ...(lineNames.includes(name) ? { REDIS_URL: url(REDIS_URL, ways.portTo(name, 'redis')) } : {}),
    ...(gatewayRoles[name] === 'intake' ? { BROKER_URLS: url(BROKER_URLS, ways.portTo(name, 'activemq')) } : {}),
    ...(name === 'delivery-2' ? { KUVERT_EGRESS_PROXY: `http://127.0.0.1:${ways.egressProxyPort}` } : {}),
    ...(libfaketime === undefined
      ? {}
      : {
          LD_PRELOAD: libfaketime,
          FAKETIME_TIMESTAMP_FILE: clockOf(folder, name),
          FAKETIME_CACHE_DURATION: '1',
          // Timers run on the monotonic clock: a machine whose clock is set does not skip or repeat them.
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        }),
  };
}

const clockOf = (folder: string, name: string): string => join(folder, `${name}.clock`);

function keep(name: GatewayName, options: GatewayOptions): Gateway {
  const { folder, broken } = options;
  const role = gatewayRoles[name];
  const logFile = join(folder, `${name}.log`);
  const env = environmentOf(name, options);
  const endedByItself: string[] = [];
  const stepClock = (seconds: number): boolean => {
    writeFileSync(clockOf(folder, name), `${seconds < 0 ? '' : '+'}${seconds}\n`);
    return libfaketime !== undefined;
  };
  stepClock(0);
  writeFileSync(logFile, '');
  let wanted = true;
  let child: ChildProcess | undefined;
  let loggedBefore = 0;

  const said = (): string => readFileSync(logFile, 'utf8').slice(loggedBefore);
  const hasRun = (): boolean => said().includes(`"${broken === undefined ? allRuns : runs[role]}"`);
  const isUp = (): boolean => child !== undefined && hasRun();
  const launch = (): void => {
    loggedBefore = readFileSync(logFile, 'utf8').length;
    const log = openSync(logFile, 'a');
    const program = broken === undefined ? [main, 'start', role] : [brokenMain, role, broken];
    const words = [process.execPath, ...program];
    // The kernel ends it when we are gone, by kill -9 too.
    if (existsSync(setpriv)) words.unshift(setpriv, '--pdeathsig', 'KILL', '--');
    const started = spawn(words[0] ?? '', words.slice(1), { env, stdio: ['ignore', log, log] });
    closeSync(log);
    child = started;
    started.once('exit', (code, signal) => {
      if (child === started) child = undefined;
      if (!wanted) return;
      if (hasRun())
        endedByItself.push(`${name} ended with ${signal ?? code}: ${said().trim().split('\n').slice(-4).join(' | ')}`);
      // As a service would: not at once.
      setTimeout(() => {
        if (wanted && child === undefined) launch();
      }, 700);
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    wanted = false;
    const ending = child;
    if (ending === undefined) return;
    const exited = once(ending, 'exit');
    ending.kill('SIGCONT');
    ending.kill(signal);
    const slow = setTimeout(() => ending.kill('SIGKILL'), 20_000);
    await exited;
    clearTimeout(slow);
  };
  launch();
  return {
    name,
    endedByItself,
    stepClock,
    running: async (patience) => {
      const late = performance.now() + patience;
      while (!isUp()) {
        if (performance.now() > late) throw new Error(`${name} does not run: ${said().trim().split('\n').at(-1)}`);
        await sleep(100);
      }
    },
    end,
    revive: () => {
      wanted = true;
      if (child === undefined) launch();
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    stop: () => end('SIGTERM'),
  };
}
