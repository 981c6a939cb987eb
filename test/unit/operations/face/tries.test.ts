import { strict as assert } from 'node:assert';
import { createTries } from '../../../../src/operations/face/tries.ts';
import { createGuesses } from '../../../../src/platform/http/guesses.ts';

describe('tries of passwords', () => {
  const three = () => createTries(createGuesses(3, () => 0));

  it('count from their beginning: many at once are no more than many one after the other', () => {
    const tries = three();
    const began = Array.from({ length: 10 }, () => tries.begin('192.0.2.7')).filter((wait) => wait === 0);
    assert.equal(began.length, 3);
    assert.equal(tries.begin('192.0.2.8'), 0, 'another network may');
  });

  it('that were right, or that nobody looked at, do not count', () => {
    const tries = three();
    for (let times = 0; times < 10; times++) {
      assert.equal(tries.begin('192.0.2.7'), 0);
      tries.takeBack('192.0.2.7');
    }
    for (let times = 0; times < 3; times++) assert.equal(tries.begin('192.0.2.7'), 0);
    assert.ok(tries.begin('192.0.2.7') > 0);
    tries.takeBack('192.0.2.7');
    assert.equal(tries.begin('192.0.2.7'), 0, 'one is free again');
    assert.ok(tries.begin('192.0.2.7') > 0);
  });

  it('from this machine itself are everybody’s who comes by its proxy, and turn nobody away', () => {
    const tries = three();
    for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])
      for (let times = 0; times < 10; times++) assert.equal(tries.begin(address), 0, address);
    for (const address of ['128.0.0.1', '::ffff:192.0.2.1', 'fe80::1', undefined]) {
      for (let times = 0; times < 3; times++) tries.begin(address);
      assert.ok(tries.begin(address) > 0, address);
    }
  });
});
