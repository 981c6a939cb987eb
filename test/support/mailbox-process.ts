/** The supplier-api role in a process of its own, which tells how much memory it holds. Run with --expose-gc. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { readSettings } from '../../src/platform/config/read.ts';
import { silentLog } from '../../src/platform/log.ts';
import { startSupplierApi, supplierApiSettings } from '../../src/roles/supplier-api.ts';

export interface MailboxProcess {
  readonly port: number;
  /** Bytes on the heap and beside it, after everything that can be let go was let go. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

const self = fileURLToPath(import.meta.url);

/** @param environment settings as they are written */
export async function startMailboxProcess(environment: Readonly<Record<string, string>>): Promise<MailboxProcess> {
  const child = fork(self, [], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const port = await said(child, undefined);
  return {
    port,
    memory: () => said(child, 'memory'),
    stop: async () => {
      const gone = once(child, 'exit');
      child.send('stop');
      await gone;
    },
  };
}

async function said(child: ChildProcess, asked: string | undefined): Promise<number> {
  const gone = once(child, 'exit').then(() => Promise.reject(new Error('the process ended')));
  const answer = once(child, 'message') as Promise<[number]>;
  if (asked !== undefined) child.send(asked);
  const [number] = await Promise.race([answer, gone]);
  return number;
}

if (process.argv[1] === self && process.send !== undefined) {
  const { PATH: _path, NODE_CHANNEL_FD: _fd, ...environment } = process.env;
  const role = await startSupplierApi(readSettings(supplierApiSettings, environment), silentLog);
  process.on('message', (asked) => {
    if (asked === 'memory') {
      for (let i = 0; i < 3; i++) (globalThis as { gc?(): void }).gc?.();
      const { heapUsed, external } = process.memoryUsage();
      process.send?.(heapUsed + external);
    } else void role.stop().finally(() => process.disconnect());
  });
  process.send(role.port);
}
