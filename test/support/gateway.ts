/** A whole gateway for tests, on the real servers of the run: a store, queues and certificates of its own, suppliers with endpoints, and KA. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DevCertificates, writeDevCertificates } from '../../src/pki/dev-certificates.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import type { Settings } from '../../src/platform/config/settings.ts';
import { startDelivery } from '../../src/roles/delivery.ts';
import { startIntake } from '../../src/roles/intake.ts';
import type { Running } from '../../src/roles/parts.ts';
import { settingsFor } from '../../src/roles/start.ts';
import { type Conservation, conservation } from '../../src/store/conservation.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { type ImportSummary, importSuppliers } from '../../src/suppliers/import.ts';
import { readSuppliers } from '../../src/suppliers/read-file.ts';
import { sampleOrganisationNumber } from './documents.ts';
import type { EndpointOptions } from './endpoint.ts';
import { eventually } from './eventually.ts';
import { testLog } from './gateway-log.ts';
import { type GatewaySupplier, startSupplier } from './gateway-supplier.ts';
import { type Ka, openKa } from './ka.ts';
import { freshDatabase, freshPrefix, type SharedServers, sharedServers } from './servers.ts';

export interface GatewayOptions {
  /** Left out: the servers of this run. */
  readonly servers?: SharedServers;
  /** Settings as they would be written, over those that tests usually have. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface TestGateway {
  /** For a process of its own that shall be this gateway. */
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: Settings;
  readonly pool: Pool;
  readonly certificates: DevCertificates;
  readonly ka: Ka;
  readonly suppliers: readonly GatewaySupplier[];
  /** A supplier with an endpoint that the register does not know yet. */
  addSupplier(behaviour?: EndpointOptions['behaviour']): Promise<GatewaySupplier>;
  /** Imports entries as `kuvert supplier import` does. */
  register(...entries: readonly Readonly<Record<string, unknown>>[]): Promise<ImportSummary>;
  /** Starts roles in this process; whatever still runs is stopped by `close`. */
  startIntake(compose?: Parameters<typeof startIntake>[2]): Promise<Running>;
  startDelivery(compose?: Parameters<typeof startDelivery>[3]): Promise<Running>;
  /** Both, delivery first; stopped the other way round. */
  start(): Promise<Running>;
  /** Resolves when so many frames were taken, nothing waits or is being sent, and KA has every answer. */
  settled(taken: number): Promise<Conservation>;
  close(): Promise<void>;
}

/** Short waits where a test would wait; a push has long enough for a machine that is busy with other tests. */
const usual = {
  KUVERT_ENVIRONMENT: 'test',
  KUVERT_EGRESS_ALLOW: '127.0.0.0/8',
  KUVERT_DATABASE_CONNECTIONS: '4',
  KUVERT_BROKER_HEARTBEAT: '5s',
  KUVERT_BROKER_WATCHDOG: '10s',
  KUVERT_RETRY_SCHEDULE: '200ms,400ms',
  KUVERT_RETRY_JITTER: '0',
  KUVERT_HELD_PROBE: '300ms',
  KUVERT_CONNECT_TIMEOUT: '8s',
  KUVERT_PUSH_TIMEOUT: '8s',
  KUVERT_LEASE: '13500ms',
  KUVERT_SWEEP_EVERY: '500ms',
  KUVERT_STOP_TIMEOUT: '10s',
};

export async function openGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const servers = options.servers ?? sharedServers();
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-gateway-'));
  const prefix = freshPrefix();
  const owner = { name: 'Arbetsförmedlingen', organisationNumber: sampleOrganisationNumber(999) };
  const [databaseUrl, certificates] = await Promise.all([
    freshDatabase(servers.databaseUrl),
    writeDevCertificates(folder, [], owner),
  ]);
  const environment = {
    ...usual,
    DATABASE_URL: databaseUrl,
    REDIS_URL: servers.redisUrl,
    KUVERT_REDIS_PREFIX: prefix,
    BROKER_URLS: servers.brokerUrl,
    BROKER_USER: servers.brokerUser,
    BROKER_PASSWORD: servers.brokerPassword,
    KUVERT_QUEUE_IN: `${prefix}.in`,
    KUVERT_QUEUE_STATUS: `${prefix}.status`,
    KUVERT_QUEUE_DEAD: `${prefix}.dead`,
    KUVERT_CA_FILE: certificates.caFile,
    KUVERT_SIGNING_KEY_FILE: certificates.signing.keyFile,
    KUVERT_SIGNING_CERTIFICATE_FILE: certificates.signing.certificateFile,
    KUVERT_CLIENT_KEY_FILE: certificates.client.keyFile,
    KUVERT_CLIENT_CERTIFICATE_FILE: certificates.client.certificateFile,
    ...options.settings,
  };
  const settings = readSettings(settingsFor(['intake', 'delivery']), environment) as Settings;
  const pool = createPool({ url: databaseUrl, connections: 2, name: 'test', onTrouble: () => undefined });
  const ka = openKa(settings);
  const log = testLog();
  const suppliers: GatewaySupplier[] = [];
  let added = 0;
  const running = new Set<Running>();
  const kept = (role: Running): Running => {
    const mine: Running = {
      stop: async () => {
        if (running.delete(mine)) await role.stop();
      },
    };
    running.add(mine);
    return mine;
  };

  const gateway: TestGateway = {
    environment,
    settings,
    pool,
    certificates,
    ka,
    suppliers,
    addSupplier: async (behaviour) => {
      const number = sampleOrganisationNumber(++added);
      const signing = certificates.signing.certificatePem;
      const supplier = await startSupplier(certificates.authority, signing, number, behaviour);
      suppliers.push(supplier);
      return supplier;
    },
    register: (...entries) => {
      const now = new Date();
      const read = readSuppliers(entries, { now, readPem: (file) => assertNever(file) });
      return importSuppliers(pool, read, { actor: 'cli:test', reason: 'a test', rehearsal: false, now });
    },
    startIntake: async (compose) => kept(await startIntake(settings, log, compose)),
    startDelivery: async (compose) => kept(await startDelivery(settings, log, '0.0.0', compose)),
    start: async () => {
      const delivery = await gateway.startDelivery();
      const intake = await gateway.startIntake();
      return {
        stop: async () => {
          await intake.stop();
          await delivery.stop();
        },
      };
    },
    settled: (taken) => settled(pool, ka, taken),
    close: async () => {
      for (const role of [...running].reverse()) await role.stop();
      await Promise.all([...suppliers.map(({ endpoint }) => endpoint.stop()), ka.close(), pool.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return gateway;
}

/** Longer than anything that a busy machine has been seen to take, shorter than the tests' own limit. */
const patience = 90_000;

async function settled(pool: Pool, ka: Ka, taken: number): Promise<Conservation> {
  let last: unknown;
  await eventually(
    () => `${taken} frames taken and nothing on its way: ${JSON.stringify(last)}`,
    async () => {
      // Not the whole of conservation: many gateways ask at once.
      const { rows } = await pool.query<{ taken: number; moving: number; owed: number }>(
        `select (select count(*) from frame) as taken, (select count(*) from outbox where sent_at is null) as owed,
                (select count(*) from delivery where current and state in ('waiting', 'sending')) as moving`,
      );
      const [now] = rows;
      last = now;
      if (now && now.taken >= taken && now.moving + now.owed === 0) return true;
      await sleep(50);
      return false;
    },
    patience,
  );
  const found = await conservation(pool);
  const { rows } = await pool.query<{ id: string }>("select id from outbox where queue = 'status'");
  await eventually('every answer is with KA', () => ka.answers().length >= rows.length, patience);
  await eventually('every dead letter is with KA', () => ka.deadLetters().length >= found.deadLetters, patience);
  return found;
}

function assertNever(file: string): never {
  throw new Error(`no file ${file} is read here`);
}
