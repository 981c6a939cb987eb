/** The supplier-api role on a line of tests, and suppliers' programs that ask it over real mutual TLS. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { MailboxParts } from '../../src/collection/mailbox.ts';
import { keysOfCertificates } from '../../src/envelope/keys.ts';
import { openEnvelope } from '../../src/envelope/open.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { type Log, silentLog } from '../../src/platform/log.ts';
import { startSupplierApi, supplierApiSettings } from '../../src/roles/supplier-api.ts';
import type { Line, TestSupplier } from './line.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  /** The body as JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
}

/** A supplier's program. */
export interface Program {
  ask(method: string, path: string, asked?: Asked): Promise<Answered>;
  /** Ids of what the first page lists. */
  listed(query?: string): Promise<string[]>;
  fetch(id: string, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  receipt(id: string): Promise<Answered>;
  receipts(ids: readonly string[]): Promise<{ id: string; result: string; at?: string }[]>;
}

export interface Mailbox {
  readonly port: number;
  as(supplier: Pick<TestSupplier, 'credential'>): Program;
  stop(): Promise<void>;
}

export interface MailboxOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly compose?: (parts: MailboxParts) => MailboxParts;
  readonly log?: Log;
}

/** What the role is started with on a line, as it would be written. */
export function mailboxEnvironment(line: Line, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { certificates } = line;
  return {
    KUVERT_ENVIRONMENT: 'test',
    DATABASE_URL: line.databaseUrl,
    KUVERT_DATABASE_CONNECTIONS: '4',
    KUVERT_SUPPLIER_HOST: '127.0.0.1',
    KUVERT_SUPPLIER_PORT: '0',
    KUVERT_SIGNING_KEY_FILE: certificates.signing.keyFile,
    KUVERT_SIGNING_CERTIFICATE_FILE: certificates.signing.certificateFile,
    KUVERT_SUPPLIER_KEY_FILE: certificates.supplierListener.keyFile,
    KUVERT_SUPPLIER_CERTIFICATE_FILE: certificates.supplierListener.certificateFile,
    KUVERT_CA_FILE: certificates.caFile,
    ...more,
  };
}

export async function openMailbox(line: Line, options: MailboxOptions = {}): Promise<Mailbox> {
  const log = options.log ?? silentLog;
  const role = await startSupplierApi(
    readSettings(supplierApiSettings, mailboxEnvironment(line, options.settings)),
    log,
    options.compose,
  );
  return { port: role.port, as: (supplier) => programAt(role.port, line, supplier), stop: role.stop };
}

/** A program of a supplier that asks at this port. */
export function programAt(port: number, line: Line, { credential }: Pick<TestSupplier, 'credential'>): Program {
  return programOf(port, line.certificates.authority.rootPem, credential);
}

/** Opens an envelope as a supplier would, with the keys of this line. */
export function opened(line: Line, answered: Pick<Answered, 'bytes' | 'headers'>) {
  const keys = keysOfCertificates([readFileSync(line.certificates.signing.certificateFile, 'utf8')]);
  return openEnvelope(answered.bytes, String(answered.headers['x-jws-signature']), { keys });
}

export function programOf(port: number, ca: string, credential: TestSupplier['credential']): Program {
  const program: Program = {
    ask: (method, path, { headers = {}, body, signal } = {}) =>
      new Promise((resolve, reject) => {
        const asking = request(
          {
            host: '127.0.0.1',
            port,
            path,
            method,
            ca,
            key: credential.key,
            cert: credential.certificate,
            agent: false,
            headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
            ...(signal && { signal }),
          },
          (answer) => {
            const chunks: Buffer[] = [];
            answer.on('data', (chunk: Buffer) => chunks.push(chunk));
            answer.on('error', reject);
            answer.on('end', () => {
              const bytes = Buffer.concat(chunks);
              const { statusCode: status = 0, headers: given } = answer;
              resolve({
                status,
                headers: given,
                bytes,
                get json() {
                  return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
                },
              });
            });
          },
        );
        asking.on('error', reject);
        asking.end(body);
      }),
    listed: async (query = '') => {
      const { status, json } = await program.ask('GET', `/v1/messages${query}`);
      if (status !== 200) throw new Error(`listing was answered ${status}: ${JSON.stringify(json)}`);
      return (json['messages'] as { id: string }[]).map(({ id }) => id);
    },
    fetch: (id, headers = {}) => program.ask('GET', `/v1/messages/${id}`, { headers }),
    receipt: (id) => program.ask('PUT', `/v1/messages/${id}/receipt`),
    receipts: async (ids) => {
      const headers = { 'content-type': 'application/json' };
      const { status, json } = await program.ask('POST', '/v1/receipts', { headers, body: JSON.stringify({ ids }) });
      if (status !== 200) throw new Error(`receipts were answered ${status}: ${JSON.stringify(json)}`);
      return json['results'] as { id: string; result: string; at?: string }[];
    },
  };
  return program;
}
