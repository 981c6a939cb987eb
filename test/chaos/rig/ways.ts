/**
 * Every way of the gateway's processes to a server or a supplier, one link for each pair. The first delivery process goes to the
 * suppliers' addresses directly, the second through an egress proxy; TLS is between the gateway and the supplier on both.
 */
import {
  apis,
  deliveries,
  type GatewayName,
  gatewayNames,
  linkName,
  programs,
  type ServerName,
  serversOf,
  supplierName,
} from './cast.ts';
import { createLink, type Link, type Mode } from './link.ts';
import { type Door, openDoor, openEgressProxy } from './listen.ts';

export interface Ends {
  /** Ports of 127.0.0.1. */
  readonly servers: Readonly<Record<ServerName, number>>;
  /** Of the suppliers' listeners, in their order. */
  readonly suppliers: readonly number[];
  /** Of the gateway's listeners for suppliers, in the order of their processes. */
  readonly apis: readonly number[];
}

export interface Ways {
  /** @throws when there is no such link */
  link(name: string): Link;
  set(name: string, mode: Mode): void;
  /** Where this process finds that server. */
  portTo(gateway: GatewayName, server: ServerName): number;
  /** Two ports that lead to the same supplier: an address can move from one to the other. */
  fronts(supplier: number): readonly [number, number];
  readonly egressProxyPort: number;
  /** Where suppliers' programs find the gateway. */
  readonly apiDoors: readonly number[];
  /** All open again. */
  heal(): void;
  close(): Promise<void>;
}

export async function openWays(ends: Ends): Promise<Ways> {
  const links = new Map<string, Link>();
  const cut = new Set<string>();
  const doors = new Map<string, Door>();
  const make = (name: string, port: number): Link => {
    const link = createLink(name, () => port);
    links.set(name, link);
    return link;
  };
  for (const gateway of gatewayNames)
    for (const server of serversOf(gateway)) {
      const name = linkName(gateway, server);
      doors.set(name, await openDoor(make(name, ends.servers[server])));
    }
  const apiDoors: number[] = [];
  for (const [i, name] of apis.entries()) {
    const link = make(linkName(name, programs), found(ends.apis[i], name));
    const door = await openDoor(link);
    doors.set(link.name, door);
    apiDoors.push(door.port);
  }
  const [direct, proxied] = deliveries;
  if (direct === undefined || proxied === undefined) throw new Error('there must be two delivery processes');
  const byFront = new Map<number, Link>();
  const fronts: (readonly [number, number])[] = [];
  for (const [i, port] of ends.suppliers.entries()) {
    const own = make(linkName(direct, supplierName(i)), port);
    const throughProxy = make(linkName(proxied, supplierName(i)), port);
    const pair = [await openDoor(own), await openDoor(own)] as const;
    for (const [k, door] of pair.entries()) {
      doors.set(`${own.name}/${k}`, door);
      byFront.set(door.port, throughProxy);
    }
    fronts.push([pair[0].port, pair[1].port]);
  }
  const egressProxy = await openEgressProxy(byFront, ({ name }) => cut.has(name));
  doors.set('egress', egressProxy);

  const ways: Ways = {
    link: (name) => found(links.get(name), name),
    set: (name, mode) => {
      if (mode.kind === 'cut') cut.add(name);
      else cut.delete(name);
      ways.link(name).set(mode);
    },
    portTo: (gateway, server) => found(doors.get(linkName(gateway, server)), linkName(gateway, server)).port,
    fronts: (supplier) => found(fronts[supplier], supplierName(supplier)),
    egressProxyPort: egressProxy.port,
    apiDoors,
    heal: () => {
      for (const name of links.keys()) ways.set(name, { kind: 'open' });
    },
    close: async () => {
      await Promise.all([...doors.values()].map((door) => door.close()));
    },
  };
  return ways;
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`there is no connection ${name}`);
  return value;
}
