import { strict as assert } from 'node:assert';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { command, type Said } from '../support/command.ts';
import { refusedWith } from '../support/mandate.ts';
import {
  addressEntry,
  certificate,
  deliveriesOf,
  importValue,
  supplierFile,
  takeMessage,
} from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';

const agent = '5560160680';
const principal = '5599990016';

describe('operators give and end mandates', function () {
  this.timeout(120_000);
  let url: string;
  let pool: Pool;
  let pem: string;
  beforeEach(async () => {
    url = await freshDatabase();
    pool = createPool({ url, connections: 3, name: 'test' });
    pem = await certificate('Ombud');
    await importAgent({});
  });
  afterEach(() => pool.close());

  const importAgent = (more: Record<string, unknown>) =>
    importValue(pool, supplierFile(agent, [addressEntry({ certificates: [pem], ...more })]));
  const kuvert = (...args: string[]): Promise<Said> => command(args, { DATABASE_URL: url, KUVERT_ENVIRONMENT: 'test' });
  const add = (...more: string[]) =>
    kuvert('supplier', 'mandate', 'add', principal, agent, '--to', '2099-01-01', '--evidence', 'diary 1', ...more);
  const stateOf = async (id: string) => {
    const [one] = await deliveriesOf(pool, id);
    return [one?.state, one?.reason, one?.address];
  };

  it('a rehearsal says what it would set going, and what is done is done, shown and audited', async () => {
    const id = await takeMessage(pool, principal);
    assert.deepEqual(await stateOf(id), ['held', 'no-address', null]);
    const tried = await add('--dry-run');
    assert.equal(tried.code, 0, tried.err);
    assert.match(tried.out, /1 message held for lack of an address, on the way now\nRehearsal: nothing was changed/);
    assert.deepEqual(await stateOf(id), ['held', 'no-address', null]);
    const without = await add();
    assert.equal(without.code, 2);
    assert.match(without.err, /--reason <text> must be given/);
    const given = await add('--reason', 'ticket 1', '--json');
    assert.equal(given.code, 0, given.err);
    const { mandate, released } = JSON.parse(given.out) as { mandate: { id: number; state: string }; released: number };
    assert.deepEqual([mandate.state, released], ['running', 1]);
    assert.deepEqual(await stateOf(id), ['waiting', null, 'default']);
    const listed = await kuvert('supplier', 'mandate', 'list', '--agent', agent);
    assert.match(listed.out, new RegExp(`${mandate.id}  +running  +${principal}  +${agent} Exempel ${agent} AB`));
    for (const number of [agent, principal])
      assert.match((await kuvert('supplier', 'show', number)).out, /running/, number);
    assert.match((await kuvert('message', 'show', id)).out, new RegExp(`Address +default\nAgent +${agent}`));
    const ended = await kuvert('supplier', 'mandate', 'end', String(mandate.id), '--reason', 'ticket 2');
    assert.equal(ended.code, 0, ended.err);
    assert.match(ended.out, /1 message held: nobody takes them any more/);
    assert.deepEqual(await stateOf(id), ['held', 'mandate-ended', null]);
    const why = await kuvert('message', 'show', id, '--language', 'sv');
    assert.match(why.out, /fullmakten som ett ombud tog emot det med gäller inte längre \(ombudet var 5560160680\)/);
    assert.match((await kuvert('supplier', 'mandate', 'list')).out, /No mandates/);
    assert.match((await kuvert('supplier', 'mandate', 'list', '--all')).out, /over.*ended early/);
    const again = await kuvert('supplier', 'mandate', 'end', String(mandate.id), '--reason', 'ticket 3');
    assert.equal(again.code, 4);
    assert.equal((await kuvert('supplier', 'mandate', 'end', '99', '--reason', 'x')).code, 3);
    const { rows } = await pool.query<{ action: string; subject: string; reason: string; agent: string }>(
      "select action, subject, reason, details ->> 'agent' as agent from audit where action like 'mandate.%' order by id",
    );
    assert.deepEqual(rows, [
      { action: 'mandate.add', subject: `supplier/${principal}`, reason: 'ticket 1', agent },
      { action: 'mandate.end', subject: `supplier/${principal}`, reason: 'ticket 2', agent },
    ]);
  });

  it('everything that stands against it is said at once', async () => {
    await importAgent({ messageTypes: ['purchase-order'] });
    const mine = addressEntry({ name: 'mine', delivery: 'pull', url: undefined, messageTypes: ['self-invoice'] });
    await importValue(pool, supplierFile(principal, [mine]));
    const { code, err } = await add(
      '--dry-run',
      '--from',
      '2098-01-02',
      '--to',
      '2098-01-01T00:00:00+01:00',
      '--types',
      'purchase-order,self-invoice',
    );
    assert.equal(code, 2);
    for (const said of [
      /own address mine/,
      /does not take self-invoice; it takes purchase-order/,
      /before it begins|is over already/,
    ])
      assert.match(err, said);
    assert.equal((await add('--types', 'invoice', '--dry-run')).code, 2);
  });

  it('an import that would give a message two ways to go is refused', async () => {
    assert.equal((await add('--reason', 'x', '--types', 'purchase-order')).code, 0);
    const own = (types: string[]) =>
      supplierFile(principal, [addressEntry({ delivery: 'pull', url: undefined, messageTypes: types })]);
    const fault = await refusedWith(importValue(pool, own(['self-invoice', 'purchase-order'])));
    assert.deepEqual(
      fault.findings.map(({ rule, where }) => [rule, where]),
      [['mandate-holds', '/addresses/0/messageTypes']],
    );
    await importValue(pool, own(['self-invoice']));
    const [order, invoice] = [
      await takeMessage(pool, principal, { messageType: 'purchase-order' }),
      await takeMessage(pool, principal, { messageType: 'self-invoice' }),
    ];
    const { rows } = await pool.query<{ owner: string; id: string }>(
      `select d.message_id as id, a.organisation_number as owner from delivery d join address a on a.id = d.lane_id`,
    );
    assert.deepEqual(
      new Map(rows.map((row) => [row.id, row.owner])),
      new Map([
        [order, agent],
        [invoice, principal],
      ]),
    );
  });

  it('when the agent’s address is retired, or takes a type no longer, what waits there is held, and goes when it is back', async () => {
    assert.equal((await add('--reason', 'x')).code, 0);
    const id = await takeMessage(pool, principal, { messageType: 'self-invoice' });
    const own = await takeMessage(pool, agent, { messageType: 'self-invoice' });
    assert.deepEqual(await stateOf(id), ['waiting', null, 'default']);
    const { suppliers } = await importAgent({ messageTypes: ['purchase-order'] });
    assert.equal(suppliers[0]?.held, 2);
    assert.deepEqual(await stateOf(id), ['held', 'no-address', null]);
    assert.deepEqual(await stateOf(own), ['held', 'type-not-agreed', null]);
    assert.equal((await importAgent({})).suppliers[0]?.released, 2);
    assert.deepEqual(await stateOf(id), ['waiting', null, 'default']);
    await importAgent({ name: 'other', messageTypes: ['purchase-order'] });
    assert.deepEqual(await stateOf(id), ['held', 'no-address', null]);
    const { rows } = await pool.query<{ principal: string | null }>(
      'select principal from delivery where message_id = $1',
      [id],
    );
    assert.deepEqual(rows, [{ principal: null }]);
  });
});
