/** The line of a message for tests: a store of its own, suppliers with real endpoints, messages as intake stores them, and the delivery role. */
import { strict as assert } from 'node:assert';
import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Alarms, createAlarms } from '../../src/delivery/queue/queue.ts';
import type { EnvelopeFormat, MessageType } from '../../src/domain/message.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { type DevCertificates, writeDevCertificates } from '../../src/pki/dev-certificates.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { type Log, silentLog } from '../../src/platform/log.ts';
import { type DeliverySettings, deliverySettings, startDelivery } from '../../src/roles/delivery.ts';
import type { Running } from '../../src/roles/parts.ts';
import { accept } from '../../src/store/accept/accept.ts';
import type { Accepted, CheckedFrame, TakenFrame } from '../../src/store/accept/frames.ts';
import { notifyStored } from '../../src/store/collect/channels.ts';
import { type Conservation, conservation } from '../../src/store/conservation.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { addCertificate, insertAddress, upsertSupplier } from '../../src/store/suppliers-change.ts';
import { issueDevCertificate } from './dev-authority.ts';
import { sampleOrganisationNumber } from './documents.ts';
import { type Endpoint, type EndpointOptions, startEndpoint } from './endpoint.ts';
import { freshDatabase, freshPrefix, sharedServers } from './servers.ts';

export interface LineOptions {
  /** Left out: the servers of this run. */
  readonly servers?: { readonly databaseUrl: string; readonly redisUrl: string };
  /** Settings as they would be written; over the short times that tests have. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: Log;
}

export interface SupplierOptions {
  readonly behaviour?: NonNullable<EndpointOptions['behaviour']>;
  readonly concurrency?: number;
  /** Connections that its endpoint takes at a time. */
  readonly mostConnections?: number;
  readonly ordering?: 'any' | 'strict';
  readonly envelopeFormat?: EnvelopeFormat;
  readonly delivery?: 'push' | 'pull' | 'manual';
  readonly messageTypes?: readonly MessageType[];
  /** Registered without an endpoint: nobody listens at this URL. */
  readonly url?: string;
  /** The endpoint shows another certificate than the one that is registered. */
  readonly showsAnother?: boolean;
}

export interface TestSupplier {
  readonly organisationNumber: OrganisationNumber;
  /** Also the address's id. */
  readonly lane: number;
  readonly endpoint: Endpoint;
  /** The one that is registered. */
  readonly credential: { readonly key: string; readonly certificate: string };
  /** Ids of what came, in order; a repeat stands twice. */
  readonly received: () => string[];
  /** Sequence numbers of what came, in order, repeats left out. */
  readonly sequences: () => number[];
}

export interface Line {
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly prefix: string;
  readonly alarms: Alarms;
  readonly certificates: DevCertificates;
  /** The settings as they are written, for a process of its own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: (more?: Readonly<Record<string, string>>) => DeliverySettings;
  readonly addSupplier: (options?: SupplierOptions) => Promise<TestSupplier>;
  /** Stores frames in one transaction, as intake does, wakes the lanes, and tells who waits to fetch. */
  readonly take: (frames: readonly TakenFrame[]) => Promise<Accepted>;
  /** Starts the delivery role; stopped by `close`. */
  readonly deliver: (
    more?: Readonly<Record<string, string>>,
    compose?: Parameters<typeof startDelivery>[3],
  ) => Promise<Running>;
  /** How many current deliveries are in each state, of one lane or of all. */
  readonly states: (lane?: number) => Promise<Readonly<Record<string, number>>>;
  readonly lane: (lane: number) => Promise<LaneFacts>;
  /** Answers of a kind in the outbox, oldest first. */
  readonly answers: (kind: string) => Promise<Record<string, unknown>[]>;
  /** Fails unless every law of conservation holds. */
  readonly conserved: () => Promise<Conservation>;
  /** `conserved`, then everything is stopped. */
  readonly close: () => Promise<void>;
}

export interface LaneFacts {
  readonly state: string;
  readonly reason: string | null;
  readonly failures: number;
  readonly ramp: number | null;
  readonly epoch: number;
  readonly holder: string | null;
  /** Milliseconds; null: no alarm. */
  readonly wakes_in: number | null;
}

/** Short waits, so that a schedule is over before anyone is bored; long ones stay long where a test would not see the difference. */
const shortTimes = {
  KUVERT_ENVIRONMENT: 'test',
  KUVERT_RETRY_SCHEDULE: '50ms,100ms',
  KUVERT_RETRY_TOTAL: '1h',
  KUVERT_RETRY_JITTER: '0',
  KUVERT_HELD_PROBE: '150ms',
  KUVERT_CONNECT_TIMEOUT: '2s',
  KUVERT_PUSH_TIMEOUT: '4s',
  KUVERT_LEASE: '9500ms',
  KUVERT_SWEEP_EVERY: '500ms',
  KUVERT_EGRESS_ALLOW: '127.0.0.0/8',
};

let made = 0;

export async function openLine(options: LineOptions = {}): Promise<Line> {
  const servers = options.servers ?? sharedServers();
  const databaseUrl = await freshDatabase(servers.databaseUrl);
  const prefix = freshPrefix();
  const folder = join('.kuvert/test', `line-${prefix}`);
  const sender = { name: 'Arbetsförmedlingen', organisationNumber: sampleOrganisationNumber(999) };
  const certificates = await writeDevCertificates(folder, [], sender);
  const log = options.log ?? silentLog;
  const pool = createPool({ url: databaseUrl, connections: 8, name: 'test' });
  const alarms = await createAlarms({ redisUrl: servers.redisUrl, prefix, log: silentLog });
  const running: Running[] = [];
  const endpoints: Endpoint[] = [];

  const environment = {
    ...shortTimes,
    DATABASE_URL: databaseUrl,
    REDIS_URL: servers.redisUrl,
    KUVERT_REDIS_PREFIX: prefix,
    KUVERT_SIGNING_KEY_FILE: certificates.signing.keyFile,
    KUVERT_SIGNING_CERTIFICATE_FILE: certificates.signing.certificateFile,
    KUVERT_CLIENT_KEY_FILE: certificates.client.keyFile,
    KUVERT_CLIENT_CERTIFICATE_FILE: certificates.client.certificateFile,
    KUVERT_CA_FILE: certificates.caFile,
    ...options.settings,
  };
  const settings: Line['settings'] = (more = {}) => readSettings(deliverySettings, { ...environment, ...more });

  const line: Line = {
    pool,
    databaseUrl,
    redisUrl: servers.redisUrl,
    prefix,
    alarms,
    certificates,
    environment,
    settings,
    addSupplier: async (wanted = {}) => {
      made += 1;
      const supplier = await addSupplier(pool, certificates, sampleOrganisationNumber(made), wanted);
      endpoints.push(supplier.endpoint);
      return supplier;
    },
    take: async (frames) => {
      const accepted = await accept(pool, frames);
      for (const lane of accepted.wake) await alarms.wake(lane, 0);
      await notifyStored(pool, accepted.filled);
      return accepted;
    },
    deliver: async (more = {}, compose = (deps) => deps) => {
      const role = await startDelivery(settings(more), log, '0.0.0', compose);
      running.push(role);
      return role;
    },
    states: async (lane) => {
      const { rows } = await pool.query<{ state: string; n: number }>(
        'select state, count(*) as n from delivery where current and ($1::bigint is null or lane_id = $1) group by state',
        [lane ?? null],
      );
      return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
    },
    lane: async (lane) => {
      const { rows } = await pool.query<LaneFacts & Record<string, unknown>>(
        `select state, reason, failures, ramp, epoch, holder,
                extract(epoch from wake_at - clock_timestamp())::float8 * 1000 as wakes_in from lane where id = $1`,
        [lane],
      );
      return rows[0] as LaneFacts;
    },
    answers: async (kind) => {
      const { rows } = await pool.query<{ body: string }>(
        "select body from outbox where queue = 'status' and headers ->> 'answer' = $1 order by id",
        [kind],
      );
      return rows.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    },
    conserved: async () => {
      const found = await conservation(pool);
      assert.deepEqual(found.breaches, []);
      return found;
    },
    close: async () => {
      try {
        await line.conserved();
      } finally {
        for (const role of running) await role.stop();
        for (const endpoint of endpoints) await endpoint.stop();
        await alarms.close();
        await pool.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
  return line;
}

async function addSupplier(
  pool: Pool,
  { authority }: DevCertificates,
  organisationNumber: OrganisationNumber,
  wanted: SupplierOptions,
): Promise<TestSupplier> {
  const issue = async (name: string) => {
    const issued = await issueDevCertificate(authority, { name, organisationNumber, ipAddresses: ['127.0.0.1'] });
    return { key: issued.keyPem, certificate: issued.chainPem };
  };
  const credential = await issue(`Leverantör ${organisationNumber} AB`);
  const shown = wanted.showsAnother === true ? await issue('Någon annan AB') : credential;
  const endpoint = await startEndpoint({
    ...shown,
    ca: authority.rootPem,
    ...(wanted.behaviour === undefined ? {} : { behaviour: wanted.behaviour }),
    ...(wanted.mostConnections === undefined ? {} : { mostConnections: wanted.mostConnections }),
  });
  const lane = await register(pool, organisationNumber, credential.certificate, {
    delivery: wanted.delivery ?? 'push',
    url: wanted.url ?? endpoint.url,
    concurrency: wanted.concurrency ?? 1,
    ordering: wanted.ordering ?? 'any',
    envelopeFormat: wanted.envelopeFormat ?? 'cloudevents',
    messageTypes: wanted.messageTypes ?? ['purchase-order', 'self-invoice', 'self-invoice-credit'],
  });
  const received = () => endpoint.requests.map(({ headers }) => String(headers['idempotency-key']));
  return {
    organisationNumber,
    lane,
    endpoint,
    credential,
    received,
    sequences: () => {
      const bodies = endpoint.requests.map(({ body }) => JSON.parse(body.toString('utf8')) as { sequence: string });
      return [...new Set(bodies.map(({ sequence }) => Number(sequence)))];
    },
  };
}

async function register(
  pool: Pool,
  organisationNumber: OrganisationNumber,
  pem: string,
  address: Pick<
    Parameters<typeof insertAddress>[2],
    'delivery' | 'url' | 'concurrency' | 'ordering' | 'envelopeFormat' | 'messageTypes'
  >,
): Promise<number> {
  const certificate = new X509Certificate(pem);
  const at = new Date();
  return pool.transaction(async (db) => {
    await upsertSupplier(db, { organisationNumber, name: `Leverantör ${organisationNumber} AB`, language: 'sv' }, at);
    const lane = await insertAddress(
      db,
      organisationNumber,
      { name: 'main', environment: 'test', ratePerSecond: undefined, ...address },
      at,
    );
    await addCertificate(db, lane, organisationNumber, {
      fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      pem: certificate.toString(),
      subject: certificate.subject,
      notBefore: certificate.validFromDate,
      notAfter: certificate.validToDate,
    });
    return lane;
  });
}

/** A frame that was read and checked; whatever a test does not care about is made up. */
export function frameFor(
  recipient: OrganisationNumber,
  more: {
    readonly documentNumber?: string;
    readonly messageType?: MessageType;
    readonly content?: string;
    readonly brokerMessageId?: string;
  } = {},
): CheckedFrame {
  const documentNumber = more.documentNumber ?? `D-${randomUUID()}`;
  const document = Buffer.from(more.content ?? `{"number":"${documentNumber}"}`);
  return {
    kind: 'document',
    brokerMessageId: more.brokerMessageId ?? `ID:${randomUUID()}`,
    bodySha256: createHash('sha256').update(document).digest(),
    kaMessageId: undefined,
    correlationId: undefined,
    key: { messageType: more.messageType ?? 'self-invoice', recipient, documentNumber },
    environment: 'test',
    format: 'json',
    mediaType: 'application/json',
    dataSchema: 'urn:test',
    document,
    eventTime: '2026-01-02T03:04:05Z',
    currency: 'SEK',
    total: '100.00',
    traceparent: undefined,
    isText: false,
    headers: {},
  };
}

export function framesFor(recipient: OrganisationNumber, count: number): CheckedFrame[] {
  return Array.from({ length: count }, () => frameFor(recipient));
}
