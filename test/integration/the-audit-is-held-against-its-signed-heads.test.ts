import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signHead } from '../../src/operations/audit/head.ts';
import type { VerifyOrder } from '../../src/operations/audit/report.ts';
import { verifyBook } from '../../src/operations/audit/verify.ts';
import type { Log } from '../../src/platform/log.ts';
import { canonicalJson } from '../../src/store/audit-chain.ts';
import { auditStanding } from '../../src/store/audit-heads.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { afterRestore } from '../../src/store/restore.ts';
import { began, headFile, hour, openKeeper, openSigning, type Signing, tamper, writeRow } from '../support/audit.ts';
import { freshDatabase } from '../support/servers.ts';

describe('the audit is held against its signed heads', () => {
  let signing: Signing;
  let pool: Pool;
  let folder: string;
  let file: string;
  before(async () => {
    signing = await openSigning();
  });
  beforeEach(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 6, name: 'test' });
    folder = mkdtempSync(join(tmpdir(), 'kuvert-audit-'));
    file = join(folder, 'heads');
  });
  afterEach(async () => {
    await pool.close();
    rmSync(folder, { recursive: true });
  });

  const rows = async (from: number, to: number) => {
    for (let n = from; n <= to; n++) await writeRow(pool, n);
  };
  const verify = (more: Partial<VerifyOrder> = {}) =>
    verifyBook(pool, { files: [headFile(file)], keys: signing.keys, expected: undefined, restored: [], ...more });
  /** What is found, such as `tail-cut 5`. */
  const found = async (more: Partial<VerifyOrder> = {}) =>
    (await verify(more)).damage.map(({ kind, row }) => [kind, row].filter(Boolean).join(' '));
  const withoutFile = { files: [] };
  const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n');
  /** Three heads, of rows 3, 5 and 8; rows to 9. */
  const signedBook = async () => {
    const look = openKeeper({ pool, signing, file });
    await rows(1, 3);
    await look(began);
    await rows(4, 5);
    await look(began + hour);
    await rows(6, 8);
    await look(began + 2 * hour);
    await rows(9, 9);
    return look;
  };
  interface Line {
    readonly event: string;
    readonly error: string;
  }
  const listening = (): { log: Log; errors: Line[] } => {
    const errors: Line[] = [];
    const log: Log = {
      error: (event, fields) => void errors.push({ event, error: String(fields?.['error']) }),
      warn: () => undefined,
      info: () => undefined,
      debug: () => undefined,
      with: () => log,
    };
    return { log, errors };
  };
  /** As the gateway does, by somebody who knows how and may write everything. */
  const writtenAnew = async (row: number, actor: string) => {
    await tamper(pool, `update audit set actor = '${actor}' where id = ${row}`);
    const { rows: all } = await pool.query<{ id: number } & Record<string, unknown>>(
      `select id, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, actor, action, subject, reason, details
         from audit order by id`,
    );
    let previous: Buffer = Buffer.alloc(32);
    for (const one of all) {
      const hash = createHash('sha256').update(previous).update(canonicalJson(one)).digest();
      const hex = [previous, hash].map((bytes) => `'\\x${bytes.toString('hex')}'`);
      await tamper(pool, `update audit set previous = ${hex[0]}, hash = ${hex[1]} where id = ${one.id}`);
      previous = hash;
    }
  };

  it('each interval that has new rows gets one head, in the database and in the file', async () => {
    const look = await signedBook();
    await look(began + 2 * hour + 60_000);
    const { ok, heads, notes, head } = await verify();
    assert.deepEqual([ok, heads.database, heads.files, head.id], [true, 3, 3, 9]);
    assert.deepEqual(heads.newest, { row: 8, at: new Date(began + 2 * hour).toISOString() });
    assert.deepEqual(notes, []);
    await look(began + 3 * hour);
    await look(began + 9 * hour);
    assert.equal((await verify()).heads.database, 4, 'no head without a new row');
    assert.equal(lines().length, 4);
    assert.deepEqual(await auditStanding(pool), {
      newest: 9,
      head: { row: 9, at: new Date(began + 3 * hour) },
      outside: { row: 9, at: new Date(began + 3 * hour) },
    });
  });

  it('a cut tail is found with the file, and not without when its heads went with it', async () => {
    await signedBook();
    const copy = join(folder, 'copy');
    copyFileSync(file, copy);
    await tamper(pool, 'delete from audit where id > 4');
    assert.deepEqual(await found(withoutFile), ['tail-cut 5']);
    assert.deepEqual(await found(), ['tail-cut 5']);
    await tamper(pool, 'delete from audit_head where row_id > 4');
    const blind = await verify(withoutFile);
    assert.equal(blind.ok, true);
    assert.match(blind.notes.join(), /who can write there can take them away with the rows/);
    assert.deepEqual(await found(), ['tail-cut 5']);
    const { damage } = await verify({ files: [headFile(copy)] });
    assert.match(
      damage[0]?.text ?? '',
      /^Rows from 5 were cut off: the head of 2026-01-05T10:00:00\.000Z says that there were rows up to 8\.$/,
    );
  });

  it('a cut tail over which new rows have grown is found: the rows that were signed are others', async () => {
    await signedBook();
    await tamper(pool, 'delete from audit where id > 4', 'delete from audit_head where row_id > 4');
    await rows(15, 22);
    assert.deepEqual(await found(withoutFile), []);
    assert.deepEqual(await found(), ['chain-rewritten 5']);
  });

  it('a chain whose hashes were all worked out anew is found by the heads', async () => {
    await signedBook();
    await writtenAnew(4, 'cli:nobody');
    assert.deepEqual(await found(withoutFile), ['chain-rewritten 5']);
    await tamper(pool, 'delete from audit_head where row_id > 3');
    assert.deepEqual(await found(withoutFile), []);
    assert.deepEqual(await found(), ['chain-rewritten 5']);
    assert.match(
      (await verify()).damage[0]?.text ?? '',
      /Row 5 is not the one that was signed .* \(2 heads no longer fit\)/,
    );
  });

  it('a row that is changed, removed or moved is named as without heads', async () => {
    await signedBook();
    await tamper(pool, "update audit set reason = 'other' where id = 2");
    assert.deepEqual(await found(), ['row-changed 2']);
    await tamper(pool, 'delete from audit where id = 5');
    assert.deepEqual(await found(), ['row-changed 2', 'rows-removed 6']);
  });

  it('an audit that was emptied, and one that was begun again, are found', async () => {
    await signedBook();
    await tamper(pool, 'delete from audit');
    assert.deepEqual(await found(), ['tail-cut 3']);
    await rows(101, 104);
    assert.deepEqual((await found()).sort(), ['chain-rewritten 3', 'tail-cut 5']);
  });

  it('a head that the database has lost is found in the file, and the other way round', async () => {
    await signedBook();
    await tamper(pool, 'delete from audit_head where row_id = 5');
    assert.deepEqual(await found(), ['head-lost 5']);
    const [first, , third] = lines();
    writeFileSync(file, `${first}\n${third}\n`);
    assert.deepEqual(await found(), []);
    writeFileSync(file, `${third}\n`);
    assert.deepEqual(await found(), ['head-not-in-file 3']);
    writeFileSync(file, `${first}\n`);
    const { ok, notes } = await verify();
    assert.equal(ok, true);
    assert.match(notes.join(), /^The file is behind: one head from row 8, .*, are in the database only\.$/);
  });

  it('a head whose signature is wrong, or that another key signed, or that is kept under another row, is found', async () => {
    await signedBook();
    const [first = '', second = ''] = lines();
    const [header, , signature] = first.split('.');
    const forged = `${header}.${second.split('.')[1]}.${signature}`;
    await tamper(pool, `update audit_head set jws = '${forged}' where row_id = 5`);
    assert.deepEqual((await found()).sort(), ['head-lost 5', 'head-signature 5']);
    const other = await openSigning();
    const said = { environment: 'test', book: 'x', row: 5, hash: 'a'.repeat(64), at: new Date(began).toISOString() };
    await tamper(pool, `update audit_head set jws = '${await signHead(other.signer, said)}' where row_id = 5`);
    assert.match(
      (await verify(withoutFile)).damage[0]?.text ?? '',
      /^The head of row 5 in the database, is not genuine: it names the key/,
    );
    await tamper(pool, `update audit_head set jws = '${first}' where row_id = 5`);
    assert.deepEqual(await found(withoutFile), ['head-signature 5']);
    await tamper(pool, `update audit_head set jws = '${second}' where row_id = 5`);
    await tamper(pool, 'update audit_head set row_id = 6 where row_id = 5');
    assert.deepEqual(await found(), ['head-signature 6']);
    await tamper(pool, 'update audit_head set row_id = 5 where row_id = 6');
    assert.deepEqual(await found(), []);
    appendFileSync(file, `${forged}\nno head\n`);
    assert.deepEqual(await found(), ['head-file-damaged', 'head-signature']);
    assert.match((await verify()).damage[1]?.text ?? '', /^Line 4 of .*heads is not genuine: the signature is not/);
  });

  it('a file of another database is not taken for this one', async () => {
    await signedBook();
    const theirs = createPool({ url: await freshDatabase(), connections: 2, name: 'test' });
    try {
      for (let n = 1; n <= 4; n++) await writeRow(theirs, n + 50);
      const other = join(folder, 'other');
      await openKeeper({ pool: theirs, signing, file: other })(began);
      const { damage } = await verify({ files: [headFile(other)] });
      // Its copy of the book is known only to the database that it is of.
      assert.deepEqual(
        damage.map(({ kind }) => kind),
        ['other-database'],
      );
    } finally {
      await theirs.close();
    }
  });

  it('without a certificate heads are compared and it is said that nobody checked who signed', async () => {
    await signedBook();
    const { ok, notes } = await verify({ keys: undefined });
    assert.equal(ok, true);
    assert.match(notes.join(), /^No signature was checked/);
    await tamper(pool, 'delete from audit where id > 4');
    assert.deepEqual(await found({ keys: undefined }), ['tail-cut 5']);
  });

  it('after a restore, heads of the lost time are no damage once somebody confirms the restore', async () => {
    await signedBook();
    // As a backup that was taken after the first head.
    await tamper(pool, 'delete from audit where id > 4', 'delete from audit_head where row_id > 4');
    const restored = await afterRestore(pool, {
      seen: new Map(),
      margin: 1_000,
      again: false,
      actor: 'cli:test',
      reason: 'disk lost',
      now: new Date(began + 3 * hour),
      rehearsal: false,
    });
    assert.equal(restored.audit, 5);
    // The database's own word is not enough: who can write everything can write that too.
    assert.deepEqual(await found(), ['lost-in-restore 5']);
    assert.match((await verify()).damage[0]?.text ?? '', /^2 heads up to row 8 .* say so: --restored 5\.$/);
    assert.deepEqual(await found({ restored: [4] }), ['lost-in-restore 5']);
    const known = { restored: [5] };
    assert.deepEqual(await found(known), []);
    assert.match(
      (await verify(known)).notes.join(),
      /^2 heads up to row 8 are of rows that the book lost .* as confirmed/,
    );
    // What is cut off later is damage as ever.
    const look = openKeeper({ pool, signing, file });
    await rows(10, 12);
    await look(began + 5 * hour);
    assert.deepEqual(await found(known), []);
    await tamper(pool, 'delete from audit where id > 6', 'delete from audit_head where row_id > 6');
    assert.deepEqual(await found(known), ['tail-cut 8']);
  });

  it('of many processes that look at once one signs, and the file has each head', async () => {
    const { log, errors } = listening();
    const looks = Array.from({ length: 4 }, (_, n) =>
      openKeeper({ pool, signing, file: join(folder, `heads-${n}`), log }),
    );
    for (let turn = 0; turn < 6; turn++) {
      await rows(turn * 10, turn * 10 + 1);
      await Promise.all(looks.map((look) => look(began + turn * hour)));
    }
    // Who did not get the turn finds the head at the next look.
    for (const look of looks) await look(began + 5 * hour + 60_000);
    assert.deepEqual(errors, [], 'nobody was in another’s way');
    assert.equal((await verify(withoutFile)).heads.database, 6);
    for (let n = 0; n < looks.length; n++) {
      const { ok, heads, notes } = await verify({ files: [headFile(join(folder, `heads-${n}`))] });
      assert.deepEqual([ok, heads.files, notes], [true, 6, []]);
    }
  });

  it('a clock that was far ahead does not silence the heads after it', async () => {
    const look = openKeeper({ pool, signing, file });
    await rows(1, 1);
    await look(began + 1_000_000 * hour);
    await rows(2, 2);
    await look(began);
    assert.deepEqual([(await verify()).ok, (await verify()).heads.database], [true, 2]);
  });

  describe('trouble with the file', () => {
    it('is an error in the log, once an interval, and the heads are signed and written later', async () => {
      const { log, errors } = listening();
      const look = openKeeper({ pool, signing, file: join(folder, 'later', 'heads'), log });
      await rows(1, 2);
      await look(began);
      await look(began + 60_000);
      await rows(3, 3);
      await look(began + hour);
      assert.deepEqual(
        errors.map(({ event }) => event),
        Array.from({ length: 2 }, () => 'heads of the audit could not be written outside the database'),
      );
      assert.match(errors[0]?.error ?? '', /ENOENT/);
      assert.deepEqual((await auditStanding(pool)).outside, undefined);
      mkdirSync(join(folder, 'later'));
      await look(began + hour + 60_000);
      const { ok, heads } = await verify({ files: [headFile(join(folder, 'later', 'heads'))] });
      assert.deepEqual([ok, heads.files], [true, 2]);
      assert.equal((await auditStanding(pool)).outside?.row, 3);
    });

    it('a line that was torn when the power failed is written again, and that is said', async () => {
      const look = await signedBook();
      const whole = readFileSync(file);
      for (const cut of [1, 40, 90, 300]) {
        writeFileSync(file, whole.subarray(0, whole.length - cut));
        const { ok, notes } = await verify();
        assert.equal(ok, true);
        assert.match(notes.join(), /Line 3 of .* was cut short, as when the power fails/);
      }
      await rows(10, 10);
      await look(began + 3 * hour);
      const { ok, heads, notes } = await verify();
      assert.deepEqual([ok, heads.files], [true, 4]);
      assert.match(notes.join(), /Line 3 of .* was cut short/);
    });

    it('a head that was on disk when the power failed, and not marked as written, is not written twice', async () => {
      await signedBook();
      await tamper(pool, 'update audit_head set written_at = null');
      await openKeeper({ pool, signing, file })(began + 2 * hour + 60_000);
      assert.deepEqual([lines().length, (await verify()).ok], [3, true]);
    });

    it('a file that was moved away is begun again with all heads', async () => {
      const look = await signedBook();
      rmSync(file);
      await look(began + 3 * hour);
      assert.deepEqual([(await verify()).ok, lines().length], [true, 4]);
    });

    it('an audit that is not what was signed is an error in the log at the next head, and heads go on', async () => {
      const { log, errors } = listening();
      await rows(1, 4);
      const look = openKeeper({ pool, signing, file, log });
      await look(began);
      await tamper(pool, 'delete from audit where id > 2');
      await look(began + hour);
      assert.match(errors[0]?.error ?? '', /^rows up to 4 were signed and the newest is 2: the end was cut off/);
      await rows(5, 8);
      await look(began + 2 * hour);
      assert.match(errors[1]?.error ?? '', /^row 4 has another hash than was signed/);
      assert.equal(lines().length, 2);
      assert.deepEqual(await found(), ['chain-rewritten 4']);
    });
  });

  it('PostgreSQL itself refuses to change or remove a head', async () => {
    await signedBook();
    for (const sql of [
      'delete from audit_head',
      'truncate audit_head',
      'update audit_head set row_id = 77 where row_id = 5',
      'update audit_head set written_at = null',
    ])
      await assert.rejects(pool.query(sql), /never changed or removed/, sql);
  });
});
