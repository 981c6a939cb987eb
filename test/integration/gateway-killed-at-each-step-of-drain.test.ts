import { strict as assert } from 'node:assert';
import type { Local } from '../../src/platform/local/local.ts';
import { type CrashPoint, type DrainStep, inTurn, type Moment, startCrashing } from '../support/crash-gateway.ts';
import { openGateway } from '../support/gateway.ts';
import { assertAnswered, assertDelivered, attemptsOf, conserved } from '../support/gateway-account.ts';
import { kaDocuments } from '../support/ka.ts';
import { ownServers, type SharedServers, sharedServers } from '../support/servers.ts';

interface Point {
  readonly name: string;
  readonly at: CrashPoint;
  /** Tries that were counted and whose outcome nobody wrote down: some, none, or as the moment wanted it. */
  readonly unrecorded: 'some' | 'none' | 'either';
}

const point = (name: string, step: DrainStep, moment: Moment, nth: number, unrecorded: Point['unrecorded']): Point => ({
  name,
  at: { role: 'delivery', step, moment, nth },
  unrecorded,
});

/** The numbered steps of drain(). A window has 3 messages of 12: most are met in the second or third window. */
const points: readonly Point[] = [
  point('1 before the lane is taken', 'take', 'before', 1, 'none'),
  point('1 when the lane is taken', 'take', 'after', 1, 'none'),
  point('2 when what is due is read, before it is sealed', 'due', 'after', 2, 'none'),
  point('2 when an envelope is sealed, before it is claimed', 'seal', 'after', 5, 'none'),
  point('2 before the claim is written', 'claim', 'before', 2, 'none'),
  point('2 while the claim is being written', 'claim', 'during', 2, 'either'),
  point('2 when the claim is written', 'claim', 'after', 2, 'some'),
  point('3 before the wire, with others of the window on it', 'push', 'before', 5, 'some'),
  point('3 when the endpoint has it and has not answered', 'push', 'later', 99, 'some'),
  point('3 when the endpoint has answered', 'push', 'after', 5, 'some'),
  point('4 before it is settled', 'settle', 'before', 2, 'some'),
  point('4 when it is settled', 'settle', 'after', 2, 'some'),
  point('5 before it is recorded', 'record', 'before', 2, 'some'),
  point('5 while it is being recorded', 'record', 'during', 2, 'either'),
  point('5 when it is recorded', 'record', 'after', 2, 'none'),
  point('6 when the last is recorded and the lane left, before its alarm is set', 'record', 'after', 4, 'none'),
  // On a busy machine it may have rung by then.
  point('6 when its alarm is set', 'record', 'later', 4, 'either'),
];

describe('gateway killed at each step of drain, then started again, loses nothing and repeats only what was not on record', function () {
  this.timeout(180_000);
  let postgres: Local;
  let runs: readonly Promise<void>[] = [];
  before(async () => {
    // Its own: so many gateways at once take more connections than the other tests leave.
    postgres = await ownServers({ postgres: true });
    const servers = { ...sharedServers(), databaseUrl: postgres.postgres?.url ?? '' };
    runs = points.map((one) => killAndStartAgain(one, servers));
    for (const run of runs) run.catch(() => undefined);
  });
  after(async () => {
    await Promise.allSettled(runs);
    await postgres.stop();
  });

  for (const [i, { name }] of points.entries()) it(name, () => runs[i]);
});

async function killAndStartAgain({ at, unrecorded }: Point, servers: SharedServers): Promise<void> {
  const settings = { KUVERT_DATABASE_CONNECTIONS: '2', KUVERT_RETRY_SCHEDULE: '1s' };
  const gateway = await openGateway({ servers, settings });
  try {
    const crash = { kill: (): void => undefined };
    let met = 0;
    const supplier = await gateway.addSupplier(() => {
      met += 1;
      // The endpoint itself knows best when it has a message and has not answered.
      if (at.step === 'push' && at.moment === 'later' && met === 5) {
        crash.kill();
        return 'hang';
      }
      // The lane has an alarm to set when everything else is done.
      return met === 2 ? 500 : 'ok';
    });
    await gateway.register(supplier.entry({ concurrency: 3 }));
    const documents = kaDocuments(supplier.organisationNumber, 12);
    await gateway.startIntake();
    await gateway.ka.send(documents);
    await inTurn(() => {
      const crashing = startCrashing(gateway, at);
      crash.kill = crashing.kill;
      return crashing.crashed;
    });
    await gateway.startDelivery();
    const found = await gateway.settled(12);

    assert.deepEqual([found.taken, found.messages, found.delivered], [12, 12, 12]);
    const received = await assertDelivered(gateway, supplier, documents);
    const attempts = await attemptsOf(gateway.pool);
    for (const { id, attempt, sequence } of received) {
      const { outcome } = attempts.find((one) => one.messageId === id && one.attempt === attempt) ?? {};
      const last = received.findLast((one) => one.id === id)?.attempt === attempt;
      const why = `attempt ${attempt} of message ${sequence}, ${outcome}`;
      if (last) assert.equal(outcome, 'delivered', why);
      else
        assert.ok(
          outcome === 'unknown' || outcome === 'message-failed',
          `came again although it was on record: ${why}`,
        );
    }
    const exchanges = new Set(received.map(({ id, attempt }) => `${id} ${attempt}`));
    assert.equal(exchanges.size, received.length, 'no attempt was made twice');
    const outcomes = attempts.map(({ outcome }) => outcome);
    assert.equal(outcomes.filter((outcome) => outcome === 'delivered').length, 12);
    const unknown = outcomes.filter((outcome) => outcome === 'unknown').length;
    if (unrecorded === 'none') assert.equal(unknown, 0, 'nothing was under way');
    if (unrecorded === 'some') assert.ok(unknown >= 1 && unknown <= 3, `${unknown} tries without an outcome`);
    assertAnswered(gateway, documents);
    await conserved(gateway);
  } finally {
    await gateway.close();
  }
}
