/** Who takes part in a campaign: the gateway's processes, the servers, the suppliers. */
import type { RoleName } from '../../../src/roles/start.ts';
import { tempers as allTempers, collectorTempers } from '../outer/world.ts';

export const gatewayRoles = {
  'intake-1': 'intake',
  'intake-2': 'intake',
  'delivery-1': 'delivery',
  'delivery-2': 'delivery',
  'api-1': 'supplier-api',
  'api-2': 'supplier-api',
  'ca-1': 'ca',
  'ca-2': 'ca',
} as const satisfies Readonly<Record<string, RoleName>>;
export type GatewayName = keyof typeof gatewayRoles;
export const gatewayNames = Object.keys(gatewayRoles) as [GatewayName, ...GatewayName[]];

export const serverNames = ['postgresql', 'redis', 'activemq'] as const;
export type ServerName = (typeof serverNames)[number];

const serversByRole: Readonly<Record<RoleName, readonly ServerName[]>> = {
  intake: serverNames,
  delivery: ['postgresql', 'redis'],
  'supplier-api': ['postgresql'],
  ca: ['postgresql'],
  'operator-api': ['postgresql'],
};
export const serversOf = (gateway: GatewayName): readonly ServerName[] => serversByRole[gatewayRoles[gateway]];

/** Where suppliers fetch from. */
export const apis = gatewayNames.filter((name) => gatewayRoles[name] === 'supplier-api');
/** The certificate authority. */
export const authorities = gatewayNames.filter((name) => gatewayRoles[name] === 'ca');
/** Those that the line of a message runs through. */
export const lineNames = gatewayNames.filter((name) => !apis.includes(name) && !authorities.includes(name));

export const deliveries = gatewayNames.filter((name) => gatewayRoles[name] === 'delivery');

/** What suppliers' endpoints can be told to be, besides healthy. */
export const [, ...tempers] = allTempers;

/** What suppliers' programs that fetch can be told to be, besides prompt. */
export const collecting = collectorTempers.filter((temper) => temper !== 'prompt');

/** Beside so many suppliers that are pushed to there are these, which only fetch: their indexes. */
export const pullers = (pushed: number): number[] =>
  Array.from({ length: Math.max(2, Math.round(pushed / 5)) }, (_, i) => pushed + i);
/** Some that are pushed to fetch all the same. */
export const fetchesToo = (index: number): boolean => index % 6 === 5;

/** The suppliers' programs, as an end of connections. */
export const programs = 'programs';

/** Of a supplier, in plans and in the names of connections; its index counts from 0. */
export const supplierName = (index: number): string => `supplier-${index + 1}`;
export const linkName = (gateway: GatewayName, peer: string): string => `${gateway}/${peer}`;
