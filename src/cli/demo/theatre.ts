/** What the demo plays on: servers, certificates, the gateway, and the suppliers' endpoints. */
import type { OrganisationNumber } from '../../domain/organisation-number.ts';
import { silentLog } from '../../platform/log.ts';
import { version } from '../../platform/version.ts';
import { brokerOf } from '../../roles/intake.ts';
import { openStage, type Stage } from '../../roles/stage.ts';
import { type Gateway, startGateway, usualRoles } from '../../roles/start.ts';
import { createPool, type Pool } from '../../store/pool.ts';
import { players } from './cast.ts';
import { createSupplier, type DemoSupplier } from './supplier.ts';

export interface Theatre {
  /** Each opens one part; called in this order. */
  readonly openServers: () => Promise<Stage>;
  readonly startGateway: () => Promise<Gateway>;
  readonly stage: () => Stage;
  /** Where browsers reach the operators' console. */
  readonly consoleOrigin: () => string;
  readonly pool: () => Pool;
  readonly suppliers: ReadonlyMap<OrganisationNumber, DemoSupplier>;
  readonly send: (
    frames: readonly { headers: Readonly<Record<string, string>>; body: Buffer; isText: boolean }[],
  ) => Promise<void>;
  /** Closes what is open, in the opposite order. */
  readonly close: () => Promise<void>;
}

/** A schedule for a short play: tries come after one, two, three seconds. */
const quick = {
  KUVERT_RETRY_SCHEDULE: '1s,2s,3s',
  KUVERT_RETRY_TOTAL: '1h',
  KUVERT_SWEEP_EVERY: '1s',
  KUVERT_CONNECT_TIMEOUT: '3s',
  KUVERT_PUSH_TIMEOUT: '5s',
  KUVERT_LEASE: '12s',
};

/** Nothing is opened yet. */
export async function openTheatre(): Promise<Theatre> {
  const closers: (() => Promise<unknown>)[] = [];
  let stage: Stage | undefined;
  let pool: Pool | undefined;
  let gateway: Gateway | undefined;
  const suppliers = new Map<OrganisationNumber, DemoSupplier>();
  const opened = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the demo asked for a part before it was opened');
    return part;
  };
  return {
    openServers: async () => {
      stage = await openStage({
        folder: '.kuvert/demo',
        keep: false,
        brief: true,
        certificatesFolder: 'certs-dev',
        suppliers: players,
        roles: usualRoles,
        given: quick,
        log: silentLog,
      });
      closers.push(stage.stop);
      pool = createPool({ url: stage.settings.databaseUrl, connections: 4, name: 'kuvert demo' });
      closers.push(pool.close);
      return stage;
    },
    startGateway: async () => {
      gateway = await startGateway(opened(stage).settings, usualRoles, silentLog, version());
      closers.push(gateway.stop);
      for (const player of players) {
        const supplier = await createSupplier(player, opened(stage), gateway.supplierPort ?? 0);
        suppliers.set(player.organisationNumber, supplier);
        closers.push(supplier.close);
      }
      return gateway;
    },
    stage: () => opened(stage),
    consoleOrigin: () => opened(gateway?.operatorOrigin),
    pool: () => opened(pool),
    suppliers,
    send: async (frames) => {
      const { settings } = opened(stage);
      const sender = brokerOf(settings, silentLog).createSender();
      try {
        await sender.send(frames.map((frame) => ({ ...frame, queue: settings.queueIn })));
      } finally {
        await sender.close();
      }
    },
    close: async () => {
      for (const close of closers.toReversed()) await close();
    },
  };
}
