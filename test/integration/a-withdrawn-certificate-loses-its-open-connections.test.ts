/** What is taken from a certificate is taken at once, in every process, in the middle of a wait or of an answer. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { Request, Response } from 'express';
import type { Caller } from '../../src/collection/caller.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { type DoorProcess, enter, issueClient, openDoor, type Shown, type TestDoor } from '../support/door.ts';
import { eventually } from '../support/eventually.ts';
import { ask } from '../support/http.ts';

const [organisation, another] = [sampleOrganisationNumber(1), sampleOrganisationNumber(2)];
const large = Buffer.alloc(30_000_000, 'x');

describe('a certificate that is taken out of use', () => {
  let test: TestDoor;
  let processes: DoorProcess[];
  let inside: number;
  const open = new Set<TLSSocket>();
  beforeEach(async () => {
    test = await openDoor();
    inside = 0;
    const routes = {
      '/hold': () => void (inside += 1),
      '/large': (_request: Request, response: Response) => {
        inside += 1;
        response.send(large);
      },
    };
    processes = [await test.start({ routes }), await test.start({ routes })];
  });
  afterEach(async () => {
    for (const socket of open) socket.destroy();
    open.clear();
    await test.close();
  });

  async function shake({ port }: DoorProcess, as: Shown, path?: string): Promise<TLSSocket> {
    const socket = connect({ port, host: '127.0.0.1', ca: test.ca, key: as.keyPem, cert: as.chainPem });
    open.add(socket);
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    if (path !== undefined) socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    return socket;
  }
  /** One idle, one waiting and one in the middle of an answer, in each process. */
  async function busy(as: Shown): Promise<TLSSocket[]> {
    const sockets: TLSSocket[] = [];
    for (const process of processes) {
      const idle = await shake(process, as, '/who');
      await once(idle, 'data');
      sockets.push(idle, await shake(process, as, '/hold'), await shake(process, as, '/large'));
    }
    await eventually('all are inside', () => inside >= processes.length * 2);
    return sockets;
  }
  async function gone(sockets: readonly TLSSocket[]): Promise<void> {
    for (const socket of sockets) socket.resume();
    await eventually('all are gone', () => sockets.every(({ destroyed }) => destroyed), 20_000);
  }
  const cutShort = (sockets: readonly TLSSocket[]): void => {
    for (const { bytesRead } of sockets) assert.ok(bytesRead < large.length);
  };
  const status = async (as: Shown): Promise<number[]> =>
    Promise.all(processes.map(async ({ port }) => (await ask({ port, path: '/who', ca: test.ca, as })).status));
  const withdraw = (as: Shown) =>
    test.pool.query('update certificate set withdrawn_at = now() where fingerprint = $1', [as.fingerprint]);

  it('loses its connections in every process, and nobody else does', async () => {
    const [mine, other] = [await issueClient(test.authority, 'Ett AB'), await issueClient(test.authority, 'Annan AB')];
    await enter(test.pool, organisation, [mine]);
    await enter(test.pool, another, [other]);
    const sockets = await busy(mine);
    const spared = await Promise.all(processes.map((process) => shake(process, other, '/hold')));
    await withdraw(mine);
    await eventually('all processes have broken them off', () =>
      processes.every(({ listener }) => !listener.connections.fingerprints().includes(mine.fingerprint)),
    );
    await gone(sockets);
    cutShort(sockets);
    assert.deepEqual(await status(mine), [403, 403]);
    assert.deepEqual(await status(other), [200, 200]);
    assert.ok(spared.every(({ destroyed }) => !destroyed));
  });

  it('is also one that leaves its only address, or whose address is retired', async () => {
    const ways = [
      'delete from address_certificate where address_id = $1',
      'update address set retired_at = now() where id = $1',
    ];
    for (const [i, sql] of ways.entries()) {
      const mine = await issueClient(test.authority, 'Ett AB');
      const id = await enter(test.pool, organisation, [mine], { name: `a${i}` });
      inside = 0;
      const sockets = await busy(mine);
      await test.pool.query(sql, [id]);
      await gone(sockets);
      assert.deepEqual(await status(mine), [403, 403]);
    }
  });

  it('of one address only loses what was let in for both, and comes back to the other', async () => {
    const mine = await issueClient(test.authority, 'Ett AB');
    const orders = await enter(test.pool, organisation, [mine], { name: 'orders', types: ['purchase-order'] });
    const invoices = await enter(test.pool, organisation, [mine], { name: 'invoices', types: ['self-invoice'] });
    const sockets = await busy(mine);
    await test.pool.query('delete from address_certificate where address_id = $1', [invoices]);
    await gone(sockets);
    const { body } = await ask({ port: processes[0]?.port ?? 0, path: '/who', ca: test.ca, as: mine });
    assert.deepEqual((JSON.parse(body) as Caller).addresses, [orders]);
  });

  it('while nobody could hear of it loses them when the listener hears again', async () => {
    const mine = await issueClient(test.authority, 'Ett AB');
    await enter(test.pool, organisation, [mine]);
    const sockets = await busy(mine);
    await test.pool.transaction(async (db) => {
      await db.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and query like '%kuvert_register%' and pid <> pg_backend_pid()`,
      );
      await db.query('update certificate set withdrawn_at = now() where fingerprint = $1', [mine.fingerprint]);
    });
    await gone(sockets);
  });

  it('is broken off when the register cannot be asked', async () => {
    const mine = await issueClient(test.authority, 'Ett AB');
    await enter(test.pool, organisation, [mine]);
    const sockets = await busy(mine);
    await test.pool.query('alter table certificate rename to elsewhere');
    await test.pool.query("select pg_notify('kuvert_register', $1)", [mine.fingerprint]);
    await gone(sockets);
  });

  it('loses them also when the register does not answer', async () => {
    const mine = await issueClient(test.authority, 'Ett AB');
    await enter(test.pool, organisation, [mine]);
    let away = false;
    const { port, door } = await test.start({
      look: (find, fingerprints) => (away ? new Promise(() => undefined) : find(fingerprints)),
    });
    const socket = connect({ port, host: '127.0.0.1', ca: test.ca, key: mine.keyPem, cert: mine.chainPem });
    socket.on('error', () => undefined);
    socket.write('GET /who HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    away = true;
    const closed = once(socket, 'close');
    await door.registerChanged(mine.fingerprint);
    await closed;
  });

  it('keeps its connections when nothing was taken from it', async () => {
    const mine = await issueClient(test.authority, 'Ett AB');
    await enter(test.pool, organisation, [mine]);
    const sockets = await busy(mine);
    await test.pool.query("select pg_notify('kuvert_register', '')");
    for (const { door } of processes) await door.registerChanged(mine.fingerprint);
    assert.ok(sockets.every(({ destroyed }) => !destroyed));
  });

  it('is not let in by a look at the register that began before', async () => {
    const mine = await issueClient(test.authority, 'Ett AB');
    const orders = await enter(test.pool, organisation, [mine], { name: 'orders', types: ['purchase-order'] });
    const invoices = await enter(test.pool, organisation, [mine], { name: 'invoices', types: ['self-invoice'] });
    let looks = 0;
    const { port } = await test.start({
      look: async (find, fingerprints) => {
        const found = await find(fingerprints);
        if (++looks === 1) {
          await test.pool.query('delete from address_certificate where address_id = $1', [invoices]);
          // The word of it has come, and has been looked into, before this look is used.
          await eventually('the word has come', () => looks > 1);
        }
        return found;
      },
    });
    const { body } = await ask({ port, path: '/who', ca: test.ca, as: mine });
    assert.deepEqual((JSON.parse(body) as Caller).addresses, [orders]);
  });
});
