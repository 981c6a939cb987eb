import { strict as assert } from 'node:assert';
import {
  formatDuration,
  isSpent,
  nextWait,
  parseDuration,
  parseRetryAfter,
  plainWait,
  type Schedule,
} from '../../../src/domain/schedule.ts';

/** Reproducible pseudo-random numbers (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const seconds = 1_000;
const hour = 3_600_000;
const usual: Schedule = {
  waits: ['5s', '30s', '2m', '10m', '30m', '1h', '2h', '4h', '8h'].map((text) => parseDuration(text) ?? 0),
  total: 7 * 24 * hour,
  jitter: 0.2,
};

describe('the retry schedule', () => {
  it('is read aloud, and its last wait repeats', () => {
    assert.deepEqual(
      [1, 2, 3, 9, 10, 1_000].map((failures) => formatDuration(plainWait(usual, failures))),
      ['5s', '30s', '2m', '8h', '8h', '8h'],
    );
  });

  it('is spent after seven days and no earlier', () => {
    const first = Array.from({ length: 100 }, (_, i) => i + 1).find((failures) => isSpent(usual, failures)) ?? 0;
    const elapsed = (failures: number) =>
      Array.from({ length: failures }, (_, i) => plainWait(usual, i + 1)).reduce((sum, wait) => sum + wait, 0);
    assert.ok(elapsed(first) > usual.total);
    assert.ok(elapsed(first - 1) <= usual.total);
    assert.equal(first, 29);
  });

  it('spent is the sum of the waits beyond the total, for any schedule', () => {
    const random = numbers(1);
    for (let i = 0; i < 2_000; i++) {
      const waits = Array.from({ length: 1 + Math.floor(random() * 6) }, () => Math.floor(random() * 10_000));
      const schedule = { waits, total: Math.floor(random() * 60_000), jitter: 0 };
      const failures = Math.floor(random() * 40);
      let elapsed = 0;
      for (let n = 1; n <= failures; n++) elapsed += plainWait(schedule, n);
      assert.equal(isSpent(schedule, failures), elapsed > schedule.total, JSON.stringify({ schedule, failures }));
    }
  });

  it('answers at once however many failures there were', () => {
    assert.equal(isSpent({ waits: [1], total: Number.MAX_SAFE_INTEGER, jitter: 0 }, 1e12), false);
    assert.equal(isSpent({ waits: [1_000], total: 1e12, jitter: 0 }, 1e12), true);
  });

  it('jitter spreads a wait by plus or minus its share, and never backwards in time', () => {
    const random = numbers(2);
    for (let i = 0; i < 2_000; i++) {
      const jitter = random();
      const schedule = { waits: [Math.floor(random() * 100_000)], total: 0, jitter };
      const wait = nextWait(schedule, 1, random());
      const plain = plainWait(schedule, 1);
      assert.ok(wait >= Math.floor(plain * (1 - jitter)) && wait <= Math.ceil(plain * (1 + jitter)));
      assert.ok(wait >= 0);
    }
    assert.equal(nextWait(usual, 1, 0), 4 * seconds);
    assert.equal(nextWait(usual, 1, 0.5), 5 * seconds);
  });
});

describe('durations', () => {
  it('what formatDuration writes, parseDuration reads', () => {
    const random = numbers(3);
    for (let i = 0; i < 2_000; i++) {
      const milliseconds = Math.floor(random() * 10 ** Math.floor(random() * 11));
      assert.equal(parseDuration(formatDuration(milliseconds)), milliseconds);
    }
  });

  it('what is no duration is not read as one', () => {
    for (const text of ['', '5', 's', '-5s', '5 s', '5sec', '1e3s', '5s5s', 'NaNs', '٥s'])
      assert.equal(parseDuration(text), undefined, text);
    assert.equal(parseDuration('1.5h'), 1.5 * hour);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('1994-11-06T08:49:30Z');

  it('is read as delta-seconds and in the three forms of an HTTP-date (RFC 9110 §5.6.7), in UTC wherever we are', () => {
    for (const text of [
      '7',
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
    ])
      assert.equal(parseRetryAfter(text, now), 7 * seconds, text);
  });

  it('a date of two digits lies within fifty years', () => {
    const then = Date.parse('2026-01-01T00:00:00Z');
    assert.equal(parseRetryAfter('Thursday, 01-Jan-26 00:00:09 GMT', then), 9 * seconds);
    assert.equal(parseRetryAfter('Sunday, 06-Nov-94 08:49:37 GMT', then), 0);
  });

  it('a date that has passed means now', () => {
    assert.equal(parseRetryAfter('Sun, 06 Nov 1994 08:49:29 GMT', now), 0);
    assert.equal(parseRetryAfter('0', now), 0);
  });

  it('anything else is as if it were not there', () => {
    for (const text of [
      undefined,
      '',
      '-1',
      '1.5',
      'soon',
      'Wait 5',
      'May 5',
      '1994-11-06T08:49:37Z',
      'Sun, 99 Nov 1994 08:49:37 GMT',
      '9999999999999',
    ])
      assert.equal(parseRetryAfter(text, now), undefined, text);
  });
});
