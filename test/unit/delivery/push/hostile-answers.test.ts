import { strict as assert } from 'node:assert';
import type { Pusher } from '../../../../src/delivery/push/types.ts';
import type { Outcome } from '../../../../src/domain/outcome.ts';
import type { Behaviour, Endpoint } from '../../../support/endpoint.ts';
import { createParties, endpointOf, type Parties, parcelOf, pusherFor, targetOf } from '../../../support/pushing.ts';

const limits = { connectTimeout: 400, pushTimeout: 600, answerBytes: 4_096, answerExcerpt: 200 };

describe('whatever an endpoint answers comes back as an outcome', () => {
  let parties: Parties;
  let endpoint: Endpoint;
  let pusher: Pusher;

  before(async () => {
    parties = await createParties();
    endpoint = await endpointOf(parties);
    pusher = pusherFor(parties, { limits });
  });
  after(async () => {
    await pusher.close();
    await endpoint.stop();
  });

  const meet = async (behaviour: Behaviour, bytes?: Uint8Array): Promise<Outcome> => {
    endpoint.behave(behaviour);
    const target = targetOf(endpoint.url, [parties.supplier]);
    return pusher.push(target, parcelOf(bytes === undefined ? {} : { bytes }));
  };
  const faultOf = (outcome: Outcome) => ('fault' in outcome ? outcome.fault : outcome.kind);
  const detailOf = (outcome: Outcome) => ('detail' in outcome ? outcome.detail : '');

  const noAnswer: readonly (readonly [name: string, behaviour: Behaviour, detail: RegExp])[] = [
    ['no answer', 'hang', /no answer within 600 ms/],
    ['a head that never ends, byte by byte', 'slow-head', /head did not end within 600 ms/],
    ['a reset', 'reset', /closed the connection/],
    ['a reset before the request', 'reset-at-once', /closed the connection/],
    ['an end without an answer', { raw: '', end: true }, /closed the connection/],
    ['half a status line', { raw: 'HTTP/1.1 20', end: true }, /in the middle of the answer's head/],
    ['text', { raw: 'hello there\r\n\r\n', end: true }, /not HTTP\/1\.1/],
    ['another protocol', { raw: 'SSH-2.0-OpenSSH_9.2\r\n' }, /not HTTP\/1\.1/],
    ['bytes of no meaning', { raw: Buffer.from(Array.from({ length: 999 }, (_, n) => (n * 131) % 256)) }, /not HTTP/],
    ['a version that nobody speaks', { raw: 'HTTP/3 200 OK\r\n\r\n' }, /not HTTP\/1\.1/],
    ['a status of zero', { raw: 'HTTP/1.1 000 X\r\n\r\n', end: true }, /not HTTP\/1\.1: impossible status/],
    ['headers without end', { raw: `HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(5_000)}` }, /larger than the limit/],
    ['one header without end', { raw: `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}` }, /larger than the limit/],
    ['a flood of interim answers', { raw: 'HTTP/1.1 102 Processing\r\n\r\n', repeat: true }, /interim/],
    ['100 Continue', { raw: 'HTTP/1.1 100 Continue\r\n\r\n' }, /100 Continue/],
    [
      'a switch of protocols',
      { raw: 'HTTP/1.1 101 X\r\nupgrade: y\r\nconnection: upgrade\r\n\r\n' },
      /another protocol/,
    ],
    ['two lengths', { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef' }, /length/],
    ['a negative length', { raw: 'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n' }, /not HTTP\/1\.1/],
    [
      'a length and chunks',
      { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n' },
      /./,
    ],
  ];
  for (const [name, behaviour, detail] of noAnswer)
    it(`${name}: the endpoint fails`, async () => {
      const outcome = await meet(behaviour);
      assert.deepEqual([outcome.kind, faultOf(outcome)], ['endpoint-failed', 'endpoint-no-answer'], detailOf(outcome));
      assert.match(detailOf(outcome), detail);
      assert.ok(outcome.totalMs < 1_500, `took ${outcome.totalMs} ms`);
    });

  const settledByHead: readonly (readonly [name: string, behaviour: Behaviour, kind: string])[] = [
    [
      'a receipt whose body is cut short',
      { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nabc', end: true },
      'delivered',
    ],
    [
      'a receipt whose body has broken chunks',
      { raw: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n' },
      'delivered',
    ],
    ['a receipt with a second answer behind it', { raw: 'HTTP/1.1 204 X\r\n\r\nHTTP/1.1 400 Y\r\n\r\n' }, 'delivered'],
    [
      'a refusal with an endless chunk',
      { raw: 'HTTP/1.1 422 X\r\ntransfer-encoding: chunked\r\n\r\nfffffff\r\nabc', end: true },
      'refused',
    ],
    ['a refusal over HTTP/1.0', { raw: 'HTTP/1.0 400 Bad\r\n\r\nno length', end: true }, 'refused'],
    ['a status that nobody knows', { raw: 'HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n' }, 'message-failed'],
  ];
  for (const [name, behaviour, kind] of settledByHead)
    it(`${name}: the status line is what counts`, async () => {
      assert.equal((await meet(behaviour)).kind, kind);
    });

  it('a body that does not end is waited for two seconds at most', async () => {
    const outcome = await meet({ raw: 'HTTP/1.1 422 X\r\ncontent-length: 9\r\n\r\nabc' });
    assert.deepEqual([outcome.kind, outcome.excerpt], ['refused', 'abc']);
    assert.ok(outcome.totalMs < 3_000);
  });

  it('a body beyond the limit ends the connection, and the excerpt is short', async () => {
    const outcome = await meet({ status: 422, body: 'z'.repeat(2_000_000) });
    assert.equal(outcome.kind, 'refused');
    assert.equal(outcome.excerpt, 'z'.repeat(200));
    const { connections } = endpoint.seen;
    assert.equal((await meet('ok')).kind, 'delivered');
    assert.equal(endpoint.seen.connections, connections + 1);
  });

  it('an excerpt is text that is safe to keep, and a receipt leaves none', async () => {
    const outcome = await meet({ status: 422, body: 'a\u0000b\u001b[31m\r\nc' });
    assert.equal(outcome.excerpt?.replaceAll('\ufffd', '·'), 'a·b·[31m c');
    assert.equal('excerpt' in (await meet({ status: 200, body: 'thanks' })), false);
  });

  it('an answer that comes before the body was read is heard', async () => {
    const outcome = await meet({ early: { status: 413, body: 'too big' } }, Buffer.alloc(6_000_000, 'y'));
    assert.deepEqual([outcome.kind, outcome.status], ['refused', 413]);
  });

  it('a redirect is not followed', async () => {
    const requests = endpoint.requests.length;
    const outcome = await meet({ status: 307, headers: { location: endpoint.url } });
    assert.deepEqual([outcome.kind, faultOf(outcome)], ['turned-away', 'endpoint-rejects-us']);
    assert.equal(endpoint.requests.length, requests + 1);
  });

  it('Retry-After is passed on', async () => {
    const outcome = await meet({ status: 503, headers: { 'retry-after': '120' } });
    assert.equal(outcome.kind === 'endpoint-failed' && outcome.retryAfterMs, 120_000);
  });

  it('a tar pit costs the connect timeout, a closed door nothing', async () => {
    endpoint.dropConnections();
    const pit = await meet('tar-pit');
    assert.equal(faultOf(pit), 'endpoint-tls');
    assert.ok(pit.totalMs >= 390 && pit.totalMs < 1_000, `took ${pit.totalMs} ms`);
    await endpoint.stop();
    const door = await meet('ok');
    assert.equal(faultOf(door), 'endpoint-unreachable');
    await endpoint.restart();
    assert.equal((await meet('ok')).kind, 'delivered');
  });
});
