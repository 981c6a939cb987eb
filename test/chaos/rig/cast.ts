/** Who takes part in a campaign: the gateway's processes, the servers, the suppliers. */
import type { RoleName } from '../../../src/roles/start.ts';
import { tempers as allTempers } from '../outer/world.ts';

export const gatewayRoles = {
  'intake-1': 'intake',
  'intake-2': 'intake',
  'delivery-1': 'delivery',
  'delivery-2': 'delivery',
} as const satisfies Readonly<Record<string, RoleName>>;
export type GatewayName = keyof typeof gatewayRoles;
export const gatewayNames = Object.keys(gatewayRoles) as [GatewayName, ...GatewayName[]];

export const serverNames = ['postgresql', 'redis', 'activemq'] as const;
export type ServerName = (typeof serverNames)[number];

/** Delivery speaks with no broker. */
export const serversOf = (gateway: GatewayName): readonly ServerName[] =>
  gatewayRoles[gateway] === 'intake' ? serverNames : ['postgresql', 'redis'];

export const deliveries = gatewayNames.filter((name) => gatewayRoles[name] === 'delivery');

/** What suppliers' endpoints can be told to be, besides healthy. */
export const [, ...tempers] = allTempers;

/** Of a supplier, in plans and in the names of connections; its index counts from 0. */
export const supplierName = (index: number): string => `supplier-${index + 1}`;
export const linkName = (gateway: GatewayName, peer: string): string => `${gateway}/${peer}`;
