import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { moveMessage } from '../../src/operations/messages.ts';
import { eventually } from '../support/eventually.ts';
import { errorLog } from '../support/gateway-log.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, openMailbox, type Program } from '../support/mailbox.ts';

describe('a receipt ends a delivery once, whoever says it again', () => {
  let line: Line;
  let mailbox: Mailbox;
  const { log, errors } = errorLog();
  before(async () => {
    line = await openLine();
    mailbox = await openMailbox(line, { log });
  });
  after(async () => {
    await mailbox.stop();
    await line.close();
  });

  async function stored(supplier: TestSupplier, count: number): Promise<string[]> {
    const { verdicts } = await line.take(framesFor(supplier.organisationNumber, count));
    return verdicts.map((verdict) => (verdict.kind === 'accepted' ? verdict.messageId : ''));
  }

  async function fetched(count: number): Promise<{ supplier: TestSupplier; program: Program; ids: string[] }> {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const ids = await stored(supplier, count);
    const program = mailbox.as(supplier);
    for (const id of ids) assert.equal((await program.fetch(id)).status, 200);
    return { supplier, program, ids };
  }

  const delivered = async (id: string) => {
    const answers = await line.answers('delivered');
    return answers.filter(({ messageId }) => messageId === id).length;
  };

  const order = (action: 'hold' | 'release' | 'cancel' | 'resend', messageId: string) =>
    moveMessage(line.pool, { action, messageId, actor: 'cli:test', reason: 'a test', now: new Date() });

  it('one, said three times at once: one answer to KA, one row, the same moment told', async () => {
    const { program, ids } = await fetched(1);
    const id = String(ids[0]);
    const said = await Promise.all([program.receipt(id), program.receipt(id), program.receipt(id)]);
    assert.deepEqual(
      said.map(({ status }) => status),
      [200, 200, 200],
    );
    assert.deepEqual(said.map(({ json }) => json['result'] as string).toSorted(), [
      'already-received',
      'already-received',
      'received',
    ]);
    assert.equal(new Set(said.map(({ json }) => json['at'])).size, 1);
    assert.equal(await delivered(id), 1);
    assert.deepEqual(await program.listed(), []);
    const { rows } = await line.pool.query(
      'select delivered_by, at = delivered_at as same from delivery d join receipt on delivery_id = d.id where message_id = $1',
      [id],
    );
    assert.deepEqual(rows, [{ delivered_by: 'collected', same: true }]);
  });

  it('many: one result for each id in order, repeats and strangers among them', async () => {
    const { program, ids } = await fetched(3);
    const [first = '', second = '', third = ''] = ids;
    const others = await fetched(1);
    const theirs = String(others.ids[0]);
    const unknown = randomUUID();
    await program.receipt(second);
    const results = await program.receipts([third, unknown, first, first, second, theirs]);
    assert.deepEqual(
      results.map(({ id, result }) => [id, result]),
      [
        [third, 'received'],
        [unknown, 'not-found'],
        [first, 'received'],
        [first, 'already-received'],
        [second, 'already-received'],
        [theirs, 'not-found'],
      ],
    );
    assert.deepEqual(
      results.map(({ at }) => at !== undefined),
      [true, false, true, true, true, false],
    );
    for (const id of ids) assert.equal(await delivered(id), 1);
    assert.equal(await delivered(theirs), 0);
    await others.program.receipt(theirs);
  });

  it('a thousand at once, twice at the same time in opposite order', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const ids = await stored(supplier, 1_000);
    await line.pool.query(
      `insert into envelope (message_id, format, head, signature, sha256, key_thumbprint)
       select id, 'cloudevents', 'h', 's', document_sha256, 't' from message where id = any($1)`,
      [ids],
    );
    const program = mailbox.as(supplier);
    const [one, two] = await Promise.all([program.receipts(ids), program.receipts(ids.toReversed())]);
    assert.equal([...one, ...two].filter(({ result }) => result === 'received').length, 1_000);
    assert.equal([...one, ...two].filter(({ result }) => result === 'already-received').length, 1_000);
    assert.deepEqual(await line.states(supplier.lane), { delivered: 1_000 });
  });

  it('while somebody holds the lane for long it is 503, and nothing was received; said again it is', async () => {
    const { supplier, program, ids } = await fetched(1);
    const id = String(ids[0]);
    const refused = await line.pool.transaction(async (db) => {
      await db.query('select 1 from lane where id = $1 for update', [supplier.lane]);
      return program.receipt(id);
    });
    assert.deepEqual([refused.status, refused.json['type']], [503, 'urn:kuvert:fault:server-unavailable']);
    assert.match(String(refused.headers['retry-after']), /^[1-9]\d*$/);
    // It is the wait for the lock that has a limit, long before that of any statement.
    await eventually('it is in the log', () => errors.some((text) => text.includes('lock timeout')));
    assert.equal(await delivered(id), 0);
    assert.equal((await program.receipt(id)).json['result'], 'received');
  });

  it('what was never given out cannot be receipted, what was cancelled neither; what was held after it was fetched can', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const program = mailbox.as(supplier);
    const [unfetched = '', cancelled = '', held = ''] = await stored(supplier, 3);
    for (const id of [cancelled, held]) await program.fetch(id);
    await order('cancel', cancelled);
    await order('hold', held);
    const early = await program.receipt(unfetched);
    assert.deepEqual([early.status, early.json['type']], [409, 'urn:kuvert:fault:message-not-fetched']);
    const late = await program.receipt(cancelled);
    assert.deepEqual([late.status, late.json['type']], [409, 'urn:kuvert:fault:message-not-available']);
    assert.deepEqual(
      (await program.receipts([unfetched, cancelled, held])).map(({ result }) => result),
      ['not-fetched', 'not-available', 'received'],
    );
    assert.deepEqual(await line.states(supplier.lane), { waiting: 1, cancelled: 1, delivered: 1 });
    assert.deepEqual(await program.listed(), [unfetched]);
  });

  it('what an operator sends once more is listed once more, and has a receipt of its own', async () => {
    const { program, ids } = await fetched(1);
    const id = String(ids[0]);
    const before = await program.fetch(id);
    await program.receipt(id);
    await order('resend', id);
    assert.deepEqual(await program.listed(), [id]);
    assert.deepEqual((await program.fetch(id)).bytes, before.bytes);
    assert.equal((await program.receipt(id)).json['result'], 'received');
    assert.deepEqual(await program.listed(), []);
    assert.equal(
      (
        await line.pool.query('select from receipt r join delivery d on d.id = r.delivery_id where d.message_id = $1', [
          id,
        ])
      ).rowCount,
      2,
    );
  });

  describe('while it is pushed', () => {
    before(async () => {
      await line.deliver({ KUVERT_RETRY_SCHEDULE: '300ms' });
    });

    /** Whatever the endpoint answers when the receipt is in. */
    const answers: readonly (readonly [what: string, behaviour: number | 'reset', outcome: string])[] = [
      ['2xx', 204, 'delivered'],
      ['that it refuses', 422, 'refused'],
      ['that it failed', 500, 'message-failed'],
      ['that it is busy', 503, 'endpoint-failed'],
      ['nothing', 'reset', 'endpoint-failed'],
    ];
    for (const [what, behaviour, outcome] of answers)
      it(`a receipt comes, then the endpoint answers ${what}: in the books once`, async () => {
        const gate = Promise.withResolvers<void>();
        const seen = Promise.withResolvers<void>();
        const supplier = await line.addSupplier({
          behaviour: async () => {
            seen.resolve();
            await gate.promise;
            return behaviour;
          },
        });
        const [id = ''] = await stored(supplier, 1);
        await seen.promise;
        assert.deepEqual(await line.states(supplier.lane), { sending: 1 });
        const program = mailbox.as(supplier);
        assert.deepEqual(await program.listed(), [id]);
        assert.deepEqual((await program.fetch(id)).bytes, supplier.endpoint.requests[0]?.body);
        assert.equal((await program.receipt(id)).json['result'], 'received');
        assert.deepEqual(await line.states(supplier.lane), { delivered: 1 });
        gate.resolve();
        const attempts = await eventually('the attempt has its outcome', async () => {
          const { rows } = await line.pool.query<{ outcome: string | null }>(
            'select outcome from attempt join delivery d on d.id = delivery_id where d.message_id = $1',
            [id],
          );
          return rows.every((row) => row.outcome !== null) && rows;
        });
        assert.deepEqual(attempts, [{ outcome }]);
        const { rows } = await line.pool.query(
          'select state, delivered_by, reason, attempts from delivery where message_id = $1',
          [id],
        );
        assert.deepEqual(rows, [{ state: 'delivered', delivered_by: 'collected', reason: null, attempts: 1 }]);
        assert.equal(await delivered(id), 1);
        for (const kind of ['refused', 'held'])
          assert.ok(!(await line.answers(kind)).some(({ messageId }) => messageId === id), kind);
        // Not tried again by anyone, and the lane goes on with what comes next.
        supplier.endpoint.behave('ok');
        const [next = ''] = await stored(supplier, 1);
        await eventually(
          'the next one is delivered',
          async () => (await line.states(supplier.lane))['delivered'] === 2,
        );
        assert.deepEqual(supplier.received(), [id, next]);
        await line.conserved();
      });

    it('a receipt comes, then the worker is gone and its lease lapses: in the books once', async () => {
      const supplier = await line.addSupplier({ delivery: 'pull' });
      const [id = ''] = await stored(supplier, 1);
      const program = mailbox.as(supplier);
      await program.fetch(id);
      // As a worker leaves it that is killed in the middle of a push.
      await line.pool.query("update address set delivery = 'push' where id = $1", [supplier.lane]);
      await line.pool.query(
        "update lane set epoch = 5, holder = 'gone', lease_until = clock_timestamp() + interval '300 milliseconds' where id = $1",
        [supplier.lane],
      );
      await line.pool.query(
        `with d as (update delivery set state = 'sending', next_try_at = null, attempts = 1 where message_id = $1 returning id, lane_id)
         insert into attempt (delivery_id, number, lane_id, epoch) select id, 1, lane_id, 5 from d`,
        [id],
      );
      assert.equal((await program.receipt(id)).json['result'], 'received');
      await eventually('the lapse is on record', async () => {
        const { rows } = await line.pool.query<{ outcome: string | null }>(
          'select outcome from attempt join delivery d on d.id = delivery_id where d.message_id = $1',
          [id],
        );
        return rows[0]?.outcome === 'unknown';
      });
      assert.deepEqual(await line.states(supplier.lane), { delivered: 1 });
      assert.equal(await delivered(id), 1);
      await sleep(100);
      assert.deepEqual(supplier.received(), []);
    });

    it('many that are pushed and receipted at the same time are each in the books once', async () => {
      const supplier = await line.addSupplier({ concurrency: 4, behaviour: () => (Math.random() < 0.3 ? 500 : 'ok') });
      const ids = await stored(supplier, 120);
      const program = mailbox.as(supplier);
      const receipted: string[] = [];
      await eventually('all are delivered', async () => {
        const listed = await program.listed('?limit=5');
        for (const id of listed) await program.fetch(id);
        if (listed.length > 0)
          for (const one of await program.receipts(listed)) if (one.result === 'received') receipted.push(one.id);
        return listed.length === 0 && (await line.states(supplier.lane))['delivered'] === 120;
      });
      assert.equal(new Set(receipted).size, receipted.length);
      const { rows } = await line.pool.query<{ n: number }>(
        "select count(*) as n from delivery where lane_id = $1 and delivered_by = 'collected'",
        [supplier.lane],
      );
      assert.equal(rows[0]?.n, receipted.length);
      const answered = (await line.answers('delivered')).map(({ messageId }) => String(messageId));
      for (const id of ids) assert.equal(answered.filter((one) => one === id).length, 1);
      await line.conserved();
    });

    it('in a strict lane, what stood behind it goes on', async () => {
      const supplier = await line.addSupplier({
        ordering: 'strict',
        behaviour: ({ headers }) => (headers['idempotency-key'] === stuck ? 422 : 'ok'),
      });
      let stuck = '';
      await line.pool.query("update lane set state = 'paused' where id = $1", [supplier.lane]);
      const ids = await stored(supplier, 4);
      stuck = String(ids[1]);
      await line.pool.query("update lane set state = 'flowing', wake_at = clock_timestamp() where id = $1", [
        supplier.lane,
      ]);
      await eventually('it stands at the second', async () => {
        const lane = await line.lane(supplier.lane);
        return (await line.states(supplier.lane))['refused'] === 1 && lane.holder === null && lane.wakes_in === null;
      });
      assert.deepEqual(await line.states(supplier.lane), { delivered: 1, refused: 1, waiting: 2 });
      const program = mailbox.as(supplier);
      // Refused by its endpoint, taken by its program.
      assert.equal((await program.fetch(stuck)).status, 200);
      assert.equal((await program.receipt(stuck)).json['result'], 'received');
      await eventually('all are delivered', async () => (await line.states(supplier.lane))['delivered'] === 4);
      assert.deepEqual(supplier.received(), ids);
    });
  });
});
