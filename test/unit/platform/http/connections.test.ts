import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { fingerprintOf } from '../../../../src/pki/certificate.ts';
import { createApp, type Route } from '../../../../src/platform/http/app.ts';
import { type ListenLimits, listenTls, type TlsListener } from '../../../../src/platform/http/listen.ts';
import { silentLog } from '../../../../src/platform/log.ts';
import {
  createDevAuthority,
  type DevAuthority,
  type DevCredential,
  issueDevCertificate,
} from '../../../support/dev-authority.ts';
import { eventually } from '../../../support/eventually.ts';
import { ask } from '../../../support/http.ts';

describe('the connections of a listener', () => {
  let authority: DevAuthority;
  let own: DevCredential;
  let a: DevCredential;
  let b: DevCredential;
  let listener: TlsListener;
  const open = new Set<Socket>();
  const large = Buffer.alloc(30_000_000, 'x');
  const route = (path: string, handle: Route['handle']): Route => ({
    method: 'GET',
    path,
    certificate: 'not-asked',
    handle,
  });
  const app = createApp(silentLog, [
    route('/', (_request, response) => void response.send('here')),
    route('/large', (_request, response) => void response.send(large)),
    route('/known', (request, response) => {
      listener.connections.known(request.socket);
      response.send('known');
    }),
    // Answers never; ends when the connection does.
    route('/wait', () => undefined),
  ]);
  before(async () => {
    authority = await createDevAuthority();
    own = await issueDevCertificate(authority, { name: 'Kuvert', ipAddresses: ['127.0.0.1'] });
    a = await issueDevCertificate(authority, { name: 'A', usages: ['clientAuth'] });
    b = await issueDevCertificate(authority, { name: 'B', usages: ['clientAuth'] });
  });
  afterEach(async () => {
    for (const socket of open) socket.destroy();
    open.clear();
    await listener.close(0);
  });

  const credentials = () => ({ key: own.keyPem, cert: own.chainPem, ca: authority.certificatePem });
  async function listen(limits: Partial<ListenLimits> = {}): Promise<void> {
    listener = await listenTls({ log: silentLog, now: () => new Date() }, credentials(), app, {
      host: '127.0.0.1',
      port: 0,
      requestCertificate: true,
      limits,
    });
  }
  async function shake(as?: DevCredential, more: ConnectionOptions = {}): Promise<TLSSocket> {
    const shown = as && { key: as.keyPem, cert: as.chainPem };
    const socket = connect({ port: listener.port, host: '127.0.0.1', ca: authority.certificatePem, ...shown, ...more });
    open.add(socket);
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  }
  const fingerprint = (one: DevCredential) => fingerprintOf(new X509Certificate(one.certificatePem));
  const get = (socket: Socket, path: string): void =>
    void socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: keep-alive\r\n\r\n`);
  const said = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]);

  it('of one certificate are broken off, in the middle of waiting or of an answer, and no others', async () => {
    await listen();
    const [idle, waiting, reading, other] = await Promise.all([shake(a), shake(a), shake(a), shake(b)]);
    get(idle, '/');
    assert.match(await said(idle), /here$/);
    get(waiting, '/wait');
    get(reading, '/large');
    get(other, '/wait');
    await once(reading, 'readable');
    const [ofA, ofB] = [fingerprint(a), fingerprint(b)];
    await eventually('both are there', () => listener.connections.fingerprints().length === 2);
    assert.deepEqual([...listener.connections.fingerprints()].sort(), [ofA, ofB].sort());
    const gone = Promise.all(
      [idle, waiting, reading].map(async (socket) => {
        const closed = once(socket, 'close');
        socket.resume();
        await closed;
        assert.ok(socket.bytesRead < large.length);
      }),
    );
    assert.equal(listener.connections.breakOff(ofA), 3);
    await gone;
    assert.deepEqual(listener.connections.fingerprints(), [ofB]);
    assert.equal(listener.connections.breakOff(ofA), 0);
    assert.equal(other.destroyed, false);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    it(`are never resumed sessions, with ${version}, also after a change of credentials`, async () => {
      await listen();
      let session: Buffer | undefined;
      for (let i = 0; i < 4; i++) {
        if (i === 2) listener.reload(credentials());
        const only = { minVersion: version, maxVersion: version, ...(session && { session }) };
        const socket = await shake(a, only);
        socket.on('session', (given) => {
          session = given;
        });
        get(socket, '/');
        assert.match(await said(socket), /^HTTP\/1.1 200/);
        // A resumed session would have kept the keys that the first handshake made.
        assert.equal(socket.isSessionReused(), false);
        session ??= socket.getSession();
      }
      assert.ok(session);
    });

  it('are not renegotiated: who it is does not change midway', async () => {
    await listen();
    const socket = await shake(a, { maxVersion: 'TLSv1.2' });
    const error = await new Promise<Error | null>((resolve) => {
      socket.once('error', resolve);
      assert.equal(
        socket.renegotiate({ rejectUnauthorized: false }, (refusal) => resolve(refusal)),
        true,
      );
    });
    assert.match(String(error), /no.renegotiation/i);
  });

  it('of strangers are so many from one network; those that are known do not count', async () => {
    await listen({ strangers: 3 });
    const first = await shake(a);
    get(first, '/known');
    assert.match(await said(first), /known$/);
    const strangers = [await shake(), await shake(b), await shake()];
    await assert.rejects(ask({ port: listener.port, path: '/', ca: authority.certificatePem }), /ECONNRESET|socket/);
    // Who is known already is served all the while.
    get(first, '/');
    assert.match(await said(first), /here$/);
    strangers[0]?.destroy();
    await eventually('there is room again', async () =>
      ask({ port: listener.port, path: '/', ca: authority.certificatePem }).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
  });

  it('whose answer is not read are broken off; those that read slowly, but in time, are not', async () => {
    await listen({ answer: 1_000 });
    const [never, slowly] = [await shake(), await shake()];
    never.pause();
    get(never, '/large');
    get(slowly, '/large');
    let read = 0;
    slowly.on('data', (part: Buffer) => {
      read += part.length;
    });
    await eventually('the slow one has all of it', () => read > large.length);
    await wait(1_200);
    assert.equal(slowly.destroyed, false);
    const closed = once(never, 'close');
    never.resume();
    await closed;
    assert.ok(never.bytesRead < large.length);
  });
});
