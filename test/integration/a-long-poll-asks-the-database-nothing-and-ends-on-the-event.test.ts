import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WaitingRoom } from '../../src/collection/waiting.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import type { Pool } from '../../src/store/pool.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, openMailbox, type Program } from '../support/mailbox.ts';
import { addressEntry, importValue, supplierFile } from '../support/register.ts';

describe('a long poll asks the database nothing, and ends on the event', () => {
  let line: Line;
  let mailbox: Mailbox;
  let room: WaitingRoom;
  let asked = 0;
  before(async () => {
    line = await openLine();
    mailbox = await openMailbox(line, {
      compose: (parts) => {
        room = parts.waiting;
        return { ...parts, pool: counted(parts.pool) };
      },
    });
  });
  after(async () => {
    await mailbox.stop();
    await line.close();
  });

  function counted(pool: Pool): Pool {
    return {
      ...pool,
      query: (text, values) => {
        asked += 1;
        return pool.query(text, values);
      },
      transaction: (work, lockTimeout) => {
        asked += 1;
        return pool.transaction(work, lockTimeout);
      },
    };
  }

  const waits = (count: number) => eventually(`${count} wait`, () => room.waiting === count);

  async function stored(supplier: TestSupplier, count = 1): Promise<string[]> {
    const { verdicts } = await line.take(framesFor(supplier.organisationNumber, count));
    return verdicts.map((verdict) => (verdict.kind === 'accepted' ? verdict.messageId : ''));
  }

  const order = (action: 'hold' | 'release' | 'resend', messageId: string) =>
    moveMessage(line.pool, { action, messageId, actor: 'cli:test', reason: 'a test', now: new Date() });

  /** Begins to wait when there is nothing, does something, and gives what the wait was answered. */
  async function whileWaiting(program: Program, happens: () => Promise<unknown>, wait = 30): Promise<string[]> {
    const answer = program.listed(`?wait=${wait}`);
    await waits(1);
    await happens();
    return answer;
  }

  it('it ends when a message is stored, at once and not before; what is stored for others does not end it', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const other = await line.addSupplier({ delivery: 'pull' });
    let ids: string[] = [];
    let before = 0;
    const listed = await whileWaiting(mailbox.as(supplier), async () => {
      await eventually('the list was read', () => asked > 0);
      before = asked;
      await stored(other);
      await sleep(300);
      assert.equal(room.waiting, 1);
      assert.equal(asked, before, 'it asked the database while it waited');
      ids = await stored(supplier);
    });
    assert.deepEqual(listed, ids);
    // The caller looked up anew is asked elsewhere; the list is read once more.
    assert.equal(asked, before + 1);
  });

  it('forty that wait for a second ask nothing between their first look and their last', async () => {
    const suppliers = await Promise.all(Array.from({ length: 40 }, () => line.addSupplier({ delivery: 'pull' })));
    const answers = suppliers.map((supplier) => mailbox.as(supplier).listed('?wait=30'));
    await waits(40);
    await eventually('all have looked', async () => {
      const before = asked;
      await sleep(200);
      return asked === before;
    });
    const before = asked;
    await sleep(1_000);
    assert.equal(asked, before);
    const ids = await Promise.all(suppliers.map(async (supplier) => (await stored(supplier))[0]));
    assert.deepEqual(
      (await Promise.all(answers)).map(([id]) => id),
      ids,
    );
    assert.equal(room.waiting, 0);
  });

  it('it ends when an operator releases what was held, or sends once more what was delivered', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const program = mailbox.as(supplier);
    const [id = ''] = await stored(supplier);
    await order('hold', id);
    assert.deepEqual(await whileWaiting(program, () => order('release', id)), [id]);
    await program.fetch(id);
    await program.receipt(id);
    assert.deepEqual(await whileWaiting(program, () => order('resend', id)), [id]);
  });

  it('it ends when an import gives an address to what had none', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull', messageTypes: ['purchase-order'] });
    const [id = ''] = await stored(supplier);
    const { rows } = await line.pool.query<{ pem: string }>(
      'select pem from certificate where organisation_number = $1',
      [supplier.organisationNumber],
    );
    const entry = addressEntry({ name: 'main', delivery: 'pull', url: undefined, certificates: [rows[0]?.pem] });
    const listed = await whileWaiting(mailbox.as(supplier), () =>
      importValue(line.pool, supplierFile(supplier.organisationNumber, [entry])),
    );
    assert.deepEqual(listed, [id]);
  });

  it('it ends with an empty list when its time is over', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    assert.deepEqual(await mailbox.as(supplier).listed('?wait=1'), []);
    assert.equal(room.waiting, 0);
  });

  it('it ends when the client goes away, and leaves nothing behind', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const gone = new AbortController();
    const answer = mailbox.as(supplier).ask('GET', '/v1/messages?wait=30', { signal: gone.signal });
    await waits(1);
    gone.abort();
    await assert.rejects(answer);
    await waits(0);
    const before = asked;
    await stored(supplier);
    await sleep(100);
    assert.equal(asked, before);
  });

  it('it looks again when the connection that hears came back, so what was said meanwhile is not missed', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const listed = await whileWaiting(mailbox.as(supplier), async () => {
      await line.pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %'",
      );
      await eventually('nobody listens', async () => {
        const { rows } = await line.pool.query<{ n: number }>(
          "select count(*) as n from pg_stat_activity where datname = current_database() and query like 'listen %'",
        );
        return rows[0]?.n === 0;
      });
      await stored(supplier);
    });
    assert.equal(listed.length, 1);
  });

  it('it ends with an empty list when the process stops, which it does at once', async () => {
    const mine: { room?: WaitingRoom } = {};
    const stopping = await openMailbox(line, {
      compose: (parts) => {
        mine.room = parts.waiting;
        return parts;
      },
    });
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const answer = stopping.as(supplier).listed('?wait=30');
    await eventually('it waits', () => mine.room?.waiting === 1);
    await stopping.stop();
    // Stopped, it has answered: what waits would have been broken off at the end of the stop.
    assert.deepEqual(await answer, []);
    assert.equal(mine.room?.waiting, 0);
  });

  it('a certificate that is withdrawn while it waits is shown nothing', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const answer = mailbox
      .as(supplier)
      .ask('GET', '/v1/messages?wait=30')
      .then(
        ({ status }) => status,
        () => 'broken off',
      );
    await waits(1);
    await line.pool.query('update certificate set withdrawn_at = now() where organisation_number = $1', [
      supplier.organisationNumber,
    ]);
    await stored(supplier);
    assert.ok([403, 'broken off'].includes(await answer));
  });
});
