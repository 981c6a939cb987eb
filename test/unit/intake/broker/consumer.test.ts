import { strict as assert } from 'node:assert';
import { consume } from '../../../../src/intake/broker/consumer.ts';
import { silentLog } from '../../../../src/platform/log.ts';
import { eventually } from '../../../support/eventually.ts';

describe('intake without a broker', () => {
  it('says so once, and then every sixtieth time', async () => {
    const said: string[] = [];
    let tries = 0;
    const consumer = consume(
      {
        connect: () => Promise.reject(new Error('nobody there')),
        setAside: () => Promise.resolve(),
        pause: async (_failures, signal) => {
          tries += 1;
          // After the 121st try, until it is closed.
          if (tries > 120) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        },
        idle: 60_000,
        log: { ...silentLog, warn: (message) => said.push(message) },
      },
      { queue: 'q', prefetch: 1, batch: 1, bodyBytes: 1 },
      () => Promise.resolve(),
    );
    await eventually('it was tried often', () => tries > 120);
    await consumer.close();
    assert.deepEqual(said, Array<string>(3).fill('intake has no broker'));
  });
});
