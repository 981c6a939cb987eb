import { strict as assert } from 'node:assert';
import { type AuditVerdict, appendAudit, verifyAudit } from '../../src/store/audit.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { freshDatabase } from '../support/servers.ts';

describe('the audit cannot be changed unseen', () => {
  let pool: Pool;

  beforeEach(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 10, name: 'test' });
  });
  afterEach(() => pool.close());

  const write = (n: number, details: Record<string, unknown> = {}) =>
    pool.transaction((db) =>
      appendAudit(db, {
        actor: 'cli:test',
        action: 'test.write',
        subject: `thing/${n}`,
        reason: n % 2 === 0 ? 'even' : undefined,
        details: { n, ...details },
        at: new Date(1_700_000_000_000 + n),
      }),
    );
  /** What somebody with the rights of the database's owner could do. */
  const tamper = async (sql: string): Promise<AuditVerdict> => {
    await pool.query('alter table audit disable trigger audit_append_only');
    await pool.query(sql);
    return verifyAudit(pool);
  };

  it('its rows are numbered without gaps although many write at once', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, n) => write(n)));
    const verdict = await verifyAudit(pool);
    assert.deepEqual([verdict.ok, verdict.rows], [true, 30]);
  });

  it('a transaction that is rolled back leaves neither row nor gap', async () => {
    await write(1);
    await assert.rejects(
      pool.transaction(async (db) => {
        await appendAudit(db, {
          actor: 'x',
          action: 'x',
          subject: 'x',
          reason: undefined,
          details: {},
          at: new Date(),
        });
        throw new Error('no');
      }),
    );
    await write(2);
    assert.deepEqual([(await verifyAudit(pool)).ok, (await verifyAudit(pool)).rows], [true, 2]);
  });

  it('what jsonb reorders, drops or cannot hold does not break the chain', async () => {
    await write(1, {
      z: { b: 1, a: [1.1, 'å\0\ud800', null, undefined] },
      y: undefined,
      at: new Date(0),
      '\\u0000': '\\u0000',
    });
    assert.equal((await verifyAudit(pool)).ok, true);
  });

  it('PostgreSQL itself refuses to change, remove or empty', async () => {
    await write(1);
    for (const sql of ["update audit set reason = 'x'", 'delete from audit', 'truncate audit'])
      await assert.rejects(pool.query(sql), /never changed or removed/);
  });

  for (const [what, sql, brokenAt] of [
    ['another reason', "update audit set reason = 'other' where id = 3", 3],
    ['another actor', "update audit set actor = 'cli:other' where id = 2", 2],
    ['a microsecond more', "update audit set at = at + interval '1 microsecond' where id = 4", 4],
    ['other details', `update audit set details = '{"n": 99}' where id = 1`, 1],
    ['a row taken out', 'delete from audit where id = 3', 4],
    ['the first row taken out', 'delete from audit where id = 1', 2],
    [
      'two rows exchanged',
      'update audit set id = case id when 2 then 903 when 3 then 2 else id end where id in (2, 3)',
      2,
    ],
  ] as const)
    it(`${what} is found`, async () => {
      for (let n = 1; n <= 5; n++) await write(n);
      const verdict = await tamper(sql);
      assert.ok(!verdict.ok);
      assert.equal(verdict.brokenAt, brokenAt);
    });

  it('a tail that is cut off, or written anew, is found with a head that was noted', async () => {
    for (let n = 1; n <= 5; n++) await write(n);
    const noted = await verifyAudit(pool);
    assert.ok(noted.ok);
    await tamper('delete from audit where id > 3');
    assert.equal((await verifyAudit(pool)).ok, true);
    const cut = await verifyAudit(pool, noted.head);
    assert.ok(!cut.ok && /are gone/.test(cut.why));
    await write(41);
    await write(42);
    assert.equal((await verifyAudit(pool)).ok, true);
    assert.equal((await verifyAudit(pool, noted.head)).ok, false);
  });
});
