import { strict as assert } from 'node:assert';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createLimits, type LimitSettings } from '../../../src/collection/limits.ts';
import { Fault } from '../../../src/domain/fault.ts';

class Reply extends EventEmitter {
  readonly headers = new Map<string, string>();
  setHeader(name: string, value: string): void {
    this.headers.set(name, value);
  }
}
const reply = () => new Reply() as unknown as ServerResponse & { headers: Map<string, string> };
const socket = () => new EventEmitter() as Socket;

describe('the limits of an organisation', () => {
  let at: number;
  beforeEach(() => {
    at = 1_000_000;
  });
  const limits = (more: Partial<LimitSettings> = {}) =>
    createLimits({ ratePerSecond: 10, burst: 5, connections: 2, waits: 2, ...more }, () => at);
  /** Undefined: let in; else what `Retry-After` says. */
  function asked(what: (response: ServerResponse) => void): string | undefined {
    const response = reply();
    try {
      what(response);
      return undefined;
    } catch (fault) {
      assert.ok(fault instanceof Fault && fault.code === 'too-many-requests');
      return response.headers.get('retry-after');
    }
  }

  it('are a burst, then so many per second, in the long run no more', () => {
    const { request } = limits();
    const ask = () => asked((response) => request('A', response));
    const round = (n: number) => Array.from({ length: n }, ask).filter((answer) => answer === undefined).length;
    assert.equal(round(20), 5);
    at += 100;
    assert.equal(round(20), 1);
    at += 1_000;
    assert.equal(round(20), 5);
    let taken = 0;
    for (let i = 0; i < 1_000; i++) {
      at += 10;
      taken += round(3);
    }
    assert.equal(taken, 100);
  });

  it('say when to come back, in whole seconds', () => {
    const { request } = limits({ ratePerSecond: 1, burst: 1 });
    assert.equal(
      asked((response) => request('A', response)),
      undefined,
    );
    assert.equal(
      asked((response) => request('A', response)),
      '1',
    );
    at += 1_000;
    assert.equal(
      asked((response) => request('A', response)),
      undefined,
    );
  });

  it('are its own', () => {
    const { request, connection, wait } = limits({ burst: 1, connections: 1, waits: 1 });
    for (const who of ['A', 'B', 'C']) {
      for (const again of [false, true]) {
        assert.equal(asked((response) => request(who, response)) !== undefined, again);
        assert.equal(asked((response) => connection(who, socket(), response)) !== undefined, again);
        assert.equal(asked((response) => wait(who, response)) !== undefined, again);
      }
    }
  });

  it('count a connection once, until it closes', () => {
    const { connection } = limits();
    const [first, second] = [socket(), socket()];
    for (let i = 0; i < 5; i++) connection('A', first, reply());
    connection('A', second, reply());
    const response = reply();
    assert.throws(() => connection('A', socket(), response));
    assert.equal(response.headers.get('connection'), 'close');
    first.emit('close');
    connection('A', socket(), reply());
    assert.throws(() => connection('A', socket(), reply()));
  });

  it('count who waits until the answer is out', () => {
    const { wait } = limits();
    const [first, second] = [reply(), reply()];
    wait('A', first);
    wait('A', second);
    assert.throws(() => wait('A', reply()));
    second.emit('close');
    wait('A', reply());
    assert.throws(() => wait('A', reply()));
  });

  it('of those who come once from ever new networks take no more and more memory', () => {
    const { request } = limits({ burst: 1 });
    request('A', reply());
    for (let i = 0; i < 60_000; i++) request(`stranger ${i}`, reply());
    // Forgotten, and so full again: the price of a limit on what is remembered.
    request('A', reply());
    assert.equal(
      asked((response) => request('stranger 59999', response)),
      '1',
    );
  });
});
