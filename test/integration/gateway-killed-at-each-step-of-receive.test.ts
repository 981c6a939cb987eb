import { strict as assert } from 'node:assert';
import { type CrashPoint, inTurn, type Moment, type ReceiveStep, startCrashing } from '../support/crash-gateway.ts';
import { openGateway } from '../support/gateway.ts';
import { assertAnswered, assertDelivered, conserved } from '../support/gateway-account.ts';
import { kaDocuments } from '../support/ka.ts';

const at = (step: ReceiveStep, moment: Moment, nth: number): CrashPoint => ({ role: 'intake', step, moment, nth });

/** The numbered steps of receive(). Batches have 5 frames: most are met when some batches are done and others wait. */
const points: readonly (readonly [name: string, point: CrashPoint])[] = [
  ['1 before a frame is read', at('read', 'before', 13)],
  ['2 when it is read, before it is checked', at('read', 'after', 14)],
  ['3 before the batch is stored', at('store', 'before', 3)],
  ['3 while it is being stored', at('store', 'during', 3)],
  ['3 when it is stored; 4 before it is acknowledged', at('store', 'after', 3)],
  ['4 when it was acknowledged a moment ago; 5 before the lanes are woken', at('wake', 'before', 1)],
  ['5 when the lanes are woken', at('wake', 'after', 1)],
  ['5 some time later, when answers are on their way too', at('wake', 'later', 1)],
];

describe('gateway killed at each step of receive, then started again, loses nothing, stores nothing twice, answers everything', function () {
  this.timeout(120_000);
  let runs: readonly Promise<void>[];
  before(() => {
    // Side by side: each has a store and queues of its own.
    runs = points.map(([, point]) => killAndStartAgain(point));
    for (const run of runs) run.catch(() => undefined);
  });

  for (const [i, [name]] of points.entries()) it(name, () => runs[i]);
});

async function killAndStartAgain(point: CrashPoint): Promise<void> {
  const gateway = await openGateway({ settings: { KUVERT_INTAKE_BATCH: '5', KUVERT_DATABASE_CONNECTIONS: '2' } });
  try {
    const known = await gateway.addSupplier();
    const other = await gateway.addSupplier();
    await gateway.register(known.entry(), other.entry());
    const toKnown = kaDocuments(known.organisationNumber, 24, 'K');
    const toOther = kaDocuments(other.organisationNumber, 6, 'O');
    const [first, second] = toKnown;
    assert.ok(first && second);
    const broken = { ...first, body: first.body.subarray(0, 50) };
    // Good ones for two suppliers among each other, with one broken and one that comes twice.
    const mixed = toKnown.flatMap((one, i) => [one, ...(i % 4 === 0 ? toOther.slice(i / 4, i / 4 + 1) : [])]);
    const frames = [...mixed.slice(0, 12), broken, second, ...mixed.slice(12)];
    await gateway.ka.send(frames);

    await inTurn(() => startCrashing(gateway, point).crashed);
    await gateway.start();
    const found = await gateway.settled(frames.length);

    assert.deepEqual([found.taken, found.messages, found.duplicates, found.deadLetters], [32, 30, 1, 1]);
    assert.equal(found.delivered, 30);
    for (const [supplier, documents] of [
      [known, toKnown],
      [other, toOther],
    ] as const) {
      const received = await assertDelivered(gateway, supplier, documents);
      assert.deepEqual(
        received.map(({ documentNumber }) => documentNumber),
        documents.map(({ number }) => number),
        'each once and in order',
      );
    }
    assertAnswered(
      gateway,
      mixed.filter((one) => one !== second),
    );
    assert.deepEqual(gateway.ka.about(second.number).sort(), ['accepted', 'delivered', 'duplicate']);
    const rejected = gateway.ka.answers().filter(({ answer }) => answer === 'rejected');
    assert.deepEqual(
      rejected.map(({ fault }) => fault?.code),
      ['document-not-wellformed'],
    );
    assert.deepEqual(
      gateway.ka.deadLetters().map(({ body }) => body.toString()),
      [broken.body.toString()],
    );
    await conserved(gateway);
  } finally {
    await gateway.close();
  }
}
