/** What goes wrong in a campaign, and when: made from a seed before anything runs, and the same on every machine. */
import { deliveries, gatewayNames, linkName, serverNames, serversOf, supplierName, tempers } from './cast.ts';
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

const gateways = (): Variant[] => gatewayNames.map((name) => [name, '']);
const servers = (): Variant[] => serverNames.map((name) => [name, '']);
const serverLinks = (hows: readonly string[]): Variant[] =>
  gatewayNames.flatMap((gateway) =>
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
    variants: (_, random) => gatewayNames.map((name) => [name, random.pick(['-3600', '-20', '40', '7200'])]),
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
export type FaultKind = keyof typeof kinds;
export const faultKinds = Object.keys(kinds) as FaultKind[];

/** How many faults a plan needs so that each kind is in it. */
export const round = Object.values(kinds).reduce((sum, { weight }) => sum + weight, 0);

/** Milliseconds from one fault to the next, shortest and longest. */
const gap = [2_500, 5_000] as const;

/** @returns faults in the order of their time, kinds mixed so that each comes as often as its weight says in every round */
export function makePlan(seed: number, faults: number, supplierCount: number): Fault[] {
  const random = seeded(seed);
  const bags = new Map<FaultKind, Variant[]>();
  const variantOf = (kind: FaultKind): Variant => {
    const left = bags.get(kind) ?? [];
    if (left.length === 0) left.push(...random.shuffled(kinds[kind].variants(supplierCount, random)));
    bags.set(kind, left);
    return left.pop() ?? ['', ''];
  };
  const plan: Fault[] = [];
  let at = 0;
  while (plan.length < faults) {
    const order = random.shuffled(faultKinds.flatMap((kind) => Array.from({ length: kinds[kind].weight }, () => kind)));
    for (const kind of order.slice(0, faults - plan.length)) {
      at += random.whole(...gap);
      const [target, how] = variantOf(kind);
      plan.push({ number: plan.length + 1, at, kind, target, lasts: random.whole(...kinds[kind].lasts), how });
    }
  }
  return plan;
}

/** One line for people. */
export function sayFault({ number, at, kind, target, lasts, how }: Fault): string {
  const time = `${(at / 1_000).toFixed(1)} s`;
  const duration = lasts === 0 ? '' : `, ${(lasts / 1_000).toFixed(1)} s`;
  return `${String(number).padStart(3)}  ${time.padStart(8)}  ${kind} ${target}${how === '' ? '' : ` (${how})`}${duration}`;
}
