/** The database is brought back to before a certificate was fetched: its codes, and the numbers of revocation lists, are not used again. */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { publishIfDue } from '../../src/enrolment/publish-revocations.ts';
import { silentLog } from '../../src/platform/log.ts';
import type { Running } from '../../src/roles/parts.ts';
import { readNewestList } from '../../src/store/enrol/revocation-lists.ts';
import { afterRestore, innerJump, type Restored } from '../../src/store/restore.ts';
import { orderReason } from '../../src/store/restore-certificates.ts';
import { day, type Enrolment, newRequest, openEnrolment } from '../support/enrolment.ts';
import { estClient } from '../support/est-client.ts';
import { eventually } from '../support/eventually.ts';

const brought = (stage: Enrolment, rehearsal = false): Promise<Restored> =>
  afterRestore(stage.pool, {
    seen: new Map(),
    margin: 1_000,
    again: true,
    actor: 'cli:test',
    reason: 'a test',
    now: new Date(),
    rehearsal,
  });

describe('after a restore', () => {
  let stage: Enrolment;
  const roles: Running[] = [];
  before(async () => {
    stage = await openEnrolment();
  });
  after(() => stage.close());

  it('codes that may have been used, or taken back, open nothing; a new order does', async () => {
    const [open, unopened, awaiting, expired] = [
      await stage.order(),
      await stage.order({ unopened: true }),
      await stage.order({ approval: 'awaited' }),
      await stage.order({ orderedAt: new Date(Date.now() - 15 * day) }),
    ];
    assert.equal((await brought(stage, true)).orders, 3);
    assert.equal((await brought(stage)).orders, 3);
    const { rows } = await stage.pool.query<{ transfer_id: string; state: string; reason: string | null }>(
      'select transfer_id, state, reason from certificate_order order by ordered_at, transfer_id',
    );
    for (const { transferId } of [open, unopened, awaiting])
      assert.deepEqual(
        rows.find((row) => row.transfer_id === transferId),
        { transfer_id: transferId, state: 'locked', reason: orderReason },
      );
    assert.equal(rows.find((row) => row.transfer_id === expired.transferId)?.state, 'opened');
    roles.push(await stage.startCa());
    const api = await stage.startApi();
    roles.push(api);
    const est = estClient(stage, api.port);
    const { der } = await newRequest();
    const refused = await est.enrol(open, der);
    assert.equal(refused.status, 403);
    assert.match(refused.bytes.toString(), /order-not-open.* is locked; ask whoever ordered it/);
    assert.equal((await est.enrol(await stage.order(), der)).status, 200);
  });

  it('the next revocation list has a number that none had, though nothing in it is new', async () => {
    const { issuing: issuer } = stage.authority;
    const authority = issuer.certificate.fingerprint;
    const parts = { log: silentLog, pool: stage.pool, issuer, now: () => new Date(), interval: day, lifetime: day };
    // That of role ca is as new as the register.
    const before = await readNewestList(stage.pool, authority);
    assert.ok(before);
    assert.equal(await publishIfDue(parts), undefined);
    for (const role of roles) await role.stop();
    // The server notices a little later that they have gone.
    await eventually('no role is connected', async () => {
      const { rows } = await stage.pool.query(
        "select 1 from pg_stat_activity where datname = current_database() and application_name in ('kuvert ca', 'kuvert supplier-api')",
      );
      return rows.length === 0;
    });
    await brought(stage);
    const number = await publishIfDue(parts);
    assert.equal(number, before.number + innerJump + 1);
    const list = await readNewestList(stage.pool, authority);
    const text = execFileSync('openssl', ['crl', '-inform', 'DER', '-noout', '-crlnumber'], { input: list?.der });
    assert.equal(text.toString().trim(), `crlNumber=0x${(number ?? 0).toString(16).toUpperCase()}`);
    assert.equal(await publishIfDue(parts), undefined);
  });
});
