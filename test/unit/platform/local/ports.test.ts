import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { freePorts } from '../../../../src/platform/local/ports.ts';

describe('free ports', () => {
  it('are those that were wanted when all of them are free, and others when one is not', async () => {
    const wanted = await freePorts(2);
    assert.deepEqual(await freePorts(2, wanted), wanted);
    const [port = 0] = wanted;
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    try {
      assert.equal((server.address() as AddressInfo).port, port);
      const others = await freePorts(2, wanted);
      assert.equal(new Set(others).size, 2);
      assert.equal(others.includes(port), false);
    } finally {
      server.close();
    }
  });

  it('are not those that were wanted when there are too few of them, or two the same', async () => {
    const [port = 0] = await freePorts(1);
    assert.equal((await freePorts(2, [port])).length, 2);
    assert.equal(new Set(await freePorts(2, [port, port])).size, 2);
  });
});
