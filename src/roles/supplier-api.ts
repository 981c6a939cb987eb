/** The supplier-api role: the listener that suppliers reach, with the keys that verify our signatures and their mailboxes. */
import { createDoor, type Door } from '../collection/door.ts';
import { supplierApp } from '../collection/face.ts';
import { createGate, type Gate } from '../collection/gate.ts';
import { createLimits } from '../collection/limits.ts';
import type { MailboxParts } from '../collection/mailbox.ts';
import { openWaitingRoom, type WaitingRoom } from '../collection/waiting.ts';
import { createDecisions } from '../enrolment/decisions.ts';
import { envelopeBytes } from '../envelope/bytes.ts';
import type { Signer } from '../envelope/signer.ts';
import { explainAttempt } from '../operations/explain.ts';
import { explainOwnLane } from '../operations/explain-own.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import { type ListenOptions, listenTls, type TlsListener } from '../platform/http/listen.ts';
import type { Log } from '../platform/log.ts';
import { readCallers } from '../store/collect/callers.ts';
import { registerChannel, storedChannel } from '../store/collect/channels.ts';
import { decidedChannel } from '../store/enrol/issuance.ts';
import type { Pool } from '../store/pool.ts';
import { loadCredentials, type SupplierApiCredentials } from './credentials.ts';
import { listenForLists } from './crl.ts';
import { type Enrolment, enrolmentSettings, openEnrolment } from './enrolment.ts';
import { keyList } from './key-list.ts';
import type { Observe } from './meters.ts';
import { openStore, type Running } from './parts.ts';
import { keepCredentials } from './reload.ts';
import { sealOrFault } from './seal.ts';

export const supplierApiSettings = [
  'environment',
  'source',
  'senderOrganisation',
  'databaseUrl',
  'databaseConnections',
  'supplierHost',
  'supplierPort',
  'supplierKeyFile',
  'supplierCertificateFile',
  'supplierConnections',
  'supplierConnectionsEach',
  'supplierStrangers',
  'supplierRate',
  'supplierBurst',
  'supplierWaits',
  'supplierAtOnce',
  'supplierQueue',
  'supplierAnswerTimeout',
  'signingKeyFile',
  'signingCertificateFile',
  'signingOldCertificatesFile',
  'caFile',
  'credentialsReload',
  'signingAhead',
  ...enrolmentSettings,
  'auditHeadInterval',
  'auditHeadFile',
  'crlHost',
  'crlPort',
] as const satisfies readonly SettingKey[];
export type SupplierApiSettings = Pick<Settings, (typeof supplierApiSettings)[number]>;

/**
 * @param compose the steps may be counted; for the crash tests, replaced by steps that end the process.
 * @param first credentials at the start; left out: read from the files that the settings name.
 * @param now for tests
 * @param observe counts what the listeners answer
 * @throws Fault when PostgreSQL does not answer, a file of the settings is not right or the address cannot be had
 */
export async function startSupplierApi(
  settings: SupplierApiSettings,
  log: Log,
  compose: (parts: MailboxParts) => MailboxParts = (parts) => parts,
  first: SupplierApiCredentials = loadCredentials(settings, ['supplier-api'], new Date())['supplier-api'],
  now: () => Date = () => new Date(),
  observe: Observe = (_listener, handler) => handler,
): Promise<Running & { readonly port: number; readonly crlPort: number | undefined; readonly signer: () => Signer }> {
  // What was begun is ended again, last first: when a later part cannot be had, and at the stop.
  const begun = new AsyncDisposableStack();
  try {
    const shares = sharesOf(settings.databaseConnections);
    const open = async (connections: number) =>
      begun.adopt(await openStore({ ...settings, databaseConnections: connections }, 'supplier-api', log), (one) =>
        one.close(),
      );
    const pool = await open(shares.mailboxes);
    const register = await open(shares.register);
    const waiting = openWaitingRoom();
    const decisions = createDecisions();
    let listener: TlsListener | undefined;
    let notices: ReturnType<Enrolment['startNotices']> | undefined;
    const connections = () => {
      if (listener === undefined) throw new Error('the listener does not run yet');
      return listener.connections;
    };
    const keys = keyList(pool, () => kept.current().keyPems, now);
    const kept = await keepCredentials({
      role: 'supplier-api',
      settings,
      first,
      log,
      db: pool,
      take: (next) => listener?.reload(next.listener),
      looked: () => keys.refresh(),
      now,
    });
    const credentials = kept.current;
    await keys.refresh();
    const gate = createGate({
      atOnce: Math.min(settings.supplierAtOnce, Math.max(1, shares.mailboxes - 1)),
      queue: settings.supplierQueue,
    });
    const door = openDoor(settings, { register, credentials, log, connections, now });
    const ear = begun.adopt(
      pool.listen([storedChannel, registerChannel, decidedChannel], (payload, channel) => {
        if (channel !== storedChannel) notices?.registerChanged();
        if (channel === storedChannel) waiting.ring(payload);
        else if (channel === decidedChannel) decisions.heard(payload);
        else if (listener !== undefined) void door.registerChanged(payload);
      }),
      (one) => one.close(),
    );
    // Nobody may wait for a word that nobody hears.
    await ear.opened;
    const mailbox = compose(mailboxOf(settings, { pool, waiting, gate, door, credentials, log }));
    const enrolment = openEnrolment(settings, { pool, log, credentials, decisions, now });
    const app = supplierApp({
      log,
      jwks: keys.current,
      door,
      mailbox,
      more: [keys.certificatesRoute, ...enrolment.routes],
    });
    const parts = { log, now };
    const observed = observe('supplier-api', app);
    listener = begun.adopt(await listenTls(parts, credentials().listener, observed, listenOptionsOf(settings)), (one) =>
      one.close(),
    );
    begun.use(enrolment.startPost());
    notices = begun.use(enrolment.startNotices());
    begun.use(kept.start());
    const lists = await listenForLists(settings, { pool: register, log, now, observe });
    if (lists !== undefined) begun.adopt(lists, (one) => one.close());
    log.info('the suppliers listener runs', { host: listener.host, port: listener.port, crlPort: lists?.port });
    return {
      port: listener.port,
      crlPort: lists?.port,
      reload: kept.reload,
      signer: () => kept.current().signer,
      stop: async () => {
        // Who waits is answered, with what there is: nothing.
        waiting.stop();
        decisions.stop();
        await begun.disposeAsync();
      },
    };
  } catch (error) {
    await begun.disposeAsync();
    throw error;
  }
}

/**
 * How the connections to PostgreSQL are shared out. Those of the register are the door's alone, so that it can always tell who
 * calls, and who may go on when the register changes: no mailbox that is kept busy stands before it.
 */
function sharesOf(connections: number): { readonly register: number; readonly mailboxes: number } {
  const register = Math.ceil(connections / 10);
  return { register, mailboxes: connections - register };
}

interface Opened {
  readonly pool: Pool;
  readonly waiting: WaitingRoom;
  readonly gate: Gate;
  readonly door: Door;
  readonly credentials: () => SupplierApiCredentials;
  readonly log: Log;
}

function mailboxOf(
  settings: SupplierApiSettings,
  { pool, waiting, gate, door, credentials, log }: Opened,
): MailboxParts {
  return {
    log,
    pool,
    waiting,
    gate,
    environment: settings.environment,
    callerOf: door.callerOf,
    seal: (fetched) => sealOrFault(settings, credentials().signer, fetched, fetched.target),
    bytes: ({ head, sha256, format }, document) => envelopeBytes(head, document, sha256, format),
    explain: {
      lane: ({ delivery, lane }, language) => explainOwnLane(delivery, lane, language),
      attempt: explainAttempt,
    },
  };
}

function openDoor(
  settings: SupplierApiSettings,
  {
    register,
    credentials,
    log,
    connections,
    now,
  }: Pick<Opened, 'credentials' | 'log'> & {
    readonly register: Pool;
    connections(): TlsListener['connections'];
    now(): Date;
  },
): Door {
  const limits = createLimits(
    {
      ratePerSecond: settings.supplierRate,
      burst: settings.supplierBurst,
      connections: settings.supplierConnectionsEach,
      waits: settings.supplierWaits,
    },
    () => performance.now(),
  );
  return createDoor({
    log,
    now,
    authorities: () => credentials().authorities,
    find: (fingerprints) => readCallers(register, settings.environment, fingerprints),
    limits,
    connections,
  });
}

function listenOptionsOf(settings: SupplierApiSettings): ListenOptions {
  return {
    host: settings.supplierHost,
    port: settings.supplierPort,
    requestCertificate: true,
    limits: {
      connections: settings.supplierConnections,
      strangers: settings.supplierStrangers,
      answer: settings.supplierAnswerTimeout,
    },
  };
}
