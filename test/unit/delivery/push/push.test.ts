import { strict as assert } from 'node:assert';
import type { PushDeps, Pusher } from '../../../../src/delivery/push/types.ts';
import type { Endpoint } from '../../../support/endpoint.ts';
import { createParties, endpointOf, type Parties, parcelOf, pusherFor, targetOf } from '../../../support/pushing.ts';

describe('a push', () => {
  let parties: Parties;
  let endpoint: Endpoint;
  const pushers: Pusher[] = [];
  const pusher = (more?: Partial<PushDeps>) => {
    const made = pusherFor(parties, more);
    pushers.push(made);
    return made;
  };
  const target = (more = {}) => targetOf(endpoint.url, [parties.supplier], more);

  before(async () => {
    parties = await createParties();
  });
  beforeEach(async () => {
    endpoint = await endpointOf(parties);
  });
  afterEach(async () => {
    for (const made of pushers.splice(0)) await made.close();
    await endpoint.stop();
  });

  it('carries the exact bytes and the headers of the contract, and records the wire', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const parcel = parcelOf({ bytes, attempt: 3, traceparent });
    const outcome = await pusher().push({ ...target(), url: `${endpoint.url}?a=1` }, parcel);
    assert.equal(outcome.kind, 'delivered');
    const [request] = endpoint.requests;
    assert.ok(request);
    assert.deepEqual([request.method, request.path], ['POST', '/in?a=1']);
    assert.ok(request.body.equals(bytes));
    assert.equal(request.clientFingerprint, parties.gateway.fingerprint);
    const { host: _host, connection: _connection, ...headers } = request.headers;
    assert.deepEqual(headers, {
      'content-type': 'application/cloudevents+json',
      'x-jws-signature': parcel.signature,
      'idempotency-key': parcel.messageId,
      'kuvert-attempt': '3',
      traceparent,
      'user-agent': 'kuvert/0.0.0',
      'content-length': '70000',
    });
    assert.equal(outcome.status, 204);
    assert.equal(outcome.tlsVersion, 'TLSv1.3');
    assert.equal(outcome.peerFingerprint, parties.supplier.fingerprint);
    assert.match(outcome.remoteAddress ?? '', /^127\.0\.0\.1:\d+$/);
    const { connectMs = -1, tlsMs = -1, firstByteMs = -1, totalMs } = outcome;
    assert.ok(0 <= connectMs && connectMs <= tlsMs && tlsMs <= firstByteMs && firstByteMs <= totalMs);
  });

  it('writes no first byte when its time is over, on a new connection or on a kept one', async () => {
    // The time ends while the name is resolved.
    const { promise: resolved, resolve: go } = Promise.withResolvers<void>();
    const slow = pusher({ resolve: () => resolved.then(() => [{ address: '127.0.0.1', family: 4 }]) });
    const named = { ...target(), url: endpoint.url.replace('127.0.0.1', 'localhost') };
    const end = performance.now() + 100;
    const mayBegin = () => performance.now() < end;
    const pushed = slow.push(named, parcelOf({ mayBegin }));
    setTimeout(go, 200);
    const late = await pushed;
    assert.equal(late.kind, 'not-sent');
    assert.match(late.kind === 'not-sent' ? late.detail : '', /mandate ended/);
    assert.equal(endpoint.seen.applicationBytes, 0);
    assert.equal(endpoint.seen.connections, 1);
    const kept = pusher();
    assert.equal((await kept.push(target(), parcelOf({ mayBegin: () => true }))).kind, 'delivered');
    const { applicationBytes, connections } = endpoint.seen;
    assert.equal((await kept.push(target(), parcelOf({ mayBegin: () => false }))).kind, 'not-sent');
    assert.deepEqual([endpoint.seen.applicationBytes, endpoint.seen.connections], [applicationBytes, connections]);
    // Also when it ends in the last moment: asked twice, before the connection and before the bytes.
    let asked = 0;
    assert.equal((await kept.push(target(), parcelOf({ mayBegin: () => ++asked < 2 }))).kind, 'not-sent');
    assert.deepEqual([asked, endpoint.seen.applicationBytes], [2, applicationBytes]);
    assert.equal((await kept.push(target(), parcelOf())).kind, 'delivered');
  });

  it('speaks TLS 1.2, and nothing older', async () => {
    await endpoint.stop();
    endpoint = await endpointOf(parties, parties.supplier, { maxVersion: 'TLSv1.2' });
    const outcome = await pusher().push(target(), parcelOf());
    assert.deepEqual([outcome.kind, outcome.tlsVersion], ['delivered', 'TLSv1.2']);
    await endpoint.stop();
    endpoint = await endpointOf(parties, parties.supplier, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
    const refused = await pusher().push(target(), parcelOf());
    assert.equal(refused.kind === 'endpoint-failed' && refused.fault, 'endpoint-tls');
  });

  it('keeps its connection for the next one', async () => {
    const [one, many] = [pusher(), target()];
    for (let n = 0; n < 5; n++) assert.equal((await one.push(many, parcelOf())).kind, 'delivered');
    assert.equal(endpoint.seen.connections, 1);
    assert.equal(endpoint.requests.length, 5);
  });

  it('opens as many connections as the address allows, and the rest wait their turn', async () => {
    endpoint.behave({ status: 200, delay: 40 });
    const [one, narrow] = [pusher(), target({ connections: 3 })];
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => one.push(narrow, parcelOf())));
    assert.ok(outcomes.every(({ kind }) => kind === 'delivered'));
    assert.equal(endpoint.seen.connections, 3);
  });

  it('for which no connection becomes free in time was not sent, and the endpoint is not blamed', async () => {
    endpoint.behave('hang');
    const one = pusher({ limits: { connectTimeout: 200, pushTimeout: 600, answerBytes: 4_096, answerExcerpt: 200 } });
    const [first, second] = await Promise.all([one.push(target(), parcelOf()), one.push(target(), parcelOf())]);
    assert.deepEqual([first.kind, second.kind], ['endpoint-failed', 'not-sent']);
    assert.equal(endpoint.requests.length, 1);
  });

  it('on a kept connection that the endpoint has just closed goes out on the next, within the same attempt', async () => {
    const one = pusher();
    assert.equal((await one.push(target(), parcelOf())).kind, 'delivered');
    // Ends the connection when the second request is there, as an idle timeout that crosses it on the wire does.
    let closed = 0;
    endpoint.behave(() => (closed++ === 0 ? 'close' : 'ok'));
    const second = await one.push(target(), parcelOf());
    assert.equal(second.kind, 'delivered');
    assert.equal(endpoint.seen.connections, 2);
    endpoint.behave('ok');
    endpoint.dropConnections();
    assert.equal((await one.push(target(), parcelOf())).kind, 'delivered');
  });

  it('is not repeated when a fresh connection is closed without an answer', async () => {
    endpoint.behave('reset');
    const outcome = await pusher().push(target(), parcelOf());
    assert.equal(outcome.kind === 'endpoint-failed' && outcome.fault, 'endpoint-no-answer');
    assert.equal(endpoint.requests.length, 1);
  });

  it('given up by us before it was written was not sent; afterwards its outcome is unknown', async () => {
    endpoint.behave('hang');
    const one = pusher();
    const before = await one.push(target(), parcelOf(), AbortSignal.abort());
    assert.equal(before.kind, 'not-sent');
    assert.equal(endpoint.seen.connections, 0);
    const giveUp = new AbortController();
    const waiting = one.push(target(), parcelOf(), giveUp.signal);
    while (endpoint.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    giveUp.abort();
    const after = await waiting;
    assert.equal(after.kind === 'endpoint-failed' && after.fault, 'outcome-unknown');
  });

  it('in flight when the pusher closes has an unknown outcome, and later ones are not sent', async () => {
    endpoint.behave('hang');
    const one = pusher();
    const waiting = one.push(target(), parcelOf());
    while (endpoint.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await one.close();
    const outcome = await waiting;
    assert.equal(outcome.kind === 'endpoint-failed' && outcome.fault, 'outcome-unknown');
    assert.equal((await one.push(target(), parcelOf())).kind, 'not-sent');
  });

  it('with a broken key or certificate of our own is an outcome that says so, and not a throw', async () => {
    const { key, certificate } = parties.gateway;
    const broken = [
      { version: '1', key: 'no key', certificate },
      { version: '2', key, certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
      { version: '3', key: parties.supplier.key, certificate },
    ];
    for (const credential of broken) {
      const outcome = await pusher({ credential: () => credential }).push(target(), parcelOf());
      assert.equal(outcome.kind === 'endpoint-failed' && outcome.fault, 'certificate-invalid');
      assert.match(outcome.kind === 'endpoint-failed' ? outcome.detail : '', /our own client key or certificate/);
    }
    assert.equal(endpoint.seen.connections, 0);
  });

  it('whose headers cannot be written fails alone, with nothing sent', async () => {
    const outcome = await pusher().push(target(), parcelOf({ signature: 'a\r\nx-evil: 1' }));
    assert.equal(outcome.kind === 'message-failed' && outcome.fault, 'internal');
    assert.equal(endpoint.seen.applicationBytes, 0);
  });

  it('uses our new credential from the next push on', async () => {
    const renewed = await parties.issue({ name: 'Kuvert', usages: ['clientAuth'] });
    let now = parties.gateway;
    const one = pusher({
      credential: () => ({ version: now.fingerprint, key: now.key, certificate: now.certificate }),
    });
    await one.push(target(), parcelOf());
    now = renewed;
    await one.push(target(), parcelOf());
    const shown = endpoint.requests.map(({ clientFingerprint }) => clientFingerprint);
    assert.deepEqual(shown, [parties.gateway.fingerprint, renewed.fingerprint]);
  });

  describe('as a probe', () => {
    it('is a handshake and not one byte of HTTP', async () => {
      const outcome = await pusher().probe(target());
      assert.deepEqual([outcome.kind, outcome.peerFingerprint], ['reachable', parties.supplier.fingerprint]);
      assert.deepEqual([endpoint.seen.handshakes, endpoint.seen.applicationBytes], [1, 0]);
    });

    it('says what a push would have met', async () => {
      const stranger = await parties.issue();
      const wrong = await pusher().probe(targetOf(endpoint.url, [stranger]));
      assert.equal(wrong.kind === 'turned-away' && wrong.fault, 'endpoint-certificate');
      await endpoint.stop();
      const nobody = await pusher().probe(target());
      assert.equal(nobody.kind === 'endpoint-failed' && nobody.fault, 'endpoint-unreachable');
    });

    it('notices that our certificate is refused, which under TLS 1.3 comes after the handshake', async () => {
      const foreign = await parties.issue({ name: 'Kuvert' }, 'self');
      const credential = { version: 'x', key: foreign.key, certificate: foreign.certificate };
      const outcome = await pusher({ credential: () => credential }).probe(target());
      assert.equal(outcome.kind, 'endpoint-failed');
      assert.match(outcome.kind === 'endpoint-failed' ? outcome.detail : '', /probably refuses our certificate/);
    });
  });
});
