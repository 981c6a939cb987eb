import { strict as assert } from 'node:assert';
import { type Fields, type Log, silentLog } from '../../../src/platform/log.ts';
import type { Running } from '../../../src/roles/parts.ts';
import { pushesEndAfter, stopAll } from '../../../src/roles/stop.ts';

describe('stopping', () => {
  const said: [string, Fields | undefined][] = [];
  const log: Log = { ...silentLog, error: (event, fields) => void said.push([event, fields]) };
  const stopped: string[] = [];
  const part = (name: string): Running => ({ stop: async () => void stopped.push(name) });
  beforeEach(() => {
    said.length = 0;
    stopped.length = 0;
  });

  it('is over when all parts have stopped, long before its time', async () => {
    const begun = performance.now();
    await stopAll(
      new Map([
        ['intake', part('intake')],
        ['delivery', part('delivery')],
      ]),
      60_000,
      log,
    );
    assert.deepEqual([stopped.sort(), said], [['delivery', 'intake'], []]);
    assert.ok(performance.now() - begun < 5_000);
  });

  it('is over when its time is, whichever part does not stop, and says which', async () => {
    const never: Running = { stop: () => new Promise(() => undefined) };
    await stopAll(
      new Map([
        ['intake', never],
        ['delivery', part('delivery')],
        ['supplier-api', never],
      ]),
      50,
      log,
    );
    assert.deepEqual(stopped, ['delivery']);
    assert.deepEqual(said[0]?.[1], { roles: ['intake', 'supplier-api'], withinMs: 50 });
  });

  it('one part that fails to stop keeps no other from it', async () => {
    const broken: Running = { stop: () => Promise.reject(new Error('no')) };
    await stopAll(
      new Map([
        ['intake', broken],
        ['delivery', part('delivery')],
      ]),
      1_000,
      log,
    );
    assert.deepEqual(stopped, ['delivery']);
    assert.deepEqual(said[0]?.[1], { role: 'intake', error: 'no' });
  });

  it('pushes are given up early enough to be put on record', () => {
    assert.deepEqual([1_000, 45_000, 600_000].map(pushesEndAfter), [800, 40_000, 595_000]);
  });
});
