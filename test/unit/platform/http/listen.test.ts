import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { createApp } from '../../../../src/platform/http/app.ts';
import { type ListenOptions, listenTls, type TlsListener } from '../../../../src/platform/http/listen.ts';
import { silentLog } from '../../../../src/platform/log.ts';
import type { TlsCredentials } from '../../../../src/platform/tls/credentials.ts';
import {
  createDevAuthority,
  type DevAuthority,
  type DevCredential,
  issueDevCertificate,
} from '../../../support/dev-authority.ts';
import { ask } from '../../../support/http.ts';

const parts = { log: silentLog, now: () => new Date() };
const day = 86_400_000;

describe('listenTls', () => {
  let authority: DevAuthority;
  let own: DevCredential;
  let listener: TlsListener | undefined;
  before(async () => {
    authority = await createDevAuthority();
    own = await issue();
  });
  afterEach(async () => {
    await listener?.close(0);
    listener = undefined;
  });

  const issue = (more: { notBefore?: Date; notAfter?: Date } = {}): Promise<DevCredential> =>
    issueDevCertificate(authority, { name: 'Kuvert', ipAddresses: ['127.0.0.1'], ...more });
  const pemOf = (credential: DevCredential): TlsCredentials => ({
    key: credential.keyPem,
    cert: credential.chainPem,
    ca: authority.certificatePem,
  });
  const app = createApp(silentLog, [
    { method: 'GET', path: '/', certificate: 'not-asked', handle: (_request, response) => void response.send('here') },
    {
      method: 'GET',
      path: '/slow',
      certificate: 'not-asked',
      handle: async (_request, response) => {
        await wait(200);
        response.send('slow');
      },
    },
  ]);
  async function listen(more: Partial<ListenOptions> = {}): Promise<TlsListener> {
    listener = await listenTls(parts, pemOf(own), app, {
      host: '127.0.0.1',
      port: 0,
      requestCertificate: true,
      ...more,
    });
    return listener;
  }
  async function handshake(port: number, more: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({ port, host: '127.0.0.1', ca: authority.certificatePem, ...more });
    await new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    return socket;
  }
  async function shown(port: number): Promise<string | undefined> {
    const socket = await handshake(port);
    const serial = socket.getPeerX509Certificate()?.serialNumber;
    socket.destroy();
    return serial;
  }
  const serialOf = (credential: DevCredential): string => new X509Certificate(credential.certificatePem).serialNumber;
  /** Everything the other side says until it hangs up. */
  async function rest(socket: TLSSocket): Promise<string> {
    let said = '';
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    return said;
  }

  it('clients get in without a certificate, with one of ours, and with one of a stranger', async () => {
    const { port } = await listen();
    const stranger = await issueDevCertificate(await createDevAuthority({ name: 'Främmande' }), { name: 'Okänd' });
    const client = await issueDevCertificate(authority, { name: 'Exempel AB' });
    for (const as of [undefined, client, stranger, await issueDevCertificate(undefined, { name: 'Ensam' })])
      assert.equal((await ask({ port, path: '/', ca: authority.certificatePem, ...(as && { as }) })).body, 'here');
  });

  it('TLS 1.2 and 1.3 are spoken, TLS 1.1 is not', async () => {
    const { port } = await listen();
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await handshake(port, { minVersion: version, maxVersion: version });
      assert.equal(socket.getProtocol(), version);
      socket.destroy();
    }
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await assert.rejects(handshake(port, old), /protocol|alert|unsupported/i);
  });

  it('only HTTP/1.1 is agreed on', async () => {
    const { port } = await listen();
    const socket = await handshake(port, { ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(socket.alpnProtocol, 'http/1.1');
    socket.destroy();
    await assert.rejects(handshake(port, { ALPNProtocols: ['h2'] }), /no application protocol|ECONNRESET/i);
  });

  it('new credentials are shown to new connections, while old connections go on', async () => {
    const { port, reload } = await listen();
    const kept = await handshake(port);
    const next = await issue();
    assert.equal(
      reload(pemOf(next)).notAfter.getTime(),
      new X509Certificate(next.certificatePem).validToDate.getTime(),
    );
    assert.equal(await shown(port), serialOf(next));
    kept.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    assert.match(await rest(kept), /here$/);
  });

  it('bad new credentials change nothing', async () => {
    const { port, reload } = await listen();
    const other = await issue();
    const past = { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) };
    for (const [bad, says] of [
      [{ ...pemOf(own), key: other.keyPem }, /another private key/],
      [{ ...pemOf(own), key: '' }, /private key cannot be read/],
      [{ ...pemOf(own), cert: 'not a certificate' }, /certificate cannot be read/],
      [{ ...pemOf(own), cert: own.chainPem.slice(0, -60) }, /certificate cannot be read/],
      [
        { ...pemOf(own), cert: `${own.certificatePem}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n` },
        /OpenSSL/,
      ],
      [pemOf(await issue(past)), /expired at/],
      [pemOf(await issue({ notBefore: new Date(Date.now() + day) })), /not valid before/],
    ] as const) {
      assert.throws(
        () => reload(bad),
        (error: { code?: string; message: string }) => {
          assert.equal(error.code, 'certificate-invalid');
          assert.match(error.message, says);
          return true;
        },
      );
      assert.equal(await shown(port), serialOf(own));
    }
  });

  it('bad credentials do not start', async () => {
    const bad = { ...pemOf(own), key: (await issue()).keyPem };
    const options = { host: '127.0.0.1', port: 0, requestCertificate: true };
    await assert.rejects(listenTls(parts, bad, app, options), { code: 'certificate-invalid' });
  });

  it('a port that is taken is said in one sentence', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    await assert.rejects(listen({ port }), (error: { code?: string; message: string }) => {
      assert.equal(error.code, 'setting-invalid');
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1 port ${port}.*EADDRINUSE`));
      return true;
    });
    taken.close();
  });

  it('what is not HTTP, and headers beyond the limit, get a problem and the door', async () => {
    const { port } = await listen();
    for (const [request, status] of [
      ['HELLO\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ['POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n', 400],
    ] as const) {
      const socket = await handshake(port);
      socket.write(request);
      const said = await rest(socket);
      assert.match(said, new RegExp(`^HTTP/1.1 ${status} `), `${request.slice(0, 30)}: ${said}`);
    }
  });

  it('a client that is slow with its headers is answered 408 and let go', async () => {
    const { port } = await listen({ limits: { headers: 100, request: 200 } });
    const socket = await handshake(port);
    socket.write('GET / HTTP/1.1\r\nhost');
    assert.match(await rest(socket), /^HTTP\/1.1 408 .*problem\+json.*"status":408/s);
  });

  it('a client that never shakes hands is let go', async () => {
    const { port } = await listen({ limits: { handshake: 100 } });
    const socket = connectTcp(port, '127.0.0.1').resume();
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
  });

  it('close lets a running request end, and takes no new one', async () => {
    const { port, close } = await listen();
    const running = ask({ port, path: '/slow', ca: authority.certificatePem });
    const idle = await handshake(port);
    idle.on('error', () => undefined);
    await wait(50);
    const closing = close(5_000);
    await assert.rejects(handshake(port), /ECONNREFUSED/);
    assert.equal((await running).body, 'slow');
    const started = performance.now();
    await closing;
    assert.ok(performance.now() - started < 1_000, 'idle connections do not hold it up');
  });

  it('close ends what is still running when the grace is over', async () => {
    const { port, close } = await listen();
    const running = ask({ port, path: '/slow', ca: authority.certificatePem });
    const half = connectTcp(port, '127.0.0.1');
    half.on('error', () => undefined);
    await wait(50);
    const outcome = assert.rejects(running, /hang up|reset/i);
    await close(20);
    await outcome;
  });
});
