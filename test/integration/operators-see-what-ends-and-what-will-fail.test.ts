import { strict as assert } from 'node:assert';
import { giveNotices } from '../../src/enrolment/notice-round.ts';
import { silentLog } from '../../src/platform/log.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { command, type Said } from '../support/command.ts';
import { openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';
import { type GivenMandate, giveMandate } from '../support/mandate.ts';
import { addressEntry, certificate, importValue, supplierFile, takeMessage } from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';

const day = 86_400_000;
const soon = '5560160680';
const late = '5599990016';
const principal = '5599990024';

interface Told {
  readonly what: string;
  readonly organisationNumber: string;
  readonly address: string;
  readonly principal?: string;
  readonly waiting: number;
  readonly perDay: number;
  readonly sentence: string;
}

describe('operators see what ends and what will fail', function () {
  this.timeout(180_000);
  let url: string;
  let pool: Pool;
  const now = new Date();
  const inDays = (days: number): Date => new Date(Math.floor(now.getTime() / 1000) * 1000 + days * day);
  before(async () => {
    url = await freshDatabase();
    pool = createPool({ url, connections: 3, name: 'test' });
    const [ten, hundred, more] = await Promise.all([
      certificate('Snart', { notAfter: inDays(10) }),
      certificate('Sen', { notAfter: inDays(100) }),
      certificate('Sen 2', { notAfter: inDays(200) }),
    ]);
    await importValue(
      pool,
      supplierFile(soon, [
        addressEntry({ name: 'push', certificates: [ten], messageTypes: ['self-invoice'] }),
        addressEntry({ name: 'orders', certificates: [more, ten], messageTypes: ['purchase-order'] }),
      ]),
    );
    await importValue(pool, supplierFile(late, [addressEntry({ certificates: [hundred] })]));
    await importValue(
      pool,
      supplierFile('5566778899', [
        { environment: 'test', name: 'manual', delivery: 'manual', messageTypes: ['self-invoice'] },
      ]),
    );
    await pool.query("update certificate set not_before = not_before - interval '700 days'");
    for (let n = 0; n < 3; n++) await takeMessage(pool, soon);
    await giveMandate(pool, { principal, agent: late, ends: 50 * day } as GivenMandate);
    await takeMessage(pool, principal);
  });
  after(() => pool.close());
  const kuvert = (...args: string[]): Promise<Said> => command(args, { DATABASE_URL: url, KUVERT_ENVIRONMENT: 'test' });
  const forecast = async (...more: string[]): Promise<Told[]> => {
    const said = await kuvert('certificate', 'forecast', '--json', ...more);
    assert.equal(said.code, 0, said.err);
    return JSON.parse(said.out) as Told[];
  };
  const time = (days: number): string => `${inDays(days).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

  it('the forecast says which waiting deliveries will fail when, soonest first', async () => {
    const told = await forecast();
    assert.deepEqual(
      told.map(({ what, organisationNumber, address, waiting, perDay }) => [
        what,
        organisationNumber,
        address,
        waiting,
        perDay,
      ]),
      [
        ['certificate', soon, 'push', 3, 0.2],
        ['mandate', late, 'default', 1, 0.1],
        ['certificate', late, 'default', 1, 0.1],
        ['certificate', soon, 'orders', 0, 0],
      ],
    );
    assert.equal(
      told[0]?.sentence,
      `3 waiting deliveries will fail on ${time(10)} unless the certificate is renewed or replaced. About 0.2 a day came lately.`,
    );
    assert.match(
      told[1]?.sentence ?? '',
      new RegExp(`^1 waiting delivery for ${principal} will fail on .* unless another mandate`),
    );
    assert.match(told[3]?.sentence ?? '', /^Nothing waits now; what comes after /);
    assert.equal((await forecast('--until', inDays(60).toISOString())).length, 2);
    const sv = await kuvert('certificate', 'forecast', '--language', 'sv');
    assert.match(sv.out, new RegExp(`Exempel ${soon} AB, push: 3 väntande leveranser misslyckas ${time(10)}`));
  });

  it('also where a certificate has ended or there is none, and not that of a withdrawn one', async () => {
    await pool.query("update certificate set withdrawn_at = now() where subject like '%Sen 2%'");
    assert.deepEqual((await forecast())[1]?.address, 'push');
    await pool.query("update certificate set withdrawn_at = now() where subject like '%Snart%'");
    const none = (await forecast()).filter(({ organisationNumber }) => organisationNumber === soon);
    assert.deepEqual(
      none.map(({ sentence }) => sentence),
      [
        'There is no certificate: what comes will fail.',
        'There is no certificate: 3 waiting deliveries fail. About 0.2 a day came lately.',
      ],
    );
    await pool.query('update certificate set withdrawn_at = null');
    await pool.query("update certificate set not_after = now() - interval '1 day' where subject like '%Snart%'");
    assert.match(
      (await forecast())[0]?.sentence ?? '',
      /^The last certificate ended on .*: 3 waiting deliveries fail\./,
    );
    await pool.query('update certificate set not_after = $1 where subject like $2', [inDays(10), '%Snart%']);
  });

  it('incidents are listed with a sentence each, in either language, and status counts the open ones', async () => {
    assert.ok(!(await kuvert('status')).out.includes('incident'));
    assert.equal((await kuvert('incident', 'list')).out, 'No incidents.\n');
    await giveNotices({ log: silentLog, pool, environment: 'test', daysAhead: [60, 30, 14], now: () => now });
    const open = await kuvert('incident', 'list', '--open');
    assert.match(open.out, /^ +1 +certificate-expiring +certificate\/[0-9a-f]{16}… +\d/m);
    assert.ok(open.out.includes(`the certificate for “`), open.out);
    assert.ok(
      open.out.includes(`ends on ${time(10)} and nothing follows it. 3 waited when this was written. Nobody was told`),
      open.out,
    );
    assert.match((await kuvert('incident', 'list', '--language', 'sv')).out, /Ingen är underrättad/);
    assert.match((await kuvert('status')).out, /^Open incidents: 1; see/m);
    await pool.query("update certificate set withdrawn_at = now() where subject like '%Snart%'");
    await giveNotices({ log: silentLog, pool, environment: 'test', daysAhead: [60, 30, 14], now: () => new Date() });
    assert.equal((await kuvert('incident', 'list', '--open')).out, 'No incidents.\n');
    const all = JSON.parse((await kuvert('incident', 'list', '--json')).out) as { closedAt: string; why: string }[];
    assert.deepEqual([all.length, typeof all[0]?.closedAt], [1, 'string']);
    assert.ok(!(await kuvert('status')).out.includes('incident'));
  });
});

describe('the role of the suppliers’ listener tells of certificates that end', function () {
  this.timeout(120_000);

  it('when it starts, once over any number of restarts and processes', async () => {
    const enrolment = await openEnrolment();
    try {
      const order = await enrolment.order();
      const ca = await enrolment.startCa();
      const { id } = await enrolment.ask({ order });
      await eventually('it is issued', async () => (await enrolment.decision(id))?.kind === 'issued');
      await ca.stop();
      await enrolment.pool.query(
        "update certificate set not_before = now() - interval '700 days', not_after = now() + interval '5 days'",
      );
      const told = async () =>
        (
          await enrolment.pool.query<{ days: number[]; letters: number; open: number }>(
            `select (select array_agg(days) from expiry_notice) as days, (select count(*) from incident where closed_at is null) as open,
                    (select count(*) from letter where kind = 'certificate-ending') as letters`,
          )
        ).rows[0];
      for (let n = 0; n < 2; n++) {
        const both = await Promise.all([enrolment.startApi(), enrolment.startApi()]);
        await eventually('it is told', async () => (await told())?.letters === 1);
        for (const one of both) await one.stop();
      }
      assert.deepEqual(await told(), { days: [7], letters: 1, open: 1 });
    } finally {
      await enrolment.close();
    }
  });
});
