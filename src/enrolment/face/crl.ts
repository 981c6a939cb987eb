/** Revocation lists over plain HTTP (RFC 5280 §4.2.1.13): signed, public, and needed by who cannot trust anybody yet. */
import { Fault } from '../../domain/fault.ts';
import type { Route } from '../../platform/http/app.ts';
import { readNewestList } from '../../store/enrol/revocation-lists.ts';
import type { Db } from '../../store/pool.ts';
import { crlPath } from '../crl-url.ts';

/** Seconds: what was revoked is to be known soon, also behind a cache. */
const mostKept = 300;

export function crlRoute({ pool, now }: { readonly pool: Db; now(): Date }): Route {
  return {
    method: 'GET',
    path: crlPath(':authority'),
    certificate: 'not-asked',
    handle: async (request, response) => {
      const authority = String(request.params['authority']);
      const list = /^[0-9a-f]{64}$/.test(authority) ? await readNewestList(pool, authority) : undefined;
      if (list === undefined) throw new Fault('not-found', 'no authority of ours has such a list');
      const left = Math.floor((list.nextUpdateAt.getTime() - now().getTime()) / 1_000);
      response
        .set({
          'cache-control': `public, max-age=${Math.max(0, Math.min(mostKept, left))}`,
          etag: `"${list.number}"`,
          'last-modified': list.madeAt.toUTCString(),
          expires: list.nextUpdateAt.toUTCString(),
        })
        // RFC 2585 §4.2.
        .type('application/pkix-crl')
        .send(list.der);
    },
  };
}
