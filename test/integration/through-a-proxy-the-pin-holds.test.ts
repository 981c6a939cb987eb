import { strict as assert } from 'node:assert';
import { readProxy } from '../../src/delivery/push/tunnel.ts';
import type { PushDeps, Pusher } from '../../src/delivery/push/types.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { Endpoint } from '../support/endpoint.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, openLine } from '../support/line.ts';
import { type Proxy, startProxy, type Temper } from '../support/proxy.ts';
import { createParties, endpointOf, type Parties, parcelOf, pusherFor, targetOf } from '../support/pushing.ts';

const limits = { connectTimeout: 500, pushTimeout: 1_000, answerBytes: 4_096, answerExcerpt: 200 };
/** An address that is public, for a name that only the test knows. */
const publicly = '192.31.196.9';

describe('through a proxy the pin holds', () => {
  let parties: Parties;
  let endpoint: Endpoint;
  let proxy: Proxy;
  const pushers: Pusher[] = [];

  before(async () => {
    parties = await createParties();
    endpoint = await endpointOf(parties);
    proxy = await startProxy({ routes: { [`${publicly}:443`]: endpoint.port } });
  });
  beforeEach(() => proxy.behave('ok'));
  after(async () => {
    for (const pusher of pushers) await pusher.close();
    await proxy.stop();
    await endpoint.stop();
  });

  const through = (one: Proxy, more: Partial<PushDeps> = {}, ca?: string) => {
    const pusher = pusherFor(parties, {
      limits,
      egressAllow: [],
      egressProxy: readProxy(one.url, ca),
      resolve: async () => [{ address: publicly, family: 4 }],
      ...more,
    });
    pushers.push(pusher);
    return pusher;
  };
  const target = () => targetOf('https://supplier.example/in', [parties.supplier]);
  const said = (outcome: Outcome) => [
    outcome.kind,
    'fault' in outcome ? outcome.fault : '',
    'detail' in outcome ? outcome.detail : '',
  ];

  it('the proxy is asked for the address that was resolved and judged here, and the message gets through', async () => {
    const pusher = through(proxy);
    const outcome = await pusher.push(target(), parcelOf());
    assert.equal(outcome.kind, 'delivered', said(outcome).join(' '));
    assert.equal(proxy.asked.at(-1), `${publicly}:443`);
    assert.equal(outcome.remoteAddress, `${publicly}:443 via 127.0.0.1:${proxy.port}`);
    assert.equal(outcome.peerFingerprint, parties.supplier.fingerprint);
    assert.match(outcome.tlsVersion ?? '', /^TLSv1/);
    assert.equal(endpoint.requests.at(-1)?.headers.host, 'supplier.example');
    assert.equal(endpoint.requests.at(-1)?.clientFingerprint, parties.gateway.fingerprint);
    // The next goes through the same tunnel; at the end nothing stays open.
    const before = proxy.seen.connections;
    assert.equal((await pusher.push(target(), parcelOf())).kind, 'delivered');
    assert.equal(proxy.seen.connections, before);
    await pusher.close();
    await eventually('the tunnel is closed', () => proxy.seen.open === 0);
  });

  it('a probe goes the same way', async () => {
    const asked = proxy.asked.length;
    assert.equal((await through(proxy).probe(target())).kind, 'reachable');
    assert.equal(proxy.asked.length, asked + 1);
  });

  it('whoever the proxy leads to: a certificate that is not registered gets not one byte', async () => {
    const stranger = await endpointOf(parties, await parties.issue({ name: 'Någon annan AB' }));
    const crooked = await startProxy({ routes: { [`${publicly}:443`]: stranger.port } });
    try {
      const outcome = await through(crooked).push(target(), parcelOf());
      assert.deepEqual(said(outcome).slice(0, 2), ['turned-away', 'endpoint-certificate']);
      assert.equal(stranger.seen.connections, 1);
      assert.equal(stranger.seen.applicationBytes, 0);
    } finally {
      await crooked.stop();
      await stranger.stop();
    }
  });

  it('an address that may not be connected to is not asked for either, and nothing is asked for by name', async () => {
    const before = proxy.seen.connections;
    for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::ffff:192.168.0.1']) {
      const resolve = async () => [{ address, family: address.includes(':') ? 6 : 4 }];
      const outcome = await through(proxy, { resolve }).push(target(), parcelOf());
      assert.deepEqual(said(outcome).slice(0, 2), ['turned-away', 'url-not-allowed'], address);
    }
    const unknown = { resolve: () => Promise.reject(new Error('ENOTFOUND')) };
    assert.equal(said(await through(proxy, unknown).push(target(), parcelOf()))[1], 'endpoint-unreachable');
    assert.equal(proxy.seen.connections, before);
  });

  it('an address that the proxy does not reach is followed by the next of the name', async () => {
    proxy.behave((authority) => (authority.startsWith(publicly) ? 'ok' : 502));
    const both = ['192.31.196.1', publicly].map((address) => ({ address, family: 4 }));
    const outcome = await through(proxy, { resolve: async () => both }).push(target(), parcelOf());
    assert.equal(outcome.kind, 'delivered');
    assert.deepEqual(proxy.asked.slice(-2), ['192.31.196.1:443', `${publicly}:443`]);
  });

  const tempers: readonly (readonly [what: string, temper: Temper, detail: RegExp])[] = [
    ['407', 407, /answered 407 \(Proxy Authentication Required\) to CONNECT 192\.31\.196\.9:443$/],
    ['403', 403, /answered 403 \(Forbidden\)/],
    ['502', 502, /answered 502 \(Bad Gateway\)/],
    ['a redirect', 302, /answered 302/],
    ['an interim answer', { raw: 'HTTP/1.1 100 Continue\r\n\r\n' }, /answered 100/],
    ['a reset', 'refuse', /closed the connection|cannot be reached/],
    ['an end', 'close', /closed the connection without an answer to CONNECT/],
    ['silence', 'hang', /opened no tunnel within \d+ ms/],
    ['garbage', { raw: 'SSH-2.0-OpenSSH_9.2\r\n' }, /what is no HTTP/],
    ['an endless head', { raw: 'HTTP/1.1 200 OK\r\n', repeat: 'x-a: b\r\n'.repeat(99) }, /more than 16384 bytes/],
    ['an endless flood of nothing', { raw: '', repeat: '\r\n'.repeat(99) }, /opened no tunnel within/],
    ['words of its own in the tunnel', 'speaks', /opened a tunnel and then spoke itself/],
  ];
  for (const [what, temper, detail] of tempers)
    it(`${what} from the proxy is the proxy's fault, and never turns the lane away`, async () => {
      proxy.behave(temper);
      const outcome = await through(proxy).push(target(), parcelOf());
      assert.deepEqual(said(outcome).slice(0, 2), ['endpoint-failed', 'proxy-failed'], said(outcome).join(' '));
      assert.match(said(outcome)[2] ?? '', detail);
      assert.match(said(outcome)[2] ?? '', /the egress proxy/);
      assert.ok(outcome.totalMs < 1_500, `took ${outcome.totalMs} ms`);
    });

  it('a tunnel that closes at once is a failed handshake', async () => {
    proxy.behave('drop');
    const outcome = await through(proxy).push(target(), parcelOf());
    assert.deepEqual(said(outcome).slice(0, 2), ['endpoint-failed', 'endpoint-tls']);
  });

  it('a proxy that nobody runs is told with its name, and a silent one keeps no connection', async () => {
    const gone = await startProxy();
    await gone.stop();
    const outcome = await through(gone).push(target(), parcelOf());
    assert.match(said(outcome)[2] ?? '', /^the egress proxy 127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/);
    const silent = await startProxy();
    silent.behave('hang');
    const stop = new AbortController();
    const pushed = through(silent).push(target(), parcelOf(), stop.signal);
    await eventually('it was asked', () => silent.asked.length === 1);
    stop.abort();
    assert.equal((await pushed).kind, 'not-sent');
    await silent.stop();
  });

  it('user and password are shown to the proxy, and to nobody else', async () => {
    const guarded = await startProxy({
      authorization: `Basic ${Buffer.from('kuvert:pä%ss').toString('base64')}`,
      routes: { [`${publicly}:443`]: endpoint.port },
    });
    try {
      assert.match(said(await through(guarded).push(target(), parcelOf()))[2] ?? '', /407/);
      const url = `http://kuvert:p%C3%A4%25ss@127.0.0.1:${guarded.port}`;
      const outcome = await through(guarded, { egressProxy: readProxy(url) }).push(target(), parcelOf());
      assert.equal(outcome.kind, 'delivered');
      assert.equal(endpoint.requests.at(-1)?.headers['proxy-authorization'], undefined);
    } finally {
      await guarded.stop();
    }
  });

  it('a proxy behind TLS must show a certificate of its authority before it sees a password', async () => {
    const { key, certificate } = await parties.issue({ name: 'Proxy', ipAddresses: ['127.0.0.1'] });
    const secure = await startProxy({ tls: { key, certificate }, routes: { [`${publicly}:443`]: endpoint.port } });
    try {
      const outcome = await through(secure, {}, parties.authority.certificatePem).push(target(), parcelOf());
      assert.equal(outcome.kind, 'delivered', said(outcome).join(' '));
      assert.equal(outcome.remoteAddress, `${publicly}:443 via 127.0.0.1:${secure.port}`);
      const asked = secure.asked.length;
      const stranger = said(await through(secure).push(target(), parcelOf()));
      assert.deepEqual(stranger.slice(0, 2), ['endpoint-failed', 'proxy-failed']);
      assert.match(stranger[2] ?? '', /cannot be reached: .*certificate/);
      assert.equal(secure.asked.length, asked);
    } finally {
      await secure.stop();
    }
  });

  it('proxy variables of other programs are not looked at', async () => {
    const names = ['https_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.url;
    try {
      const connections = proxy.seen.connections;
      const pusher = pusherFor(parties, { limits });
      pushers.push(pusher);
      assert.equal((await pusher.push(targetOf(endpoint.url, [parties.supplier]), parcelOf())).kind, 'delivered');
      assert.equal(proxy.seen.connections, connections);
    } finally {
      for (const [index, name] of names.entries())
        if (before[index] === undefined) delete process.env[name];
        else process.env[name] = before[index];
    }
  });

  it('a lane backs off while the proxy is in trouble, nothing is held, and goes on when it is well', async () => {
    const gate = await startProxy();
    const line = await openLine({ settings: { KUVERT_EGRESS_PROXY: gate.url } });
    try {
      gate.behave(407);
      const suppliers = [await line.addSupplier(), await line.addSupplier()];
      await line.deliver();
      await line.take(suppliers.flatMap(({ organisationNumber }) => framesFor(organisationNumber, 5)));
      for (const { lane } of suppliers)
        await eventually('the lane backs off, for the proxy', async () => {
          const { state, reason, failures } = await line.lane(lane);
          return state === 'backing-off' && reason === 'proxy-failed' && failures >= 2;
        });
      assert.deepEqual(await line.states(), { waiting: 10 });
      gate.behave('ok');
      await eventually('all is delivered', async () => (await line.states()).delivered === 10);
      assert.deepEqual(await line.answers('held'), []);
      for (const { endpoint: one } of suppliers) assert.equal(one.requests.length, 5);
    } finally {
      await line.close();
      await gate.stop();
    }
  });
});
