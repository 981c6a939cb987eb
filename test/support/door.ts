/** The suppliers' door for tests: a register written by hand, real TLS, and routes that only say who came in. */
import { X509Certificate } from 'node:crypto';
import type { Request, Response } from 'express';
import { createDoor, type Door, type DoorParts } from '../../src/collection/door.ts';
import { createLimits, type LimitSettings } from '../../src/collection/limits.ts';
import { parseOrganisationNumber } from '../../src/domain/organisation-number.ts';
import { describeCertificate } from '../../src/pki/certificate.ts';
import { createApp } from '../../src/platform/http/app.ts';
import { type ListenLimits, listenTls, type TlsListener } from '../../src/platform/http/listen.ts';
import { readCallers } from '../../src/store/collect/callers.ts';
import { registerChannel } from '../../src/store/collect/channels.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import {
  createDevAuthority,
  type DevAuthority,
  type DevCertificateRequest,
  type DevCredential,
  issueDevCertificate,
} from './dev-authority.ts';
import { rememberingLog } from './http.ts';
import { freshDatabase } from './servers.ts';

export interface Shown extends DevCredential {
  readonly fingerprint: string;
}

/** A certificate for a client, of this authority. */
export async function issueClient(
  authority: DevAuthority | undefined,
  name: string,
  more: Partial<DevCertificateRequest> = {},
): Promise<Shown> {
  const issued = await issueDevCertificate(authority, { name, usages: ['clientAuth'], ...more });
  return { ...issued, fingerprint: fingerprintOf(issued) };
}

export const fingerprintOf = ({ certificatePem }: DevCredential): string =>
  new X509Certificate(certificatePem).fingerprint256.replaceAll(':', '').toLowerCase();

/** Writes a supplier with one address and its certificates into the register, past the rules of an import. @returns the address's id */
export async function enter(
  pool: Pool,
  organisationNumber: string,
  certificates: readonly DevCredential[],
  {
    name = 'default',
    environment = 'test',
    delivery = 'pull',
    format = 'cloudevents',
    types = ['purchase-order', 'self-invoice', 'self-invoice-credit'],
  } = {},
): Promise<number> {
  if (parseOrganisationNumber(organisationNumber) === undefined) throw new Error(`${organisationNumber} is no number`);
  return pool.transaction(async (db) => {
    await db.query(
      `insert into supplier (organisation_number, name, language) values ($1, $2, 'sv') on conflict do nothing`,
      [organisationNumber, `Exempel ${organisationNumber} AB`],
    );
    const { rows } = await db.query<{ id: number }>(
      `insert into address (organisation_number, name, environment, delivery, url, message_types, envelope_format, ordering, concurrency)
       values ($1, $2, $3, $4, 'https://127.0.0.1:1/', $5, $6, 'any', 1) returning id`,
      [organisationNumber, name, environment, delivery, types, format],
    );
    const id = rows[0]?.id ?? 0;
    await db.query('insert into lane (id) values ($1)', [id]);
    for (const { certificatePem } of certificates) {
      const { fingerprint, subject, notBefore, notAfter } = describeCertificate(new X509Certificate(certificatePem));
      await db.query(
        `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
        [fingerprint, organisationNumber, certificatePem, subject, notBefore, notAfter],
      );
      await db.query(
        'insert into address_certificate (address_id, organisation_number, fingerprint) values ($1, $2, $3)',
        [id, organisationNumber, fingerprint],
      );
    }
    return id;
  });
}

/** One process with a listener, as the role composes it. */
export interface DoorProcess {
  readonly listener: TlsListener;
  readonly port: number;
  readonly door: Door;
  close(): Promise<void>;
}

export interface TestDoor {
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly authority: DevAuthority;
  readonly ca: string;
  readonly log: ReturnType<typeof rememberingLog>;
  start(options?: {
    readonly limits?: Partial<LimitSettings>;
    readonly listen?: Partial<ListenLimits>;
    /** Around each look at the register. */
    readonly look?: (find: DoorParts['find'], fingerprints: readonly string[]) => ReturnType<DoorParts['find']>;
    readonly routes?: Readonly<Record<string, (request: Request, response: Response) => unknown>>;
  }): Promise<DoorProcess>;
  close(): Promise<void>;
}

const roomy: LimitSettings = { ratePerSecond: 10_000, burst: 10_000, connections: 1_000, waits: 1_000 };

export async function openDoor(): Promise<TestDoor> {
  const databaseUrl = await freshDatabase();
  const authority = await createDevAuthority();
  const own = await issueDevCertificate(authority, { name: 'Kuvert', ipAddresses: ['127.0.0.1'] });
  const pool = createPool({ url: databaseUrl, connections: 4, name: 'test', byKey: true });
  const log = rememberingLog();
  const processes: DoorProcess[] = [];
  return {
    pool,
    databaseUrl,
    authority,
    ca: authority.certificatePem,
    log,
    start: async ({ limits = {}, listen = {}, routes = {}, look } = {}) => {
      const find: DoorParts['find'] = (fingerprints) => readCallers(mine, 'test', fingerprints);
      const started: { listener?: TlsListener } = {};
      const mine = createPool({
        url: databaseUrl,
        connections: 4,
        name: 'test',
        byKey: true,
        onTrouble: () => undefined,
      });
      const door = createDoor({
        log,
        now: () => new Date(),
        authorities: () => [new X509Certificate(authority.certificatePem)],
        find: (fingerprints) => (look === undefined ? find(fingerprints) : look(find, fingerprints)),
        limits: createLimits({ ...roomy, ...limits }, () => performance.now()),
        connections: () => (started.listener as TlsListener).connections,
      });
      const heard = mine.listen(registerChannel, (fingerprint) => void door.registerChanged(fingerprint));
      await heard.opened;
      const all = {
        '/who': async (request: Request, response: Response) => response.json(await door.callerOf(request)),
        ...routes,
      };
      const app = createApp(
        log,
        Object.entries(all).map(([path, handle]) => ({
          method: 'GET' as const,
          path,
          certificate: 'required' as const,
          handle: async (request: Request, response: Response) => void (await handle(request, response)),
        })),
        { enter: door.enter },
      );
      const listener = await listenTls(
        { log, now: () => new Date() },
        { key: own.keyPem, cert: own.chainPem, ca: authority.certificatePem },
        app,
        { host: '127.0.0.1', port: 0, requestCertificate: true, limits: listen },
      );
      started.listener = listener;
      const process: DoorProcess = {
        listener,
        door,
        port: listener.port,
        close: async () => {
          processes.splice(processes.indexOf(process), 1);
          await listener.close(0);
          await heard.close();
          await mine.close();
        },
      };
      processes.push(process);
      return process;
    },
    close: async () => {
      for (let last = processes.at(-1); last !== undefined; last = processes.at(-1)) await last.close();
      await pool.close();
    },
  };
}
