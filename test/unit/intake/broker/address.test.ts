import { strict as assert } from 'node:assert';
import { parseBrokerAddress, serverName } from '../../../../src/intake/broker/address.ts';
import { backOff } from '../../../../src/intake/broker/broker.ts';

describe('a broker’s address', () => {
  it('has a port and a virtual host even if it says none', () => {
    assert.deepEqual(parseBrokerAddress('stomp://mq.example'), {
      host: 'mq.example',
      port: 61_613,
      tls: false,
      virtualHost: 'mq.example',
      text: 'stomp://mq.example:61613',
    });
    const tls = parseBrokerAddress('ssl://[::1]:7/ka%20prod');
    assert.deepEqual([tls.host, tls.port, tls.tls, tls.virtualHost], ['::1', 7, true, 'ka prod']);
    assert.equal(serverName(tls), undefined);
    assert.equal(serverName(parseBrokerAddress('stomp+ssl://mq.example')), 'mq.example');
  });

  it('is not a place for passwords', () => {
    assert.throws(
      () => parseBrokerAddress('stomp://user:secret@mq.example'),
      (error: Error) => /BROKER_PASSWORD/.test(error.message) && !/secret/.test(error.message),
    );
    assert.throws(() => parseBrokerAddress('http://mq.example'), /stomp:\/\//);
  });
});

describe('the back-off between connections', () => {
  it('grows to about a second and stays there', () => {
    assert.deepEqual(
      [0, 1, 4, 5, 1_000].map((failures) => backOff(failures, 0.5)),
      [50, 100, 800, 1_000, 1_000],
    );
    assert.ok(backOff(9, 0) >= 800 && backOff(9, 0.999) <= 1_200);
  });
});
