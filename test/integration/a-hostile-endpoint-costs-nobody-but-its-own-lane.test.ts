import { strict as assert } from 'node:assert';
import type { Behaviour } from '../support/endpoint.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

const pushTimeout = 1_000;

interface Attempt {
  readonly outcome: string;
  readonly fault: string | null;
  readonly excerpt: string | null;
  readonly total_ms: number;
}

describe('a hostile endpoint costs nobody but its own lane', () => {
  let line: Line;
  let well: TestSupplier;
  before(async () => {
    line = await openLine({
      settings: {
        KUVERT_CONNECT_TIMEOUT: '500ms',
        KUVERT_PUSH_TIMEOUT: `${pushTimeout}ms`,
        KUVERT_ANSWER_BYTES: '64KB',
        KUVERT_ANSWER_EXCERPT: '200B',
      },
    });
    well = await line.addSupplier();
    await line.deliver();
  });
  after(() => line.close());

  const attemptsOf = async ({ lane }: TestSupplier): Promise<Attempt[]> => {
    const { rows } = await line.pool.query<{ outcome: string; fault: string; excerpt: string; total_ms: number }>(
      `select outcome, fault, excerpt, total_ms from attempt join delivery on delivery.id = attempt.delivery_id
        where delivery.lane_id = $1 and outcome is not null order by attempt.started_at`,
      [lane],
    );
    return rows;
  };

  /** Messages for the hostile one, and beside them one for another supplier, which must not wait for it. */
  const meet = async (behaviour: Behaviour, content?: string): Promise<TestSupplier> => {
    const supplier = await line.addSupplier({ behaviour, concurrency: 2 });
    const frames = Array.from({ length: 3 }, () =>
      frameFor(supplier.organisationNumber, content === undefined ? {} : { content }),
    );
    const before = well.endpoint.requests.length;
    await line.take([...frames, frameFor(well.organisationNumber)]);
    await eventually("the other's is delivered", () => well.endpoint.requests.length > before, 10_000);
    return supplier;
  };
  const bounded = (attempts: readonly Attempt[], most: number) => {
    for (const { total_ms: took } of attempts) assert.ok(took <= most, `an attempt took ${took} ms`);
  };

  const noAnswer: readonly (readonly [what: string, behaviour: Behaviour])[] = [
    ['a head that comes byte by byte', 'slow-head'],
    ['a head that never ends', { raw: 'HTTP/1.1 200 OK\r\n', repeat: 'x-a: b\r\n'.repeat(50) }],
    ['more headers than the limit has room for', { raw: `HTTP/1.1 204 X\r\n${'a:b\r\n'.repeat(9_000)}\r\n` }],
    ['a reset before the request is read', 'reset-at-once'],
    ['a reset after it', 'reset'],
    ['a socket that is half-closed without an answer', 'close'],
    ['a socket that is half-closed in the middle of the head', { raw: 'HTTP/1.1 20', end: true }],
    ['garbage', { raw: Buffer.from(Array.from({ length: 4_096 }, (_, n) => (n * 131 + 7) % 256)) }],
    ['garbage without end', { raw: Buffer.alloc(65_536, 0x16), repeat: true }],
    ['100 Continue, which nobody asked for', { raw: 'HTTP/1.1 100 Continue\r\n\r\n' }],
    ['interim answers without end', { raw: 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n', repeat: true }],
    [
      'a length and chunks at once',
      { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n' },
    ],
    ['silence', 'hang'],
  ];
  for (const [what, behaviour] of noAnswer)
    it(`${what}: the lane backs off, and delivers all when the endpoint is well`, async () => {
      const supplier = await meet(behaviour);
      await eventually('the lane backs off', async () => {
        const { state, reason } = await line.lane(supplier.lane);
        return state === 'backing-off' && reason === 'endpoint-no-answer';
      });
      // The next try may be on its way already.
      await eventually('all three wait', async () => (await line.states(supplier.lane)).waiting === 3);
      supplier.endpoint.behave('ok');
      supplier.endpoint.dropConnections();
      await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 3);
      const attempts = await attemptsOf(supplier);
      assert.ok(attempts.some(({ fault }) => fault === 'endpoint-no-answer'));
      bounded(attempts, pushTimeout + 1_000);
      assert.deepEqual(new Set(supplier.sequences()), new Set([1, 2, 3]));
    });

  const receipts: readonly (readonly [what: string, behaviour: Behaviour])[] = [
    ['over HTTP/1.0, without a length', { raw: 'HTTP/1.0 200 OK\r\n\r\nthank you', end: true }],
    ['and a half-closed socket', { raw: 'HTTP/1.1 204 X\r\n\r\n', end: true }],
    ['with very many headers within the limit', { raw: `HTTP/1.1 204 X\r\n${'a:b\r\n'.repeat(2_000)}\r\n` }],
    ['with a body that never ends', { raw: `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(65_536)}`, repeat: true }],
    ['with chunks that lie', { raw: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfff\r\nabc\r\n', end: true }],
    ['with chunks that are none', { raw: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n' }],
    ['with a length that lies', { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\nabc', end: true }],
    ['with another answer behind it', { raw: 'HTTP/1.1 204 X\r\n\r\nHTTP/1.1 500 Y\r\ncontent-length: 0\r\n\r\n' }],
  ];
  for (const [what, behaviour] of receipts)
    it(`a receipt ${what} is a receipt, of each message once`, async () => {
      const supplier = await meet(behaviour);
      await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 3);
      assert.equal(supplier.received().length, 3);
      assert.equal((await line.lane(supplier.lane)).state, 'flowing');
      const attempts = await attemptsOf(supplier);
      assert.deepEqual([...new Set(attempts.map(({ outcome }) => outcome))], ['delivered']);
      bounded(attempts, 2_000);
    });

  const refusals: readonly (readonly [what: string, behaviour: Behaviour, content?: string])[] = [
    ['over HTTP/1.0', { raw: 'HTTP/1.0 422 No\r\n\r\nline 3', end: true }],
    ['with a huge body', { status: 422, body: 'z'.repeat(30_000_000) }],
    ['with a body that never ends', { raw: `HTTP/1.1 422 No\r\n\r\n${'z'.repeat(65_536)}`, repeat: true }],
    ['with a chunk that never ends', { raw: 'HTTP/1.1 422 X\r\ntransfer-encoding: chunked\r\n\r\nfffffff\r\nzzz' }],
    ['before the body is read', { early: { status: 413, body: 'too big' } }, 'y'.repeat(4_000_000)],
  ];
  for (const [what, behaviour, content] of refusals)
    it(`a refusal ${what} is a refusal of that message, and the lane goes on`, async () => {
      const supplier = await meet(behaviour, content);
      await eventually('all three are refused', async () => (await line.states(supplier.lane)).refused === 3);
      const attempts = await attemptsOf(supplier);
      // A body that does not end is waited for two seconds.
      bounded(attempts, 3_500);
      for (const { excerpt } of attempts) assert.ok(Buffer.byteLength(excerpt ?? '') <= 200);
      assert.equal((await line.lane(supplier.lane)).state, 'flowing');
      supplier.endpoint.behave('ok');
      await line.take(framesFor(supplier.organisationNumber, 1));
      await eventually('the next is delivered', async () => (await line.states(supplier.lane)).delivered === 1);
    });

  it('ten endpoints that never stop talking do not fill the memory', async () => {
    const flood: Behaviour = { raw: Buffer.alloc(1_048_576, 'f'), repeat: true };
    const floods = await Promise.all(
      Array.from({ length: 10 }, () => line.addSupplier({ behaviour: flood, concurrency: 2 })),
    );
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 20);
    try {
      await line.take(floods.flatMap(({ organisationNumber }) => framesFor(organisationNumber, 4)));
      for (const { lane } of floods)
        await eventually('the lane backs off', async () => (await line.lane(lane)).state === 'backing-off');
    } finally {
      clearInterval(watch);
      for (const { endpoint } of floods) {
        endpoint.behave('ok');
        endpoint.dropConnections();
      }
    }
    // The endpoints are in this process too, each with what it could not write yet.
    assert.ok(most < 300 * 1_048_576, `${Math.round(most / 1_048_576)} MB more`);
    for (const { lane } of floods)
      await eventually('all is delivered', async () => (await line.states(lane)).delivered === 4);
  });

  it('an endpoint that takes fewer connections than its address says gets everything all the same', async () => {
    const supplier = await line.addSupplier({ concurrency: 8, mostConnections: 2 });
    await line.take(framesFor(supplier.organisationNumber, 40));
    await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 40);
    assert.equal(new Set(supplier.received()).size, 40);
    assert.deepEqual(await line.answers('held'), []);
  });
});
