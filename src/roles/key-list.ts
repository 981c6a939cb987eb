/** What anybody may know of our own certificates: the keys that verify what was ever signed here, and what we show, now and soon. */
import { jwks } from '../envelope/keys.ts';
import type { Route } from '../platform/http/app.ts';
import { listOwn, readSigningPems } from '../store/enrol/own-certificates.ts';
import type { Db } from '../store/pool.ts';

export interface KeyList {
  /** For `/.well-known/jwks.json`. */
  readonly current: () => object;
  readonly certificatesRoute: Route;
  /** Reads what is on record; before it was read once there is no list. */
  readonly refresh: () => Promise<void>;
}

/** How long the list of certificates may be kept, in seconds. */
const kept = 300;

/** @param inFiles PEM, the present key's first */
export function keyList(db: Db, inFiles: () => readonly string[], now: () => Date): KeyList {
  let list: object | undefined;
  let certificates: object = { certificates: [] };
  return {
    current: () => {
      if (list === undefined) throw new Error('the key list has not been read');
      return list;
    },
    certificatesRoute: {
      method: 'GET',
      path: '/.well-known/kuvert/certificates.json',
      certificate: 'not-asked',
      handle: (_request, response) => {
        response
          .set('cache-control', `public, max-age=${kept}`)
          .type('application/json')
          .send(Buffer.from(JSON.stringify(certificates)));
      },
    },
    refresh: async () => {
      const [present = '', ...old] = inFiles();
      list = jwks([present, ...(await readSigningPems(db)), ...old]);
      const at = now();
      certificates = {
        certificates: (await listOwn(db))
          .filter(({ notAfter }) => notAfter > at)
          .map(({ purpose, fingerprint, subject, notAfter, useFrom, pem, withdrawnAt, revocationReason }) => ({
            purpose,
            sha256: fingerprint,
            subject,
            notAfter,
            useFrom,
            pem,
            ...(withdrawnAt && { withdrawnAt, withdrawnAs: revocationReason ?? 'unspecified' }),
          })),
      };
    },
  };
}
