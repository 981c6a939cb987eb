import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/platform/log.ts';
import { openStore } from '../../src/roles/parts.ts';
import { appendAudit } from '../../src/store/audit.ts';
import { auditStanding } from '../../src/store/audit-heads.ts';
import { openKeeper, openSigning, tamper, writeRow } from '../support/audit.ts';
import { command, startCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';

describe('processes share the signing of the audit’s heads', () => {
  let gateway: TestGateway;
  let folder: string;
  const children: ReturnType<typeof startCommand>[] = [];
  before(async () => {
    gateway = await openGateway();
    folder = mkdtempSync(join(tmpdir(), 'kuvert-audit-'));
  });
  after(async () => {
    for (const { child } of children) child.kill('SIGKILL');
    await Promise.all(children.map(({ over }) => over));
    await gateway.close();
    rmSync(folder, { recursive: true });
  });

  const path = (name: string) => join(folder, name);
  const heads = (name: string) =>
    existsSync(path(name)) ? readFileSync(path(name), 'utf8').split('\n').filter(Boolean).length : 0;
  const start = (roles: readonly string[], headFile: string | undefined) => {
    const { supplierListener } = gateway.certificates;
    const started = startCommand(['start', ...roles], {
      ...gateway.environment,
      KUVERT_SUPPLIER_HOST: '127.0.0.1',
      KUVERT_SUPPLIER_PORT: '0',
      KUVERT_SUPPLIER_KEY_FILE: supplierListener.keyFile,
      KUVERT_SUPPLIER_CERTIFICATE_FILE: supplierListener.certificateFile,
      KUVERT_AUDIT_HEAD_INTERVAL: '1s',
      ...(headFile === undefined ? {} : { KUVERT_AUDIT_HEAD_FILE: path(headFile) }),
    });
    const said: string[] = [];
    started.child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    children.push(started);
    return { ...started, said: () => said.join('') };
  };
  const kuvert = (...args: string[]) =>
    command(args, {
      DATABASE_URL: gateway.settings.databaseUrl,
      KUVERT_SIGNING_KEY_FILE: gateway.certificates.signing.keyFile,
      KUVERT_SIGNING_CERTIFICATE_FILE: gateway.certificates.signing.certificateFile,
    });

  it('each has every head in its own file; one that cannot write says so and works; one without a file says so once', async () => {
    await writeRow(gateway.pool, 1);
    const processes = [
      start(['supplier-api'], 'first'),
      start(['supplier-api', 'delivery'], 'second'),
      start(['delivery'], 'none/third'),
      start(['delivery'], undefined),
      start(['intake'], 'fourth'),
    ] as const;
    await eventually('a head is in both files', () => heads('first') === 1 && heads('second') === 1);
    await writeRow(gateway.pool, 2);
    await writeRow(gateway.pool, 3);
    await eventually('two or three are', () => heads('first') >= 2 && heads('second') === heads('first'));
    const [, , third, without, intake] = processes;
    await eventually('it says so', () => /ENOENT.*could not be written outside the database/.test(third.said()));
    mkdirSync(path('none'));
    await eventually('and writes all of them when it can', () => heads('none/third') === heads('first'));
    await eventually('the others run', () => /the gateway runs/.test(without.said() + intake.said()));
    assert.equal(without.said().match(/KUVERT_AUDIT_HEAD_FILE names no file/g)?.length, 1);
    assert.equal(heads('fourth'), 0, 'a role that has no signing key signs nothing');
    for (const { child } of processes) child.kill('SIGTERM');
    for (const { over } of processes) assert.equal((await over).code, 0);
  });

  it('operators verify, see the standing, and purge', async () => {
    const whole = await kuvert('audit', 'verify', '--head', path('first'), path('second'));
    assert.equal(whole.code, 0, whole.out + whole.err);
    assert.match(
      whole.out,
      /^3 rows, the chain is whole\. Newest row and hash: 3:[0-9a-f]{64}\nHeads: (\d) in the database, \1 in the file; the newest is of row 3, /,
    );
    assert.match(
      (await kuvert('status')).out,
      /\nAudit: signed up to row 3, [-\d]+ [:\d]+; also outside the database\n/,
    );

    const dry = await kuvert('audit', 'purge', '--before', '2026-06-01', '--reason', 'retention');
    assert.deepEqual(
      [dry.code, /^3 rows, 1 to 3, of .* would be purged\. Nothing was done/.test(dry.out)],
      [0, true],
      dry.out + dry.err,
    );
    const ahead = await kuvert('audit', 'purge', '--before', '2999-06-01', '--reason', 'x', '--yes');
    assert.deepEqual([ahead.code, /lies ahead/.test(ahead.err)], [2, true]);
    const done = await kuvert(
      'audit',
      'purge',
      '--before',
      '2026-06-01',
      '--reason',
      'retention',
      '--head',
      path('first'),
      '--yes',
      '--json',
    );
    assert.equal(done.code, 0, done.err);
    assert.deepEqual((JSON.parse(done.out) as { rows: number; done: boolean }).rows, 3);
    const after = await kuvert('audit', 'verify', '--head', path('first'), '--json');
    const report = JSON.parse(after.out) as { ok: boolean; rows: number; checkpoint: { row: number; reason: string } };
    assert.deepEqual([after.code, report.ok, report.rows, report.checkpoint.row], [0, true, 1, 3], after.out);
    const nothing = await kuvert('audit', 'purge', '--before', '2026-06-01', '--reason', 'retention', '--yes');
    assert.match(nothing.out, /^Nothing to purge/);

    await tamper(gateway.pool, "update audit set reason = 'none'");
    const damaged = await kuvert('audit', 'verify', '--head', path('first'));
    assert.equal(damaged.code, 6);
    assert.match(
      damaged.out,
      /^THE AUDIT IS NOT WHAT WAS WRITTEN\.\n {2}- The chain breaks at row 4: its content is not/,
    );
    assert.match(damaged.out, /\nRows up to 3 were purged at .* by cli:.*: retention\n/);
    const refused = await kuvert('audit', 'purge', '--before', '2026-06-01', '--reason', 'retention', '--yes');
    assert.deepEqual([refused.code, /nothing is purged/.test(refused.err)], [6, true]);
    const bad = await kuvert('audit', 'verify', '--head', path('not-there'));
    assert.equal(bad.code, 2);
  });

  it('what a process asks at each look is planned by key', async () => {
    const database = await openGateway();
    const pool = await openStore(
      { databaseUrl: database.settings.databaseUrl, databaseConnections: 1 },
      'audit heads',
      silentLog,
    );
    try {
      const look = openKeeper({ pool, signing: await openSigning(), file: path('planned') });
      for (let round = 0; round < 7; round++) {
        await pool.transaction((db) =>
          appendAudit(db, { actor: 'x', action: 'x', subject: 'x', reason: undefined, details: {}, at: new Date() }),
        );
        await look(Date.now() + round * 3_600_000);
        await auditStanding(pool);
      }
      const { rows } = await pool.query<{
        name: string;
        statement: string;
        custom_plans: number;
        parameters: string[];
      }>('select name, statement, custom_plans, parameter_types::text[] as parameters from pg_prepared_statements');
      const ours = rows.filter(({ statement, parameters }) => parameters.length > 0 && /audit/.test(statement));
      assert.ok(ours.length >= 5, `${ours.length} statements`);
      for (const { name, statement, parameters, custom_plans: custom } of ours) {
        assert.equal(custom, 0, statement);
        const plan = await pool.query<{ 'QUERY PLAN': string }>(
          `explain execute "${name}"(${parameters.map(() => 'null').join(', ')})`,
        );
        assert.deepEqual(
          plan.rows.filter((row) => row['QUERY PLAN'].includes('Seq Scan on')),
          [],
          statement,
        );
      }
    } finally {
      await pool.close();
      await database.close();
    }
  });
});
