import { strict as assert } from 'node:assert';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { command } from '../support/command.ts';
import { registerSupplier } from '../support/orders.ts';
import { freshDatabase } from '../support/servers.ts';

describe('kuvert certificate, as an operator types it', () => {
  let pool: Pool;
  let environment: Record<string, string>;
  before(async () => {
    const url = await freshDatabase();
    pool = createPool({ url, connections: 2, name: 'test' });
    await registerSupplier(pool);
    environment = { DATABASE_URL: url, KUVERT_ENVIRONMENT: 'test', SUDO_USER: 'anna' };
  });
  after(async () => {
    await pool.close();
  });

  const sms = {
    KUVERT_SMS_URL: 'file:/nowhere',
    KUVERT_MAIL_URL: 'file:/nowhere',
    KUVERT_PUBLIC_URL: 'https://kuvert.exempel.se',
  };
  const kuvert = (args: readonly string[], more: Record<string, string> = {}) =>
    command(['certificate', ...args], { ...environment, ...more });
  const contact = ['--name', 'Anna Ek', '--email', 'anna@exempel.se', '--phone', '+46 70 123 45 67'];
  const order = [
    'order',
    '556016-0680',
    '--address',
    'pull',
    '--type',
    'pull-client',
    '--description',
    'payroll',
    ...contact,
  ];
  const why = ['--reason', 'ticket 1'];
  const placed = async (more: Record<string, string> = sms): Promise<string> => {
    const { out, err, code } = await kuvert([...order, ...why, '--json'], more);
    assert.equal(code, 0, err);
    return (JSON.parse(out) as { transferId: string }).transferId;
  };

  it('orders, shows what was ordered, and says plainly who tells the PIN', async () => {
    const bySms = await kuvert([...order, ...why], sms);
    assert.equal(bySms.code, 0, bySms.err);
    assert.match(bySms.out, /^TransferID +[2-9A-Z]{5}-[2-9A-Z]{5}$/m);
    assert.match(bySms.out, /gets the link by mail, and the PIN by SMS/);
    assert.equal(bySms.err, '');
    assert.ok(!/^PIN /m.test(bySms.out));
    const told = await kuvert([...order, ...why]);
    assert.match(told.out, /^PIN +\d{6}$/m);
    assert.match(told.out, /no SMS account \(KUVERT_SMS_URL\), so nobody but you is told the PIN: call Anna Ek/);
    assert.match(told.err, /no KUVERT_MAIL_URL/);
  });

  it('is rehearsed without a reason, and never done without one', async () => {
    const { rows: before } = await pool.query('select count(*) from certificate_order');
    const rehearsed = await kuvert([...order, '--dry-run'], sms);
    assert.equal(rehearsed.code, 0, rehearsed.err);
    assert.match(rehearsed.out, /Rehearsal: nothing was changed/);
    const without = await kuvert(order, sms);
    assert.deepEqual([without.code, without.out], [2, '']);
    assert.match(without.err, /--reason <text> must be given/);
    assert.deepEqual((await pool.query('select count(*) from certificate_order')).rows, before);
  });

  it('answers what is wrong with all of it, and an exit code', async () => {
    const wrong = await kuvert([...order.slice(0, -1), '070', '--dns', 'x.se', ...why], sms);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /2 things are not right:.*country code.*leave --dns out/s);
    assert.equal((await kuvert(['cancel-order', 'K7PXM-4QWTZ', ...why], sms)).code, 3);
    assert.equal((await kuvert(['order', '556016-0681', ...order.slice(2), ...why], sms)).code, 2);
    const settings = await kuvert([...order, ...why], { KUVERT_SMS_URL: 'http://user:secret@elks.example' });
    assert.equal(settings.code, 2);
    assert.match(settings.err, /KUVERT_SMS_URL must be https:/);
    assert.ok(!settings.err.includes('secret'));
  });

  it('lists, replaces, takes back and approves, each under the name of who did it', async () => {
    const first = await placed();
    const again = await kuvert(['reorder', first, '--phone', '+46709999999', ...why, '--json'], sms);
    const second = (JSON.parse(again.out) as { transferId: string; replaces: string }).transferId;
    assert.match(again.out, new RegExp(`"replaces": "${first}"`));
    const { out } = await kuvert(['orders', '5560160680']);
    assert.match(out, new RegExp(`${first} .*replaced.*waits`));
    assert.match(out, new RegExp(`${second} .*ordered`));
    const json = (await kuvert(['orders', '--json'])).out;
    assert.ok(!/pin|password|hash/i.test(json), 'nothing of the codes');
    assert.equal((await kuvert(['cancel-order', second, ...why])).out.trim(), `The order ${second} is cancelled.`);
    const late = await kuvert(['cancel-order', second, ...why]);
    assert.deepEqual([late.code, /cancelled already/.test(late.err)], [4, true]);
    const awaited = await placed({ ...sms, KUVERT_ORDER_APPROVAL: 'yes' });
    assert.match((await kuvert(['orders'])).out, new RegExp(`${awaited} .*ordered, not approved`));
    const own = await kuvert(['approve', awaited, ...why]);
    assert.deepEqual([own.code, /somebody else approves/.test(own.err)], [4, true]);
    assert.equal((await kuvert(['approve', awaited, ...why], { SUDO_USER: 'berit' })).code, 0);
    const { rows } = await pool.query<{ actor: string; action: string }>(
      'select actor, action from audit where subject = $1 order by id',
      [`supplier/5560160680/order/${awaited}`],
    );
    assert.deepEqual(rows, [
      { actor: 'cli:anna', action: 'order.place' },
      { actor: 'cli:berit', action: 'order.approve' },
    ]);
  });

  it('another contact for what nobody has fetched is a new order', async () => {
    const transferId = await placed();
    const { code, err } = await kuvert(['contact', transferId, '--name', 'Bo', ...why]);
    assert.equal(code, 4);
    assert.match(err, new RegExp(`kuvert certificate reorder ${transferId}`));
  });
});
