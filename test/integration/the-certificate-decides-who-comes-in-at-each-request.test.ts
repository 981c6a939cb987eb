/** Who may come in at the suppliers' door: by the register as it is at that request, and the answer says why not. */
import { strict as assert } from 'node:assert';
import { Agent, request } from 'node:https';
import type { Caller } from '../../src/collection/caller.ts';
import type { Problem } from '../../src/platform/http/problem.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../support/dev-authority.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import {
  type DoorProcess,
  enter,
  fingerprintOf,
  issueClient,
  openDoor,
  type Shown,
  type TestDoor,
} from '../support/door.ts';
import { ask } from '../support/http.ts';

const [first, second] = [sampleOrganisationNumber(1), sampleOrganisationNumber(2)];
const day = 86_400_000;

describe("the suppliers' door", () => {
  let test: TestDoor;
  let process: DoorProcess;
  let good: Shown;
  before(async () => {
    test = await openDoor();
    process = await test.start();
    good = await issueClient(test.authority, 'Ett AB');
  });
  after(() => test.close());

  const who = (as?: DevCredential) => ask({ port: process.port, path: '/who', ca: test.ca, ...(as && { as }) });

  it('knows a registered certificate by its organisation and the addresses where this very one is registered', async () => {
    const other = await issueClient(test.authority, 'Ett AB');
    const orders = await enter(test.pool, first, [good], { name: 'orders', types: ['purchase-order'] });
    const invoices = await enter(test.pool, first, [good, other], {
      name: 'invoices',
      types: ['self-invoice'],
      delivery: 'push',
    });
    await enter(test.pool, first, [other], { name: 'credits', types: ['self-invoice-credit'] });
    await enter(test.pool, first, [good], { name: 'elsewhere', environment: 'production' });
    const retired = await enter(test.pool, first, [good], { name: 'retired' });
    await test.pool.query('update address set retired_at = now() where id = $1', [retired]);
    const { status, body } = await who(good);
    assert.equal(status, 200);
    const caller = JSON.parse(body) as Caller;
    assert.deepEqual(caller, {
      fingerprint: good.fingerprint,
      organisationNumber: first,
      language: 'sv',
      addresses: [orders, invoices],
    });
  });

  const refused: Readonly<Record<string, { why: RegExp; show(): Promise<DevCredential> }>> = {
    'is not registered': {
      why: /is not registered for any organisation here$/,
      show: () => issueClient(test.authority, 'Okänd AB'),
    },
    'comes from a foreign authority': {
      why: /is not registered for any organisation here; besides, the certificate of Främmande AB leads to no authority that we know; its issuer is CN=Annan CA/,
      show: async () => issueClient(await createDevAuthority({ name: 'Annan CA' }), 'Främmande AB'),
    },
    'comes from a foreign authority that bears the name of ours': {
      why: /is not registered for any organisation here; besides, /,
      show: async () => issueClient(await createDevAuthority(), 'Främmande AB'),
    },
    'is registered, but comes from a foreign authority': {
      why: /is registered, and cannot be used: the certificate of Främmande AB leads to no authority that we know/,
      show: async () => registered(await issueClient(await createDevAuthority({ name: 'Annan CA' }), 'Främmande AB')),
    },
    'is registered, but comes from a foreign authority that bears the name of ours': {
      why: /is registered, and cannot be used: /,
      show: async () => registered(await issueClient(await createDevAuthority(), 'Främmande AB')),
    },
    'is self-signed': {
      why: /besides, the certificate of Egen AB is self-signed/,
      show: () => issueClient(undefined, 'Egen AB'),
    },
    'has expired': {
      why: /cannot be used: the certificate of Gammal AB expired at 20/,
      show: async () =>
        registered(
          await issueClient(test.authority, 'Gammal AB', {
            notBefore: new Date(Date.now() - 2 * day),
            notAfter: new Date(Date.now() - day),
          }),
        ),
    },
    'is not valid yet': {
      why: /cannot be used: the certificate of Tidig AB is not valid before 20/,
      show: async () =>
        registered(await issueClient(test.authority, 'Tidig AB', { notBefore: new Date(Date.now() + day) })),
    },
    'was withdrawn': {
      why: /was withdrawn at 20\d\d-/,
      show: async () => {
        const shown = await registered(await issueClient(test.authority, 'Åter AB'));
        assert.equal((await who(shown)).status, 200);
        await test.pool.query('update certificate set withdrawn_at = now() where fingerprint = $1', [
          fingerprintOf(shown),
        ]);
        return shown;
      },
    },
    'is for servers only': {
      why: /cannot be used: the certificate of Server AB is not for a TLS client/,
      show: async () => registered(await issueClient(test.authority, 'Server AB', { usages: ['serverAuth'] })),
    },
    'was taken out of every address': {
      why: /is registered at no address in use of this environment$/,
      show: async () => {
        const shown = await registered(await issueClient(test.authority, 'Utan AB'));
        await test.pool.query('delete from address_certificate where fingerprint = $1', [fingerprintOf(shown)]);
        return shown;
      },
    },
    'is registered in the other environment only': {
      why: /is registered at no address in use of this environment$/,
      show: async () => {
        const shown = await issueClient(test.authority, 'Skarp AB');
        await enter(test.pool, second, [shown], { name: `a${Math.random()}`.slice(0, 9), environment: 'production' });
        return shown;
      },
    },
  };
  async function registered(shown: DevCredential): Promise<DevCredential> {
    await enter(test.pool, second, [shown], { name: fingerprintOf(shown).slice(0, 20) });
    return shown;
  }
  for (const [what, { why, show }] of Object.entries(refused))
    it(`turns away a certificate that ${what}, and says so`, async () => {
      const shown = await show();
      // The word that something was taken from it may come in the middle of the first one.
      const { status, headers, body } = await who(shown).catch(() => who(shown));
      const problem = JSON.parse(body) as Problem;
      assert.equal(status, 403);
      assert.equal(headers['content-type'], 'application/problem+json');
      assert.equal(problem.type, 'urn:kuvert:fault:certificate-not-accepted');
      assert.match(problem.detail ?? '', new RegExp(`^the certificate ${fingerprintOf(shown)} `));
      assert.match(problem.detail ?? '', why);
    });

  it('turns away who shows none, and says so', async () => {
    const { status, body } = await who();
    assert.equal(status, 401);
    assert.equal((JSON.parse(body) as Problem).type, 'urn:kuvert:fault:certificate-required');
  });

  it('accepts a chain whose middle only the client shows, at each request of a connection and on each new one', async () => {
    const middle = await createDevAuthority({ parent: test.authority, name: 'Mellan CA' });
    const shown = await issueClient(middle, 'Kedja AB');
    assert.equal(shown.chainPem.match(/BEGIN/g)?.length, 2);
    await enter(test.pool, second, [shown], { name: 'chain' });
    // A client that resumes sessions when it is let: a resumed one shows no chain.
    const agent = new Agent({ keepAlive: true, maxSockets: 1, maxCachedSessions: 10 });
    const once = () =>
      new Promise<{ status: number; reused: boolean }>((resolve, reject) => {
        const { keyPem: key, chainPem: cert } = shown;
        const asking = request(
          { host: '127.0.0.1', port: process.port, path: '/who', ca: test.ca, key, cert, agent },
          (answer) => {
            const reused = (answer.socket as { isSessionReused?(): boolean }).isSessionReused?.() ?? false;
            answer.resume().on('end', () => resolve({ status: answer.statusCode ?? 0, reused }));
          },
        );
        asking.on('error', reject);
        asking.end();
      });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3; i++) assert.deepEqual(await once(), { status: 200, reused: false });
      for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    }
    agent.destroy();
    const alone = { ...shown, chainPem: shown.certificatePem };
    assert.match(
      (JSON.parse((await who(alone)).body) as Problem).detail ?? '',
      /leads to no authority that we know; its issuer is CN=Mellan CA/,
    );
  });

  it('lets nobody in when the store fails', async () => {
    const closed = await openDoor();
    const blind = await closed.start();
    const shown = await issueClient(closed.authority, 'Ett AB');
    await enter(closed.pool, first, [shown]);
    await closed.pool.query('alter table certificate rename to elsewhere');
    const { status, body } = await ask({ port: blind.port, path: '/who', ca: closed.ca, as: shown });
    assert.equal(status, 500);
    assert.ok(!body.includes('elsewhere'));
    await closed.close();
  });

  it('lets nobody in by a header', async () => {
    const stranger = await issueDevCertificate(await createDevAuthority(), {
      name: 'Främmande',
      usages: ['clientAuth'],
    });
    for (const name of [
      'x-client-cert',
      'x-ssl-client-cert',
      'ssl-client-cert',
      'x-forwarded-client-cert',
      'x-organisation',
    ])
      for (const as of [undefined, stranger]) {
        const { status } = await ask({
          port: process.port,
          path: '/who',
          ca: test.ca,
          ...(as && { as }),
          headers: { [name]: encodeURIComponent(good.certificatePem) },
        });
        assert.equal(status, as ? 403 : 401);
      }
  });
});
