import { strict as assert } from 'node:assert';
import { createGuesses } from '../../../../src/platform/http/guesses.ts';

const hour = 3_600_000;

describe('wrong guesses of a network', () => {
  it('are so many within an hour, and then one more for each share of it', () => {
    let now = 5;
    const guesses = createGuesses(6, () => now);
    for (let i = 0; i < 6; i++) {
      assert.equal(guesses.wait('a'), 0);
      guesses.wrong('a');
    }
    assert.equal(guesses.wait('a'), hour / 6);
    assert.equal(guesses.wait('b'), 0);
    now += hour / 6 - 1;
    assert.equal(guesses.wait('a'), 1);
    now += 1;
    assert.equal(guesses.wait('a'), 0);
    guesses.wrong('a');
    assert.ok(guesses.wait('a') > 0);
    now += hour;
    for (let i = 0; i < 6; i++) {
      assert.equal(guesses.wait('a'), 0, `guess ${i}`);
      guesses.wrong('a');
    }
    assert.ok(guesses.wait('a') > 0);
  });

  it('of ever new networks do not fill the memory: the oldest are forgotten', () => {
    const guesses = createGuesses(1, () => 0);
    guesses.wrong('first');
    assert.ok(guesses.wait('first') > 0);
    for (let i = 0; i < 50_000; i++) guesses.wrong(String(i));
    assert.equal(guesses.wait('first'), 0);
    assert.ok(guesses.wait('49999') > 0);
  });
});
