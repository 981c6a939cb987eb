import { strict as assert } from 'node:assert';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createPool, isServerTrouble } from '../../../src/store/pool.ts';

/** One message of PostgreSQL's protocol (documentation, chapter “Message Formats”). */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const authenticationOk = message('R', Buffer.from([0, 0, 0, 0]));
const readyForQuery = message('Z', Buffer.from('I'));
const shutdown = message(
  'E',
  Buffer.from('SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0', 'latin1'),
);

describe('a server that dies in the same breath as it says that it is ready', () => {
  let server: Server;
  before(async () => {
    server = createServer((socket) => {
      socket.once('data', () => socket.end(Buffer.concat([authenticationOk, readyForQuery, shutdown])));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  after(() => new Promise((done) => server.close(done)));

  for (const [how, ask] of [
    ['a query', (pool: ReturnType<typeof createPool>) => pool.query('select 1')],
    ['a transaction', (pool: ReturnType<typeof createPool>) => pool.transaction((db) => db.query('select 1'))],
  ] as const)
    it(`is the failure of ${how}, and not the end of the process`, async () => {
      const { port } = server.address() as AddressInfo;
      const pool = createPool({ url: `postgres://u:p@127.0.0.1:${port}/d`, connections: 2, name: 'test' });
      // Mocha fails the test on an uncaught exception.
      await assert.rejects(ask(pool), (error) => isServerTrouble(error));
      await pool.close();
    });
});
