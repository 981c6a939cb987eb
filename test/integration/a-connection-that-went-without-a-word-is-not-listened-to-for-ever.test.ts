import { strict as assert } from 'node:assert';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createPool } from '../../src/store/pool.ts';
import { eventually } from '../support/eventually.ts';
import { freshDatabase } from '../support/servers.ts';

describe('a connection that went without a word is not listened to for ever', function () {
  this.timeout(60_000);

  it('it is left, another one is made, and who listens is told that something may have been missed', async () => {
    const url = await freshDatabase();
    const real = new URL(url);
    const sockets: Socket[] = [];
    // Between the two: what has passed so far goes on passing until `silent`, and then nobody is told anything.
    const between = createServer((near) => {
      const far = connect(Number(real.port), real.hostname);
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) {
        socket.on('error', () => undefined);
        sockets.push(socket);
      }
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    const through = new URL(url);
    through.port = String((between.address() as AddressInfo).port);
    const heard: string[] = [];
    const troubles: unknown[] = [];
    const pool = createPool({
      url: through.href,
      connections: 1,
      name: 'test',
      onTrouble: (error) => troubles.push(error),
    });
    const direct = createPool({ url, connections: 1, name: 'test' });
    const ear = pool.listen('the_test', (payload) => heard.push(payload));
    try {
      await ear.opened;
      await direct.query("select pg_notify('the_test', 'one')");
      await eventually('the first word is heard', () => heard.includes('one'));
      for (const socket of sockets) socket.unpipe().pause();
      await direct.query("select pg_notify('the_test', 'lost')");
      await eventually('it is noticed', () => heard.includes(''), 40_000);
      await direct.query("select pg_notify('the_test', 'two')");
      await eventually('the next word is heard', () => heard.includes('two'));
      assert.deepEqual(heard, ['one', '', 'two']);
      assert.equal(troubles.length, 1);
    } finally {
      await ear.close();
      await Promise.all([pool.close(), direct.close()]);
      for (const socket of sockets) socket.destroy();
      between.close();
    }
  });
});
