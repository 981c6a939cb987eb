import { strict as assert } from 'node:assert';
import { generateKeyPairSync } from 'node:crypto';
import { Fault } from '../../../src/domain/fault.ts';
import { jwkThumbprint, type VerificationKeys } from '../../../src/envelope/keys.ts';
import { keepKeys } from '../../../src/receiver/keys.ts';

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const set: VerificationKeys = new Map([[jwkThumbprint(publicKey), publicKey]]);

/** Answers one after the other; beyond the last nobody is there. */
function fetcher(...answers: readonly (VerificationKeys | Error)[]) {
  const calls = { fetched: 0, at: 0 };
  const fetch = () => {
    const answer = answers[calls.fetched++] ?? new Fault('server-unavailable');
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { calls, fetch, now: () => calls.at };
}

describe('the keys that envelopes are verified with', () => {
  it('are fetched once for all who need them, and again for an unknown key, but not each time', async () => {
    const { calls, fetch, now } = fetcher(new Fault('server-unavailable'), set, set, set);
    const keys = keepKeys(fetch, { now, freshness: 10_000 });
    await assert.rejects(keys(false));
    await Promise.all([keys(false), keys(true), keys(false)]);
    assert.equal(calls.fetched, 2);
    await keys(true);
    assert.equal(calls.fetched, 2, 'it is new');
    calls.at = 10_001;
    await keys(false);
    await keys(true);
    assert.equal(calls.fetched, 3);
  });

  it('are not asked for at every bad signature, also while the sender does not answer', async () => {
    const { calls, fetch, now } = fetcher(set);
    const keys = keepKeys(fetch, { now });
    await keys(false);
    calls.at = 60_001;
    await assert.rejects(keys(true), (error: Fault) => error.code === 'server-unavailable');
    for (let times = 0; times < 100; times++) assert.equal(await keys(true), set);
    assert.equal(calls.fetched, 2);
    calls.at = 120_002;
    await assert.rejects(keys(true));
    assert.equal(calls.fetched, 3);
  });
});
