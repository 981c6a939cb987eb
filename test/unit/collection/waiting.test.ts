import { strict as assert } from 'node:assert';
import { openWaitingRoom } from '../../../src/collection/waiting.ts';

describe('the waiting room', () => {
  it('rings for those who wait at a lane, at each of their lanes, and for nobody else', async () => {
    const room = openWaitingRoom();
    const one = room.enter([1, 2], 60_000);
    const other = room.enter([3], 60_000);
    let heard = 0;
    void other.rung().then(() => (heard += 1));
    for (const payload of ['1', '9 2']) {
      one.listen();
      const rung = one.rung();
      room.ring(payload);
      await rung;
    }
    assert.equal(heard, 0);
    room.ring('');
    await other.rung();
    assert.equal(room.waiting, 2);
    one.leave();
    other.leave();
    assert.equal(room.waiting, 0);
  });

  it('what rings between listening and waiting is not missed; what rang before it does not ring again', async () => {
    const room = openWaitingRoom();
    const waiter = room.enter([1], 60_000);
    waiter.listen();
    room.ring('1');
    await waiter.rung();
    waiter.listen();
    const state = await Promise.race([waiter.rung().then(() => 'rang'), Promise.resolve('waits')]);
    assert.equal(state, 'waits');
    waiter.leave();
    assert.equal(waiter.over, true);
  });

  it('nobody waits who has no time, nor when it is closed; those inside are let out', async () => {
    const room = openWaitingRoom();
    assert.equal(room.enter([1], 0).over, true);
    const inside = room.enter([1], 60_000);
    const rung = inside.rung();
    room.stop();
    await rung;
    assert.equal(inside.over, true);
    assert.equal(room.enter([1], 60_000).over, true);
    assert.equal(room.waiting, 0);
  });

  it('lets go when its time is over, and forgets who left', async () => {
    const room = openWaitingRoom();
    const waiter = room.enter([1], 5);
    await waiter.rung();
    assert.equal(waiter.over, true);
    assert.equal(room.waiting, 0);
    room.ring('1');
  });
});
