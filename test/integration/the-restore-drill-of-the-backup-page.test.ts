import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Outcome } from '../../src/domain/outcome.ts';
import { silentLog } from '../../src/platform/log.ts';
import { drainDeps } from '../../src/roles/delivery.ts';
import type { StoredEnvelope } from '../../src/store/lane/due.ts';
import { lanesOf } from '../../src/store/lane/lanes.ts';
import { type NumbersAnswer, readNumbers } from '../../src/store/numbers.ts';
import { createPool } from '../../src/store/pool.ts';
import { type Cluster, ownCluster, run } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { conserved } from '../support/gateway-account.ts';
import type { GatewaySupplier } from '../support/gateway-supplier.ts';
import { kaDocument, kaDocuments, withdrawalOf } from '../support/ka.ts';
import { sharedServers } from '../support/servers.ts';

/** The commands of the page, by the name that stands above them. */
const blocks = new Map(
  [...readFileSync('docs/operations/backup.md', 'utf8').matchAll(/<!-- drill: (\S+) -->\n```sh\n([\s\S]*?)```/g)].map(
    ([, name = '', commands = '']) => [name, commands],
  ),
);
const block = (name: string): string => blocks.get(name) ?? assert.fail(`the page has no commands “${name}”`);

const delivered: Outcome = { kind: 'delivered', status: 204, totalMs: 1 };

/** A worker that took the supplier's lane and claimed a message. */
async function startWorker(gateway: TestGateway, supplier: GatewaySupplier) {
  const { settings, pool } = gateway;
  const parts = { settings, log: silentLog, pool, giveUp: new AbortController(), stopping: () => false };
  const steps = drainDeps(parts, '0.0.0');
  const lanes = lanesOf(pool, 1_000, silentLog);
  const { rows } = await pool.query<{ id: number }>('select id from address where organisation_number = $1', [
    supplier.organisationNumber,
  ]);
  const lane = rows[0]?.id ?? assert.fail('the supplier has no address');
  const { hold, target } = await eventually('the lane is taken', async () => {
    const taken = await lanes.take(lane, 600_000);
    return taken.kind === 'taken' && taken;
  });
  return {
    claim: async () => {
      const due = await lanes.due(target, 1, 'oldest');
      const sealed = new Map<string, StoredEnvelope>();
      for (const one of due) {
        const envelope = await steps.seal(one, target);
        if (envelope instanceof Error) throw envelope;
        sealed.set(one.messageId, envelope);
      }
      return (await lanes.claim(hold, target, due, sealed)).claimed;
    },
    record: (claimed: { deliveryId: number; attempt: number }) =>
      lanes.record(hold, [{ ...claimed, outcome: delivered }], { milliseconds: 0, waits: false }, (lane) =>
        steps.settle(lane, [{ deliveryId: claimed.deliveryId, failures: 0, outcome: delivered }]),
      ),
    close: steps.close,
  };
}

describe('the restore drill of the backup page', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let gateway: TestGateway;
  const started: ChildProcess[] = [];
  before(async () => {
    cluster = await ownCluster();
    gateway = await openGateway({ servers: { ...sharedServers(), databaseUrl: cluster.url } });
  });
  after(async () => {
    for (const child of started) await stop(child);
    await gateway?.close();
    await cluster?.close();
  });

  const environment = () => ({
    ...gateway.environment,
    PATH: `${resolve('bin')}:${process.env['PATH'] ?? ''}`,
    HOME: process.env['HOME'] ?? '',
    REASON: 'the disk burnt, ticket 7',
  });
  /** The page's commands, as whoever runs the gateway gives them. */
  const operator = (commands: string, more: Record<string, string> = {}) =>
    run(commands, { env: { ...environment(), ...more } });
  /** A command of the page that goes on until it is told to stop. */
  function serve(name: string): ChildProcess {
    const child = spawn('bash', ['-c', `exec ${block(name).trim()}`], { env: environment(), stdio: 'ignore' });
    started.push(child);
    return child;
  }
  async function stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const over = new Promise((done) => child.once('close', done));
    child.kill('SIGTERM');
    await over;
  }
  async function one<T>(sql: string): Promise<T> {
    const { rows } = await gateway.pool.query<{ value: T } & Record<string, unknown>>(sql);
    return rows[0]?.value as T;
  }
  const numbersOf = (supplier: GatewaySupplier): Promise<NumbersAnswer> =>
    readNumbers(gateway.pool, supplier.organisationNumber, 1, undefined, 1_000);

  it('brings the book back to a moment, and what was given out since is never given out again', async () => {
    // 1 The server keeps its log, a supplier is there, and a base is taken.
    await cluster.sh(block('archive'));
    const known = await gateway.addSupplier();
    const later = await gateway.addSupplier();
    await gateway.register(known.entry());
    await cluster.sh(block('base'));

    // 2 A day's work, to the moment that the book will come back to.
    const kept = kaDocuments(known.organisationNumber, 5, 'K');
    const regretted = kaDocument(known.organisationNumber, 'W-1');
    const day = await gateway.start();
    await gateway.ka.send(kept);
    await gateway.settled(5);
    await day.stop();
    const intake = await gateway.startIntake();
    await gateway.ka.send([regretted]);
    await eventually('it is accepted', () => gateway.ka.about('W-1').includes('accepted'));
    const when = await one<string>('select clock_timestamp()::text as value');

    // 3 What will be lost: a withdrawal, a supplier that is new, seven deliveries, and a number that only KA has seen.
    const lost = kaDocuments(known.organisationNumber, 4, 'L');
    const lostOfLater = kaDocuments(later.organisationNumber, 3, 'N');
    await gateway.ka.send([withdrawalOf(regretted)]);
    await eventually('it is withdrawn', () => gateway.ka.about('W-1').includes('cancelled'));
    await gateway.register(later.entry());
    const delivery = await gateway.startDelivery();
    await gateway.ka.send([...lost, ...lostOfLater]);
    await gateway.settled(5 + 2 + 7);
    await delivery.stop();
    await gateway.ka.send([kaDocument(known.organisationNumber, 'C-1')]);
    await eventually('it is accepted', () => gateway.ka.about('C-1').includes('accepted'));
    await intake.stop();
    const before = (await known.received()).map(({ sequence }) => Number(sequence));
    assert.deepEqual(before, [1, 2, 3, 4, 5, 7, 8, 9, 10]);
    assert.equal((await later.received()).length, 3);

    // 4 A worker is cut off in the middle of its work, and the book is brought back.
    const cutOff = await startWorker(gateway, known);
    const [claimed] = await cutOff.claim();
    assert.ok(claimed);
    await cluster.sh(block('restore'), { WHEN: when });
    assert.equal(await one('select count(*) as value from message'), 6);

    // 5 No gateway process starts on it; while one that was not stopped is connected nothing is touched; nor by a rehearsal.
    await eventually('recovery is over', async () => !(await one<boolean>('select pg_is_in_recovery() as value')));
    await assert.rejects(gateway.startIntake(), { code: 'store-unsafe', message: /brought back from a backup/ });
    const early = createPool({ url: gateway.settings.databaseUrl, connections: 1, name: 'kuvert intake' });
    await early.query('select 1');
    await assert.rejects(
      operator(block('after-restore')),
      /4 of:[\s\S]*kuvert intake \(connections: \d+\); stop every gateway process first/,
    );
    await early.close();
    const rehearsed = await operator(block('rehearse'));
    assert.match(rehearsed, /The schema is up to date\.[\s\S]*The book ends [\s\S]*Nothing was done\./);
    assert.match(rehearsed, new RegExp(`${known.organisationNumber} .* 7 +\\d{6,}\n`));
    assert.equal(await one('select counter as value from recipient'), 6);

    // 6 It is done, once.
    const done = await operator(block('after-restore'));
    assert.match(
      done,
      /Done; in the audit: row \d+\.[\s\S]*\nConserved: [\s\S]*void: \d{6,}\n[\s\S]*the chain is whole/,
    );
    const again = await operator(block('after-restore'));
    assert.match(again, /This was done on this copy of the database at .* the disk burnt, ticket 7\.\nNothing was ch/);
    const margin = await one<number>('select margin as value from restoration');
    assert.ok(margin >= 100_000);
    assert.equal(await one('select count(*) as value from void_range'), 1);

    // 7 The worker of before comes back: it can claim nothing, and what it says of its message is nobody's.
    assert.deepEqual(await cutOff.claim(), []);
    assert.equal((await cutOff.record(claimed)).kind, 'superseded');
    await cutOff.close();

    // 8 The register; intake alone, for all of the lost time; everything.
    await gateway.register(later.entry());
    const alone = serve('intake');
    await gateway.ka.send([...kept, withdrawalOf(regretted), ...lost, ...lostOfLater]);
    await eventually(
      'all of it is taken',
      async () => (await one('select count(*) as value from frame')) === 6 + 5 + 1 + 4 + 3,
    );
    await stop(alone);
    assert.equal((await known.received()).length, before.length, 'nothing has left the house meanwhile');
    serve('start');
    await gateway.ka.send(kaDocuments(known.organisationNumber, 2, 'F'));
    await gateway.settled(6 + 5 + 1 + 4 + 3 + 2);
    await conserved(gateway);
    assert.ok(gateway.ka.about('K-1').includes('duplicate'));

    // 9 A number is one message for ever, and the book says of each that a supplier has, or lacks, what stands behind it.
    for (const supplier of [known, later]) {
      const { numbers } = await numbersOf(supplier);
      const received = await supplier.received();
      for (const [sequence, all] of Map.groupBy(received, (message) => message.sequence)) {
        assert.equal(new Set(all.map(({ id }) => id)).size, 1, `number ${sequence} is two messages`);
        const behind = numbers.find(({ first, last }) => first <= sequence && sequence <= last);
        assert.ok(behind?.state === 'void' || behind?.messageId === all[0]?.id, `number ${sequence}`);
      }
    }
    const alike = (count: number, state: string) => Array.from({ length: count }, () => [state, 1]);
    const states = async (supplier: GatewaySupplier) =>
      (await numbersOf(supplier)).numbers.map(({ first, last, state }) => [state, last - first + 1]);
    assert.deepEqual(await states(known), [
      ...alike(5, 'delivered'),
      ['cancelled', 1],
      ['void', margin],
      ...alike(6, 'delivered'),
    ]);
    assert.deepEqual(await states(later), [['void', margin], ...alike(3, 'delivered')]);
    const told = await operator(block('numbers'), { ORGANISATION: known.organisationNumber });
    assert.match(told, /\n +1 +5 +delivered\b.*\n +6 +6 +cancelled\b.*\n +7 +\d+ +void +.* the disk burnt, ticket 7\n/);
  });
});
