/**
 * A supplier's URL cannot make the gateway connect to where it may not: loopback, private networks, metadata services.
 * The endpoints count TCP connections, so that "refused" means that not even a SYN was answered.
 */
import { strict as assert } from 'node:assert';
import type { PushDeps, Pusher, ResolvedAddress } from '../../src/delivery/push/types.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { Endpoint } from '../support/endpoint.ts';
import { createParties, endpointOf, type Parties, parcelOf, pusherFor, targetOf } from '../support/pushing.ts';

describe('egress that is not allowed is refused', () => {
  let parties: Parties;
  let endpoint: Endpoint;
  const pushers: Pusher[] = [];
  const others: Endpoint[] = [];

  before(async () => {
    parties = await createParties();
    endpoint = await endpointOf(parties);
  });
  after(async () => {
    await endpoint.stop();
  });
  afterEach(async () => {
    for (const pusher of pushers.splice(0)) await pusher.close();
    for (const other of others.splice(0)) await other.stop();
  });

  const another = async (host: string, port?: number) => {
    const other = await endpointOf(parties, parties.supplier, { host, ...(port === undefined ? {} : { port }) });
    others.push(other);
    return other;
  };
  const push = (url: string, more?: Partial<PushDeps>): Promise<Outcome> => {
    const pusher = pusherFor(parties, more);
    pushers.push(pusher);
    return pusher.push(targetOf(url, [parties.supplier]), parcelOf());
  };
  const at = (host: string) => `https://${host}:${endpoint.port}/in`;
  const refused = (outcome: Outcome, detail = /./) => {
    assert.deepEqual([outcome.kind, 'fault' in outcome && outcome.fault], ['turned-away', 'url-not-allowed']);
    assert.match('detail' in outcome ? outcome.detail : '', detail);
  };
  const name = (...addresses: string[]) => ({
    resolve: async (): Promise<ResolvedAddress[]> =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  });

  const notations = [
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
  ];

  for (const host of notations)
    it(`loopback written as ${host}: no connection; with 127.0.0.0/8 allowed: delivered`, async () => {
      const { connections } = endpoint.seen;
      refused(await push(at(host), { egressAllow: [] }), /loopback/);
      assert.equal(endpoint.seen.connections, connections);
      assert.equal((await push(at(host))).kind, 'delivered');
    });

  it('names that lead to loopback: localhost, and any other', async () => {
    const { connections } = endpoint.seen;
    refused(await push(at('localhost'), { egressAllow: [] }), /loopback/);
    refused(await push(at('supplier.example'), { egressAllow: [], ...name('127.0.0.1') }), /loopback/);
    refused(
      await push(at('supplier.example'), { egressAllow: [], ...name('::1', '10.0.0.1') }),
      /::1 is loopback; 10\.0\.0\.1 is private/,
    );
    assert.equal(endpoint.seen.connections, connections);
    assert.equal((await push(at('supplier.example'), name('127.0.0.1'))).kind, 'delivered');
  });

  it('of a name with several addresses only those allowed are tried', async () => {
    await another('127.0.0.2', endpoint.port);
    const { connections } = endpoint.seen;
    const egressAllow = ['127.0.0.2/32'];
    const outcome = await push(at('supplier.example'), { egressAllow, ...name('127.0.0.1', '127.0.0.2') });
    assert.equal(outcome.kind, 'delivered');
    assert.equal(outcome.remoteAddress, `127.0.0.2:${endpoint.port}`);
    assert.equal(endpoint.seen.connections, connections);
  });

  it('a name that changes its address after it was judged (DNS rebinding) leads to the judged one', async () => {
    const judged = await another('127.0.0.2', endpoint.port);
    const { connections } = endpoint.seen;
    let asked = 0;
    const resolve = async () => [{ address: asked++ === 0 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
    const pusher = pusherFor(parties, { egressAllow: ['127.0.0.2/32'], resolve });
    pushers.push(pusher);
    const target = targetOf(at('supplier.example'), [parties.supplier]);
    assert.equal((await pusher.push(target, parcelOf())).kind, 'delivered');
    assert.equal(asked, 1);
    judged.dropConnections();
    refused(await pusher.push(target, parcelOf()), /127\.0\.0\.1 is loopback/);
    assert.equal(endpoint.seen.connections, connections);
  });

  it('metadata services, whatever the settings allow', async () => {
    const egressAllow = ['0.0.0.0/0', '::/0', '169.254.169.254/32', 'fd00:ec2::254/128'];
    for (const host of [
      '169.254.169.254',
      '0xa9fea9fe',
      '[::ffff:169.254.169.254]',
      '[fd00:ec2::254]',
      '100.100.100.200',
      '168.63.129.16',
    ])
      refused(await push(`https://${host}/latest/meta-data`, { egressAllow }), /never allowed/);
    refused(await push('https://metadata.example/', { egressAllow, ...name('169.254.169.254') }), /never allowed/);
    for (const host of ['0.0.0.0', '[::]', '224.0.0.1', '255.255.255.255'])
      refused(await push(`https://${host}/`, { egressAllow }), /never allowed/);
  });

  it('URLs that are not https, or carry a password', async () => {
    const { connections } = endpoint.seen;
    refused(await push(at('127.0.0.1').replace('https', 'http')), /https/);
    refused(await push(at('user:secret@127.0.0.1')), /password/);
    refused(await push('not a url'), /cannot be read/);
    assert.equal(endpoint.seen.connections, connections);
  });

  it('a redirect to where we may not go is not followed', async () => {
    const inside = await another('127.0.0.3');
    endpoint.behave({ status: 308, headers: { location: inside.url } });
    const outcome = await push(at('127.0.0.1'), { egressAllow: ['127.0.0.1/32'] });
    endpoint.behave('ok');
    assert.deepEqual([outcome.kind, 'fault' in outcome && outcome.fault], ['turned-away', 'endpoint-rejects-us']);
    assert.equal(inside.seen.connections, 0);
  });
});
