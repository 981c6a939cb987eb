import { strict as assert } from 'node:assert';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { createGate, type Gate } from '../../../src/collection/gate.ts';
import { Fault } from '../../../src/domain/fault.ts';

type Reply = ServerResponse & { readonly headers: Map<string, string> };

function reply(): Reply {
  const headers = new Map<string, string>();
  const setHeader = (name: string, value: string) => void headers.set(name, value);
  return Object.assign(new EventEmitter(), { destroyed: false, setHeader, headers }) as unknown as Reply;
}

const tooMany = (error: unknown) => error instanceof Fault && error.code === 'too-many-requests';

describe('the gate of an organisation', () => {
  let gate: Gate;
  let begun: string[];
  beforeEach(() => {
    gate = createGate({ atOnce: 2, queue: 3 });
    begun = [];
  });
  afterEach(() => assert.equal(gate.organisations, 0));

  /** Work that ends when the test says so. */
  function work(name: string, organisation = 'A', response = reply()) {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const done = gate.through(organisation, response, () => {
      begun.push(name);
      return promise;
    });
    done.catch(() => undefined);
    return { done, end: () => resolve(name), fail: () => reject(new Error(name)) };
  }
  const end = async (works: readonly ReturnType<typeof work>[]) => {
    for (const one of works) one.end();
    await Promise.all(works.map(({ done }) => done));
  };

  it('lets so many work at once, the others in their order, and another organisation at any time', async () => {
    const works = ['1', '2', '3', '4', '5'].map((name) => work(name));
    const other = work('B1', 'B');
    await turn();
    assert.deepEqual(begun, ['1', '2', 'B1']);
    assert.equal(gate.organisations, 2);
    works[1]?.end();
    await works[1]?.done;
    await turn();
    assert.deepEqual(begun, ['1', '2', 'B1', '3']);
    works[0]?.end();
    await works[0]?.done;
    await turn();
    assert.deepEqual(begun, ['1', '2', 'B1', '3', '4']);
    await end([...works, other]);
    assert.deepEqual(begun, ['1', '2', 'B1', '3', '4', '5']);
  });

  it('says when to come back to one that finds the queue full, and does not begin its work', async () => {
    const works = ['1', '2', '3', '4', '5'].map((name) => work(name));
    const response = reply();
    await assert.rejects(work('6', 'A', response).done, tooMany);
    assert.match(String(response.headers.get('retry-after')), /^[1-9]\d*$/);
    works[0]?.end();
    await works[0]?.done;
    const last = work('7');
    await end([...works, last]);
    assert.deepEqual(begun, ['1', '2', '3', '4', '5', '7']);
  });

  it('goes on when a work fails, and hands its failure on', async () => {
    const works = ['1', '2', '3'].map((name) => work(name));
    works[0]?.fail();
    await assert.rejects(works[0]?.done ?? Promise.resolve(), /^Error: 1$/);
    await turn();
    assert.deepEqual(begun, ['1', '2', '3']);
    await end(works.slice(1));
  });

  it('frees the places in the queue of a client that goes away', async () => {
    const works = ['1', '2'].map((name) => work(name));
    const responses = [reply(), reply(), reply()];
    const leaving = responses.map((response, index) => work(String(index + 3), 'A', response));
    for (const response of responses) response.emit('close');
    for (const { done } of leaving) await assert.rejects(done, tooMany);
    const gone = Object.assign(reply(), { destroyed: true });
    await assert.rejects(work('gone', 'A', gone).done, tooMany);
    const others = ['6', '7', '8'].map((name) => work(name));
    await assert.rejects(work('9').done, tooMany);
    await end([...works, ...others]);
    assert.deepEqual(begun, ['1', '2', '6', '7', '8']);
  });

  it('keeps the place of what has begun to its end, whether its client has gone or not', async () => {
    const responses = [reply(), reply()];
    const works = [work('1', 'A', responses[0]), work('2')];
    const queued = [work('3', 'A', responses[1]), work('4')];
    for (const response of responses) response.emit('close');
    await assert.rejects(queued[0]?.done ?? Promise.resolve(), tooMany);
    await turn();
    assert.deepEqual(begun, ['1', '2']);
    await end([...works, work('5')]);
    assert.deepEqual(begun, ['1', '2', '4', '5']);
    await end(queued.slice(1));
  });
});
