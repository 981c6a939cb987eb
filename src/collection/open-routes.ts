/** What anybody may read at the suppliers' listener, without a certificate: the contracts. */
import type { Route } from '../platform/http/app.ts';
import { loadContract } from '../platform/http/contract.ts';

/** The API that we serve. */
export const supplierContract = loadContract('openapi/supplier-api/1.json');

/** How long a contract may be kept, in seconds. */
const contractSeconds = 300;

export const contractRoutes: readonly Route[] = [jsonRoute('/openapi.json', supplierContract)];

function jsonRoute(path: string, value: unknown): Route {
  const body = Buffer.from(JSON.stringify(value));
  return {
    method: 'GET',
    path,
    certificate: 'not-asked',
    handle: (_request, response) => {
      response.set('cache-control', `public, max-age=${contractSeconds}`).type('application/json').send(body);
    },
  };
}
