import { strict as assert } from 'node:assert';
import { gatewayNames, linkName, serverNames, serversOf, supplierName, tempers } from '../../../chaos/rig/cast.ts';
import { faultKinds, makePlan, round } from '../../../chaos/rig/plan.ts';
import { seeded } from '../../../chaos/rig/random.ts';

const suppliers = 20;
const kindsOf = (plan: ReturnType<typeof makePlan>) => new Set(plan.map(({ kind }) => kind));

describe('the plan of a campaign', () => {
  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(makePlan(1, 200, suppliers), makePlan(1, 200, suppliers));
    assert.notDeepEqual(makePlan(1, 200, suppliers), makePlan(2, 200, suppliers));
  });

  it('begins in the same way however long it is', () => {
    assert.deepEqual(makePlan(3, 200, suppliers).slice(0, round), makePlan(3, round, suppliers));
  });

  it('has every kind of fault in each round', () => {
    for (const seed of [1, 2, 3]) {
      const plan = makePlan(seed, 2 * round, suppliers);
      assert.deepEqual(kindsOf(plan.slice(0, round)), new Set(faultKinds));
      assert.deepEqual(kindsOf(plan.slice(round)), new Set(faultKinds));
    }
  });

  it('kills and stops every process and server, and makes every temper happen, in two hundred faults', () => {
    const plan = makePlan(1, 200, suppliers);
    const targets = (kind: string) => new Set(plan.filter((one) => one.kind === kind).map(({ target }) => target));
    for (const kind of ['gateway-killed', 'gateway-stopped', 'clock-stepped'])
      assert.deepEqual([...targets(kind)].toSorted(), [...gatewayNames].toSorted());
    for (const kind of ['server-killed', 'server-stopped'])
      assert.deepEqual([...targets(kind)].toSorted(), [...serverNames].toSorted());
    assert.deepEqual([...targets('disk-full')].toSorted(), ['activemq', 'postgresql']);
    const tempered = plan.filter(({ kind }) => kind === 'supplier-tempered').map(({ how }) => how);
    assert.deepEqual([...new Set(tempered)].toSorted(), [...tempers].toSorted());
  });

  it('names only who takes part, and never leads a supplier to itself', () => {
    const names = Array.from({ length: suppliers }, (_, i) => supplierName(i));
    const peers = gatewayNames.flatMap((name) => serversOf(name).map((server) => linkName(name, server)));
    const known = new Set<string>([
      ...gatewayNames,
      ...serverNames,
      ...names,
      ...peers,
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
