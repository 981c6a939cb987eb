/**
 * A push writes its first byte only after the TLS peer has shown a certificate that is registered for the address, leads to
 * our authority, is in its dates and not withdrawn. The endpoints here count every byte that comes inside TLS.
 */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { PushDeps, Pusher, Target } from '../../src/delivery/push/types.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import { createDevAuthority } from '../support/dev-authority.ts';
import type { Endpoint, EndpointOptions } from '../support/endpoint.ts';
import {
  createParties,
  endpointOf,
  type Parties,
  type Party,
  parcelOf,
  pusherFor,
  targetOf,
} from '../support/pushing.ts';

const hour = 3_600_000;

describe('a wrong peer certificate gets not one byte', () => {
  let parties: Parties;
  const endpoints: Endpoint[] = [];
  const pushers: Pusher[] = [];

  before(async () => {
    parties = await createParties();
  });
  afterEach(async () => {
    for (const pusher of pushers.splice(0)) await pusher.close();
    for (const endpoint of endpoints.splice(0)) await endpoint.stop();
  });

  const start = async (party: Party, more?: Partial<EndpointOptions>) => {
    const endpoint = await endpointOf(parties, party, more);
    endpoints.push(endpoint);
    return endpoint;
  };
  const makePusher = (more?: Partial<PushDeps>) => {
    const pusher = pusherFor(parties, more);
    pushers.push(pusher);
    return pusher;
  };
  const turnedAway = (outcome: Outcome, detail: RegExp) => {
    assert.deepEqual([outcome.kind, 'fault' in outcome && outcome.fault], ['turned-away', 'endpoint-certificate']);
    assert.match('detail' in outcome ? outcome.detail : '', detail);
  };
  /** The handshake was finished, with this certificate, so that the judgement was ours; and nothing came after it. */
  const gotNothing = async (endpoint: Endpoint, outcome: Outcome, shown: Party) => {
    assert.equal(outcome.peerFingerprint, shown.fingerprint);
    assert.ok(outcome.tlsMs !== undefined);
    await pause(20);
    assert.equal(endpoint.seen.applicationBytes, 0);
    assert.equal(endpoint.requests.length, 0);
  };

  interface Case {
    readonly name: string;
    readonly detail: RegExp;
    /** Makes what the endpoint shows and what the register says of the address. */
    readonly make: () => Promise<{ shows: Party; registered: Target['certificates'] }>;
  }
  const registered = (party: Party, withdrawn = false) => ({ fingerprint: party.fingerprint, withdrawn });
  /** A certificate that somebody even registered, so that only its own flaw can keep it out. */
  const flawed = (name: string, detail: RegExp, issue: () => Promise<Party>): Case => ({
    name,
    detail,
    make: async () => {
      const shows = await issue();
      return { shows, registered: [registered(shows)] };
    },
  });
  const cases: readonly Case[] = [
    {
      name: "another supplier's certificate of the same authority",
      detail: /not registered for this address/,
      make: async () => ({
        shows: await parties.issue({ name: 'Annan Leverantör AB' }),
        registered: [registered(parties.supplier)],
      }),
    },
    {
      name: 'an un-registered certificate of the same supplier',
      detail: /not registered for this address/,
      make: async () => ({ shows: await parties.issue(), registered: [registered(parties.supplier)] }),
    },
    {
      name: 'an address without any registered certificate',
      detail: /not registered for this address/,
      make: async () => ({ shows: parties.supplier, registered: [] }),
    },
    {
      name: 'a withdrawn certificate',
      detail: /withdrawn/,
      make: async () => ({
        shows: parties.supplier,
        registered: [registered(parties.supplier, true), registered(await parties.issue())],
      }),
    },
    flawed('an expired certificate', /expired/, () =>
      parties.issue({ notBefore: new Date(Date.now() - 2 * hour), notAfter: new Date(Date.now() - hour) }),
    ),
    flawed('a certificate that is not yet valid', /not valid before/, () =>
      parties.issue({ notBefore: new Date(Date.now() + hour) }),
    ),
    flawed('a certificate of a foreign authority of the same name', /./, async () =>
      parties.issue({}, await createDevAuthority()),
    ),
    flawed('a self-signed certificate', /self-signed/, () => parties.issue({}, 'self')),
    flawed('a certificate that is for clients only', /not for a TLS server/, () =>
      parties.issue({ usages: ['clientAuth'] }),
    ),
  ];

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const { name, detail, make } of cases)
      it(`${name} (${version})`, async () => {
        const { shows, registered: certificates } = await make();
        const endpoint = await start(shows, { minVersion: version, maxVersion: version });
        const target = targetOf(endpoint.url, [], { certificates });
        const outcome = await makePusher().push(target, parcelOf());
        turnedAway(outcome, detail);
        assert.equal(outcome.tlsVersion, version);
        await gotNothing(endpoint, outcome, shows);
      });

  it('and the right one gets all of them: the counter counts', async () => {
    const endpoint = await start(parties.supplier);
    const outcome = await makePusher().push(targetOf(endpoint.url, [parties.supplier]), parcelOf());
    assert.equal(outcome.kind, 'delivered');
    assert.ok(endpoint.seen.applicationBytes > 8_192);
  });

  it("a message for A that is led to B's endpoint does not reach B", async () => {
    const other = await parties.issue({ name: 'B AB' });
    const endpoint = await start(other);
    const pusher = makePusher();
    // B itself is served by the same process, on the same URL, with a connection kept open.
    const forB = targetOf(endpoint.url, [other], { addressId: 2 });
    assert.equal((await pusher.push(forB, parcelOf({ messageId: 'for-b' }))).kind, 'delivered');
    const forA = targetOf(endpoint.url, [parties.supplier], { addressId: 1 });
    turnedAway(await pusher.push(forA, parcelOf({ messageId: 'for-a' })), /not registered/);
    await pause(20);
    const ids = endpoint.requests.map(({ headers }) => headers['idempotency-key']);
    assert.deepEqual(ids, ['for-b']);
  });

  describe('on sessions that could be resumed', () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
      it(`the endpoint changes its certificate and offers the old session (${version})`, async () => {
        const endpoint = await start(parties.supplier, { minVersion: version, maxVersion: version });
        // The trap is real: who offers its session is taken back and is shown no certificate at all.
        const session = await sessionWith(endpoint, parties.gateway);
        assert.deepEqual(await resume(endpoint, parties.gateway, session), { reused: true, shown: false });
        const { resumed } = endpoint.seen;
        const pusher = makePusher();
        const target = targetOf(endpoint.url, [parties.supplier]);
        assert.equal((await pusher.push(target, parcelOf())).kind, 'delivered');

        endpoint.useCredential(await parties.issue({ name: 'Någon annan' }));
        endpoint.dropConnections();
        const before = { ...endpoint.seen };
        turnedAway(await pusher.push(target, parcelOf()), /not registered/);
        await pause(20);
        assert.equal(endpoint.seen.applicationBytes, before.applicationBytes);
        assert.equal(endpoint.seen.resumed, resumed);
        // Over TLS 1.3 even after the change, with the keys of the old tickets (Node's TLS 1.2 server starts anew).
        const again = await resume(endpoint, parties.gateway, session);
        assert.deepEqual(
          again,
          version === 'TLSv1.3' ? { reused: true, shown: false } : { reused: false, shown: true },
        );
      });
  });

  describe('on connections that are kept open', () => {
    const open = async (more?: Partial<PushDeps>, party = parties.supplier) => {
      const endpoint = await start(party);
      const pusher = makePusher(more);
      const target = targetOf(endpoint.url, [party]);
      assert.equal((await pusher.push(target, parcelOf())).kind, 'delivered');
      return { endpoint, pusher, target, before: endpoint.seen.applicationBytes };
    };

    it('the certificate is withdrawn', async () => {
      const { endpoint, pusher, target, before } = await open();
      const certificates = [registered(parties.supplier, true)];
      turnedAway(await pusher.push({ ...target, version: '2', certificates }, parcelOf()), /withdrawn/);
      await pause(20);
      assert.equal(endpoint.seen.applicationBytes, before);
    });

    it('the certificate is taken out of the register, even if the version was forgotten', async () => {
      const { endpoint, pusher, target, before } = await open();
      turnedAway(await pusher.push({ ...target, certificates: [] }, parcelOf()), /not registered/);
      await pause(20);
      assert.equal(endpoint.seen.applicationBytes, before);
    });

    it('the connection is closed as soon as a newer version of the address is pushed to', async () => {
      const { endpoint, pusher, target } = await open();
      assert.equal((await pusher.push({ ...target, version: '2' }, parcelOf())).kind, 'delivered');
      assert.equal(endpoint.seen.connections, 2);
      assert.deepEqual(
        endpoint.requests.map(({ connection }) => connection),
        [1, 2],
      );
    });

    it('the certificate expires', async () => {
      const notAfter = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + hour);
      const shortLived = await parties.issue({ notAfter });
      let now = Date.now();
      const { endpoint, pusher, target, before } = await open({ now: () => now }, shortLived);
      now = notAfter.getTime() + 1;
      turnedAway(await pusher.push(target, parcelOf()), /expired/);
      await pause(20);
      assert.equal(endpoint.seen.applicationBytes, before);
    });

    it('the authority above it is no longer trusted: noticed within a minute', async () => {
      let [now, trusted] = [Date.now(), true];
      const judgePeer = () =>
        trusted ? ({ ok: true } as const) : ({ ok: false, detail: 'no longer trusted' } as const);
      const { endpoint, pusher, target, before } = await open({ now: () => now, judgePeer });
      trusted = false;
      now += 60_000;
      turnedAway(await pusher.push(target, parcelOf()), /no longer trusted/);
      await pause(20);
      assert.equal(endpoint.seen.applicationBytes, before);
    });
  });

  it('the certificate is withdrawn while an older push is still connecting', async () => {
    const endpoint = await start(parties.supplier);
    const url = endpoint.url.replace('127.0.0.1', 'supplier.example');
    const held = Promise.withResolvers<void>();
    const resolve = async () => {
      await held.promise;
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const pusher = makePusher({ resolve });
    const older = pusher.push(targetOf(url, [parties.supplier]), parcelOf());
    const certificates = [registered(parties.supplier, true)];
    const newer = pusher.push(targetOf(url, [], { version: '2', certificates }), parcelOf());
    held.resolve();
    assert.equal((await older).kind, 'not-sent');
    turnedAway(await newer, /withdrawn/);
    await gotNothing(endpoint, await newer, parties.supplier);
  });

  it('a certificate that nobody can judge counts as wrong', async () => {
    const endpoint = await start(parties.supplier);
    const judgePeer = () => {
      throw new Error('unreadable');
    };
    const target = targetOf(endpoint.url, [parties.supplier]);
    const outcome = await makePusher({ judgePeer }).push(target, parcelOf());
    turnedAway(outcome, /could not be judged: unreadable/);
    await gotNothing(endpoint, outcome, parties.supplier);
  });

  describe('whatever the endpoint wants to speak', () => {
    it('one that speaks only HTTP/2 gets nothing, also with the right certificate', async () => {
      const endpoint = await start(parties.supplier, { protocols: ['h2'] });
      const outcome = await makePusher().push(targetOf(endpoint.url, [parties.supplier]), parcelOf());
      assert.deepEqual([outcome.kind, 'fault' in outcome && outcome.fault], ['endpoint-failed', 'endpoint-tls']);
      await pause(20);
      assert.equal(endpoint.seen.applicationBytes, 0);
    });

    for (const protocols of [['h2', 'http/1.1'], 'none'] as const)
      it(`one that offers ${String(protocols)} is spoken to in HTTP/1.1, and with a wrong certificate not at all`, async () => {
        const endpoint = await start(parties.supplier, { protocols });
        const pusher = makePusher();
        const right = targetOf(endpoint.url, [parties.supplier], { addressId: 1 });
        assert.equal((await pusher.push(right, parcelOf())).kind, 'delivered');
        const before = endpoint.seen.applicationBytes;
        const wrong = targetOf(endpoint.url, [await parties.issue()], { addressId: 2 });
        turnedAway(await pusher.push(wrong, parcelOf()), /not registered/);
        await pause(20);
        assert.equal(endpoint.seen.applicationBytes, before);
      });
  });
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A session that the endpoint would take back. */
async function sessionWith({ port }: Endpoint, { key, certificate: cert }: Party): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', key, cert, rejectUnauthorized: false });
  // A ticket may come before the end of the handshake (TLS 1.2) or after it.
  const ticket = once(socket, 'session') as Promise<[Buffer]>;
  await once(socket, 'secureConnect');
  const [session] = await ticket;
  socket.destroy();
  return session;
}

async function resume({ port }: Endpoint, { key, certificate: cert }: Party, session: Buffer) {
  const socket = connect({ port, host: '127.0.0.1', key, cert, session, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const found = { reused: socket.isSessionReused(), shown: socket.getPeerX509Certificate() !== undefined };
  socket.destroy();
  return found;
}
