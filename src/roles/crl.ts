/** The listener for revocation lists, beside that of the suppliers. */
import { createLimits } from '../collection/limits.ts';
import { Fault } from '../domain/fault.ts';
import { crlRoute } from '../enrolment/face/crl.ts';
import type { Settings } from '../platform/config/settings.ts';
import { createApp } from '../platform/http/app.ts';
import { listenPlain, type PlainListener } from '../platform/http/listen-plain.ts';
import { networkOf } from '../platform/http/network.ts';
import type { Log } from '../platform/log.ts';
import { isServerTrouble, type Pool } from '../store/pool.ts';
import type { Observe } from './meters.ts';

/** A program fetches a list once in a while; a network with many programs behind it is still far below this. */
const limits = { ratePerSecond: 50, burst: 500, connections: 50, waits: 1 };

/** @returns undefined when the settings do not ask for it */
export async function listenForLists(
  settings: Pick<Settings, 'crlHost' | 'crlPort'>,
  { pool, log, now, observe }: { readonly pool: Pool; readonly log: Log; readonly observe: Observe; now(): Date },
): Promise<PlainListener | undefined> {
  const { crlHost: host, crlPort: port } = settings;
  if (port === undefined) return undefined;
  const charged = createLimits(limits, () => performance.now());
  const app = createApp(log, [crlRoute({ pool, now })], {
    enter: (request, response) => charged.request(networkOf(request.socket.remoteAddress), response),
    translate: (error) =>
      isServerTrouble(error) ? new Fault('server-unavailable', undefined, { cause: error }) : error,
  });
  return listenPlain(observe('crl', app), { host, port });
}
