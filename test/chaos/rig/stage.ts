/** Everything of one campaign, built up in order and taken down again: servers, connections, register, the outer world, the gateway. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePorts } from '../../../src/platform/local/ports.ts';
import { silentLog } from '../../../src/platform/log.ts';
import { openStage } from '../../../src/roles/stage.ts';
import { roleNames } from '../../../src/roles/start.ts';
import { createPool, type Pool } from '../../../src/store/pool.ts';
import { apis, type GatewayName } from './cast.ts';
import { type Outer, startOuter } from './control.ts';
import { type Gateway, hurried, startGateways } from './gateways.ts';
import { type Issue, issuerIn } from './issue.ts';
import { type Operator, operatorOf } from './operator.ts';
import { openRegister, type Register } from './register.ts';
import { type Servers, startServers } from './servers.ts';
import { type CastSupplier, castPullers, castSuppliers, messageTypes } from './suppliers.ts';
import { openWays, type Ways } from './ways.ts';

export interface ChaosStage {
  readonly folder: string;
  readonly servers: Servers;
  readonly ways: Ways;
  readonly suppliers: readonly CastSupplier[];
  readonly register: Register;
  /** Makes another certificate for a supplier. */
  readonly issue: Issue;
  readonly operator: Operator;
  readonly gateways: ReadonlyMap<GatewayName, Gateway>;
  readonly producer: Outer;
  readonly endpoints: Outer;
  /** Of suppliers that fetch. */
  readonly programs: Outer;
  /** Suppliers that renew. */
  readonly certificates: Outer;
  readonly queues: Outer;
  /** Past the faulty connections. */
  readonly pool: Pool;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly seed: number;
  readonly suppliers: number;
  readonly broken: string | undefined;
  readonly progress: (text: string) => void;
}

/** Beside each other: a campaign that was killed is cleaned up by the next (src/platform/local/folder.ts). */
export const chaosFolder = resolve('.kuvert', 'chaos');

export async function openChaos(options: StageOptions): Promise<ChaosStage> {
  const begun = new AsyncDisposableStack();
  try {
    return await open(begun, options);
  } catch (error) {
    await begun.disposeAsync();
    throw error;
  }
}

async function open(begun: AsyncDisposableStack, { seed, broken, progress, ...options }: StageOptions) {
  // 1 servers, in the folder that everything of this campaign lies in.
  const folder = join(chaosFolder, `run-${process.pid}`);
  mkdirSync(chaosFolder, { recursive: true });
  progress('starting PostgreSQL, Redis and ActiveMQ');
  const servers = begun.adopt(await startServers(folder, false, silentLog), (one) => one.stop());
  // 2 certificates, the store's schema, settings.
  const suppliers = [...castSuppliers(seed, options.suppliers), ...castPullers(options.suppliers)];
  const certificates = join(folder, 'certificates');
  const stage = begun.adopt(
    await openStage({
      folder: join(folder, 'stage'),
      keep: false,
      certificatesFolder: certificates,
      suppliers: suppliers.map(({ org, name }) => ({ organisationNumber: org, name })),
      roles: roleNames,
      given: {
        DATABASE_URL: servers.databaseUrl,
        REDIS_URL: servers.redisUrl,
        BROKER_URLS: servers.brokerUrl,
        BROKER_USER: servers.brokerUser,
        BROKER_PASSWORD: servers.brokerPassword,
      },
      log: silentLog,
    }),
    (one) => one.stop(),
  );
  const issue = issuerIn(certificates);
  const wrong = new Map(await Promise.all(suppliers.map(async (one) => [one.org, await issue(one)] as const)));
  // 3 the outer world: it may speak with the broker directly, nobody else is between.
  const allPorts = await freePorts(suppliers.length + 2 * apis.length);
  const [ports, ownPorts] = [allPorts.slice(0, suppliers.length), allPorts.slice(suppliers.length)];
  const [apiPorts, crlPorts] = [ownPorts.slice(0, apis.length), ownPorts.slice(apis.length)];
  // Connections: what goes wrong on them is the rig's.
  const ways = begun.adopt(await openWays({ servers: servers.ports, suppliers: ports, apis: apiPorts }), (one) =>
    one.close(),
  );
  const passwordFile = join(folder, 'outer-broker.secret');
  writeFileSync(passwordFile, servers.brokerPassword, { mode: 0o600 });
  const { settings } = stage;
  const world = {
    seed,
    environment: settings.environment,
    sender: settings.senderOrganisation,
    source: settings.source,
    queues: { in: settings.queueIn, status: settings.queueStatus, dead: settings.queueDead },
    broker: { url: servers.brokerUrl, user: servers.brokerUser, password: passwordFile },
    gatewayCa: stage.caFile,
    signing: { certificateFile: settings.signingCertificateFile },
    api: { ports: ways.apiDoors, caFile: stage.caFile },
    lists: crlPorts.map((port) => `http://127.0.0.1:${port}/crl/${issue.authority}.crl`),
    suppliers: suppliers.map((one, i) => ({
      ...one,
      lane: 'main',
      messageTypes,
      port: ports[i],
      ...stage.supplierCredentials.get(one.org),
      otherCertificate: wrong.get(one.org),
    })),
  };
  writeFileSync(join(folder, 'world.json'), JSON.stringify(world, null, 2));
  progress('starting the outer world');
  const outer = async (name: string): Promise<Outer> => {
    const one = begun.adopt(startOuter(name, folder), (process) => process.stop());
    await one.ask({ do: 'ping' });
    return one;
  };
  const [endpoints, queues, producer] = [await outer('suppliers'), await outer('queues'), await outer('producer')];
  const [programs, renewals] = [await outer('collectors'), await outer('certificates')];
  // 4 the gateway.
  progress('starting the gateway');
  const { environment } = stage;
  const gateways = startGateways({ folder, environment, ways, apiPorts, crlPorts, broken });
  begun.defer(async () => {
    await Promise.all([...gateways.values()].map((one) => one.stop()));
  });
  for (const gateway of gateways.values()) await gateway.running(90_000);
  // 5 the register, when the authority is known: what it issued is known as its.
  const operator = operatorOf({ ...stage.environment, ...hurried, DATABASE_URL: servers.databaseUrl });
  const register = openRegister({
    folder,
    suppliers,
    entries: suppliers.map(({ org, delivery }, i) => ({
      port: ways.fronts(i)[0],
      certificates: [...stage.supplierCredentials].flatMap(([whose, files]) =>
        whose === org ? [{ keyFile: files.keyFile, certificateFile: files.certificateFile, enrolled: false }] : [],
      ),
      delivery,
    })),
    operator,
  });
  await register.importAll();
  const pool = begun.adopt(
    createPool({ url: servers.databaseUrl, connections: 3, name: 'chaos', onTrouble: () => undefined }),
    (one) => one.close(),
  );
  const close = async (): Promise<void> => {
    if (existsSync(folder)) await begun.disposeAsync();
  };
  return {
    folder,
    servers,
    ways,
    suppliers,
    register,
    issue,
    operator,
    gateways,
    producer,
    endpoints,
    programs,
    certificates: renewals,
    queues,
    pool,
    close,
  };
}
