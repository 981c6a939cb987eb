/** Requests, connections and waits of one organisation have limits; whoever else comes is served all the while. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { Request, Response } from 'express';
import type { LimitSettings } from '../../src/collection/limits.ts';
import type { Problem } from '../../src/platform/http/problem.ts';
import { createDevAuthority } from '../support/dev-authority.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { type DoorProcess, enter, issueClient, openDoor, type Shown, type TestDoor } from '../support/door.ts';
import { eventually } from '../support/eventually.ts';
import { type Asked, ask } from '../support/http.ts';

const [greedy, modest] = [sampleOrganisationNumber(1), sampleOrganisationNumber(2)];
const never = { ratePerSecond: 1, burst: 1_000_000, connections: 1_000, waits: 1_000 };

describe('an organisation at its limits', () => {
  let test: TestDoor;
  let a: Shown;
  let a2: Shown;
  let b: Shown;
  const open = new Set<TLSSocket>();
  let process: DoorProcess;
  before(async () => {
    test = await openDoor();
    [a, a2, b] = (await Promise.all(['A', 'A', 'B'].map((name) => issueClient(test.authority, name)))) as [
      Shown,
      Shown,
      Shown,
    ];
    await enter(test.pool, greedy, [a, a2]);
    await enter(test.pool, modest, [b]);
  });
  afterEach(async () => {
    for (const socket of open) socket.destroy();
    open.clear();
    await process.close();
  });
  after(() => test.close());

  const start = async (limits: Partial<LimitSettings>, listen = {}) => {
    const routes = {
      '/wait': () => undefined,
      '/large': (_request: Request, response: Response) => void response.send(Buffer.alloc(20_000_000, 'x')),
    };
    process = await test.start({ limits: { ...never, ...limits }, routes, listen });
  };
  const who = (as?: Shown, path = '/who'): Promise<Asked> =>
    ask({ port: process.port, path, ca: test.ca, ...(as && { as }) });
  async function hold(as: Shown, path = '/who'): Promise<TLSSocket> {
    const socket = connect({ port: process.port, host: '127.0.0.1', ca: test.ca, key: as.keyPem, cert: as.chainPem });
    open.add(socket);
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    return socket;
  }
  function tooMany({ status, headers, body }: Asked, what: RegExp): void {
    assert.equal(status, 429);
    assert.match(String(headers['retry-after']), /^[1-9]\d*$/);
    const problem = JSON.parse(body) as Problem;
    assert.equal(problem.type, 'urn:kuvert:fault:too-many-requests');
    assert.match(problem.detail ?? '', what);
  }

  it('of requests is told to come back later, with any of its certificates; another is served', async () => {
    await start({ burst: 5 });
    let served = 0;
    let refused: Asked | undefined;
    for (let i = 0; i < 12; i++) {
      const answer = await who(i % 2 === 0 ? a : a2);
      if (answer.status === 200) served += 1;
      else refused = answer;
    }
    assert.ok(served < 12 && refused);
    tooMany(refused, /more than 1 requests per second/);
    assert.equal((await who(b)).status, 200);
  });

  it('of requests is told so too where there is nothing, and where the method is wrong', async () => {
    await start({ burst: 5 });
    const asked = [];
    for (let i = 0; i < 12; i++) asked.push(await who(a, i % 2 === 0 ? '/nope' : '/who?'));
    const statuses = asked.map(({ status }) => status);
    assert.ok(statuses.includes(404) && statuses.includes(429), statuses.join());
    const method = await ask({ port: process.port, path: '/who', ca: test.ca, as: a, method: 'DELETE' });
    tooMany(method, /requests per second/);
    assert.equal((await who(b)).status, 200);
    const strange = [];
    for (let i = 0; i < 12; i++) strange.push(await who(undefined, '/nope'));
    assert.ok(strange.some(({ status }) => status === 429));
    assert.equal((await who(b)).status, 200);
  });

  it('of connections is told so on the next one, which is closed; another is served', async () => {
    await start({ connections: 3 });
    const held = [await hold(a), await hold(a2), await hold(a)];
    for (const socket of held) assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1.1 200/);
    const refused = await who(a);
    tooMany(refused, /more than 3 connections/);
    assert.equal(refused.headers['connection'], 'close');
    assert.equal((await who(b)).status, 200);
    // A connection that is open already is of use all the while.
    held[0]?.write('GET /who HTTP/1.1\r\nhost: x\r\n\r\n');
    assert.match(String((await once(held[0] as TLSSocket, 'data'))[0]), /^HTTP\/1.1 200/);
    held[1]?.destroy();
    await eventually('there is room again', async () => (await who(a)).status === 200);
  });

  it('of waits is told so; another may wait, and it may itself ask for what is there', async () => {
    await start({ waits: 2 });
    let first = await hold(a, '/wait?wait=30');
    let second = await hold(a2, '/wait?wait=30');
    await eventually('both wait', async () => {
      // One was refused: one of our questions had its place.
      if (first.readableLength > 0) first = await hold(a, '/wait?wait=30');
      if (second.readableLength > 0) second = await hold(a2, '/wait?wait=30');
      return (await who(a, '/who?wait=1')).status === 429 && first.readableLength + second.readableLength === 0;
    });
    tooMany(await who(a, '/who?wait=30'), /more than 2 requests that wait at once/);
    assert.equal((await who(a)).status, 200);
    assert.equal((await who(b, '/who?wait=30')).status, 200);
    second.destroy();
    await eventually('there is room again', async () => (await who(a, '/who?wait=1')).status === 200);
  });

  it('is not what strangers from its own network use up', async () => {
    await start({ burst: 20 });
    assert.equal((await who(a)).status, 200);
    const foreign = await issueClient(await createDevAuthority(), 'Främmande');
    const statuses = new Set<number>();
    for (let i = 0; i < 40; i++) statuses.add((await who(i % 2 === 0 ? foreign : undefined)).status);
    assert.deepEqual(statuses, new Set([401, 403, 429]));
    assert.equal((await who(a)).status, 200);
  });

  it('that does not read its answers keeps none waiting, and is broken off', async () => {
    await start({}, { answer: 1_500 });
    const slow = await Promise.all(Array.from({ length: 10 }, () => hold(a, '/large')));
    for (const socket of slow) socket.pause();
    for (let i = 0; i < 20; i++) assert.equal((await who(b)).status, 200);
    await eventually(
      'all are broken off',
      () => !process.listener.connections.fingerprints().includes(a.fingerprint),
      20_000,
    );
    assert.equal((await who(a)).status, 200);
  });
});
