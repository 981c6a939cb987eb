import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerXml } from '../../../../src/platform/local/broker-config.ts';
import { freePorts } from '../../../../src/platform/local/ports.ts';
import { openToAll } from '../../../../src/platform/local/postgres-home.ts';
import { answers } from '../../../../src/platform/local/probe.ts';
import { descendants, gone, identify, isAlive, signal } from '../../../../src/platform/local/process.ts';

describe('a process', () => {
  it('is known by its number and its start, so that the next with that number is another', () => {
    const self = identify(process.pid);
    assert.ok(self && isAlive(self));
    const earlier = { pid: process.pid, started: '1' };
    assert.equal(isAlive(earlier), false);
    assert.equal(signal(earlier, 'SIGKILL'), false);
  });

  it('takes with it what it started, in sessions of their own too', async () => {
    const child = spawn('sh', ['-c', 'setsid sleep 60 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = await once(child.stdout, 'data');
    const family = descendants(process.pid);
    assert.ok(family.some(({ pid }) => pid === child.pid));
    assert.ok(family.some(({ pid }) => pid === Number(String(line))));
    for (const one of descendants(child.pid ?? 0)) signal(one, 'SIGKILL');
    await once(child, 'exit');
    assert.equal(
      await gone(
        family.filter(({ pid }) => pid === child.pid || pid === Number(String(line))),
        2_000,
      ),
      true,
    );
  });

  it('that does not end is not said to be gone', async () => {
    const self = identify(process.pid);
    assert.ok(self);
    assert.equal(await gone([self], 30), false);
  });
});

describe('free ports', () => {
  it('are different, free, and below those of outgoing connections', async () => {
    const ports = await freePorts(20);
    assert.equal(new Set(ports).size, 20);
    for (const port of ports) assert.ok(port >= 1_024 && port < 32_768);
    const server = createServer().listen(ports[0], '127.0.0.1');
    await once(server, 'listening');
    server.close();
  });
});

describe('the probe', () => {
  it('takes refusal, silence and another answer for no', async () => {
    const [closed = 0] = await freePorts(1);
    assert.equal(await answers(closed, 'PING', 'PONG'), false);
    const server = createServer((socket) => socket.once('data', (chunk) => socket.end(`not ${String(chunk)}`)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    assert.equal(await answers(port, 'PING', 'PONG'), false);
    assert.equal(await answers(port, 'PONG', 'PONG'), true);
    server.close();
  });
});

describe("the broker's configuration", () => {
  const config = { data: '/a "b" & <c>', user: 'u', password: 'p<&>"', stompPort: 1, openwirePort: 2 };

  it('holds any path and password', () => {
    const xml = brokerXml(config);
    assert.ok(xml.includes('dataDirectory="/a &quot;b&quot; &amp; &lt;c&gt;"'));
    assert.ok(xml.includes('password="p&lt;&amp;&gt;&quot;"'));
  });

  it('has a TLS port only with a key store, and listens on the loopback only', () => {
    assert.doesNotMatch(brokerXml(config), /ssl/);
    const xml = brokerXml({ ...config, tls: { port: 3, keyStore: '/k.p12', keyStorePassword: 's' } });
    assert.match(xml, /stomp\+ssl:\/\/127\.0\.0\.1:3/);
    for (const [, host] of xml.matchAll(/uri="[^"]*:\/\/([^:"]*):/g)) assert.equal(host, '127.0.0.1');
  });
});

describe('programs for another user', () => {
  it('are open only when every folder on the way is', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-open-'));
    const programs = join(folder, 'inner/native');
    for (const name of ['bin', 'lib', 'share']) mkdirSync(join(programs, name), { recursive: true });
    writeFileSync(join(programs, 'bin/postgres'), '', { mode: 0o755 });
    const open = (mode: number): boolean => {
      chmodSync(folder, mode);
      return openToAll(programs);
    };
    try {
      assert.equal(open(0o755), true);
      assert.equal(open(0o711), true);
      assert.equal(open(0o700), false);
      chmodSync(join(programs, 'bin/postgres'), 0o700);
      assert.equal(open(0o755), false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
