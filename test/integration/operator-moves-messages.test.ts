import { strict as assert } from 'node:assert';
import { Fault } from '../../src/domain/fault.ts';
import { type MessageAction, moveMessage } from '../../src/operations/messages.ts';
import { conservation } from '../../src/store/conservation.ts';
import { findMessages, listMessages, readMessage } from '../../src/store/messages.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { moveLane } from '../../src/suppliers/lanes.ts';
import { verifyAudit } from '../support/audit.ts';
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

describe('an operator moves a message', () => {
  let pool: Pool;
  let pem: string;

  before(async () => {
    pem = await certificate('Ett');
  });
  beforeEach(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 4, name: 'test' });
    await importValue(pool, supplierFile(a, [addressEntry({ certificates: [pem], order: 'strict' })]));
  });
  afterEach(async () => {
    const { breaches } = await conservation(pool);
    const audit = await verifyAudit(pool);
    await pool.close();
    assert.deepEqual(breaches, []);
    assert.equal(audit.ok, true);
  });

  const order = (action: MessageAction, messageId: string) =>
    moveMessage(pool, { action, messageId, actor: 'cli:test', reason: 'because', now: new Date() });
  const refused = async (action: MessageAction, id: string): Promise<Fault> => {
    const error = await order(action, id).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof Fault, `${action} should be refused`);
    return error;
  };
  const sleep = () => pool.query('update lane set wake_at = null');
  const awake = async () => (await pool.query('select 1 from lane where wake_at <= clock_timestamp()')).rowCount === 1;

  it('holds, releases and cancels it, each with its reason in the audit', async () => {
    const id = await takeMessage(pool, a);
    await order('hold', id);
    assert.equal((await deliveriesOf(pool, id))[0]?.reason, 'held-by-operator');
    await sleep();
    await order('release', id);
    assert.equal((await deliveriesOf(pool, id))[0]?.state, 'waiting');
    assert.equal(await awake(), true);
    await order('cancel', id);
    assert.equal((await deliveriesOf(pool, id))[0]?.state, 'cancelled');
    const { rows } = await pool.query<{ action: string; reason: string }>(
      "select action, reason from audit where subject like 'message/%' order by id",
    );
    assert.deepEqual(rows, [
      { action: 'message.hold', reason: 'because' },
      { action: 'message.release', reason: 'because' },
      { action: 'message.cancel', reason: 'because' },
    ]);
  });

  it('and what is so already is not done twice', async () => {
    const id = await takeMessage(pool, a);
    assert.equal((await order('release', id)).changed, false);
    await order('hold', id);
    assert.equal((await order('hold', id)).changed, false);
    assert.equal((await pool.query("select 1 from audit where subject like 'message/%'")).rowCount, 1);
  });

  it('but not one that is on the wire', async () => {
    const id = await takeMessage(pool, a);
    await putInState(pool, id, 'sending');
    for (const action of ['hold', 'cancel', 'resend'] as const) {
      const fault = await refused(action, id);
      assert.equal(fault.code, 'not-possible-now');
      assert.match(fault.message, /try again when the attempt is over/);
    }
  });

  it('a delivered one is delivered again as a new delivery, and the old one stays as it was', async () => {
    const id = await takeMessage(pool, a);
    await putInState(pool, id, 'delivered');
    for (const action of ['hold', 'cancel', 'release'] as const)
      assert.equal((await refused(action, id)).code, 'not-possible-now');
    await sleep();
    await order('resend', id);
    assert.deepEqual(
      (await deliveriesOf(pool, id)).map(({ number, current, state }) => ({ number, current, state })),
      [
        { number: 1, current: false, state: 'delivered' },
        { number: 2, current: true, state: 'waiting' },
      ],
    );
    assert.equal(await awake(), true);
  });

  it('a cancelled one goes nowhere any more', async () => {
    const id = await takeMessage(pool, a);
    await order('cancel', id);
    for (const action of ['hold', 'release', 'resend'] as const)
      assert.equal((await refused(action, id)).code, 'not-possible-now');
    assert.equal((await order('cancel', id)).changed, false);
  });

  it('a refused one whose number has a newer version is not sent any more: both would be delivered', async () => {
    const old = await takeMessage(pool, a, { documentNumber: 'F-1', content: 'first' });
    await putInState(pool, old, 'refused');
    const newer = await takeMessage(pool, a, { documentNumber: 'F-1', content: 'corrected' });
    for (const action of ['release', 'hold'] as const) {
      const fault = await refused(action, old);
      assert.equal(fault.code, 'superseded');
      assert.match(fault.message, new RegExp(newer));
    }
    assert.deepEqual(
      (await findMessages(pool, 'F-1', 10)).map(({ id, version }) => ({ id, version })),
      [
        { id: old, version: 1 },
        { id: newer, version: 2 },
      ],
    );
    assert.equal((await readMessage(pool, old))?.replacedBy, newer);
  });

  it('a release and a corrected document under the same number: only one of them is sent', async () => {
    for (let round = 0; round < 15; round++) {
      const documentNumber = `R-${round}`;
      const old = await takeMessage(pool, a, { documentNumber, content: `first ${round}` });
      await putInState(pool, old, 'refused');
      const [released, corrected] = await Promise.allSettled([
        order('release', old),
        takeMessage(pool, a, { documentNumber, content: `corrected ${round}` }),
      ]);
      assert.notEqual(released.status, corrected.status, `round ${round}: exactly one of the two may happen`);
    }
  });

  it('one without an address is told what it needs, and an operator outlasts the address that comes', async () => {
    const b = '2021005489';
    const id = await takeMessage(pool, b);
    const fault = await refused('release', id);
    assert.equal(fault.code, 'no-address');
    assert.match(fault.message, /kuvert supplier import/);
    await order('hold', id);
    await importValue(pool, supplierFile(b, [addressEntry({ certificates: [await certificate('B')] })]));
    assert.deepEqual(
      (await deliveriesOf(pool, id)).map(({ state, reason }) => ({ state, reason })),
      [{ state: 'held', reason: 'held-by-operator' }],
    );
    await order('release', id);
    assert.equal((await deliveriesOf(pool, id))[0]?.address, 'default');
  });

  it('one that was refused at an address that is gone is released to the one that takes it now', async () => {
    const id = await takeMessage(pool, a);
    await putInState(pool, id, 'refused');
    await importValue(pool, supplierFile(a, [addressEntry({ certificates: [pem], name: 'ny' })]));
    await order('release', id);
    assert.equal((await deliveriesOf(pool, id))[0]?.address, 'ny');
  });

  it('a strict lane that stood still goes on when what it stood at is cancelled', async () => {
    const id = await takeMessage(pool, a);
    await takeMessage(pool, a);
    await putInState(pool, id, 'refused');
    await sleep();
    await order('cancel', id);
    assert.equal(await awake(), true);
  });

  it('the list goes page by page, newest first, by every filter', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await takeMessage(pool, a, { documentNumber: `L-${n}` }));
    const first = await listMessages(pool, { recipient: a, limit: 2 });
    const rest = await listMessages(pool, { recipient: a, limit: 10, after: first.at(-1)?.number });
    assert.deepEqual(
      [...first, ...rest].map(({ id }) => id),
      ids.toReversed(),
    );
    const count = async (filter: object) => (await listMessages(pool, { limit: 10, ...filter })).length;
    await order('hold', ids[0] ?? '');
    assert.equal(await count({ state: 'held' }), 1);
    assert.equal(await count({ messageType: 'purchase-order' }), 0);
    assert.equal(await count({ documentNumber: 'L-3' }), 1);
    assert.equal(await count({ since: new Date(Date.now() + 60_000) }), 0);
    assert.equal(await count({ recipient: '2021005489' }), 0);
  });

  it('and its lane: paused, resumed and released by the table, with a conflict that says what to do', async () => {
    const lane = (action: 'pause' | 'resume' | 'release') =>
      moveLane(pool, {
        action,
        organisationNumber: a as never,
        address: undefined,
        actor: 'cli:test',
        reason: 'because',
        now: new Date(),
      });
    await takeMessage(pool, a);
    assert.equal((await lane('pause')).after, 'paused');
    assert.equal(await awake(), false);
    await assert.rejects(lane('release'), /use `kuvert supplier resume 5560160680 --address default/);
    assert.equal((await lane('resume')).after, 'flowing');
    assert.equal(await awake(), true);
    await pool.query(
      "update lane set state = 'held', reason = 'mass-refusal', failures = 4, refused_run = '{1,2}', ramp = 1",
    );
    await assert.rejects(lane('resume'), /release/);
    await lane('release');
    const { rows } = await pool.query('select state, reason, failures, refused_run, ramp from lane');
    assert.deepEqual(rows, [{ state: 'flowing', reason: null, failures: 0, refused_run: [], ramp: null }]);
    const before = (await pool.query('select 1 from audit')).rowCount;
    await lane('release');
    assert.equal((await pool.query('select 1 from audit')).rowCount, before);
  });
});
