/** Many connections that never come to the point: each is let go in time, and whoever else comes is served meanwhile. */
import { strict as assert } from 'node:assert';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { supplierApp } from '../../src/collection/face.ts';
import { listenTls, type TlsListener } from '../../src/platform/http/listen.ts';
import { silentLog } from '../../src/platform/log.ts';
import { createDevAuthority, type DevAuthority, issueDevCertificate } from '../support/dev-authority.ts';
import { ask } from '../support/http.ts';

const path = '/.well-known/jwks.json';
const slow = 60;

/** One byte at a time, for as long as somebody listens. */
function drip(socket: Socket, begin: string): void {
  socket.write(begin);
  const timer = setInterval(() => {
    if (socket.writable) socket.write('x');
  }, 20);
  socket.once('close', () => clearInterval(timer));
}

describe('slow clients', () => {
  let authority: DevAuthority;
  let listener: TlsListener;
  before(async () => {
    authority = await createDevAuthority();
    const own = await issueDevCertificate(authority, { name: 'Kuvert', ipAddresses: ['127.0.0.1'] });
    listener = await listenTls(
      { log: silentLog, now: () => new Date() },
      { key: own.keyPem, cert: own.chainPem, ca: authority.certificatePem },
      supplierApp({ log: silentLog, jwks: () => ({ keys: [] }) }),
      {
        host: '127.0.0.1',
        port: 0,
        requestCertificate: true,
        limits: { handshake: 2_000, headers: 2_000, request: 2_000, keepAlive: 1_000 },
      },
    );
  });
  after(() => listener.close(0));

  const ways: Readonly<Record<string, (port: number) => Socket>> = {
    'that say nothing at all': (port) => connectTcp(port, '127.0.0.1'),
    'that begin a handshake and stop': (port) => {
      const socket = connectTcp(port, '127.0.0.1');
      socket.write(Buffer.from('16030100c8010000c40303', 'hex'));
      return socket;
    },
    'that drip their handshake': (port) => {
      const socket = connectTcp(port, '127.0.0.1');
      drip(socket, '\x16\x03\x01\x3f');
      return socket;
    },
    'that drip their headers': (port) => {
      const socket = connect({ port, host: '127.0.0.1', ca: authority.certificatePem });
      socket.once('secureConnect', () => drip(socket, `GET ${path} HTTP/1.1\r\nhost: x\r\nx: `));
      return socket;
    },
    'that drip a body': (port) => {
      const socket = connect({ port, host: '127.0.0.1', ca: authority.certificatePem });
      socket.once('secureConnect', () =>
        drip(socket, `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n`),
      );
      return socket;
    },
    'that shake hands and ask for nothing': (port) =>
      connect({ port, host: '127.0.0.1', ca: authority.certificatePem }),
  };
  for (const [what, open] of Object.entries(ways))
    it(`${what} are let go, and others are served meanwhile`, async () => {
      const left = new Set<Socket>();
      for (let i = 0; i < slow; i++) {
        const socket = open(listener.port).resume();
        socket.on('error', () => undefined);
        socket.once('close', () => left.delete(socket));
        left.add(socket);
      }
      while (left.size > 0) {
        assert.equal((await ask({ port: listener.port, path, ca: authority.certificatePem })).status, 200);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
});
