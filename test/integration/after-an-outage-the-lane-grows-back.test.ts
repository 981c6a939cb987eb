import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Behaviour } from '../support/endpoint.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine } from '../support/line.ts';

/** An endpoint that lets a window of requests come in before it answers any of it, and so sees how many are sent at once. */
function windows(expected: readonly number[], answer: (window: number, place: number) => Behaviour = () => 'ok') {
  const sizes: number[] = [];
  let open = 0;
  const behaviour = async (): Promise<Behaviour> => {
    if (open === 0) sizes.push(0);
    const window = sizes.length - 1;
    const place = (sizes[window] ?? 0) + 1;
    sizes[window] = place;
    open += 1;
    const patience = performance.now() + 5_000;
    while ((sizes[window] ?? 0) < (expected[window] ?? 1) && performance.now() < patience) await sleep(5);
    // Time for one too many to show itself.
    await sleep(120);
    open -= 1;
    return answer(window, place);
  };
  return { sizes, behaviour };
}

describe('after an outage the lane grows back', () => {
  let line: Line;
  before(async () => {
    // Longer than an endpoint of these tests looks on.
    line = await openLine({ settings: { KUVERT_PUSH_TIMEOUT: '15s', KUVERT_LEASE: '21s', KUVERT_DRAIN_SLICE: '10m' } });
    await line.deliver();
  });
  after(() => line.close());

  const afterOutage = async (concurrency: number, messages: number, ...seen: Parameters<typeof windows>) => {
    const supplier = await line.addSupplier({ behaviour: 'refuse', concurrency });
    await line.take(framesFor(supplier.organisationNumber, messages));
    await eventually('the lane backs off', async () => {
      const { state, failures } = await line.lane(supplier.lane);
      return state === 'backing-off' && failures >= 2;
    });
    assert.equal(supplier.endpoint.requests.length, 0);
    const { sizes, behaviour } = windows(...seen);
    supplier.endpoint.behave(behaviour);
    await eventually(
      () => `all is delivered (windows ${sizes.join(', ')})`,
      async () => (await line.states(supplier.lane)).delivered === messages,
    );
    return { sizes, supplier };
  };

  it('one probe, then two at once, then four, up to what the address takes', async () => {
    const expected = [1, 2, 4, 8, 8, 8, 8, 1];
    const { sizes, supplier } = await afterOutage(8, 40, expected);
    assert.deepEqual(sizes, expected);
    const { state, ramp, failures } = await line.lane(supplier.lane);
    assert.deepEqual([state, ramp, failures], ['flowing', null, 0]);
    assert.equal(supplier.endpoint.seen.connections >= 8, true);
  });

  it('what the address takes need not be a power of two, and is never exceeded', async () => {
    const expected = [1, 2, 4, 5, 5, 3];
    const { sizes } = await afterOutage(5, 20, expected);
    assert.deepEqual(sizes, expected);
  });

  it('a failure on the way up starts it over with one', async () => {
    const expected = [1, 2, 4, 1, 2, 4, 4, 1];
    const { sizes, supplier } = await afterOutage(4, 18, expected, (window, place) =>
      window === 2 && place === 4 ? 503 : 'ok',
    );
    assert.deepEqual(sizes, expected);
    // One of the four came again.
    assert.equal(supplier.endpoint.requests.length, 19);
  });

  it('a lane that was never in trouble needs no growing', async () => {
    const expected = [6, 6, 3];
    const { sizes, behaviour } = windows(expected);
    const supplier = await line.addSupplier({ behaviour, concurrency: 6 });
    await line.take(framesFor(supplier.organisationNumber, 15));
    await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 15);
    assert.deepEqual(sizes, expected);
  });
});
