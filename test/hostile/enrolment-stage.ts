/** The suppliers' listener and the authority behind it, whole, with a real database: for strangers who want a certificate. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect } from 'node:tls';
import { type Enrolment, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';
import { rememberingLog } from '../support/http.ts';
import { ownServers } from '../support/servers.ts';

/** Where the test files learn of the servers of a run. */
const variable = 'TEST_SHARED_SERVERS';

/** Milliseconds without a word after which nothing is expected to come. */
const patience = 400;

export interface Stage extends Pick<Enrolment, 'pool' | 'folder' | 'authority' | 'order' | 'credential'> {
  readonly port: number;
  /** Whose orders they all are. */
  readonly organisationNumber: string;
  /**
   * Writes all of it on a connection of its own, and hangs up when nothing more comes.
   * @param changed it may be only the beginning of something, to which no answer comes
   * @returns what came back, an octet a character
   */
  send(bytes: Buffer, changed: boolean, as?: ConnectionOptions): Promise<string>;
  /** Nothing that was sent made a defect of ours, and none of these is in the log. */
  judgeLog(secrets: readonly string[]): void;
  close(): Promise<void>;
}

export async function openStage(settings: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const own = process.env[variable] === undefined ? await ownServers({ postgres: true }) : undefined;
  if (own !== undefined) process.env[variable] = JSON.stringify({ databaseUrl: own.postgres?.url });
  const stage = await openEnrolment();
  const log = rememberingLog();
  await stage.startCa({ log });
  const { port } = await stage.startApi({
    log,
    settings: {
      KUVERT_PUBLIC_URL: 'https://kuvert.exempel.se:8443',
      KUVERT_WRONG_GUESSES: '10000',
      KUVERT_SUPPLIER_RATE: '10000',
      ...settings,
    },
  });
  const first = await stage.order({ unopened: true });
  const ca = stage.authority.root.certificatePem;
  let sent = 0;
  return {
    ...stage,
    port,
    organisationNumber: first.organisationNumber,
    order: (options) => stage.order({ of: first, ...options }),
    send: async (bytes, changed, as = {}) => {
      // Everybody comes from a network of their own, now and then: that one is shut out for its guesses is tried elsewhere.
      const localAddress = `127.0.0.${1 + (sent++ % 50)}`;
      const socket = connect({ ...as, port, host: '127.0.0.1', ca, localAddress } as ConnectionOptions);
      socket.on('error', () => undefined);
      await once(socket, 'secureConnect');
      let said = '';
      socket.setEncoding('latin1').on('data', (part: string) => {
        said += part;
      });
      const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      // Who hangs up early gets no answer, whatever becomes of it.
      socket.setTimeout(changed ? patience : 0, () => socket.end());
      socket.write(bytes);
      await gone;
      if (changed) await done(stage.pool);
      return said;
    },
    judgeLog: (secrets) => {
      const lines = log.lines.filter(({ event }) => event !== 'handshake failed');
      assert.deepEqual(
        lines.filter(({ level, error }) => level === 'error' || error !== undefined),
        [],
      );
      const text = JSON.stringify(lines);
      for (const secret of secrets) assert.ok(!text.includes(secret), `the log has ${secret}: ${text}`);
      (log.lines as unknown[]).length = 0;
    },
    close: async () => {
      await stage.close();
      await own?.stop();
      if (own !== undefined) delete process.env[variable];
    },
  };
}

/** Who has hung up waits for nothing any more, and what was asked may be done all the same: until it is. */
async function done(pool: Enrolment['pool']): Promise<void> {
  await eventually('nothing is in hand', async () => {
    await sleep(50);
    const { rows } = await pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and application_name = 'kuvert supplier-api' and state <> 'idle'
       union all select 1 from issuance where state in ('asked', 'intended') limit 1`,
    );
    return rows.length === 0;
  });
}

/** The status line of each answer. Nothing of ours ever ends in a fault of the server. */
export function statusesIn(said: string): number[] {
  assert.ok(said === '' || said.startsWith('HTTP/1.1 '), said.slice(0, 200));
  const statuses = [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  assert.ok(!statuses.some((status) => status >= 500), said);
  assert.doesNotMatch(said, /node_modules|at Object|express|TypeError|RangeError|<!DOCTYPE html PUBLIC/i);
  for (const [, type] of said.matchAll(/"type":"([^"]*)"/g))
    assert.match(type ?? '', /^urn:kuvert:fault:(?!internal)[a-z-]+$/);
  return statuses;
}

/** One request of HTTP/1.1. */
export function httpOf(line: string, headers: readonly string[], body: Buffer | undefined): Buffer {
  const length = body === undefined ? [] : [`content-length: ${body.length}`];
  const head = [`${line} HTTP/1.1`, 'host: x', 'connection: close', ...headers, ...length];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)]);
}
