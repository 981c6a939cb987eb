/** What anybody may read at the suppliers' listener, without a certificate: the contracts, and a page made from them. */
import type { Route } from '../platform/http/app.ts';
import { loadContract } from '../platform/http/contract.ts';
import { docsPage, pagePolicy } from './docs-page/page.ts';
import { pageLanguages } from './docs-page/words.ts';

/** The API that we serve. */
export const supplierContract = loadContract('openapi/supplier-api/1.json');

/** The API that suppliers build to be pushed to. */
export const receiverContract = loadContract('openapi/receiver/1.json');

/** How long a contract may be kept, in seconds. */
const contractSeconds = 300;
const kept = `public, max-age=${contractSeconds}`;

export function openRoutes(): readonly Route[] {
  return [
    jsonRoute('/openapi.json', supplierContract),
    jsonRoute('/openapi-receiver.json', receiverContract),
    docsRoute(),
  ];
}

function jsonRoute(path: string, value: unknown): Route {
  const body = Buffer.from(JSON.stringify(value));
  return {
    method: 'GET',
    path,
    certificate: 'not-asked',
    handle: (_request, response) => {
      response.set('cache-control', kept).type('application/json').send(body);
    },
  };
}

function docsRoute(): Route {
  const contracts = [
    { contract: supplierContract, path: '/openapi.json', prefix: 'api', certificate: 'certificate' },
    { contract: receiverContract, path: '/openapi-receiver.json', prefix: 'receiver', certificate: 'our-certificate' },
  ] as const;
  const pages = new Map<unknown, Buffer>(pageLanguages.map((one) => [one, Buffer.from(docsPage(contracts, one))]));
  return {
    method: 'GET',
    path: '/docs',
    certificate: 'not-asked',
    handle: (request, response) => {
      const asked = request.query['lang'] ?? request.acceptsLanguages([...pageLanguages]);
      const language = pageLanguages.find((one) => one === asked) ?? 'sv';
      response
        .set({ 'cache-control': kept, 'content-security-policy': pagePolicy, 'content-language': language })
        .vary('accept-language')
        .type('text/html; charset=utf-8')
        .send(pages.get(language));
    },
  };
}
