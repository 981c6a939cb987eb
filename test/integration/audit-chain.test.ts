import { strict as assert } from 'node:assert';
import { verifyBook } from '../../src/operations/audit/verify.ts';
import { appendAudit } from '../../src/store/audit.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { tamper, verifyAudit, writeRow } from '../support/audit.ts';
import { freshDatabase } from '../support/servers.ts';

describe('the audit cannot be changed unseen', () => {
  let pool: Pool;

  beforeEach(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 10, name: 'test' });
  });
  afterEach(() => pool.close());

  it('its rows are numbered without gaps although many write at once', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, n) => writeRow(pool, n)));
    const report = await verifyAudit(pool);
    assert.deepEqual([report.ok, report.rows, report.head.id], [true, 30, 30]);
  });

  it('a transaction that is rolled back leaves neither row nor gap', async () => {
    await writeRow(pool, 1);
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
    await writeRow(pool, 2);
    const report = await verifyAudit(pool);
    assert.deepEqual([report.ok, report.rows], [true, 2]);
  });

  it('what jsonb reorders, drops or cannot hold does not break the chain', async () => {
    await writeRow(pool, 1, {
      z: { b: 1, a: [1.1, 'å\0\ud800', null, undefined] },
      y: undefined,
      at: new Date(0),
      '\\u0000': '\\u0000',
    });
    assert.equal((await verifyAudit(pool)).ok, true);
  });

  it('PostgreSQL itself refuses to change, remove or empty', async () => {
    await writeRow(pool, 1);
    for (const sql of [
      "update audit set reason = 'x'",
      'delete from audit',
      'delete from audit where id = 1',
      'truncate audit',
    ])
      await assert.rejects(pool.query(sql), /never changed or removed/, sql);
    await pool.query('delete from audit where id = 99');
  });

  for (const [what, sql, found] of [
    ['another reason', "update audit set reason = 'other' where id = 3", ['row-changed 3']],
    ['another actor', "update audit set actor = 'cli:other' where id = 2", ['row-changed 2']],
    ['a microsecond more', "update audit set at = at + interval '1 microsecond' where id = 4", ['row-changed 4']],
    ['other details', `update audit set details = '{"n": 99}' where id = 1`, ['row-changed 1']],
    ['another hash', 'update audit set hash = sha256(hash) where id = 2', ['row-changed 2']],
    [
      'a row written anew with its hash',
      `update audit set actor = 'x', previous = sha256('p'), hash = hash where id = 2`,
      ['row-changed 2'],
    ],
    ['a row taken out', 'delete from audit where id = 3', ['rows-removed 4']],
    ['several rows taken out', 'delete from audit where id in (2, 3)', ['rows-removed 4']],
    ['the first row taken out', 'delete from audit where id = 1', ['rows-removed 2']],
    [
      'two rows exchanged',
      'update audit set id = -id where id in (2, 3); update audit set id = case id when -2 then 3 else 2 end where id < 0',
      ['rows-reordered 2', 'rows-reordered 3'],
    ],
    [
      'what two rows say exchanged, their hashes left',
      `update audit a set (at, reason, subject, details) = (select at, reason, subject, details from audit b where b.id = 6 - a.id)
        where id in (2, 4)`,
      ['rows-reordered 2', 'rows-reordered 4'],
    ],
    [
      'a row taken out and the rest numbered anew',
      'delete from audit where id = 2; update audit set id = -id where id > 2; update audit set id = -id - 1 where id < 0',
      ['rows-reordered 2', 'rows-reordered 3', 'rows-reordered 4'],
    ],
  ] as const)
    it(`${what} is found and named`, async () => {
      for (let n = 1; n <= 5; n++) await writeRow(pool, n);
      await tamper(pool, ...sql.split('; '));
      const { ok, damage } = await verifyAudit(pool);
      assert.equal(ok, false);
      assert.deepEqual(
        damage.map(({ kind, row }) => `${kind} ${row}`),
        found,
      );
    });

  it('when every row is damaged the first are told and all are counted', async () => {
    await pool.query(
      `insert into audit select n, now(), 'a', 'b', 'c', null, '{}', sha256('p'), sha256('h') from generate_series(1, 1500) n`,
    );
    const { damage, more } = await verifyAudit(pool);
    assert.deepEqual([damage.length, more], [200, 1_300]);
  });

  it('a tail that is cut off, or written anew, is found with a row that was noted', async () => {
    for (let n = 1; n <= 5; n++) await writeRow(pool, n);
    const { head } = await verifyAudit(pool);
    const noted = async () => {
      const { damage } = await verifyBook(pool, { files: [], keys: undefined, expected: head, restored: [] });
      return damage.map(({ kind, row }) => `${kind} ${row}`);
    };
    assert.deepEqual(await noted(), []);
    await tamper(pool, 'delete from audit where id > 3');
    assert.equal((await verifyAudit(pool)).ok, true);
    assert.deepEqual(await noted(), ['tail-cut 5']);
    await writeRow(pool, 41);
    await writeRow(pool, 42);
    assert.equal((await verifyAudit(pool)).ok, true);
    assert.deepEqual(await noted(), ['chain-rewritten 5']);
  });
});
