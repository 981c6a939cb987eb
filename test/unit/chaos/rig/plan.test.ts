import { strict as assert } from 'node:assert';
import {
  apis,
  authorities,
  collecting,
  gatewayNames,
  lineNames,
  linkName,
  programs,
  pullers,
  serverNames,
  serversOf,
  supplierName,
  tempers,
} from '../../../chaos/rig/cast.ts';
import {
  certificateFaults,
  certificateRound,
  collectingFaults,
  collectingRound,
  lineFaultsEach,
  lineFaultsEachCertificate,
  lineKinds,
  makePlan,
  round,
} from '../../../chaos/rig/plan.ts';
import { seeded } from '../../../chaos/rig/random.ts';

const suppliers = 20;
const kindsOf = (plan: ReturnType<typeof makePlan>) => new Set(plan.map(({ kind }) => kind));

describe('the plan of a campaign', () => {
  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(makePlan(1, 200, suppliers), makePlan(1, 200, suppliers));
    assert.notDeepEqual(makePlan(1, 200, suppliers), makePlan(2, 200, suppliers));
  });

  it('begins in the same way however long it is', () => {
    const short = makePlan(3, round, suppliers);
    assert.deepEqual(makePlan(3, 200, suppliers).slice(0, short.length), short);
  });

  it('has every kind of fault in each round', () => {
    for (const seed of [1, 2, 3]) {
      const needed = Math.max(lineFaultsEach * 2 * collectingRound, lineFaultsEachCertificate * 2 * certificateRound);
      const plan = makePlan(seed, 2 * round + needed, suppliers);
      for (const [kinds, size] of [
        [lineKinds, round],
        [collectingFaults, collectingRound],
        [certificateFaults, certificateRound],
      ] as const) {
        const own = plan.filter(({ kind }) => (kinds as readonly string[]).includes(kind));
        assert.deepEqual(kindsOf(own.slice(0, size)), new Set(kinds));
        assert.deepEqual(kindsOf(own.slice(size, 2 * size)), new Set(kinds));
      }
    }
  });

  it('has one fault where suppliers fetch after each two of the line, and one with certificates after each three', () => {
    const sort = new Map<string, string>([
      ...lineKinds.map((kind) => [kind, 'line'] as const),
      ...collectingFaults.map((kind) => [kind, 'fetching'] as const),
      ...certificateFaults.map((kind) => [kind, 'certificates'] as const),
    ]);
    const after: string[][] = [];
    for (const { kind } of makePlan(2, 30, suppliers)) {
      const what = sort.get(kind) ?? '';
      if (what === 'line') after.push([]);
      else after.at(-1)?.push(what);
    }
    const six = [[], ['fetching'], ['certificates'], ['fetching'], [], ['certificates', 'fetching']];
    assert.deepEqual(
      after.map((one) => one.toSorted()),
      Array.from({ length: 5 }, () => six).flat(),
    );
  });

  it('kills and stops every process and server, and makes every temper happen, in two hundred faults', () => {
    const plan = makePlan(1, 200, suppliers);
    const targets = (kind: string) => new Set(plan.filter((one) => one.kind === kind).map(({ target }) => target));
    for (const kind of ['gateway-killed', 'gateway-stopped', 'clock-stepped'])
      assert.deepEqual([...targets(kind)].toSorted(), [...lineNames].toSorted());
    for (const kind of ['api-killed', 'api-stopped', 'api-restarted'])
      assert.deepEqual([...targets(kind)].toSorted(), [...apis].toSorted());
    for (const kind of ['server-killed', 'server-stopped'])
      assert.deepEqual([...targets(kind)].toSorted(), [...serverNames].toSorted());
    assert.deepEqual([...targets('disk-full')].toSorted(), ['activemq', 'postgresql']);
    const tempered = plan.filter(({ kind }) => kind === 'supplier-tempered').map(({ how }) => how);
    assert.deepEqual([...new Set(tempered)].toSorted(), [...tempers].toSorted());
    const fetching = plan.filter(({ kind }) => kind === 'collector-tempered').map(({ how }) => how);
    assert.deepEqual([...new Set(fetching)].toSorted(), [...collecting].toSorted());
    const modes = plan.filter(({ kind }) => kind === 'delivery-changed').map(({ how }) => how);
    assert.deepEqual([...new Set(modes)].toSorted(), ['manual', 'pull', 'push']);
    for (const kind of ['ca-killed', 'ca-stopped', 'ca-restarted'])
      assert.deepEqual([...targets(kind)].toSorted(), [...authorities].toSorted());
    const rolled = plan.filter(({ kind }) => kind === 'endpoint-rolled' || kind === 'program-rolled');
    assert.deepEqual([...new Set(rolled.map(({ how }) => how))].toSorted(), ['left', 'revoked']);
  });

  it('rolls and revokes in the short campaign, endpoints and programs', () => {
    const kinds = kindsOf(makePlan(280, 12, suppliers));
    for (const kind of ['endpoint-rolled', 'program-rolled', 'endpoint-revoked', 'program-revoked'] as const)
      assert.ok(kinds.has(kind), kind);
  });

  it('names only who takes part, and never leads a supplier to itself', () => {
    const names = Array.from({ length: suppliers }, (_, i) => supplierName(i));
    const peers = gatewayNames.flatMap((name) => serversOf(name).map((server) => linkName(name, server)));
    const known = new Set<string>([
      ...gatewayNames,
      ...serverNames,
      ...names,
      ...peers,
      ...pullers(suppliers).map(supplierName),
      ...apis.map((name) => linkName(name, programs)),
      ...['delivery-1', 'delivery-2'].flatMap((name) => names.map((supplier) => `${name}/${supplier}`)),
    ]);
    for (const { kind, target, how } of makePlan(4, 400, suppliers)) {
      assert.ok(known.has(target), `${kind} ${target}`);
      if (kind === 'address-misled') assert.ok(names.includes(how) && how !== target, `${target} led to ${how}`);
    }
  });

  it('comes in the order of time, a fault about every four seconds', () => {
    const plan = makePlan(5, 200, suppliers);
    assert.deepEqual(
      plan,
      plan.toSorted((a, b) => a.at - b.at),
    );
    const last = plan.at(-1)?.at ?? 0;
    assert.ok(last > 200 * 3_000 && last < 200 * 4_500, `${last} ms`);
    assert.equal(plan.length, 200 + 100 + 66);
  });
});

describe('chance', () => {
  it('reaches every whole number of a range and no other', () => {
    const random = seeded(9);
    const seen = new Set(Array.from({ length: 500 }, () => random.whole(3, 7)));
    assert.deepEqual(
      [...seen].toSorted((a, b) => a - b),
      [3, 4, 5, 6, 7],
    );
  });

  it('shuffles without losing or doubling anything', () => {
    const things = Array.from({ length: 50 }, (_, i) => i);
    const mixed = seeded(9).shuffled(things);
    assert.notDeepEqual(mixed, things);
    assert.deepEqual(
      mixed.toSorted((a, b) => a - b),
      things,
    );
  });
});
