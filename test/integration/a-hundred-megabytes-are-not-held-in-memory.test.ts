/** Bodies of 100 MB, wherever a body can come in: refused, or passed on, without being held. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { connect } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startReceiver } from '../../src/cli/receive-server.ts';
import { supplierApp } from '../../src/collection/face.ts';
import { parseBrokerAddress } from '../../src/intake/broker/address.ts';
import { connect as connectBroker } from '../../src/intake/broker/connection.ts';
import { consume } from '../../src/intake/broker/consumer.ts';
import type { Frame } from '../../src/intake/broker/frame.ts';
import { listenTls } from '../../src/platform/http/listen.ts';
import { silentLog } from '../../src/platform/log.ts';
import { memoryStore } from '../../src/receiver/memory.ts';
import {
  createDevAuthority,
  type DevAuthority,
  type DevCredential,
  issueDevCertificate,
} from '../support/dev-authority.ts';
import { eventually } from '../support/eventually.ts';
import { createParties, endpointOf, parcelOf, pusherFor, targetOf } from '../support/pushing.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const megabyte = 1_048_576;
const size = 100 * megabyte;
/** What one side of a connection may keep that the other has not read, and then some. */
const mostHeld = 40 * megabyte;
const piece = Buffer.alloc(65_536, 'x');

/** The bytes, as fast as the other side reads; ends early when it has gone. */
async function pour(socket: Socket, bytes: number): Promise<number> {
  let sent = 0;
  while (sent < bytes && socket.writable) {
    sent += piece.length;
    if (socket.write(piece)) continue;
    const waiting = new AbortController();
    await Promise.race([once(socket, 'drain', waiting), once(socket, 'close', waiting)]).catch(() => undefined);
    waiting.abort();
  }
  return sent;
}

/** Runs it; the most that buffers took meanwhile beyond what they took before. */
async function mostBuffers(run: () => Promise<unknown>): Promise<number> {
  const inUse = (): number => {
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = inUse();
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, inUse() - before);
  }, 50);
  try {
    await run();
  } finally {
    clearInterval(watch);
  }
  return most;
}

describe('a hundred megabytes', () => {
  let authority: DevAuthority;
  let own: DevCredential;
  before(async () => {
    authority = await createDevAuthority();
    own = await issueDevCertificate(authority, { name: 'Kuvert', ipAddresses: ['127.0.0.1'] });
  });
  const credentials = () => ({ key: own.keyPem, cert: own.chainPem, ca: authority.certificatePem });

  async function posted(port: number, client?: DevCredential): Promise<{ said: string; sent: number }> {
    const as = client === undefined ? {} : { key: client.keyPem, cert: client.chainPem };
    const socket = connect({ port, host: '127.0.0.1', ca: authority.certificatePem, ...as });
    let said = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await once(socket, 'secureConnect');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(`POST /.well-known/jwks.json HTTP/1.1\r\nhost: x\r\ncontent-length: ${size}\r\n\r\n`);
    const sent = await pour(socket, size);
    socket.end();
    await closed;
    return { said, sent };
  }

  it('posted to the suppliers’ listener are refused before they are read', async () => {
    const app = supplierApp({ log: silentLog, jwks: () => ({ keys: [] }) });
    const listener = await listenTls({ log: silentLog, now: () => new Date() }, credentials(), app, {
      host: '127.0.0.1',
      port: 0,
      requestCertificate: true,
    });
    let answer = { said: '', sent: 0 };
    const most = await mostBuffers(async () => {
      answer = await posted(listener.port);
    });
    assert.doesNotMatch(answer.said, / 200 /);
    assert.ok(answer.sent < size, 'it hung up long before the end');
    assert.ok(most < mostHeld, `${most} bytes in buffers`);
    await listener.close(0);
  });

  it('posted to `kuvert receive` are not held', async () => {
    const client = await issueDevCertificate(authority, { name: 'Klient', usages: ['clientAuth'] });
    const receiver = await startReceiver(
      {
        store: { ...memoryStore(), keep: () => assert.fail('kept') },
        keys: () => assert.fail('looked at'),
        recipients: undefined,
        environment: undefined,
        mostBytes: megabyte,
        now: () => new Date(),
      },
      {
        host: '127.0.0.1',
        port: 0,
        credentials: credentials(),
        clients: undefined,
        pretend: undefined,
        onEvent: () => undefined,
      },
    );
    let answer = { said: '', sent: 0 };
    const most = await mostBuffers(async () => {
      answer = await posted(receiver.port, client);
    });
    assert.doesNotMatch(answer.said, / 200 /);
    assert.ok(answer.sent < size, 'it hung up long before the end');
    assert.ok(most < mostHeld, `${most} bytes in buffers`);
    await receiver.close(0);
  });

  it('answered by an endpoint are read to the limit and no further', async () => {
    const parties = await createParties();
    const endpoint = await endpointOf(parties);
    const pusher = pusherFor(parties);
    endpoint.behave({ raw: `HTTP/1.1 422 X\r\ncontent-length: ${size}\r\n\r\n`, repeat: piece.toString() });
    let kind = '';
    const most = await mostBuffers(async () => {
      ({ kind } = await pusher.push(targetOf(endpoint.url, [parties.supplier]), parcelOf()));
    });
    assert.equal(kind, 'refused');
    assert.ok(most < mostHeld, `${most} bytes in buffers`);
    await pusher.close();
    await endpoint.stop();
  });

  it('brought by the broker are passed on to the dead-letter queue, and of them only the beginning is kept', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        const text = chunk.toString();
        if (text.startsWith('CONNECT')) socket.write('CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0');
        const receipt = /^receipt:(\d+)$/m.exec(text)?.[1];
        if (receipt !== undefined) socket.write(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
        if (!text.includes('SUBSCRIBE')) return;
        socket.write(`MESSAGE\nsubscription:intake\nack:1\nmessage-id:1\ncontent-length:${size}\n\n`);
        void pour(socket, size).then(() => socket.write('\0'));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = parseBrokerAddress(`stomp://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const taken: Frame[] = [];
    let aside = 0;
    const most = await mostBuffers(async () => {
      const consumer = consume(
        {
          connect: () => connectBroker(address, { heartbeat: 5_000, watchdog: 30_000 }),
          setAside: async (_frame, body: Readable) => {
            for await (const chunk of body) aside += (chunk as Buffer).length;
          },
          pause: async () => undefined,
          idle: 60_000,
          log: silentLog,
        },
        { queue: 'q', prefetch: 10, batch: 1, bodyBytes: megabyte },
        async ({ frames }) => void taken.push(...frames),
      );
      await eventually('the frame was taken', () => taken.length > 0);
      await consumer.close();
    });
    assert.equal(aside, size);
    assert.equal(taken[0]?.beyondLimit?.bytes, size);
    assert.ok((taken[0]?.body.length ?? size) <= 65_536);
    assert.ok(most < mostHeld, `${most} bytes in buffers`);
    server.close();
  });
});
