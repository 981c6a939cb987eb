import { strict as assert } from 'node:assert';
import { command, startCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

const total = 24;

describe('a resend of many messages can be stopped, and goes on', () => {
  let line: Line;
  let supplier: TestSupplier;

  before(async () => {
    line = await openLine();
    supplier = await line.addSupplier({ concurrency: 4 });
    await line.take(framesFor(supplier.organisationNumber, total));
    await line.deliver();
    await allDelivered();
  });
  after(() => line.close());

  const allDelivered = () =>
    eventually('everything is delivered', async () => (await line.states())['delivered'] === total);

  it('after a stop it says how far it came; the same command again does the rest, and no message twice', async () => {
    const environment = { DATABASE_URL: line.databaseUrl };
    const range = `--from-sequence 3 --to-sequence ${total}`;
    const order = `message resend --recipient ${supplier.organisationNumber} ${range} --reason disk --yes --json`.split(
      ' ',
    );
    const resent = async () =>
      (await line.pool.query("select 1 from audit where action = 'message.resend'")).rowCount ?? 0;

    // 1. Slowly, and stopped in the middle.
    const { child, over } = startCommand([...order, '--rate', '10/s'], environment);
    await eventually('four are resent', async () => (await resent()) >= 4);
    child.kill('SIGINT');
    const stopped = await over;
    assert.equal(stopped.code, 1, stopped.err);
    const first = JSON.parse(stopped.out) as { moved: number; left: number; selected: number };
    assert.equal(first.selected, total - 2);
    assert.ok(first.moved >= 4 && first.left > 0, stopped.out);
    assert.equal(first.moved + first.left, total - 2);
    assert.equal(await resent(), first.moved, 'what it says is what it did');

    // 2. Those that were resent are delivered again: their state alone would select them once more.
    await allDelivered();
    const second = await command([...order, '--rate', '1000/s'], environment);
    assert.equal(second.code, 0, second.err);
    const rest = JSON.parse(second.out) as { moved: number; left: number };
    assert.deepEqual([rest.moved, rest.left], [first.left, 0]);

    // 3. The supplier got each of the range twice, the first two once.
    await eventually('all came again', () => supplier.received().length === total + total - 2);
    await allDelivered();
    const times = Map.groupBy(supplier.received(), (id) => id);
    const counted = [...times.values()].map(({ length }) => length).sort((x, y) => x - y);
    assert.deepEqual(counted, [1, 1, ...Array.from({ length: total - 2 }, () => 2)]);

    // 4. And nothing is left to do.
    const third = await command(order, environment);
    const { selected, movedBefore } = JSON.parse(third.out) as { selected: number; movedBefore: number };
    assert.deepEqual([third.code, selected, movedBefore], [0, 0, total - 2]);
  });

  it('it is no faster than it is told to be', async () => {
    const began = performance.now();
    const order = `message resend --recipient ${supplier.organisationNumber} --to-sequence 6 --rate 5/s --reason again --yes`;
    const { code, err } = await command(order.split(' '), { DATABASE_URL: line.databaseUrl });
    assert.equal(code, 0, err);
    // Six messages: five waits of 200 ms.
    assert.ok(performance.now() - began >= 950);
  });
});
