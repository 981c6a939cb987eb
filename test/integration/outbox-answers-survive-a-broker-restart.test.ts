import { strict as assert } from 'node:assert';
import { runOutbox } from '../../src/intake/outbox.ts';
import type { Local } from '../../src/platform/local/local.ts';
import { silentLog } from '../../src/platform/log.ts';
import { insertAnswers } from '../../src/store/answers.ts';
import { asTheOnlySender, markSent, takeUnsent } from '../../src/store/outbox.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { collect, testBroker } from '../support/broker.ts';
import { freshDatabase, ownServers } from '../support/servers.ts';

describe('answers in the outbox', () => {
  let servers: Local;
  let pool: Pool;
  before(async () => {
    servers = await ownServers({ broker: true, postgres: true });
    pool = createPool({ url: await freshDatabase(servers.postgres!.url), connections: 6, name: 'outbox-test' });
  });
  after(async () => {
    await pool.close();
    await servers.stop();
  });

  const write = (from: number, to: number) =>
    insertAnswers(
      pool,
      Array.from({ length: to - from }, (_, i) => ({
        id: String(from + i),
        answer: 'accepted',
        recipient: '5560160680',
      })),
    );
  const sending = (broker: ReturnType<typeof testBroker>) => {
    const sender = broker.createSender();
    const loop = runOutbox(
      {
        alone: (work) =>
          asTheOnlySender(pool, (db) =>
            work({ take: (limit, bytes) => takeUnsent(db, limit, bytes), mark: (ids) => markSent(db, ids) }),
          ),
        send: (frames) => sender.send(frames),
        queues: { status: 'status', dead: 'dead' },
        batch: 20,
        log: silentLog,
      },
      50,
      5,
    );
    return async () => {
      await loop.close();
      await sender.close();
    };
  };

  it('are all sent, in order, although the broker is killed on the way and two processes send', async () => {
    const local = servers.broker!;
    const broker = testBroker([local.url], local);
    await write(0, 500);
    const stops = [sending(broker), sending(testBroker([local.url], local))];
    const taken = collect(broker, 'status');
    await taken.reached(100);
    await local.kill();
    await write(500, 800);
    await local.restart();
    while (!taken.texts().some((text) => text.includes('"id":"799"')))
      await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all(stops.map((stop) => stop()));
    await taken.consumer.close();
    const ids = taken.texts().map((text) => Number((JSON.parse(text) as { id: string }).id));
    assert.deepEqual(
      [...new Set(ids)],
      Array.from({ length: 800 }, (_, i) => i),
    );
    assert.equal(taken.frames[0]?.headers['answer'], 'accepted');
    const { rows } = await pool.query<{ left: number }>('select count(*) as left from outbox where sent_at is null');
    assert.equal(rows[0]?.left, 0);
  });

  it('that are dead letters carry the bytes and headers that KA sent', async () => {
    const local = servers.broker!;
    const broker = testBroker([local.url], local);
    const body = Buffer.from([0, 255, 10, 0]);
    const id = '0199f2c6-0a09-7a05-94e5-f60718293a4b';
    await pool.query(
      `insert into dead_letter (id, is_text, body, headers, fault, detail, findings) values ($1, false, $2, $3, 'frame-empty', 'x', '[]')`,
      [id, body, Buffer.from(JSON.stringify({ messageType: 'x\0\ud800' }))],
    );
    await pool.query("insert into outbox (queue, dead_letter_id) values ('dead', $1)", [id]);
    const stop = sending(broker);
    const taken = collect(broker, 'dead');
    await taken.reached(1);
    await stop();
    await taken.consumer.close();
    assert.deepEqual(taken.frames[0]?.body, body);
    assert.equal(taken.frames[0]?.headers['dead-letter-id'], id);
    assert.equal(taken.frames[0]?.headers['original-messageType'], 'x\0\ufffd');
  });
});
