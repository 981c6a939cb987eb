import { strict as assert } from 'node:assert';
import { moveMany } from '../../src/operations/many-messages.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { conservation } from '../../src/store/conservation.ts';
import { selectMessages } from '../../src/store/messages-selected.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { verifyAudit } from '../support/audit.ts';
import { command } from '../support/command.ts';
import {
  addressEntry,
  certificate,
  deliveriesOf,
  importValue,
  putInState,
  supplierFile,
  takeMessage,
} from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';

const a = '5560160680';
const b = '2021005489';

describe('all that a supplier refused since a time is released, with a dry run first', () => {
  let url: string;
  let pool: Pool;

  beforeEach(async () => {
    url = await freshDatabase();
    pool = createPool({ url, connections: 3, name: 'test' });
    await importValue(pool, supplierFile(a, [addressEntry({ certificates: [await certificate('A')] })]));
    await importValue(pool, supplierFile(b, [addressEntry({ certificates: [await certificate('B')] })]));
  });
  afterEach(async () => {
    const { breaches } = await conservation(pool);
    const audit = await verifyAudit(pool);
    await pool.close();
    assert.deepEqual(breaches, []);
    assert.equal(audit.ok, true);
  });

  const kuvert = (...args: string[]) => command(args, { DATABASE_URL: url });
  const stateOf = async (id: string) => (await deliveriesOf(pool, id)).find(({ current }) => current)?.state;
  const refusedOne = async (recipient: string, documentNumber: string, more: object = {}) => {
    const id = await takeMessage(pool, recipient, { documentNumber, ...more });
    await putInState(pool, id, 'refused');
    await pool.query('update delivery set changed_at = clock_timestamp() where message_id = $1', [id]);
    return id;
  };
  const order = [
    'message',
    'release',
    '--recipient',
    a,
    '--state',
    'refused',
    '--since',
    '1d',
    '--reason',
    'ticket 12',
  ];

  it('tells how many, to whom, which types, oldest and newest; with --yes it does that and no more', async () => {
    const old = await refusedOne(a, 'OLD');
    await pool.query("update delivery set changed_at = now() - interval '2 days' where message_id = $1", [old]);
    const wanted = [
      await refusedOne(a, 'SF-1'),
      await refusedOne(a, 'SF-2'),
      await refusedOne(a, 'IO-3', { messageType: 'purchase-order' }),
    ];
    const others = await refusedOne(b, 'SF-9');
    const waits = await takeMessage(pool, a);

    const dry = await kuvert(...order);
    assert.equal(dry.code, 0, dry.err);
    assert.match(dry.out, /^To release: 3 messages\.\n/);
    assert.match(dry.out, /\nTo +5560160680 Exempel 5560160680 AB\n/);
    assert.match(dry.out, /\nTypes +self-invoice 2, purchase-order 1\n/);
    assert.match(dry.out, /\nOldest refused +.*SF-1, sequence 2\nNewest refused +.*IO-3, sequence 4\n/);
    assert.match(dry.out, /\nNothing was done\. The same command with --yes does it\.\n$/);
    for (const id of wanted) assert.equal(await stateOf(id), 'refused', 'a dry run changes nothing');
    assert.equal((await pool.query("select 1 from audit where action like 'message.%'")).rowCount, 0);

    const done = await kuvert(...order, '--yes', '--rate', '1000/s');
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /^release: 3 of 3 messages to 5560160680\.\n/);
    assert.equal(done.err, '', 'no progress bar where nobody looks at a terminal');
    for (const id of wanted) assert.equal(await stateOf(id), 'waiting');
    for (const [id, state] of [
      [old, 'refused'],
      [others, 'refused'],
      [waits, 'waiting'],
    ] as const)
      assert.equal(await stateOf(id), state);
  });

  it('the audit has a row for the order and one for each message, which names it', async () => {
    const id = await refusedOne(a, 'SF-1');
    await refusedOne(a, 'SF-2');
    const { order: row } = JSON.parse((await kuvert(...order, '--yes', '--json')).out) as { order: number };
    const audit = async (...filter: string[]) => {
      const { rows } = JSON.parse((await kuvert('audit', 'list', ...filter, '--json')).out) as {
        rows: { id: number; action: string; reason: string; details: { order?: number; messages?: number } }[];
      };
      return rows;
    };
    const own = await audit('--subject', `message/${id}`);
    assert.deepEqual(
      own.map(({ action, reason, details }) => [action, reason, details.order]),
      [['message.release', 'ticket 12', row]],
    );
    const whole = (await audit('--subject', `supplier/${a}`)).find((one) => one.id === row);
    assert.deepEqual([whole?.action, whole?.details.messages], ['message.release-many', 2]);
  });

  it('what cannot be moved is told with its reason, and the others are moved', async () => {
    const replaced = await refusedOne(a, 'F-1', { content: 'first' });
    await takeMessage(pool, a, { documentNumber: 'F-1', content: 'corrected' });
    const good = await refusedOne(a, 'F-2');
    const { code, out } = await kuvert(...order, '--yes');
    assert.equal(code, 0);
    assert.match(out, /^release: 1 of 2 messages to 5560160680\.\nNot possible for 1 message:\n/);
    assert.match(out, /F-1 .*a newer version of F-1 was accepted/);
    assert.deepEqual([await stateOf(replaced), await stateOf(good)], ['refused', 'waiting']);
  });

  it('what somebody else moved meanwhile stays as they left it', async () => {
    const held = await refusedOne(a, 'SF-1');
    const again = await refusedOne(a, 'SF-2');
    const untouched = await refusedOne(a, 'SF-3');
    const notYet = { action: 'message.release', reason: 'ticket 12' };
    const selection = { recipient: a, state: 'refused', notYet } as const;
    const selected = await selectMessages(pool, selection, 10);
    const person = { actor: 'cli:olle', reason: 'mine', now: new Date() };
    await moveMessage(pool, { ...person, action: 'hold', messageId: held });
    await moveMessage(pool, { ...person, action: 'release', messageId: again });
    const moved = await moveMany(
      { pool, now: () => new Date(), wait: async () => undefined, stopped: () => false, progress: () => undefined },
      { action: 'release', selection, actor: 'cli:anna', reason: 'ticket 12', rate: 1_000 },
      selected,
    );
    assert.deepEqual(
      [moved.moved, moved.notMoved.map(({ code, why }) => [code, why.replace(/^message \S+ /, '')])],
      [
        1,
        [
          ['not-possible-now', 'was refused when it was selected, and is held now'],
          ['not-possible-now', 'was refused when it was selected, and is waiting now'],
        ],
      ],
    );
    assert.deepEqual([await stateOf(held), await stateOf(untouched)], ['held', 'waiting']);
  });

  it('what is refused again is not released for the same reason again, but for another', async () => {
    const id = await refusedOne(a, 'SF-1');
    await kuvert(...order, '--yes');
    await putInState(pool, id, 'refused');
    const same = await kuvert(...order, '--yes');
    assert.match(same.out, /^No refused message to 5560160680 fits\.\n1 more: an earlier order moved them/);
    assert.equal(await stateOf(id), 'refused');
    await kuvert(...order, '--reason', 'ticket 13', '--yes');
    assert.equal(await stateOf(id), 'waiting');
  });

  it('an order that makes no sense is refused before anything is looked at', async () => {
    for (const [args, why] of [
      [['message', 'release', '--reason', 'x'], /name one message, or select many of one supplier with --recipient/],
      [['message', 'release', 'SF-1', '--recipient', a, '--reason', 'x'], /either one message \(SF-1\) or many/],
      [['message', 'resend', '--recipient', a, '--reason', 'x'], /say which: --from-sequence/],
      [
        ['message', 'resend', '--recipient', a, '--from-sequence', '9', '--to-sequence', '3', '--reason', 'x'],
        /--from-sequence 9 comes after --to-sequence 3/,
      ],
      [['message', 'release', '--recipient', a, '--state', 'delivered', '--reason', 'x'], /One of refused, held/],
      [['message', 'release', '--recipient', a, '--rate', '0/s', '--reason', 'x'], /A rate such as 20\/s/],
      [['message', 'release', 'SF-1', '--yes', '--reason', 'x'], /--yes goes only with --recipient/],
    ] as const) {
      const { code, err } = await kuvert(...args);
      assert.deepEqual([code, why.test(err)], [2, true], err);
    }
  });
});
