import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSettings } from '../../src/platform/config/read.ts';
import { silentLog } from '../../src/platform/log.ts';
import { type Health, healthSettings, startHealth } from '../../src/roles/health.ts';
import type { RoleName } from '../../src/roles/parts.ts';
import { startGateway } from '../../src/roles/start.ts';
import { createPool } from '../../src/store/pool.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway } from '../support/gateway.ts';
import { framesFor, type Line, openLine } from '../support/line.ts';
import { probesAt } from '../support/probes.ts';
import { freshDatabase, ownServers } from '../support/servers.ts';

const short = {
  KUVERT_METRICS_PORT: '0',
  KUVERT_READY_DELIVERY_LATE: '1s',
  KUVERT_READY_OUTBOX_LATE: '1s',
  KUVERT_READY_BROKER_AWAY: '1s',
};

async function healthOf(databaseUrl: string, roles: readonly RoleName[]): Promise<Health> {
  const health = await startHealth(
    readSettings(healthSettings, { DATABASE_URL: databaseUrl, ...short }),
    roles,
    silentLog,
  );
  if (health === undefined) throw new Error('KUVERT_METRICS_PORT is set');
  health.rolesRun(true);
  return health;
}

describe('probes judge by progress', function () {
  this.timeout(120_000);

  describe('on a line', () => {
    let line: Line;
    let health: Health;
    beforeEach(async () => {
      line = await openLine();
      health = await healthOf(line.databaseUrl, ['delivery']);
    });
    afterEach(async () => {
      await health.close();
      await line.close();
    });

    it('what is due and nobody takes makes the process unready, until somebody does', async () => {
      const supplier = await line.addSupplier();
      const probes = probesAt(health.port);
      assert.equal((await probes.ready()).status, 200);
      await line.take(framesFor(supplier.organisationNumber, 3));
      const began = Date.now();
      const late = await eventually('a lane is late', async () => {
        const probe = await probes.ready();
        return probe.status === 503 && probe;
      });
      assert.deepEqual(Object.keys(late.late), ['delivery']);
      const since = Date.parse(late.late['delivery'] ?? '');
      assert.ok(since > began - 10_000 && since < Date.now() - 1_000, late.late['delivery']);
      assert.ok(((await probes.metric('kuvert_delivery_oldest_due_seconds')) ?? 0) >= 1);
      await line.deliver();
      // It is so as soon as the lane is taken: what comes of that comes after.
      await eventually('it is ready again', async () => (await probes.ready()).status === 200);
      await eventually('all came', () => supplier.received().length === 3);
    });

    it('a lane whose alarm was lost is seen: its deliveries are asked for, not its alarm', async () => {
      const supplier = await line.addSupplier();
      await line.take(framesFor(supplier.organisationNumber, 1));
      await line.pool.query('update lane set wake_at = null where id = $1', [supplier.lane]);
      const probes = probesAt(health.port);
      await eventually('the lane is late', async () => (await probes.ready()).status === 503);
      await line.pool.query('update lane set wake_at = clock_timestamp() where id = $1', [supplier.lane]);
    });

    it('lanes that are held or paused, and what a strict lane stops before, are nobody’s delay', async () => {
      const [held, paused, strict] = [
        await line.addSupplier(),
        await line.addSupplier(),
        await line.addSupplier({ ordering: 'strict' }),
      ];
      for (const { organisationNumber } of [held, paused, strict]) await line.take(framesFor(organisationNumber, 2));
      await line.pool.query("update lane set state = 'held', wake_at = null where id = $1", [held.lane]);
      await line.pool.query("update lane set state = 'paused', wake_at = null where id = $1", [paused.lane]);
      await line.pool.query(
        `update delivery set state = 'refused', next_try_at = null, reason = 'document-refused' where id = (select min(id) from delivery where lane_id = $1)`,
        [strict.lane],
      );
      const probes = probesAt(health.port);
      for (let look = 0; look < 4; look++) {
        assert.deepEqual((await probes.ready()).late, {});
        await sleep(700);
      }
      assert.equal(await probes.metric('kuvert_lanes{state="held"}'), 1);
      assert.equal(await probes.metric('kuvert_lanes{state="paused"}'), 1);
      assert.equal(await probes.metric('kuvert_lanes{state="flowing"}'), 1);
      assert.equal(await probes.metric('kuvert_delivery_oldest_due_seconds'), 0);
      // The held lane’s next try is a minute late, and nobody makes it.
      await line.pool.query("update lane set wake_at = clock_timestamp() - interval '1 minute' where id = $1", [
        held.lane,
      ]);
      await eventually('the held lane is late', async () => (await probes.ready()).status === 503);
      await line.pool.query('update lane set wake_at = null where id = $1', [held.lane]);
    });

    it('is asked by key', async () => {
      const supplier = await line.addSupplier();
      await line.take(framesFor(supplier.organisationNumber, 5));
      const pool = createPool({ url: line.databaseUrl, connections: 1, name: 'test', byKey: true });
      const { readLine } = await import('../../src/roles/line-reading.ts');
      for (let round = 0; round < 6; round++) await readLine(pool);
      const { rows } = await pool.query<{ name: string; statement: string; parameters: string[] }>(
        "select name, statement, parameter_types::text[] as parameters from pg_prepared_statements where statement !~ '^explain'",
      );
      const tables = 'message|delivery|outbox|attempt|certificate|address_certificate';
      for (const { name, statement, parameters } of rows) {
        const values = parameters.length === 0 ? '' : `(${parameters.map(() => 'null').join(', ')})`;
        const plan = await pool.query<{ 'QUERY PLAN': string }>(`explain execute "${name}"${values}`);
        const whole = plan.rows.filter((row) => new RegExp(`Seq Scan on (${tables})`).test(row['QUERY PLAN']));
        assert.deepEqual(whole, [], statement);
      }
      await pool.close();
    });
  });

  it('a PostgreSQL that hangs makes it unready within seconds, and what is read from it missing; the process lives', async () => {
    const servers = await ownServers({ postgres: true });
    const { postgres } = servers;
    assert.ok(postgres);
    const health = await healthOf(await freshDatabase(postgres.url), ['supplier-api']);
    try {
      const probes = probesAt(health.port);
      assert.deepEqual(await probes.ready(), { status: 200, ready: true, late: {} });
      assert.equal(await probes.metric('kuvert_outbox_rows'), 0);
      postgres.pause();
      const paused = Date.now();
      const late = await eventually('it is unready', async () => {
        const probe = await probes.ready();
        return probe.status === 503 && probe;
      });
      assert.deepEqual(Object.keys(late.late), ['postgresql']);
      assert.ok(Math.abs(Date.parse(late.late['postgresql'] ?? '') - paused) < 10_000, late.late['postgresql']);
      assert.equal(await probes.metric('kuvert_postgresql_up'), 0);
      assert.equal(await probes.metric('kuvert_outbox_rows'), undefined);
      assert.equal((await probes.get('/healthz')).status, 200);
      postgres.resume();
      await eventually('it is ready again', async () => (await probes.ready()).status === 200);
      assert.equal(await probes.metric('kuvert_postgresql_up'), 1);
    } finally {
      postgres.resume();
      await health.close();
      await servers.stop();
    }
  });

  it('intake is unready while answers cannot be sent, and while there is no broker, each by its name', async () => {
    const gateway = await openGateway({ settings: short });
    const running = await startGateway(gateway.settings, ['intake'], silentLog, '0.0.0');
    const away = await startGateway(
      { ...gateway.settings, brokerUrls: ['stomp://127.0.0.1:1'] },
      ['intake'],
      silentLog,
      '0.0.0',
    );
    try {
      const probes = probesAt(running.metricsPort);
      await eventually('it is ready', async () => (await probes.ready()).status === 200);
      const without = probesAt(away.metricsPort);
      await eventually('no broker is told', async () => 'broker' in (await without.ready()).late);
      assert.ok(((await without.metric('kuvert_broker_away_seconds')) ?? 0) >= 1);
      assert.equal(await probes.metric('kuvert_broker_away_seconds'), 0);
      await gateway.pool.transaction(async (db) => {
        // Another process is the only one that may send, and does not.
        await db.query('select pg_advisory_xact_lock(5901)');
        await gateway.pool.query("insert into outbox (queue, body) values ('status', '{}')");
        const late = await eventually('the outbox is late', async () => {
          const probe = await probes.ready();
          return probe.status === 503 && probe;
        });
        assert.deepEqual(Object.keys(late.late), ['outbox']);
        // Not read again for each scrape.
        await eventually('and counted', async () => (await probes.metric('kuvert_outbox_rows')) === 1);
        await gateway.pool.query("update outbox set sent_at = now() where body = '{}'");
      });
      await eventually('it is ready again', async () => (await probes.ready()).status === 200);
    } finally {
      await running.stop();
      await away.stop();
      await gateway.close();
    }
  });

  it('a process that begins or stops is alive and not ready; what is asked wrongly is told so', async () => {
    const database = await freshDatabase();
    const health = await healthOf(database, ['ca']);
    try {
      const probes = probesAt(health.port);
      health.rolesRun(false);
      assert.deepEqual(Object.keys((await probes.ready()).late), ['roles']);
      assert.equal((await probes.get('/healthz')).status, 200);
      assert.equal((await probes.get('/nothing')).status, 404);
      assert.equal((await probes.get('/healthz', 'POST')).status, 405);
    } finally {
      await health.close();
    }
  });
});
