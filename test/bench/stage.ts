/** All that a bench needs, on this machine: private servers, the suppliers and their receiver, the register, KA, the gateway. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sampleOrganisationNumber } from '../../src/documents/sample.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { type Broker, createBroker } from '../../src/intake/broker/broker.ts';
import type { Sender } from '../../src/intake/broker/sender.ts';
import { silentLog } from '../../src/platform/log.ts';
import { openStage, type Stage } from '../../src/roles/stage.ts';
import { usualRoles } from '../../src/roles/start.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { importSuppliers } from '../../src/suppliers/import.ts';
import { readSuppliers } from '../../src/suppliers/read-file.ts';
import { type Costs, costs, type Part } from './cpu.ts';
import { type BenchFrame, frameMaker } from './documents.ts';
import { type GatewayProcess, startGatewayProcess } from './gateway.ts';
import { type Receiver, startReceiver } from './receiver.ts';

export interface BenchOptions {
  readonly suppliers: number;
  /** Messages on their way to one supplier at once. */
  readonly concurrency: number;
  /** Settings of the gateway, over those of production. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder for CPU profiles of the gateway. */
  readonly profiles?: string | undefined;
  /** Tells a person how far it is. */
  readonly progress: (text: string) => void;
}

export interface Bench {
  readonly stage: Stage;
  readonly pool: Pool;
  readonly broker: Broker;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly suppliers: readonly OrganisationNumber[];
  readonly concurrency: number;
  /** That the pool may have. */
  readonly connections: number;
  readonly progress: BenchOptions['progress'];
  /** What lay in the store before what is counted. */
  readonly before: () => StoreBefore;
  /** What lies in the store now is not counted any more. */
  countFromNow(): Promise<void>;
  /** The next document of a supplier, by its index. */
  next(supplier: number): BenchFrame;
  startGateway(): Promise<GatewayProcess>;
  costs(): Costs;
  close(): Promise<void>;
}

/** Rows of the store, and the last numbers that were given. */
export interface StoreBefore {
  readonly messages: number;
  readonly delivered: number;
  readonly lastMessage: number;
  readonly lastDelivery: number;
}

export async function openBench(options: BenchOptions): Promise<Bench> {
  const begun = new AsyncDisposableStack();
  try {
    return await open(begun, options);
  } catch (error) {
    await begun.disposeAsync();
    throw error;
  }
}

async function open(begun: AsyncDisposableStack, options: BenchOptions): Promise<Bench> {
  options.progress('starting PostgreSQL, Redis and ActiveMQ');
  const numbers = Array.from({ length: options.suppliers }, (_, i) => sampleOrganisationNumber(i + 1));
  // A name of its own: several benches, and what they leave when killed, do not meet.
  const folder = join('.kuvert', 'bench', `${process.pid}`);
  const stage = begun.adopt(
    await openStage({
      folder,
      keep: false,
      certificatesFolder: join(folder, 'certificates'),
      suppliers: numbers.map((organisationNumber) => ({ organisationNumber, name: nameOf(organisationNumber) })),
      roles: usualRoles,
      given: { ...options.settings },
      log: silentLog,
    }),
    (one) => one.stop(),
  );
  const credentials = numbers.map((number) => {
    const files = stage.supplierCredentials.get(number);
    if (!files) throw new Error(`no certificate was made for ${number}`);
    return files;
  });
  const receiver = begun.adopt(await startReceiver(stage.caFile, credentials), (one) => one.stop());
  const { settings } = stage;
  const pool = begun.adopt(createPool({ url: settings.databaseUrl, connections, name: 'bench' }), (one) => one.close());
  const entries = numbers.map((organisationNumber, i) => ({
    organisationNumber,
    name: nameOf(organisationNumber),
    addresses: [
      {
        environment: 'test',
        delivery: 'push',
        url: `https://127.0.0.1:${receiver.ports[i]}/in`,
        certificates: [{ file: credentials[i]?.certificateFile }],
        messageTypes: ['self-invoice'],
        concurrency: options.concurrency,
      },
    ],
  }));
  const now = new Date();
  const read = readSuppliers(entries, { now, readPem: (file) => readFileSync(file, 'utf8') });
  await importSuppliers(pool, read, { actor: 'cli:bench', reason: 'a bench', rehearsal: false, now });
  const broker = createBroker({
    urls: settings.brokerUrls,
    user: settings.brokerUser,
    password: settings.brokerPassword,
    heartbeat: settings.brokerHeartbeat,
    watchdog: settings.brokerWatchdog,
    log: silentLog,
    random: Math.random,
  });
  const sender = begun.adopt(broker.createSender(), (one) => one.close());
  const parts = new Map<number, Part>([[receiver.pid, 'receiver']]);
  let gateway: GatewayProcess | undefined;
  let before: StoreBefore = { messages: 0, delivered: 0, lastMessage: 0, lastDelivery: 0 };
  begun.defer(() => gateway?.stop());
  return {
    stage,
    pool,
    broker,
    sender,
    receiver,
    suppliers: numbers,
    concurrency: options.concurrency,
    connections,
    progress: options.progress,
    before: () => before,
    countFromNow: async () => {
      before = await readBefore(pool);
    },
    next: frameMaker(settings.queueIn, numbers),
    startGateway: async () => {
      options.progress('starting the gateway');
      gateway = await startGatewayProcess(stage.environment, stage.folder, options.profiles);
      parts.set(gateway.pid, 'gateway');
      return gateway;
    },
    costs: () => costs(parts),
    close: () => begun.disposeAsync(),
  };
}

async function readBefore(pool: Pool): Promise<StoreBefore> {
  const { rows } = await pool.query<StoreBefore>(
    `select (select count(*) from message) as messages, (select count(*) from delivery where state = 'delivered') as delivered,
            (select coalesce(max(number), 0) from message) as "lastMessage", (select coalesce(max(id), 0) from delivery) as "lastDelivery"`,
  );
  return rows[0] as StoreBefore;
}

/** Of the bench's own pool. */
const connections = 16;

const nameOf = (organisationNumber: OrganisationNumber): string => `Leverantör ${organisationNumber} AB`;

/** Resolves when `done` does so; fails with `what` after so many milliseconds. */
export async function until(what: string, patience: number, done: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + patience;
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`waited ${Math.round(patience / 1_000)} s in vain: ${what}`);
    await sleep(50);
  }
}
