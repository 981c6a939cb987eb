/** A listener without TLS, for what is public and signed by itself. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bind } from './bind.ts';
import { trackConnections } from './connections.ts';

export interface PlainListener {
  readonly port: number;
  /** Takes no more connections, lets running requests end for at most `graceMs`, then closes what is left. */
  close(graceMs?: number): Promise<void>;
}

/** Milliseconds and numbers: whoever is slow, or comes many at a time, is not waited for. */
const limits = { headers: 5_000, request: 10_000, keepAlive: 5_000, headerBytes: 8_192, connections: 500, ofOne: 50 };

/**
 * @param ofOne connections from one network at most
 * @throws Fault `setting-invalid` if the address cannot be had
 */
export async function listenPlain(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  { host, port, ofOne = limits.ofOne }: { readonly host: string; readonly port: number; readonly ofOne?: number },
): Promise<PlainListener> {
  const server = createServer(
    {
      headersTimeout: limits.headers,
      requestTimeout: limits.request,
      keepAliveTimeout: limits.keepAlive,
      maxHeaderSize: limits.headerBytes,
      connectionsCheckingInterval: 1_000,
    },
    handler,
  );
  server.maxConnections = limits.connections;
  const connections = trackConnections(server, ofOne);
  await bind(server, { host, port });
  return {
    port: (server.address() as AddressInfo).port,
    close: (graceMs = 2_000) => connections.stop(graceMs),
  };
}
