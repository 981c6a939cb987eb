import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLink, type Link } from '../../../chaos/rig/link.ts';
import { type Door, openDoor, openEgressProxy } from '../../../chaos/rig/listen.ts';
import { eventually } from '../../../support/eventually.ts';

/** Long enough for bytes that are let through to have come, on a busy machine too. */
const aWhile = 150;

describe('a connection that is led through the rig', () => {
  let echo: Server;
  /** What reached the other end. */
  let heard: string;
  let link: Link;
  let door: Door;
  let sockets: Socket[];

  beforeEach(async () => {
    heard = '';
    sockets = [];
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        heard += chunk.toString();
        socket.write(chunk);
      });
      socket.on('end', () => socket.end('bye'));
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    link = createLink('a/b', () => (echo.address() as AddressInfo).port);
    door = await openDoor(link);
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await door.close();
    echo.close();
  });

  /** A connection, what it has been told, and how it ended. */
  async function dial() {
    const socket = connect({ port: door.port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    const seen = { text: '', error: '' };
    socket.on('data', (chunk) => {
      seen.text += chunk.toString();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      seen.error = error.code ?? '';
    });
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    await once(socket, 'connect');
    const says = async (text: string): Promise<void> => {
      while (!seen.text.includes(text)) await once(socket, 'data');
    };
    return { socket, seen, closed, says };
  }

  it('carries bytes both ways, and the end of each direction by itself', async () => {
    const { socket, closed, says } = await dial();
    socket.write('hello');
    await says('hello');
    socket.end();
    await says('hellobye');
    await closed;
    assert.equal(heard, 'hello');
  });

  it('carries more than fits between, in order', async () => {
    const { socket, seen, says } = await dial();
    const lines = Array.from({ length: 60_000 }, (_, i) => `${i}\n`).join('');
    socket.write(`${lines}#`);
    await says('#');
    assert.equal(seen.text, `${lines}#`);
  });

  it('cut: what is open is reset and nobody gets through, until it is open again', async () => {
    const before = await dial();
    before.socket.write('a');
    await before.says('a');
    link.set({ kind: 'cut' });
    await before.closed;
    assert.equal(before.seen.error, 'ECONNRESET');
    const meanwhile = await dial().catch(() => undefined);
    meanwhile?.socket.write('b');
    await meanwhile?.closed;
    assert.equal(heard, 'a');
    link.set({ kind: 'open' });
    const after = await dial();
    after.socket.write('c');
    await after.says('c');
  });

  it('reset: what is open is reset, and new connections get through at once', async () => {
    const before = await dial();
    before.socket.write('a');
    await before.says('a');
    link.reset();
    await before.closed;
    assert.equal(before.seen.error, 'ECONNRESET');
    const after = await dial();
    after.socket.write('b');
    await after.says('b');
  });

  it('half-open upwards: what is said goes nowhere and no error tells', async () => {
    const { socket, seen, closed, says } = await dial();
    socket.write('a');
    await says('a');
    link.set({ kind: 'half-open', way: 'up' });
    socket.write('lost');
    await sleep(aWhile);
    assert.equal(heard, 'a');
    assert.equal(seen.error, '');
    assert.equal(socket.destroyed, false);
    // And not the rest without the beginning, when it is over.
    socket.write('also lost');
    link.set({ kind: 'open' });
    await closed;
    assert.equal(heard, 'a');
  });

  it('half-open downwards: what is said arrives and the answer does not', async () => {
    const { socket, seen, closed } = await dial();
    link.set({ kind: 'half-open', way: 'down' });
    socket.write('a');
    await eventually('it arrives', () => heard === 'a');
    await sleep(aWhile);
    assert.equal(seen.text, '');
    assert.equal(socket.destroyed, false);
    link.set({ kind: 'open' });
    await closed;
    assert.equal(seen.text, '');
  });

  it('slow: a piece takes the time that it is given, each way', async () => {
    const { socket, says } = await dial();
    link.set({ kind: 'slow', milliseconds: 100 });
    const begun = performance.now();
    socket.write('a');
    await says('a');
    // Timers may be early by a millisecond.
    assert.ok(performance.now() - begun >= 198, `${performance.now() - begun} ms`);
  });

  it('throttled: so many bytes a second', async () => {
    const { socket, says } = await dial();
    link.set({ kind: 'throttled', bytesPerSecond: 10_000 });
    const begun = performance.now();
    socket.write(`${'x'.repeat(1_999)}#`);
    await says('#');
    assert.ok(performance.now() - begun >= 396, `${performance.now() - begun} ms`);
  });

  it('through the egress proxy it is the same link, chosen by the address that is asked for', async () => {
    let isCut = false;
    const proxy = await openEgressProxy(new Map([[4_711, link]]), () => isCut);
    const ask = async (authority: string): Promise<{ readonly socket: Socket; readonly answer: string }> => {
      const socket = connect({ port: proxy.port, host: '127.0.0.1' });
      sockets.push(socket);
      socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return { socket, answer: answer.toString() };
    };
    try {
      const { socket, answer } = await ask('127.0.0.1:4711');
      assert.match(answer, /^HTTP\/1\.1 200 /);
      socket.write('hello');
      assert.equal(String((await once(socket, 'data'))[0]), 'hello');
      assert.match((await ask('127.0.0.1:4712')).answer, /^HTTP\/1\.1 403 /);
      isCut = true;
      assert.match((await ask('127.0.0.1:4711')).answer, /^HTTP\/1\.1 502 /);
    } finally {
      await proxy.close();
    }
  });
});
