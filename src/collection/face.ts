/** What suppliers find at our own listener. */
import type { Express } from 'express';
import { Fault } from '../domain/fault.ts';
import { createApp, type Route } from '../platform/http/app.ts';
import type { Log } from '../platform/log.ts';
import { isServerTrouble } from '../store/pool.ts';
import type { Door } from './door.ts';
import { fetchRoute } from './fetch.ts';
import { listRoute } from './list.ts';
import type { MailboxParts } from './mailbox.ts';
import { numbersRoute } from './numbers.ts';
import { openRoutes, supplierContract } from './open-routes.ts';
import { receiptRoutes } from './receipts.ts';
import { statusRoute } from './status.ts';

export interface SupplierAppParts {
  readonly log: Log;
  /** The key set (RFC 7517) of current and old signing keys. */
  jwks(): object;
  /** Who may come in; a mailbox is not opened without it. */
  readonly door?: Door;
  /** Left out: keys only. */
  readonly mailbox?: MailboxParts;
  /** What else this listener answers, beside the API: pages for people, and protocols that have a contract of their own. */
  readonly more?: readonly Route[];
}

/** How long a supplier may keep the key set, in seconds; a signature with a key it lacks is its sign to fetch it anew. */
const jwksSeconds = 300;

/** The application behind the suppliers' listener. */
export function supplierApp(parts: SupplierAppParts): Express {
  const mailbox = parts.mailbox === undefined ? [] : mailboxRoutes(parts.mailbox);
  return createApp(parts.log, [jwksRoute(parts), ...openRoutes(), ...mailbox, ...(parts.more ?? [])], {
    contract: supplierContract,
    ...(parts.door && { enter: parts.door.enter }),
    translate: (error) =>
      isServerTrouble(error) ? new Fault('server-unavailable', undefined, { cause: error }) : error,
  });
}

/** What a supplier asks of its mailbox. The fixed path stands before the one with an id in its place. */
export function mailboxRoutes(parts: MailboxParts): Route[] {
  return [listRoute(parts), numbersRoute(parts), fetchRoute(parts), ...receiptRoutes(parts), statusRoute(parts)];
}

/** Verifying must be possible for whoever gets hold of an envelope, so nobody is asked who they are. */
function jwksRoute({ jwks }: Pick<SupplierAppParts, 'jwks'>): Route {
  return {
    method: 'GET',
    path: '/.well-known/jwks.json',
    certificate: 'not-asked',
    handle: (_request, response) => {
      response
        .set('cache-control', `public, max-age=${jwksSeconds}`)
        .type('application/jwk-set+json')
        .send(Buffer.from(JSON.stringify(jwks())));
    },
  };
}
