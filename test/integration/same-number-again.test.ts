import { strict as assert } from 'node:assert';
import { moveMessage } from '../../src/operations/messages.ts';
import { accept } from '../../src/store/accept/accept.ts';
import type { CheckedFrame, Verdict } from '../../src/store/accept/frames.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

describe('the same document number again', () => {
  let line: Line;
  before(async () => {
    line = await openLine({ settings: { KUVERT_HELD_PROBE: '1h' } });
    await line.deliver();
  });
  after(() => line.close());

  const takeOne = async (frame: CheckedFrame): Promise<Verdict> => {
    const { verdicts } = await line.take([frame]);
    assert.equal(verdicts.length, 1);
    return verdicts[0] as Verdict;
  };

  const accepted = (verdict: Verdict) => {
    assert.ok(verdict.kind === 'accepted', JSON.stringify(verdict));
    return verdict;
  };

  const state = async (supplier: TestSupplier, wanted: string, count = 1) =>
    eventually(`${count} ${wanted}`, async () => (await line.states(supplier.lane))[wanted] === count);

  const one = { documentNumber: '1', content: '{"n":1}' };
  const other = { documentNumber: '1', content: '{"n":2}' };

  it('with the same bytes is a duplicate of the first, whatever became of it', async () => {
    const supplier = await line.addSupplier();
    const first = accepted(await takeOne(frameFor(supplier.organisationNumber, one)));
    const duplicate = { kind: 'duplicate', messageId: first.messageId };
    assert.deepEqual(await takeOne(frameFor(supplier.organisationNumber, one)), duplicate);
    await state(supplier, 'delivered');
    assert.deepEqual(await takeOne(frameFor(supplier.organisationNumber, one)), duplicate);
    assert.equal(supplier.received().length, 1);
    const [answer] = (await line.answers('duplicate')).slice(-1);
    assert.deepEqual([answer?.messageId, answer?.documentNumber], [first.messageId, '1']);
  });

  it('with other bytes is rejected while the first is on its way or with the supplier, and the first is named', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const pushed = await line.addSupplier();
    const first = accepted(await takeOne(frameFor(supplier.organisationNumber, one)));
    const second = await takeOne(frameFor(supplier.organisationNumber, other));
    assert.ok(second.kind === 'rejected');
    assert.equal(second.code, 'document-number-taken');
    await takeOne(frameFor(pushed.organisationNumber, one));
    await state(pushed, 'delivered');
    assert.equal((await takeOne(frameFor(pushed.organisationNumber, other))).kind, 'rejected');
    const answers = await line.answers('rejected');
    assert.ok(answers.some(({ messageId }) => messageId === first.messageId));
    const { rows } = await line.pool.query<{ body: Buffer }>('select body from dead_letter where id = $1', [
      second.deadLetterId,
    ]);
    assert.equal(rows[0]?.body.toString('utf8'), other.content);
  });

  it('of another type, or to another recipient, is another document', async () => {
    const supplier = await line.addSupplier();
    const neighbour = await line.addSupplier();
    for (const frame of [
      frameFor(supplier.organisationNumber, one),
      frameFor(supplier.organisationNumber, { ...one, messageType: 'purchase-order' }),
      frameFor(neighbour.organisationNumber, one),
    ])
      accepted(await takeOne(frame));
  });

  it('in one batch: the first is accepted, its twin is a duplicate, other bytes are rejected', async () => {
    const supplier = await line.addSupplier();
    const { verdicts } = await line.take(
      [one, one, other, one].map((more) => frameFor(supplier.organisationNumber, more)),
    );
    assert.deepEqual(
      verdicts.map(({ kind }) => kind),
      ['accepted', 'duplicate', 'rejected', 'duplicate'],
    );
  });

  it('with other bytes is rejected once the first was delivered, whatever became of a resend', async () => {
    const move = (messageId: string, action: 'resend' | 'cancel') =>
      moveMessage(line.pool, { action, messageId, actor: 'cli:test', reason: 'a test', now: new Date() });
    const cancelled = await line.addSupplier();
    const first = accepted(await takeOne(frameFor(cancelled.organisationNumber, one)));
    await state(cancelled, 'delivered');
    // Not pushed for now: the resend is stopped before it begins.
    await line.pool.query("update lane set state = 'paused' where id = $1", [cancelled.lane]);
    await move(first.messageId, 'resend');
    await move(first.messageId, 'cancel');
    const refused = await line.addSupplier();
    const second = accepted(await takeOne(frameFor(refused.organisationNumber, one)));
    await state(refused, 'delivered');
    refused.endpoint.behave(422);
    await move(second.messageId, 'resend');
    await line.pool.query('update lane set wake_at = clock_timestamp() where id = $1', [refused.lane]);
    await state(refused, 'refused');
    for (const supplier of [cancelled, refused])
      assert.equal((await takeOne(frameFor(supplier.organisationNumber, other))).kind, 'rejected');
    const told = (await line.answers('refused')).filter(({ recipient }) => recipient === refused.organisationNumber);
    assert.deepEqual(told, [], 'KA is not told that what the supplier has was refused');
  });

  for (const how of ['refused', 'cancelled'] as const)
    it(`after it was ${how}: other bytes are a new version with its own id and number, linked`, async () => {
      const supplier = await line.addSupplier({ behaviour: how === 'refused' ? 422 : 503 });
      const first = accepted(await takeOne(frameFor(supplier.organisationNumber, one)));
      if (how === 'refused') await state(supplier, 'refused');
      else
        await eventually('it could be cancelled', () =>
          moveMessage(line.pool, {
            action: 'cancel',
            messageId: first.messageId,
            actor: 'cli:test',
            reason: 'a test',
            now: new Date(),
          }).then(
            () => true,
            () => false,
          ),
        );
      supplier.endpoint.behave('ok');
      const second = accepted(await takeOne(frameFor(supplier.organisationNumber, other)));
      assert.notEqual(second.messageId, first.messageId);
      assert.deepEqual([first.sequence, second.sequence], [1, 2]);
      await state(supplier, 'delivered');
      const { rows } = await line.pool.query(
        'select version, replaces from message where organisation_number = $1 order by number',
        [supplier.organisationNumber],
      );
      assert.deepEqual(rows, [
        { version: 1, replaces: null },
        { version: 2, replaces: first.messageId },
      ]);
      const { rows: reasons } = await line.pool.query('select state, reason from delivery where message_id = $1', [
        first.messageId,
      ]);
      assert.deepEqual(reasons, [{ state: how, reason: 'superseded' }]);
      // The version that was replaced comes again: it was accepted once.
      assert.deepEqual(await takeOne(frameFor(supplier.organisationNumber, one)), {
        kind: 'duplicate',
        messageId: first.messageId,
      });
      assert.equal(
        (await takeOne(frameFor(supplier.organisationNumber, { ...one, content: '{"n":3}' }))).kind,
        'rejected',
      );
      await assert.rejects(
        moveMessage(line.pool, {
          action: 'release',
          messageId: first.messageId,
          actor: 'cli:test',
          reason: 'a test',
          now: new Date(),
        }),
        { code: how === 'refused' ? 'superseded' : 'not-possible-now' },
      );
    });

  it('a refusal that was superseded does not come back when the lane is held for mass refusal', async () => {
    const supplier = await line.addSupplier({ behaviour: 422 });
    const first = accepted(await takeOne(frameFor(supplier.organisationNumber, one)));
    await line.take(framesFor(supplier.organisationNumber, 2));
    await state(supplier, 'refused', 3);
    const second = accepted(await takeOne(frameFor(supplier.organisationNumber, other)));
    await state(supplier, 'refused', 4);
    await line.take(framesFor(supplier.organisationNumber, 1));
    await eventually('the lane is held', async () => (await line.lane(supplier.lane)).state === 'held');
    assert.deepEqual(await line.states(supplier.lane), { refused: 1, waiting: 4 });
    const { rows } = await line.pool.query<{ id: string; state: string }>(
      'select message_id as id, state from delivery where message_id = any($1)',
      [[first.messageId, second.messageId]],
    );
    assert.deepEqual(Object.fromEntries(rows.map(({ id, state: now }) => [id, now])), {
      [first.messageId]: 'refused',
      [second.messageId]: 'waiting',
    });
  });

  it('a refusal that went back to waiting in that moment is not superseded: the number is taken', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const first = accepted(await takeOne(frameFor(supplier.organisationNumber, one)));
    await line.pool.query(
      "update delivery set state = 'refused', reason = 'message-refused', next_try_at = null where message_id = $1",
      [first.messageId],
    );
    // The drain's transaction that lets it wait again is not committed yet when intake reads it as refused.
    let commit = () => undefined as void;
    const committed = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let written = () => undefined as void;
    const waits = new Promise<void>((resolve) => {
      written = resolve;
    });
    const drain = line.pool.transaction(async (db) => {
      await db.query(
        "update delivery set state = 'waiting', reason = 'mass-refusal', next_try_at = now() where message_id = $1",
        [first.messageId],
      );
      written();
      await committed;
    });
    await waits;
    const verdict = takeOne(frameFor(supplier.organisationNumber, other));
    await eventually('intake waits for it', async () => {
      const { rows } = await line.pool.query<{ n: number }>(
        "select count(*) as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      return rows[0]?.n === 1;
    });
    commit();
    await drain;
    assert.equal((await verdict).kind, 'rejected');
    assert.deepEqual(await line.states(supplier.lane), { waiting: 1 });
  });

  it('the same frame brought again by the broker is no second frame: nothing is counted, nobody is answered', async () => {
    const supplier = await line.addSupplier();
    const frame = frameFor(supplier.organisationNumber, { brokerMessageId: 'ID:broker-1', ...one });
    await takeOne(frame);
    const before = await line.conserved();
    assert.deepEqual(await takeOne(frame), { kind: 'again' });
    const { verdicts } = await line.take([frame, frameFor(supplier.organisationNumber), frame]);
    assert.deepEqual(
      verdicts.map(({ kind }) => kind),
      ['again', 'accepted', 'again'],
    );
    const after = await line.conserved();
    assert.equal(after.taken, before.taken + 1);
    assert.equal(after.duplicates, before.duplicates);
  });

  it('nor when its id is longer than the ledger keeps, or holds what no text column takes', async () => {
    const supplier = await line.addSupplier();
    for (const brokerMessageId of [`ID:${'x'.repeat(900)}`, 'ID:\0nul', 'ID:\ud800']) {
      const frame = frameFor(supplier.organisationNumber, { brokerMessageId });
      accepted(await takeOne(frame));
      assert.deepEqual(await takeOne(frame), { kind: 'again' });
    }
  });

  describe('corrected, while its lane is at work,', () => {
    /** A refused message, and what a drain of its lane does under its lock while corrected bytes are stored. */
    async function meanwhile(recording: string) {
      const supplier = await line.addSupplier({ behaviour: 422 });
      const neighbour = await line.addSupplier({ delivery: 'pull' });
      const first = accepted(await takeOne(frameFor(supplier.organisationNumber, one)));
      await state(supplier, 'refused');
      await line.pool.query("update lane set state = 'paused', wake_at = null where id = $1", [supplier.lane]);
      // The neighbour's lane is the later one, and nothing of its own is in the way.
      const batch = [frameFor(neighbour.organisationNumber), frameFor(supplier.organisationNumber, other)];
      const storing = await line.pool.transaction(async (db) => {
        await db.query('select from lane where id = $1 for no key update', [supplier.lane]);
        const begun = accept(line.pool, batch);
        // What it throws is looked at below.
        begun.catch(() => undefined);
        await eventually('the batch waits for the lane', async () => {
          const { rows } = await line.pool.query<{ n: number }>(
            "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
          );
          return Number(rows[0]?.n) === 1;
        });
        await db.query(recording, [first.messageId]);
        return { begun };
      });
      const { verdicts } = await storing.begun;
      const { rows } = await line.pool.query('select state, reason from delivery where message_id = $1', [
        first.messageId,
      ]);
      return { verdict: verdicts[1]?.kind, first: rows[0] };
    }

    it('it replaces what the drain left refused', async () =>
      assert.deepEqual(await meanwhile('update delivery set changed_at = clock_timestamp() where message_id = $1'), {
        verdict: 'accepted',
        first: { state: 'refused', reason: 'superseded' },
      }));

    it('it is rejected when the drain has put what it would replace back in the lane', async () =>
      assert.deepEqual(
        await meanwhile(
          "update delivery set state = 'waiting', next_try_at = clock_timestamp(), reason = 'mass-refusal' where message_id = $1",
        ),
        { verdict: 'rejected', first: { state: 'waiting', reason: 'mass-refusal' } },
      ));
  });
});
