/** What goes wrong in a campaign, and when: made from a seed before anything runs, and the same on every machine. */
import {
  apis,
  authorities,
  collecting,
  deliveries,
  fetchesToo,
  lineNames,
  linkName,
  programs,
  pullers,
  serverNames,
  serversOf,
  supplierName,
  tempers,
} from './cast.ts';
import { type Random, seeded } from './random.ts';

export interface Fault {
  /** From 1. */
  readonly number: number;
  /** Milliseconds after the campaign's first moment. */
  readonly at: number;
  readonly kind: FaultKind;
  /** A gateway process, a server, a supplier, or `gateway/peer` for a connection between two. */
  readonly target: string;
  /** Milliseconds until it is healed. */
  readonly lasts: number;
  /** A temper, a direction, seconds of a clock, another supplier: whatever the kind needs. */
  readonly how: string;
}

interface Kind {
  /** How many of a round are of this kind. */
  readonly weight: number;
  /** Milliseconds, shortest and longest. */
  readonly lasts: readonly [number, number];
  /** All that it can be, each as target and how; a round takes the next of them, in the seed's order. */
  readonly variants: (suppliers: number, random: Random) => readonly Variant[];
}
type Variant = readonly [target: string, how: string];

const gateways = (): Variant[] => lineNames.map((name) => [name, '']);
const servers = (): Variant[] => serverNames.map((name) => [name, '']);
const serverLinks = (hows: readonly string[]): Variant[] =>
  lineNames.flatMap((gateway) =>
    serversOf(gateway).flatMap((server) => hows.map((how): Variant => [linkName(gateway, server), how])),
  );
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const supplierLinks = (count: number, hows: readonly string[]): Variant[] =>
  deliveries.flatMap((gateway) =>
    numbers(count).flatMap((i) => hows.map((how): Variant => [linkName(gateway, supplierName(i)), how])),
  );
const suppliers = (count: number): Variant[] => numbers(count).map((i) => [supplierName(i), '']);
/** Each temper once, at suppliers that chance names. */
const tempered = (count: number, random: Random): Variant[] =>
  tempers.map((temper) => [supplierName(random.whole(0, count - 1)), temper]);
const misled = (count: number, random: Random): Variant[] =>
  numbers(count).map((i) => [supplierName(i), supplierName((i + random.whole(1, count - 1)) % count)]);

const apiProcesses = (): Variant[] => apis.map((name) => [name, '']);
const apiLinks = (peer: string, hows: readonly string[]): Variant[] =>
  apis.flatMap((name) => hows.map((how): Variant => [linkName(name, peer), how]));
/** Who has a program that fetches all the time. */
const collectors = (count: number): number[] => [...numbers(count).filter(fetchesToo), ...pullers(count)];
const collectorTempered = (count: number, random: Random): Variant[] =>
  collecting.map((temper) => {
    const all = collectors(count);
    return [supplierName(all[random.whole(0, all.length - 1)] ?? 0), temper];
  });
const deliveryChanged = (count: number, random: Random): Variant[] => [
  ...numbers(count).map((i): Variant => [supplierName(i), random.pick(['pull', 'pull', 'manual'])]),
  ...pullers(count).map((i): Variant => [supplierName(i), random.pick(['push', 'push', 'manual'])]),
];

/** A push may take 3 s and a lease lasts 8.5 s (gateways.ts): some processes are stopped for longer than that. */
const kinds = {
  'gateway-killed': { weight: 2, lasts: [300, 3_000], variants: () => gateways() },
  'gateway-stopped': { weight: 2, lasts: [1_000, 13_000], variants: () => gateways() },
  'gateway-restarted': { weight: 1, lasts: [300, 1_000], variants: () => gateways() },
  'server-killed': { weight: 2, lasts: [300, 4_000], variants: () => servers() },
  'server-stopped': { weight: 1, lasts: [1_000, 8_000], variants: () => servers() },
  'redis-emptied': { weight: 1, lasts: [0, 0], variants: () => [['redis', '']] },
  'disk-full': {
    weight: 1,
    lasts: [2_000, 6_000],
    variants: () => servers().filter(([name]) => name !== 'redis'),
  },
  'server-connection-cut': { weight: 1, lasts: [500, 6_000], variants: () => serverLinks(['']) },
  'server-connection-reset': { weight: 1, lasts: [0, 0], variants: () => serverLinks(['']) },
  'server-connection-slow': { weight: 1, lasts: [2_000, 8_000], variants: () => serverLinks(['20', '200']) },
  'server-connection-throttled': { weight: 1, lasts: [2_000, 8_000], variants: () => serverLinks(['20000']) },
  'server-connection-half-open': { weight: 1, lasts: [1_000, 12_000], variants: () => serverLinks(['up', 'down']) },
  'supplier-connection-cut': { weight: 1, lasts: [500, 6_000], variants: (n) => supplierLinks(n, ['']) },
  'supplier-connection-reset': { weight: 1, lasts: [0, 0], variants: (n) => supplierLinks(n, ['']) },
  'supplier-connection-slow': { weight: 1, lasts: [2_000, 8_000], variants: (n) => supplierLinks(n, ['100', '800']) },
  'supplier-connection-throttled': { weight: 1, lasts: [2_000, 8_000], variants: (n) => supplierLinks(n, ['4000']) },
  'supplier-connection-half-open': {
    weight: 1,
    lasts: [1_000, 8_000],
    variants: (n) => supplierLinks(n, ['up', 'down']),
  },
  'clock-stepped': {
    weight: 1,
    lasts: [4_000, 15_000],
    variants: (_, random) => lineNames.map((name) => [name, random.pick(['-3600', '-20', '40', '7200'])]),
  },
  'supplier-tempered': { weight: 4, lasts: [4_000, 12_000], variants: tempered },
  'certificate-changed': { weight: 1, lasts: [3_000, 8_000], variants: (n) => suppliers(n) },
  'certificate-withdrawn': { weight: 1, lasts: [3_000, 8_000], variants: (n) => suppliers(n) },
  'address-moved': { weight: 1, lasts: [3_000, 8_000], variants: (n) => suppliers(n) },
  'address-misled': { weight: 1, lasts: [3_000, 8_000], variants: misled },
  'frames-doubled': { weight: 1, lasts: [0, 0], variants: () => [['activemq', '']] },
  'frames-reordered': { weight: 1, lasts: [0, 0], variants: () => [['activemq', '']] },
  'lane-paused': { weight: 1, lasts: [2_000, 8_000], variants: (n) => suppliers(n) },
  'messages-resent': { weight: 1, lasts: [0, 0], variants: (n) => suppliers(n) },
} satisfies Readonly<Record<string, Kind>>;

/** What goes wrong where suppliers fetch; by a chance of its own, so that the line's plan does not depend on it. */
const collectingKinds = {
  'delivery-changed': { weight: 3, lasts: [2_000, 9_000], variants: deliveryChanged },
  'collector-withdrawn': {
    weight: 1,
    lasts: [3_000, 8_000],
    variants: (n) => collectors(n).map((i) => [supplierName(i), '']),
  },
  'collector-tempered': { weight: 3, lasts: [4_000, 12_000], variants: collectorTempered },
  'api-killed': { weight: 1, lasts: [300, 3_000], variants: () => apiProcesses() },
  'api-stopped': { weight: 1, lasts: [1_000, 10_000], variants: () => apiProcesses() },
  'api-restarted': { weight: 1, lasts: [300, 1_000], variants: () => apiProcesses() },
  'api-connection-cut': { weight: 1, lasts: [500, 6_000], variants: () => apiLinks(programs, ['']) },
  'api-connection-reset': { weight: 1, lasts: [0, 0], variants: () => apiLinks(programs, ['']) },
  'api-connection-slow': { weight: 1, lasts: [2_000, 8_000], variants: () => apiLinks(programs, ['100', '800']) },
  'api-connection-half-open': {
    weight: 1,
    lasts: [1_000, 8_000],
    variants: () => apiLinks(programs, ['up', 'down']),
  },
  'api-store-cut': { weight: 1, lasts: [500, 6_000], variants: () => apiLinks('postgresql', ['']) },
  'api-store-half-open': { weight: 1, lasts: [1_000, 10_000], variants: () => apiLinks('postgresql', ['up', 'down']) },
} satisfies Readonly<Record<string, Kind>>;

const authorityProcesses = (): Variant[] => authorities.map((name) => [name, '']);
const authorityStores = (hows: readonly string[]): Variant[] =>
  authorities.flatMap((name) => hows.map((how): Variant => [linkName(name, 'postgresql'), how]));
const ends = (indexes: readonly number[], random: Random): Variant[] =>
  indexes.map((i) => [supplierName(i), random.pick(['revoked', 'revoked', 'left'])]);

/** What suppliers and operators do with certificates, and what goes wrong at the authority; by a chance of its own too. */
const certificateKinds = {
  'endpoint-rolled': { weight: 2, lasts: [1_000, 8_000], variants: (n, random) => ends(numbers(n), random) },
  'program-rolled': { weight: 2, lasts: [1_000, 8_000], variants: (n, random) => ends(collectors(n), random) },
  'endpoint-revoked': { weight: 2, lasts: [3_000, 8_000], variants: (n) => suppliers(n) },
  'program-revoked': {
    weight: 2,
    lasts: [3_000, 8_000],
    variants: (n) => collectors(n).map((i) => [supplierName(i), '']),
  },
  'ca-killed': { weight: 1, lasts: [300, 3_000], variants: () => authorityProcesses() },
  'ca-stopped': { weight: 1, lasts: [1_000, 13_000], variants: () => authorityProcesses() },
  'ca-restarted': { weight: 1, lasts: [300, 1_000], variants: () => authorityProcesses() },
  'ca-store-cut': { weight: 1, lasts: [500, 6_000], variants: () => authorityStores(['']) },
  'ca-store-half-open': { weight: 1, lasts: [1_000, 10_000], variants: () => authorityStores(['up', 'down']) },
} satisfies Readonly<Record<string, Kind>>;

type LineKind = keyof typeof kinds;
type CollectingKind = keyof typeof collectingKinds;
type CertificateKind = keyof typeof certificateKinds;
export type FaultKind = LineKind | CollectingKind | CertificateKind;
export const lineKinds = Object.keys(kinds) as LineKind[];
export const collectingFaults = Object.keys(collectingKinds) as CollectingKind[];
export const certificateFaults = Object.keys(certificateKinds) as CertificateKind[];
export const faultKinds: readonly FaultKind[] = [...lineKinds, ...collectingFaults, ...certificateFaults];

const weightOf = (of: Readonly<Record<string, Kind>>): number =>
  Object.values(of).reduce((sum, { weight }) => sum + weight, 0);
/** How many faults of the line a plan needs so that each kind of them is in it; and how many of the two others. */
export const round = weightOf(kinds);
export const collectingRound = weightOf(collectingKinds);
export const certificateRound = weightOf(certificateKinds);
/** So many of the line, and then one where suppliers fetch; so many, and then one with certificates. */
export const lineFaultsEach = 2;
export const lineFaultsEachCertificate = 3;

/** Milliseconds from one fault to the next, shortest and longest. */
const gap = [2_500, 5_000] as const;

/** Milliseconds from a fault of the line to another one that follows it: less than to the next. */
const soon = [300, 2_000] as const;

/** Kinds mixed so that each comes as often as its weight says in every round. */
function* drawnFrom<K extends FaultKind>(of: Readonly<Record<K, Kind>>, random: Random, suppliers: number) {
  const names = Object.keys(of) as K[];
  const bags = new Map<K, Variant[]>();
  for (;;) {
    for (const kind of random.shuffled(names.flatMap((name) => Array.from({ length: of[name].weight }, () => name)))) {
      const [least, most] = kind in kinds ? gap : soon;
      const wait = random.whole(least, most);
      const left = bags.get(kind) ?? [];
      if (left.length === 0) left.push(...random.shuffled(of[kind].variants(suppliers, random)));
      bags.set(kind, left);
      const [target, how] = left.pop() ?? ['', ''];
      const [shortest, longest] = of[kind].lasts;
      yield { kind, wait, target, lasts: random.whole(shortest, longest), how };
    }
  }
}

/**
 * @param faults of the line; after each two of them comes one where suppliers fetch, after each three one with certificates
 * @returns faults in the order of their time
 */
export function makePlan(seed: number, faults: number, supplierCount: number): Fault[] {
  const line = drawnFrom<LineKind>(kinds, seeded(seed), supplierCount);
  const beside = drawnFrom<CollectingKind>(collectingKinds, seeded(seed ^ 0xc011ec7), supplierCount);
  const certified = drawnFrom<CertificateKind>(certificateKinds, seeded(seed ^ 0xce29a6), supplierCount);
  const plan: Omit<Fault, 'number'>[] = [];
  const next = (from: typeof line | typeof beside | typeof certified, after: number): Omit<Fault, 'number'> => {
    const { value } = from.next();
    if (!value) throw new Error('a plan never ends');
    const { wait, ...fault } = value;
    return { at: after + wait, ...fault };
  };
  let at = 0;
  for (let n = 1; n <= faults; n++) {
    const first = next(line, at);
    at = first.at;
    const others = [
      ...(n % lineFaultsEach === 0 ? [next(beside, at)] : []),
      ...(n % lineFaultsEachCertificate === 0 ? [next(certified, at)] : []),
    ];
    plan.push(first, ...others.toSorted((a, b) => a.at - b.at));
  }
  return plan.map((fault, i) => ({ number: i + 1, ...fault }));
}

/** One line for people. */
export function sayFault({ number, at, kind, target, lasts, how }: Fault): string {
  const time = `${(at / 1_000).toFixed(1)} s`;
  const duration = lasts === 0 ? '' : `, ${(lasts / 1_000).toFixed(1)} s`;
  return `${String(number).padStart(3)}  ${time.padStart(8)}  ${kind} ${target}${how === '' ? '' : ` (${how})`}${duration}`;
}
