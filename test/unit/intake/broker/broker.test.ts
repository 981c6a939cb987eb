import { strict as assert } from 'node:assert';
import { createBroker } from '../../../../src/intake/broker/broker.ts';
import { errorText, silentLog } from '../../../../src/platform/log.ts';

describe('a broker that nobody answers for', () => {
  const options = { heartbeat: 1_000, watchdog: 1_000, log: silentLog, random: () => 0 };
  const trouble = async (...urls: string[]): Promise<string> => {
    const sender = createBroker({ ...options, urls }).createSender();
    const frame = { queue: 'q', headers: {}, body: Buffer.from('x'), isText: true };
    return sender.send([frame]).then(() => 'sent', errorText);
  };

  it('is named, with the reason, once', async () => {
    assert.equal(
      await trouble('stomp://127.0.0.1:1'),
      'server-unavailable: The broker at stomp://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
    );
  });

  it('and so is each of several', async () => {
    const said = await trouble('stomp://127.0.0.1:1', 'stomp://127.0.0.1:2');
    assert.equal(
      said,
      'server-unavailable: None of the brokers can be used. The broker at stomp://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1. The broker at stomp://127.0.0.1:2: connect ECONNREFUSED 127.0.0.1:2',
    );
  });
});
