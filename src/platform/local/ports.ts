/** Free loopback ports. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { Fault } from '../../domain/fault.ts';

/**
 * Below the range that Linux gives to outgoing connections (32768 and up): a server that is down for a moment must find
 * its port free when it comes back.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;
const TRIES = 200;

/**
 * `count` different ports of 127.0.0.1 that nobody listens on now. Someone may take one before it is used: try again.
 * @param wanted taken first, in this order, if all of them are free
 */
export async function freePorts(count: number, wanted: readonly number[] = []): Promise<number[]> {
  const found = new Set<number>();
  if (wanted.length === count && new Set(wanted).size === count && (await allFree(wanted))) return [...wanted];
  for (let tries = 0; found.size < count; tries++) {
    if (tries > TRIES) throw new Fault('server-unavailable', 'No free port was found on 127.0.0.1');
    const port = randomInt(LOWEST, HIGHEST);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

async function allFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) if (!(await isFree(port))) return false;
  return true;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
