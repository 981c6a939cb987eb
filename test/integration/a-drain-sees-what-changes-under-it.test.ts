import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DrainDeps, drain } from '../../src/delivery/drain.ts';
import { Fault } from '../../src/domain/fault.ts';
import { revokeCertificate } from '../../src/enrolment/revoke.ts';
import { fingerprintOf } from '../../src/pki/certificate.ts';
import { silentLog } from '../../src/platform/log.ts';
import { drainDeps } from '../../src/roles/delivery.ts';
import { accept } from '../../src/store/accept/accept.ts';
import { takeReceipts } from '../../src/store/collect/receipts.ts';
import { endLapsedLeases } from '../../src/store/lane/take.ts';
import { readTargets } from '../../src/store/lane/target.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine } from '../support/line.ts';

describe('a drain sees what changes under it', () => {
  let line: Line;
  let steps: DrainDeps & { close: () => Promise<void> };
  before(async () => {
    line = await openLine();
    steps = drainDeps(
      {
        settings: line.settings(),
        log: silentLog,
        pool: line.pool,
        giveUp: new AbortController(),
        stopping: () => false,
      },
      '0.0.0',
    );
  });
  after(async () => {
    await steps.close();
    await line.close();
  });

  /** A transaction that stands still between its writes and its commit. */
  async function open(sql: string, values: readonly unknown[]): Promise<() => Promise<void>> {
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    const { promise: written, resolve: wrote } = Promise.withResolvers<void>();
    const transaction = line.pool.transaction(async (db) => {
      for (const one of sql.split(';')) await db.query(one, values);
      wrote();
      await told;
    });
    await Promise.race([written, transaction]);
    return async () => {
      tell();
      await transaction;
    };
  }

  const somebodyWaits = () =>
    eventually('somebody waits for a lock', async () => {
      const { rows } = await line.pool.query<{ n: number }>(
        "select count(*) as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      return (rows[0]?.n ?? 0) > 0;
    });

  it('a claim that waited for a change of the address claims nothing for where it led before', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const taken = await steps.take(supplier.lane, 60_000);
    assert.ok(taken.kind === 'taken');
    const due = await steps.due(taken.target, 1, 'oldest');
    const commit = await open(
      "select 1 from lane where id = $1 for update; update address set url = 'https://elsewhere.example/', version = version + 1 where id = $1",
      [supplier.lane],
    );
    const claim = steps.claim(taken.hold, taken.target, due, new Map());
    await somebodyWaits();
    await commit();
    assert.deepEqual((await claim).claimed, []);
    assert.deepEqual(await line.states(supplier.lane), { waiting: 1 });
    await steps.leave(taken.hold);
  });

  for (const [what, change] of [
    ['is not pushed any more', "update address set delivery = 'pull', version = version + 1 where id = $1"],
    ['is retired', 'update address set retired_at = now(), version = version + 1 where id = $1'],
  ] as const)
    it(`a lane whose address ${what} is left at the next step, not asked again and again`, async () => {
      const supplier = await line.addSupplier();
      await line.take(framesFor(supplier.organisationNumber, 5));
      let records = 0;
      const deps: DrainDeps = {
        ...steps,
        push: async (...given) => {
          await line.pool.query(change, [supplier.lane]);
          return steps.push(...given);
        },
        record: (...given) => {
          records += 1;
          return steps.record(...given);
        },
      };
      assert.equal(await drain(deps, supplier.lane), 'done');
      assert.deepEqual([records, supplier.endpoint.requests.length], [1, 1]);
      assert.equal(await drain(deps, supplier.lane), 'done');
    });

  it('a record that waited for a change from push to pull says nothing about the lane any more', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const taken = await steps.take(supplier.lane, 60_000);
    assert.ok(taken.kind === 'taken');
    const due = await steps.due(taken.target, 1, 'oldest');
    const { claimed } = await steps.claim(taken.hold, taken.target, due, new Map());
    const commit = await open(
      "select 1 from lane where id = $1 for update; update address set delivery = 'pull', version = version + 1 where id = $1",
      [supplier.lane],
    );
    const detail = 'answered 401';
    const outcome = { kind: 'turned-away', fault: 'endpoint-rejects-us', status: 401, detail, totalMs: 1 } as const;
    const tries = claimed.map((one) => ({ ...one, outcome }));
    const record = steps.record(taken.hold, tries, { milliseconds: 0, waits: false }, (lane) =>
      steps.settle(
        lane,
        tries.map(({ deliveryId }) => ({ deliveryId, outcome, failures: 0 })),
      ),
    );
    await somebodyWaits();
    await commit();
    assert.deepEqual(await record, { kind: 'idle' });
    const { state, reason } = await line.lane(supplier.lane);
    assert.deepEqual([state, reason], ['flowing', null]);
    assert.deepEqual(await line.answers('held'), []);
    assert.deepEqual(await line.states(supplier.lane), { waiting: 1 });
  });

  it('a lane that is paused while messages are on the wire stays paused, and what came back is on record', async () => {
    const supplier = await line.addSupplier({ concurrency: 4, behaviour: 503 });
    await line.take(framesFor(supplier.organisationNumber, 9));
    const deps: DrainDeps = {
      ...steps,
      push: async (...given) => {
        await line.pool.query(
          "update lane set state = 'paused', reason = 'held-by-operator', detail = 'because', wake_at = null where id = $1",
          [supplier.lane],
        );
        return steps.push(...given);
      },
    };
    assert.equal(await drain(deps, supplier.lane), 'done');
    const lane = await line.lane(supplier.lane);
    assert.deepEqual([lane.state, lane.reason, lane.wakes_in, lane.holder], ['paused', 'held-by-operator', null, null]);
    assert.deepEqual(await line.states(supplier.lane), { waiting: 9 });
    assert.equal(supplier.endpoint.requests.length, 4);
  });

  /** Takes the endpoint's certificate out of the register, and gives a function that puts it back as a renewal does. */
  async function unregister(lane: number): Promise<() => Promise<void>> {
    const { rows } = await line.pool.query<{ fingerprint: string; organisation_number: string }>(
      'delete from address_certificate where address_id = $1 returning fingerprint, organisation_number',
      [lane],
    );
    await line.pool.query('update address set version = version + 1 where id = $1', [lane]);
    return async () => {
      for (const { fingerprint, organisation_number } of rows)
        await line.pool.query(
          'insert into address_certificate (address_id, organisation_number, fingerprint) values ($1, $2, $3) on conflict do nothing',
          [lane, organisation_number, fingerprint],
        );
      await line.pool.query('update address set version = version + 1 where id = $1', [lane]);
      await line.pool.query('update lane set wake_at = least(wake_at, clock_timestamp()) where id = $1', [lane]);
    };
  }

  it('an endpoint that shows a certificate which was registered while the push was on its way is pushed to again at once', async () => {
    const supplier = await line.addSupplier({ concurrency: 3 });
    await line.take(framesFor(supplier.organisationNumber, 3));
    const register = await unregister(supplier.lane);
    const outcomes: string[] = [];
    const deps: DrainDeps = {
      ...steps,
      push: async (...given) => {
        await register();
        const outcome = await steps.push(...given);
        outcomes.push(outcome.kind);
        return outcome;
      },
    };
    assert.equal(await drain(deps, supplier.lane), 'done');
    assert.deepEqual(outcomes.slice(0, 3), ['turned-away', 'turned-away', 'turned-away']);
    assert.deepEqual(await line.states(supplier.lane), { delivered: 3 });
    assert.deepEqual((await line.lane(supplier.lane)).state, 'flowing');
    assert.deepEqual(await line.answers('held'), []);
  });

  it('a lane that is held for its certificate is probed again at once when one was registered during the probe', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const register = await unregister(supplier.lane);
    await drain(steps, supplier.lane);
    assert.deepEqual((await line.lane(supplier.lane)).state, 'held');
    await line.pool.query('update lane set wake_at = clock_timestamp() where id = $1', [supplier.lane]);
    let probes = 0;
    const hourly = drainDeps(
      {
        settings: line.settings({ KUVERT_HELD_PROBE: '1h' }),
        log: silentLog,
        pool: line.pool,
        giveUp: new AbortController(),
        stopping: () => false,
      },
      '0.0.0',
    );
    const deps: DrainDeps = {
      ...hourly,
      probe: async (...given) => {
        probes += 1;
        if (probes === 1) await register();
        return steps.probe(...given);
      },
    };
    const drained = await drain(deps, supplier.lane);
    assert.ok(drained !== 'done' && drained.armIn <= 1_000, JSON.stringify(drained));
    await sleep(drained.armIn);
    assert.equal(await drain(deps, supplier.lane), 'done');
    assert.equal(probes, 2);
    await hourly.close();
    assert.deepEqual(await line.states(supplier.lane), { delivered: 1 });
  });

  it('a drain that breaks lets go of the lane, and the next one has it at once', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 3));
    const deps: DrainDeps = {
      ...steps,
      claim: async (...given) => {
        await steps.claim(...given);
        throw new Error('the answer to the commit was lost');
      },
    };
    await assert.rejects(drain(deps, supplier.lane));
    assert.equal(await drain(steps, supplier.lane), 'done');
    assert.deepEqual(await line.states(supplier.lane), { delivered: 3 });
    const { rows } = await line.pool.query<{ outcome: string }>(
      'select outcome from attempt where lane_id = $1 order by delivery_id, number',
      [supplier.lane],
    );
    assert.deepEqual(
      rows.map(({ outcome }) => outcome),
      ['unknown', 'delivered', 'delivered', 'delivered'],
    );
  });

  it('the attempt of a drain that broke comes to an end after the sweep, also when a receipt ended its delivery meanwhile', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const box = { organisationNumber: supplier.organisationNumber, addresses: [supplier.lane] };
    const deps: DrainDeps = {
      ...steps,
      push: async (_target, { messageId }) => {
        const giving = { fingerprint: 'c'.repeat(64), remoteAddress: undefined };
        const [receipt] = await takeReceipts(line.pool, [messageId], box, giving);
        assert.equal(receipt?.result, 'received');
        return { kind: 'delivered', status: 204, totalMs: 1 };
      },
      record: () => Promise.reject(new Error('a defect')),
    };
    await assert.rejects(drain(deps, supplier.lane));
    await line.pool.query("update lane set state = 'paused', wake_at = null where id = $1", [supplier.lane]);
    await endLapsedLeases(line.pool);
    const { rows } = await line.pool.query<{ outcome: string | null }>(
      'select a.outcome from attempt a join delivery d on d.id = a.delivery_id where d.lane_id = $1',
      [supplier.lane],
    );
    assert.deepEqual(rows, [{ outcome: 'unknown' }]);
    assert.deepEqual(await line.states(supplier.lane), { delivered: 1 });
  });

  it('what a drain that broke left as sending waits again after the sweep, also in a lane that is paused', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const deps: DrainDeps = {
      ...steps,
      claim: async (...given) => {
        await steps.claim(...given);
        throw new Error('the answer to the commit was lost');
      },
    };
    await assert.rejects(drain(deps, supplier.lane));
    await line.pool.query("update lane set state = 'paused', wake_at = null where id = $1", [supplier.lane]);
    await endLapsedLeases(line.pool);
    assert.deepEqual(await line.states(supplier.lane), { waiting: 1 });
    assert.equal(await drain(steps, supplier.lane), 'done');
  });

  it('a lane whose row somebody holds waits alone: the lanes that were to be taken with it are drained', async () => {
    const suppliers = await Promise.all([1, 2, 3].map(() => line.addSupplier()));
    const [blocked, ...others] = suppliers;
    assert.ok(blocked);
    for (const { organisationNumber } of suppliers) await line.take(framesFor(organisationNumber, 2));
    const commit = await open('select 1 from lane where id = $1 for update', [blocked.lane]);
    const drains = suppliers.map(({ lane }) => drain(steps, lane));
    await Promise.all(drains.slice(1));
    for (const { lane } of others) assert.deepEqual(await line.states(lane), { delivered: 2 });
    assert.deepEqual(await line.states(blocked.lane), { waiting: 2 });
    await commit();
    await Promise.all(drains);
    assert.deepEqual(await line.states(blocked.lane), { delivered: 2 });
  });

  it('what cannot be recorded for one lane does not keep the record of the others back', async () => {
    const suppliers = await Promise.all([1, 2, 3].map(() => line.addSupplier()));
    const [broken, ...others] = suppliers;
    assert.ok(broken);
    for (const { organisationNumber } of suppliers) await line.take(framesFor(organisationNumber, 1));
    // All on the wire at the same time, so that they are recorded together.
    const { promise: everybody, resolve: allThere } = Promise.withResolvers<void>();
    let there = 0;
    const deps: DrainDeps = {
      ...steps,
      push: async (...given) => {
        there += 1;
        if (there === suppliers.length) allThere();
        await everybody;
        return steps.push(...given);
      },
      settle: (lane, tried) => {
        const settled = steps.settle(lane, tried);
        const [mine] = tried;
        if (mine?.deliveryId !== brokenDelivery) return settled;
        throw new Error('a defect');
      },
    };
    const { rows } = await line.pool.query<{ id: number }>('select id from delivery where lane_id = $1', [broken.lane]);
    const brokenDelivery = rows[0]?.id;
    const results = await Promise.allSettled(suppliers.map(({ lane }) => drain(deps, lane)));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    for (const { lane } of others) assert.deepEqual(await line.states(lane), { delivered: 1 });
    assert.equal(await drain(steps, broken.lane), 'done');
    assert.deepEqual(await line.states(broken.lane), { delivered: 1 });
  });

  it('a drain does not wait for intake that is storing for the same lane', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 2));
    // Intake's delivery shares the key of its lane until it commits.
    const commit = await open('select 1 from lane where id = $1 for key share', [supplier.lane]);
    assert.equal(await drain(steps, supplier.lane), 'done');
    assert.deepEqual(await line.states(supplier.lane), { delivered: 2 });
    await commit();
  });

  it('what intake stores while the lane goes to rest is found there, or moves the alarm: never neither', async () => {
    const supplier = await line.addSupplier();
    const found = { atRest: 0, byAlarm: 0 };
    for (let i = 0; i < 150; i++) {
      await line.pool.query(
        `update lane set wake_at = clock_timestamp(), holder = null, lease_until = null where id = $1`,
        [supplier.lane],
      );
      const taken = await steps.take(supplier.lane, 60_000);
      assert.ok(taken.kind === 'taken');
      const later = async <T>(milliseconds: number, work: () => Promise<T>): Promise<T> => {
        await sleep(milliseconds);
        return work();
      };
      const [rest, { wake }] = await Promise.all([
        later(i % 8, () => steps.rest(taken.hold)),
        accept(line.pool, [frameFor(supplier.organisationNumber)]),
      ]);
      if (rest.kind === 'more') found.atRest += 1;
      if (wake.length === 1) found.byAlarm += 1;
      assert.ok(rest.kind === 'more' || wake.length === 1, `round ${i}: ${rest.kind}, and nobody is woken`);
      await line.pool.query("update delivery set state = 'cancelled', next_try_at = null where lane_id = $1", [
        supplier.lane,
      ]);
    }
    assert.ok(found.atRest > 0 && found.byAlarm > 0, JSON.stringify(found));
    await line.pool.query('update lane set holder = null, lease_until = null where id = $1', [supplier.lane]);
  });

  it('a window of large documents is cut to what memory takes, one at least', async () => {
    const supplier = await line.addSupplier({ concurrency: 8 });
    await line.take(framesFor(supplier.organisationNumber, 8));
    const target = (await readTargets(line.pool, [supplier.lane])).get(supplier.lane);
    assert.ok(target);
    for (const [megabytes, many] of [
      [1, 8],
      [12, 3],
      [1_000, 1],
    ] as const) {
      await line.pool.query('update message set document_size = $2 where organisation_number = $1', [
        supplier.organisationNumber,
        megabytes * 1024 * 1024,
      ]);
      assert.equal((await steps.due(target, 8, 'oldest')).length, many);
    }
  });

  it('a frame with what no column takes becomes a dead letter all the same', async () => {
    const { key, document, kind: _kind, ...frame } = frameFor((await line.addSupplier()).organisationNumber);
    const odd = 'a\0b\ud800';
    const { verdicts } = await line.take([
      {
        ...frame,
        kind: 'dead-letter',
        body: document,
        messageType: odd,
        documentNumber: odd.repeat(200),
        recipient: odd.repeat(200),
        correlationId: odd,
        kaMessageId: odd,
        headers: { [odd]: odd },
        fault: new Fault('document-invalid', odd.repeat(10_000), {
          findings: [{ where: odd, rule: odd, text: odd, expected: odd, found: odd }],
        }),
      },
    ]);
    assert.equal(verdicts[0]?.kind, 'rejected');
    assert.ok(key);
  });

  it('a lane whose certificate was revoked after it was read claims nothing for whoever shows that', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const taken = await steps.take(supplier.lane, 60_000);
    assert.ok(taken.kind === 'taken');
    const due = await steps.due(taken.target, 1, 'oldest');
    await revokeCertificate(line.pool, {
      named: fingerprintOf(new X509Certificate(supplier.credential.certificate)),
      as: 'keyCompromise',
      actor: 'test',
      reason: 'the laptop was stolen',
      now: new Date(),
      heldProbe: 60_000,
      rehearsal: false,
    });
    assert.deepEqual((await steps.claim(taken.hold, taken.target, due, new Map())).claimed, []);
    assert.deepEqual(await line.states(supplier.lane), { waiting: 1 });
    await steps.leave(taken.hold);
  });
});
