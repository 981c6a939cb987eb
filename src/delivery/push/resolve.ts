/** Names to addresses. */
import { lookup } from 'node:dns/promises';
import type { ResolvedAddress } from './types.ts';

export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

/** The machine's own resolver, with its hosts file: all addresses of a name, in its order. */
export const machineResolver: Resolve = (host) => lookup(host, { all: true, order: 'verbatim' });

/**
 * At most one question per name at a time. The machine's resolver answers on a few threads, and many pushes waiting for
 * one dead name server would take them all.
 */
export function oncePerName(resolve: Resolve): Resolve {
  const asked = new Map<string, ReturnType<Resolve>>();
  return (host) => {
    const known = asked.get(host);
    if (known) return known;
    const answer = resolve(host).finally(() => asked.delete(host));
    asked.set(host, answer);
    return answer;
  };
}
