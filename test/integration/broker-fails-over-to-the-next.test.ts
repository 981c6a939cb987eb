import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Local } from '../../src/platform/local/local.ts';
import { collect, numbered, sendPatiently, testBroker } from '../support/broker.ts';
import { ownServers } from '../support/servers.ts';

/** A broker whose password we choose: fail-over is between brokers that know the same users. */
function brokerWith(password: string): Promise<Local> {
  const folder = join('.kuvert/test', `t${randomBytes(6).toString('hex')}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'broker.secret'), password, { mode: 0o600 });
  return ownServers({ broker: true }, { folder });
}

describe('two brokers', () => {
  let one: Local;
  let two: Local;
  before(async () => {
    const password = randomBytes(12).toString('hex');
    [one, two] = await Promise.all([brokerWith(password), brokerWith(password)]);
  });
  after(() => Promise.all([one.stop(), two.stop()]));

  it('when the first dies the second is used, and the first again when the second dies', async () => {
    const [first, second] = [one.broker!, two.broker!];
    const toFirst = testBroker([first.url], first).createSender();
    const toSecond = testBroker([second.url], second).createSender();
    await toFirst.send(numbered('in', 0, 10));
    await toSecond.send(numbered('in', 10, 20));
    const taken = collect(testBroker([first.url, second.url], first), 'in');
    await taken.reached(10);
    assert.equal(taken.consumer.connectedTo(), first.url);
    await first.kill();
    while (!taken.texts().includes('19')) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(taken.consumer.connectedTo(), second.url);
    await first.restart();
    await second.kill();
    await sendPatiently(toFirst, numbered('in', 20, 30));
    while (!taken.texts().includes('29')) await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all([taken.consumer.close(), toFirst.close(), toSecond.close()]);
    assert.deepEqual(
      // The acknowledgements of the last batch may have died with a broker.
      [...new Set(taken.texts())],
      Array.from({ length: 30 }, (_, i) => String(i)),
    );
  });
});
