import { strict as assert } from 'node:assert';
import {
  type DeliveryEvent,
  type DeliveryState,
  deliveryEvents,
  deliveryStates,
  nextDeliveryState,
  statesBefore,
} from '../../../src/domain/delivery.ts';
import { type LaneState, laneEvents, laneStates, nextLaneState } from '../../../src/domain/lane.ts';

/** Written out a second time, as a picture: columns in the order of the events. `.` same, `!` conflict. */
const deliveryPicture: Readonly<Record<DeliveryState, string>> = {
  //          claim   pushed    receipt   retry   put-back refuse  hold release lapse   unrefuse cancel
  waiting: '  sending delivered delivered .       .       .       held .       .       .       cancelled',
  sending: '  !       delivered delivered waiting waiting refused held .       waiting .       !',
  delivered: '!       .         .         .       .       .       !    !       .       .       !',
  refused: '  !       delivered delivered .       .       .       held waiting .       waiting cancelled',
  held: '     !       delivered delivered .       .       .       .    waiting .       .       cancelled',
  cancelled: '!       delivered !         .       .       .       !    !       .       .       .',
};

const lanePicture: Readonly<Record<LaneState, string>> = {
  //              success endpoint-failure spent turned-away release pause resume
  flowing: '       .       backing-off      held  held        .       paused .',
  'backing-off': ' flowing .                held  held        flowing paused .',
  held: '          flowing .                .     .           flowing paused !',
  paused: '        .       .                .     .           !       .      flowing',
};

const cells = (row: string): string[] =>
  row
    .trim()
    .split(/\s+/)
    .map((cell) => ({ '.': 'same', '!': 'conflict' })[cell] ?? cell);

describe('the states of a delivery', () => {
  for (const state of deliveryStates)
    it(`from ${state}, every event leads where it must`, () => {
      assert.deepEqual(
        deliveryEvents.map((event) => nextDeliveryState(state, event)),
        cells(deliveryPicture[state]),
      );
    });

  it('delivered is absorbing: no event leads out of it', () => {
    for (const event of deliveryEvents)
      assert.ok(['same', 'conflict'].includes(nextDeliveryState('delivered', event)), event);
  });

  it('the supplier having it ends every other state, whatever was wished', () => {
    for (const state of deliveryStates.filter((one) => one !== 'delivered'))
      assert.equal(nextDeliveryState(state, 'pushed'), 'delivered');
  });

  it('statesBefore is the table read backwards', () => {
    for (const event of deliveryEvents)
      for (const to of deliveryStates)
        for (const from of deliveryStates)
          assert.equal(
            statesBefore(event, to).includes(from),
            nextDeliveryState(from, event) === to,
            `${from} ${event} ${to}`,
          );
  });

  it('only a claim leads to sending, and only from waiting', () => {
    const ways = deliveryStates.flatMap((from) =>
      deliveryEvents.filter((event) => nextDeliveryState(from, event) === 'sending').map((event) => [from, event]),
    );
    assert.deepEqual(ways, [['waiting', 'claim' satisfies DeliveryEvent]]);
  });
});

describe('the states of a lane', () => {
  for (const state of laneStates)
    it(`from ${state}, every event leads where it must`, () => {
      assert.deepEqual(
        laneEvents.map((event) => nextLaneState(state, event)),
        cells(lanePicture[state]),
      );
    });

  it('only an operator starts a paused lane', () => {
    const out = laneEvents.filter((event) => !['same', 'conflict'].includes(nextLaneState('paused', event)));
    assert.deepEqual(out, ['resume']);
  });
});
