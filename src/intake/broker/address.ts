/** Where a broker is: `stomp://host:61613`, `stomp+ssl://host:61612`, with `/name` after it for a virtual host. */
import { isIP } from 'node:net';
import { Fault } from '../../domain/fault.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** The STOMP `host` header. */
  readonly virtualHost: string;
  /** For logs. */
  readonly text: string;
}

const schemes: Readonly<Record<string, { tls: boolean; port: number }>> = {
  'stomp:': { tls: false, port: 61_613 },
  'tcp:': { tls: false, port: 61_613 },
  'stomp+ssl:': { tls: true, port: 61_612 },
  'ssl:': { tls: true, port: 61_612 },
};

/** Throws Fault setting-invalid. */
export function parseBrokerAddress(text: string): BrokerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url && schemes[url.protocol];
  if (!url || !scheme || url.hostname === '') {
    throw new Fault(
      'setting-invalid',
      `“${text}” is no broker address; write stomp://host:61613 or stomp+ssl://host:61612`,
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw new Fault(
      'setting-invalid',
      `The broker address of ${url.hostname} may not carry a user, a password or options; use BROKER_USER and BROKER_PASSWORD`,
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? scheme.port : Number(url.port);
  const path = decodeURIComponent(url.pathname.replace(/^\//, ''));
  return { host, port, tls: scheme.tls, virtualHost: path || host, text: `${url.protocol}//${url.hostname}:${port}` };
}

/** The name for SNI and the host-name check; RFC 6066 §3 allows no address there. */
export function serverName(address: BrokerAddress): string | undefined {
  return isIP(address.host) === 0 ? address.host : undefined;
}
