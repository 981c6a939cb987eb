import { strict as assert } from 'node:assert';
import { deliveryStates } from '../../src/domain/delivery.ts';
import { silentLog } from '../../src/platform/log.ts';
import { openStore } from '../../src/roles/parts.ts';
import { listAuditOf } from '../../src/store/audit.ts';
import { findMessages, readMessage } from '../../src/store/messages.ts';
import { pageOfCertificates } from '../../src/store/operator/certificates.ts';
import { readFlowsAgain, readLaneChanges, readLaneChangesAround } from '../../src/store/operator/lane-changes.ts';
import { findByNumber, type ListedFilter, listForOperators, mostLookedAt } from '../../src/store/operator/messages.ts';
import { readEndingCertificates } from '../../src/store/operator/overview.ts';
import { pageOfAttempts, pageOfOutbox, pageOfSuppliers } from '../../src/store/operator/script-lists.ts';
import { readRowOwner, readSupplierRows } from '../../src/store/operator/suppliers.ts';
import type { Pool } from '../../src/store/pool.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

describe('statements of the operators’ lists are by key', () => {
  let line: Line;
  let pool: Pool;
  before(async () => {
    line = await openLine();
    pool = await openStore({ databaseUrl: line.databaseUrl, databaseConnections: 1 }, 'operator-api', silentLog);
  });
  after(async () => {
    await pool.close();
    await line.close();
  });

  /** Rows of these are as many as there ever were messages. */
  const grows =
    /Seq Scan on (message|delivery|attempt|envelope|content|audit|frame|collection|receipt|accepted_document|outbox|lane_change|address_certificate)\b/;

  it('whatever the filters are, no table that grows is read whole, and the texts are few', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 8));
    const time = new Date();
    const filters: ListedFilter[] = [undefined, ...deliveryStates].flatMap((state) =>
      [undefined, supplier.organisationNumber].flatMap((recipient) =>
        [undefined, 'no-address'].flatMap((fault) =>
          [undefined, time].flatMap((from) => [
            { state, supplier: recipient, fault, from },
            { state, supplier: recipient, fault, from, to: time, after: 5, messageType: 'self-invoice' as const },
          ]),
        ),
      ),
    );
    for (const filter of [...filters, { documentNumber: 'x' }]) await listForOperators(pool, filter, 50);
    const [first] = (await listForOperators(pool, {}, 50)).rows;
    assert.ok(first);
    await findMessages(pool, first.id, 1);
    await readMessage(pool, first.id);
    await listAuditOf(pool, `message/${first.id}`, 100);
    const [delivery] = (await readMessage(pool, first.id))?.deliveries ?? [];
    await readLaneChangesAround(pool, delivery?.id ?? 0, time, time);
    await readLaneChanges(pool, supplier.lane, 50);
    await readFlowsAgain(pool, time, 6);
    await readSupplierRows(pool, [supplier.organisationNumber]);
    await readRowOwner(pool, 1);
    await readEndingCertificates(pool, time, 8);
    await pageOfCertificates(pool, { find: 'ab'.repeat(32), opens: false, limit: 50, now: time });
    for (const how of ['exact', 'begins'] as const) await findByNumber(pool, first.documentNumber, how, 50);
    await pageOfAttempts(pool, first.id, undefined, 50);
    await pageOfAttempts(pool, first.id, [1, 2], 50);
    await pageOfOutbox(pool, 0, 50);
    await pageOfSuppliers(pool, { find: 'x', opens: false, after: undefined, limit: 50 });
    const { rows } = await pool.query<{ name: string; statement: string; custom_plans: number; parameters: string[] }>(
      'select name, statement, custom_plans, parameter_types::text[] as parameters from pg_prepared_statements',
    );
    const ours = rows.filter(({ parameters }) => parameters.length > 0);
    assert.ok(ours.length >= 20 && ours.length <= 70, `${ours.length} texts`);
    for (const { name, statement, parameters, custom_plans: custom } of ours) {
      assert.equal(custom, 0, statement);
      const nulls = parameters.map(() => 'null').join(', ');
      const plan = await pool.query<{ 'QUERY PLAN': string }>(`explain execute "${name}"(${nulls})`);
      const whole = plan.rows.filter((row) => grows.test(row['QUERY PLAN']));
      assert.deepEqual(whole, [], statement);
    }
  });

  it('where the filters let little through, a page says how far it looked, and the next ones come to all of it', async () => {
    const supplier = await line.addSupplier();
    const count = 2 * mostLookedAt + 500;
    await fill(supplier, count);
    const oldest = 'N-1';
    await line.pool.query("update message set message_type = 'purchase-order' where document_number = $1", [oldest]);
    await line.pool.query(
      `update delivery set reason = 'schedule-spent'
        where message_id = (select id from message where organisation_number = $2 and document_number = $1)`,
      [oldest, supplier.organisationNumber],
    );
    const mine = supplier.organisationNumber;
    const filters: ListedFilter[] = [
      { supplier: mine, messageType: 'purchase-order' },
      // Of the lane, no index knows it.
      { state: 'held', fault: 'schedule-spent' },
      { supplier: mine, state: 'held', fault: 'schedule-spent' },
      { supplier: mine, fault: 'schedule-spent' },
    ];
    for (const filter of filters) {
      const found: string[] = [];
      const looked: boolean[] = [];
      let after: number | undefined;
      do {
        const page = await listForOperators(pool, { ...filter, after }, 50);
        found.push(...page.rows.map(({ documentNumber }) => documentNumber));
        looked.push(page.lookedBackTo !== undefined);
        after = page.next;
      } while (after !== undefined);
      assert.deepEqual(found, [oldest], JSON.stringify(filter));
      assert.deepEqual(looked, [true, true, false], JSON.stringify(filter));
    }
  });

  it('of several lanes, each with more than is read at once, every message is listed once, newest first', async () => {
    const owners = [await line.addSupplier(), await line.addSupplier(), await line.addSupplier()];
    const from = await newest();
    for (let turn = 0; turn < 3; turn++)
      for (const [n, owner] of owners.entries()) await fill(owner, 300 + 500 * n, turn);
    await line.pool.query(
      "update delivery set reason = 'no-address' where message_number > $1 and message_number % 50 = 0",
      [from],
    );
    for (const filter of [
      { state: 'held' },
      { state: 'held', fault: 'no-address' },
      { fault: 'no-address' },
    ] as const) {
      const { rows } = await line.pool.query<{ id: string }>(
        `select message_id as id from delivery where message_number > $1 and ($2::text is null or reason = $2) order by message_number desc`,
        [from, 'fault' in filter ? filter.fault : null],
      );
      const found: string[] = [];
      for (let after: number | undefined = Number.MAX_SAFE_INTEGER; after !== undefined && after > from; ) {
        const page = await listForOperators(pool, { ...filter, after }, 500);
        found.push(...page.rows.filter(({ number }) => number > from).map(({ id }) => id));
        after = page.next;
      }
      assert.deepEqual(
        found,
        rows.map(({ id }) => id),
        JSON.stringify(filter),
      );
    }
  });

  it('of one supplier among others, between two times, every message is listed once, newest first', async () => {
    const [mine, other] = [await line.addSupplier(), await line.addSupplier()];
    const first = await newest();
    for (let turn = 0; turn < 3; turn++) for (const owner of [mine, other]) await fill(owner, 400, turn);
    // A minute apart, after all that was before.
    await line.pool.query(
      "update message set accepted_at = now() + interval '1 hour' + (number - $1) * interval '1 minute' where number > $1",
      [first],
    );
    const { rows: all } = await line.pool.query<{ id: string; at: Date }>(
      'select id, accepted_at as at from message where organisation_number = $1 order by number desc',
      [mine.organisationNumber],
    );
    const [to, from] = [all[250]?.at, all[950]?.at];
    assert.ok(to && from);
    const within = {
      all: [{}, all],
      before: [{ to }, all.filter(({ at }) => at < to)],
      since: [{ from }, all.filter(({ at }) => at >= from)],
      between: [{ from, to }, all.filter(({ at }) => at >= from && at < to)],
    } as const;
    for (const [name, [filter, expected]] of Object.entries(within)) {
      const found: string[] = [];
      let after: number | undefined;
      do {
        const page = await listForOperators(pool, { supplier: mine.organisationNumber, ...filter, after }, 130);
        found.push(...page.rows.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      assert.deepEqual(
        found,
        expected.map(({ id }) => id),
        name,
      );
    }
  });

  const newest = async (): Promise<number> => {
    const { rows } = await line.pool.query<{ n: number }>('select coalesce(max(number), 0) as n from message');
    return rows[0]?.n ?? 0;
  };

  /** As intake would, had it all night. */
  async function fill(owner: TestSupplier, count: number, turn = 0): Promise<void> {
    await line.pool.query(
      `with r as (insert into recipient (organisation_number, counter) values ($1, $2 * ($4 + 1))
                     on conflict (organisation_number) do update set counter = excluded.counter),
            given as (select gen_random_uuid() as id, $2 * $4 + n as n from generate_series(1, $2) n),
            m as (
              insert into message (id, organisation_number, sequence, environment, message_type, document_number, version, format,
                                   media_type, data_schema, document_sha256, document_size, event_time, event_at)
              select id, $1, n, 'test', 'self-invoice', 'N-' || n, 1, 'json', 'application/json', 'urn:test', sha256(id::text::bytea), 2,
                     '2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z' from given order by n
              returning id, number),
            f as (insert into frame (body_sha256, verdict, message_id) select sha256(id::text::bytea), 'message', id from m)
       insert into delivery (message_id, message_number, number, lane_id, state, reason)
       select id, number, 1, $3, 'held', 'held-by-operator' from m order by number`,
      [owner.organisationNumber, count, owner.lane, turn],
    );
  }
});
