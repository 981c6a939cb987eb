import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PurgeOrder, purgeAudit } from '../../src/operations/audit/purge.ts';
import type { VerifyOrder } from '../../src/operations/audit/report.ts';
import { verifyBook } from '../../src/operations/audit/verify.ts';
import { listAudit, lockAudit } from '../../src/store/audit.ts';
import { purgeUpTo } from '../../src/store/audit-heads.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { began, headFile, hour, openKeeper, openSigning, type Signing, tamper, writeRow } from '../support/audit.ts';
import { eventually } from '../support/eventually.ts';
import { freshDatabase } from '../support/servers.ts';

describe('the audit is purged up to a signed checkpoint', () => {
  let signing: Signing;
  let pool: Pool;
  let folder: string;
  let file: string;
  let look: (at: number) => Promise<void>;
  before(async () => {
    signing = await openSigning();
  });
  /** Twelve rows, a minute apart; heads of rows 4, 8 and 10. */
  beforeEach(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 6, name: 'test' });
    folder = mkdtempSync(join(tmpdir(), 'kuvert-audit-'));
    file = join(folder, 'heads');
    look = openKeeper({ pool, signing, file });
    let n = 0;
    for (const [turn, to] of [4, 8, 10].entries()) {
      while (n < to) await writeRow(pool, ++n);
      await look(began + turn * hour);
    }
    while (n < 12) await writeRow(pool, ++n);
  });
  afterEach(async () => {
    await pool.close();
    rmSync(folder, { recursive: true });
  });

  /** Older than row n. */
  const purge = (n: number, more: Partial<PurgeOrder> = {}) =>
    purgeAudit(pool, {
      before: new Date(began + n * 60_000),
      actor: 'cli:anna',
      reason: 'retention, decision 12',
      now: new Date(began + 5 * hour),
      signer: signing.signer,
      keys: signing.keys,
      files: [headFile(file)],
      restored: [],
      ...more,
    });
  const verify = (more: Partial<VerifyOrder> = {}) =>
    verifyBook(pool, { files: [headFile(file)], keys: signing.keys, expected: undefined, restored: [], ...more });
  const found = async (more: Partial<VerifyOrder> = {}) =>
    (await verify(more)).damage.map(({ kind, row }) => `${kind} ${row}`);
  const ids = async () =>
    (await pool.query<{ id: number }>('select id from audit order by id')).rows.map(({ id }) => id);

  it('rows that are older go, up to the newest head among them; the chain goes on and the audit tells of it', async () => {
    const purged = await purge(10);
    assert.deepEqual([purged?.first, purged?.row, purged?.rows, purged?.done], [1, 8, 8, true]);
    assert.deepEqual(await ids(), [9, 10, 11, 12, 13]);
    const [newest] = await listAudit(pool, { limit: 1 });
    assert.deepEqual(
      [newest?.action, newest?.subject, newest?.reason],
      ['audit.purge', 'audit/8', 'retention, decision 12'],
    );
    await writeRow(pool, 14);
    await look(began + 6 * hour);
    const { ok, rows, heads, checkpoint } = await verify();
    assert.deepEqual([ok, rows, heads.database, heads.files], [true, 6, 4, 4]);
    assert.deepEqual(checkpoint, {
      row: 8,
      purged: 8,
      at: new Date(began + 5 * hour).toISOString(),
      by: 'cli:anna',
      reason: 'retention, decision 12',
    });
  });

  it('a dry run changes nothing; what stands above the newest head, or is not older, is kept', async () => {
    assert.deepEqual([(await purge(10, { signer: undefined }))?.rows, (await ids()).length], [8, 12]);
    assert.equal(await purge(4), undefined, 'row 4 is the head, and is not older');
    assert.equal((await purge(5))?.row, 4);
    assert.equal((await purge(999))?.row, 10);
    assert.deepEqual(await ids(), [11, 12, 13, 14]);
    assert.equal(await purge(999), undefined);
  });

  it('a row that was noted and is purged cannot be compared, and that is said', async () => {
    const { rows } = await pool.query<{ hash: Buffer }>('select hash from audit where id in (3, 8) order by id');
    const [third = '', eighth = ''] = rows.map(({ hash }) => hash.toString('hex'));
    await purge(10);
    const early = await verify({ expected: { id: 3, hash: third } });
    assert.deepEqual(
      [early.ok, early.notes],
      [true, ['Row 3 was purged, and cannot be compared with what was noted.']],
    );
    assert.deepEqual(await found({ expected: { id: 8, hash: eighth } }), []);
    assert.deepEqual(await found({ expected: { id: 8, hash: third } }), ['chain-rewritten 8']);
  });

  it('one purge follows another', async () => {
    await purge(5);
    await look(began + 6 * hour);
    const second = await purge(9);
    assert.deepEqual([second?.first, second?.row, second?.rows], [5, 8, 4]);
    assert.deepEqual([await found(), (await verify()).checkpoint?.row], [[], 8]);
    const { rows } = await pool.query('select row_id, purged from audit_checkpoint order by row_id');
    assert.deepEqual(rows, [
      { row_id: 4, purged: 4 },
      { row_id: 8, purged: 4 },
    ]);
  });

  it('rows that came in another order than their times go only before the first that is not older', async () => {
    // Clocks of two machines: row 13 is of an hour before all others.
    await writeRow(pool, -60);
    await look(began + 4 * hour);
    assert.equal((await purge(2, { signer: undefined }))?.row, undefined);
    assert.equal((await purge(6, { signer: undefined }))?.row, 4);
  });

  it('what is damaged is not purged, so that its traces stay', async () => {
    await tamper(pool, "update audit set actor = 'x' where id = 2");
    await assert.rejects(purge(10), {
      code: 'audit-not-whole',
      message: /nothing is purged: The chain breaks at row 2/,
    });
    assert.equal((await ids()).length, 12);
  });

  it('a purge that ends on the way has changed nothing', async () => {
    const broken = { ...signing.signer, signStatement: () => Promise.reject(new Error('the key is gone')) };
    await assert.rejects(purge(10, { signer: broken }), /the key is gone/);
    assert.deepEqual([(await ids()).length, await found(), (await verify()).checkpoint], [12, [], undefined]);
  });

  it('after a purge, whatever is done to what is left is found', async () => {
    await purge(10);
    await look(began + 6 * hour);
    for (const [sql, damage] of [
      ["update audit set actor = 'x' where id = 10", ['row-changed 10']],
      ['delete from audit where id = 9', ['rows-removed 10']],
      ['delete from audit where id > 10', ['tail-cut 13']],
      ['delete from audit where id = 11', ['rows-removed 12']],
      ['delete from audit_checkpoint', ['rows-removed 9']],
      ['update audit_checkpoint set row_id = 9', ['checkpoint-wrong 9', 'checkpoint-wrong 9', 'row-changed 10']],
      ['update audit_checkpoint set hash = sha256(hash)', ['checkpoint-wrong 8', 'row-changed 9', 'chain-rewritten 8']],
      ['update audit_checkpoint set purged = 7', ['checkpoint-wrong 8']],
      ["update audit_checkpoint set at = at - interval '1 day'", ['checkpoint-wrong 8']],
      ["update audit_checkpoint set jws = 'a.b.c'", ['checkpoint-wrong 8']],
    ] as const) {
      await pool.query('create table before_checkpoint as select * from audit_checkpoint');
      await pool.query('create table before_audit as select * from audit');
      await tamper(pool, sql);
      const kinds = await found();
      await tamper(
        pool,
        'delete from audit',
        'insert into audit select * from before_audit',
        'delete from audit_checkpoint',
        'insert into audit_checkpoint select * from before_checkpoint',
      );
      await pool.query('drop table before_audit, before_checkpoint');
      assert.deepEqual(kinds, damage, sql);
      assert.deepEqual(await found(), []);
    }
  });

  it('a purge that somebody made up, with a key of his own or a head in the place of a checkpoint, is found', async () => {
    const other = await openSigning();
    await assert.rejects(purge(10, { signer: other.signer, keys: other.keys }), { code: 'audit-not-whole' });
    await tamper(
      pool,
      `insert into audit_checkpoint select h.row_id, a.hash, h.row_id, h.at, h.jws from audit_head h join audit a on a.id = h.row_id where h.row_id = 8`,
      'delete from audit where id <= 8',
    );
    const { damage } = await verify();
    assert.deepEqual(
      damage.map(({ kind }) => kind),
      ['checkpoint-wrong'],
    );
    assert.match(damage[0]?.text ?? '', /not genuine.* may have been removed by anybody/);
  });

  it('PostgreSQL itself lets rows go only from the start and only under a checkpoint', async () => {
    const refused = async (...statements: string[]) =>
      assert.rejects(
        pool.transaction(async (db) => {
          for (const sql of statements) await db.query(sql);
        }),
        /never changed or removed/,
        statements.join('; '),
      );
    const checkpoint = `insert into audit_checkpoint values (8, sha256('x'), 8, now(), 'a.b.c')`;
    await refused(checkpoint, 'delete from audit where id <= 9');
    await refused(checkpoint, 'delete from audit where id = 8');
    await refused(checkpoint, 'delete from audit where id between 2 and 8');
    await refused(checkpoint, "update audit set actor = 'x' where id = 1");
    await refused(checkpoint, 'truncate audit');
    await purge(10);
    await refused('delete from audit where id = 9');
    for (const sql of [
      'delete from audit_checkpoint',
      'update audit_checkpoint set purged = 1',
      'truncate audit_checkpoint',
    ])
      await refused(sql);
  });

  it('a row that comes while it is purged waits, and stands on the row that tells of the purge', async () => {
    await Promise.all([purge(10), ...Array.from({ length: 10 }, (_, n) => writeRow(pool, 20 + n))]);
    const { ok, rows } = await verify();
    assert.deepEqual([ok, rows], [true, 15]);
  });

  it('of several purges at once one is done and the others say that something changed, or find nothing', async () => {
    const begun: ReturnType<typeof purge>[] = [];
    await pool.transaction(async (db) => {
      await lockAudit(db);
      begun.push(purge(10), purge(10), purge(10));
      for (const one of begun) one.catch(() => undefined);
      await eventually('all of them wait for the audit', async () => {
        const { rows } = await pool.query<{ n: number }>(
          `select count(*) as n from pg_locks l join pg_database d on d.oid = l.database
            where l.locktype = 'advisory' and not l.granted and d.datname = current_database()`,
        );
        return rows[0]?.n === 3;
      });
    });
    const outcomes = await Promise.allSettled(begun);
    assert.equal(outcomes.filter((one) => one.status === 'fulfilled' && one.value?.done).length, 1);
    for (const one of outcomes)
      if (one.status === 'rejected') assert.equal((one.reason as { code: string }).code, 'not-possible-now');
    assert.deepEqual(await found(), []);
  });

  it('very many rows go in parts, in one transaction', async () => {
    await tamper(
      pool,
      `insert into audit select n, '2020-01-01', 'a', 'b', 'c', null, '{}', sha256('p'), sha256('h') from generate_series(13, 250012) n`,
    );
    const { rows } = await pool.query<{ hash: Buffer }>('select hash from audit where id = 250000');
    const gone = await pool.transaction((db) =>
      purgeUpTo(db, {
        id: 250_000,
        hash: rows[0]?.hash ?? Buffer.alloc(32),
        purged: 250_000,
        at: new Date(began),
        jws: 'a.b.c',
      }),
    );
    assert.deepEqual([gone, (await ids()).length], [250_000, 12]);
  });
});
