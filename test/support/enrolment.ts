/** Certificates from order to revocation, for tests: an authority with its files, suppliers without certificates, opened orders, the roles. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkOf, makePassword, makeTransferId, proofOf } from '../../src/enrolment/codes.ts';
import { type Certificate, readCertificates } from '../../src/pki/certificate.ts';
import type { KeyKind } from '../../src/pki/key-kinds.ts';
import { makeKey, makeSigningRequest } from '../../src/pki/own-key.ts';
import { type CertificatePurpose, issueCertificate, validityFor } from '../../src/pki/profile.ts';
import { readSigningRequest } from '../../src/pki/request.ts';
import { newSerial } from '../../src/pki/subject.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { type Log, silentLog } from '../../src/platform/log.ts';
import { type CaOptions, caSettings, startCa } from '../../src/roles/ca.ts';
import type { Running } from '../../src/roles/parts.ts';
import { startSupplierApi, supplierApiSettings } from '../../src/roles/supplier-api.ts';
import { keepContact } from '../../src/store/enrol/contacts.ts';
import { readDecision } from '../../src/store/enrol/issuance.ts';
import { type CertificateType, insertOrder } from '../../src/store/enrol/orders.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { verifyAudit } from './audit.ts';
import { type TestAuthority, testAuthority } from './authority.ts';
import { sampleOrganisationNumber } from './documents.ts';
import { enter } from './door.ts';
import { freshDatabase } from './servers.ts';

export const day = 86_400_000;

export interface Credential {
  readonly keyPem: string;
  readonly certificatePem: string;
  readonly keyFile: string;
  readonly certificateFile: string;
}

export interface OpenedOrder {
  readonly id: string;
  readonly transferId: string;
  readonly password: string;
  readonly organisationNumber: string;
  readonly addressId: number;
}

export interface OrderOptions {
  readonly type?: CertificateType;
  readonly dnsNames?: readonly string[];
  readonly approval?: 'not-needed' | 'awaited';
  /** Not opened: nobody has a password. */
  readonly unopened?: boolean;
  readonly orderedAt?: Date;
  /** Of one that has addresses already. */
  readonly of?: { readonly organisationNumber: string; readonly addressId: number };
  readonly delivery?: 'push' | 'pull' | 'manual';
}

export interface Asked {
  readonly id: string;
  readonly keyPem: string;
}

let numbers = 0;

export async function openEnrolment(settings: Readonly<Record<string, string>> = {}) {
  const databaseUrl = await freshDatabase();
  const pool: Pool = createPool({ url: databaseUrl, connections: 4, name: 'test', onTrouble: () => undefined });
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-enrolment-'));
  const file = (name: string, text: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  // Long enough ago for tests that play in the past.
  const authority: TestAuthority = await testAuthority(new Date(Date.now() - 900 * day));
  const { issuing } = authority;
  const caFile = file('ca.pem', issuing.certificatePem);
  const running: Running[] = [];
  const kept = <R extends Running>(role: R): R => {
    running.push(role);
    return role;
  };

  /** A certificate that was issued without an order, signed by the same authority; in no register. */
  const credential = async (
    name: string,
    purpose: CertificatePurpose,
    more: { readonly organisationNumber?: string; readonly from?: Date; readonly lifetime?: number } = {},
  ): Promise<Credential> => {
    const keyPem = await makeKey();
    const certificate = await issueCertificate(issuing, {
      spki: readSigningRequest((await makeSigningRequest(keyPem, name)).der).spki,
      subject: {
        organisation: name,
        commonName: name,
        ...(more.organisationNumber === undefined ? {} : { organisationNumber: more.organisationNumber }),
      },
      purpose,
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      environment: 'test',
      serial: newSerial(),
      ...validityFor(issuing, more.from ?? new Date(), more.lifetime ?? 365 * day),
    });
    const base = randomUUID();
    return {
      keyPem,
      certificatePem: certificate + issuing.certificatePem,
      keyFile: file(`${base}.key.pem`, keyPem),
      certificateFile: file(`${base}.pem`, certificate + issuing.certificatePem),
    };
  };

  const caEnvironment: Readonly<Record<string, string>> = {
    KUVERT_ENVIRONMENT: 'test',
    DATABASE_URL: databaseUrl,
    KUVERT_DATABASE_CONNECTIONS: '3',
    KUVERT_CA_KEY_FILE: file('issuing.key.pem', issuing.keyPem),
    KUVERT_CA_CERTIFICATE_FILE: file('issuing.pem', issuing.certificatePem),
    KUVERT_CRL_URL: 'http://crl.exempel.se',
    ...settings,
  };

  const apiEnvironment = async (): Promise<Record<string, string>> => {
    const listener = await credential('Kuvert', 'listener');
    const signing = await credential('Kuvert', 'signing');
    return {
      KUVERT_ENVIRONMENT: 'test',
      DATABASE_URL: databaseUrl,
      KUVERT_DATABASE_CONNECTIONS: '6',
      KUVERT_SUPPLIER_HOST: '127.0.0.1',
      KUVERT_SUPPLIER_PORT: '0',
      KUVERT_SUPPLIER_BURST: '100000',
      KUVERT_SIGNING_KEY_FILE: signing.keyFile,
      KUVERT_SIGNING_CERTIFICATE_FILE: signing.certificateFile,
      KUVERT_SUPPLIER_KEY_FILE: listener.keyFile,
      KUVERT_SUPPLIER_CERTIFICATE_FILE: listener.certificateFile,
      KUVERT_CA_FILE: caFile,
      ...settings,
    };
  };

  return {
    databaseUrl,
    pool,
    folder,
    file,
    authority,
    caFile,
    credential,
    caEnvironment,
    kept,
    startCa: async (options: CaOptions & { readonly log?: Log; readonly settings?: Record<string, string> } = {}) =>
      kept(
        await startCa(
          readSettings(caSettings, { ...caEnvironment, ...options.settings }),
          options.log ?? silentLog,
          options,
        ),
      ),
    /** The suppliers' listener. `environment`: its settings, for a process of its own. */
    apiEnvironment,
    startApi: async (
      options: {
        readonly settings?: Readonly<Record<string, string>>;
        readonly now?: () => Date;
        readonly log?: Log;
      } = {},
    ) => {
      const environment = { ...(await apiEnvironment()), ...options.settings };
      const role = await startSupplierApi(
        readSettings(supplierApiSettings, environment),
        options.log ?? silentLog,
        undefined,
        undefined,
        options.now,
      );
      return kept(role);
    },
    /** An order whose page was opened with the right PIN. */
    order: async (options: OrderOptions = {}): Promise<OpenedOrder> => {
      const orderedAt = options.orderedAt ?? new Date();
      const organisationNumber = options.of?.organisationNumber ?? sampleOrganisationNumber(++numbers);
      const addressId =
        options.of?.addressId ??
        (await enter(pool, organisationNumber, [], { delivery: options.delivery ?? 'pull', name: 'main' }));
      const password = makePassword();
      const order = {
        id: randomUUID(),
        transferId: makeTransferId(),
        organisationNumber,
        addressId,
        type: options.type ?? 'pull-client',
        description: 'Ekonomisystemet på Exempel',
        dnsNames: options.dnsNames ?? [],
        orderedBy: 'cli:test',
        orderedAt,
        expiresAt: new Date(orderedAt.getTime() + 14 * day),
        approval: options.approval ?? 'not-needed',
        replaces: undefined,
        pinHash: undefined,
      } as const;
      await pool.transaction(async (db) => {
        const contact = {
          name: 'Anna Ek',
          email: 'anna@exempel.se',
          phone: '+46701234567',
          language: 'sv' as const,
        };
        const contactId = await keepContact(db, organisationNumber, contact);
        await insertOrder(db, { ...order, contactId });
        if (options.unopened !== true)
          await db.query(
            "update certificate_order set state = 'opened', opened_at = $2, password_check = $3 where id = $1",
            [order.id, orderedAt, checkOf(proofOf(password))],
          );
      });
      return { id: order.id, transferId: order.transferId, password, organisationNumber, addressId };
    },
    /** Asks the authority as the front does, past the front. @returns what it decided */
    ask: async (
      what: { readonly order: OpenedOrder; readonly password?: string } | { readonly renews: string },
      more: { readonly keyPem?: string; readonly der?: Buffer; readonly at?: Date } = {},
    ): Promise<Asked> => {
      const keyPem = more.keyPem ?? (await makeKey());
      const der = more.der ?? (await makeSigningRequest(keyPem, 'Exempel')).der;
      const id = randomUUID();
      const spki = more.der === undefined ? readSigningRequest(der).spkiSha256 : Buffer.alloc(32, id);
      const of =
        'order' in what
          ? { kind: 'enrol', order: what.order.id, proof: proofOf(what.password ?? what.order.password) }
          : { kind: 'renew', renews: what.renews };
      await pool.query(
        `insert into issuance (id, kind, order_id, proof, renews, request, spki_sha256, asked_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          id,
          of.kind,
          'order' in of ? of.order : null,
          'proof' in of ? of.proof : null,
          'renews' in of ? of.renews : null,
          der,
          spki,
          more.at ?? new Date(),
        ],
      );
      return { id, keyPem };
    },
    decision: (id: string) => readDecision(pool, id),
    /** Of the audit: actions about something. */
    audited: async (like: string): Promise<{ action: string; details: Record<string, unknown> }[]> => {
      const { rows } = await pool.query<{ action: string; details: Record<string, unknown> }>(
        'select action, details from audit where details::text like $1 or subject like $1 order by id',
        [`%${like}%`],
      );
      return rows;
    },
    close: async (): Promise<void> => {
      try {
        const verdict = await verifyAudit(pool);
        if (!verdict.ok) throw new Error(verdict.damage.map(({ text }) => text).join(' '));
      } finally {
        for (const role of running.reverse()) await role.stop();
        await pool.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

export type Enrolment = Awaited<ReturnType<typeof openEnrolment>>;

export function certificateIn(pem: string): Certificate {
  const [certificate] = readCertificates(pem);
  if (certificate === undefined) throw new Error('no certificate');
  return certificate;
}

export async function newRequest(
  kind?: KeyKind,
): Promise<{ readonly keyPem: string; readonly der: Buffer; readonly pem: string }> {
  const keyPem = await makeKey(kind);
  return { keyPem, ...(await makeSigningRequest(keyPem, 'Exempel')) };
}
