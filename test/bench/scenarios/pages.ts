/** The pages of the operators' listener, each by a path that leads there now. */
import type { OperatorRoute } from '../../../src/operations/face/route.ts';
import type { Visitor } from '../../support/browser.ts';

export interface FoundPage {
  /** The route, and `, next page` for a list that goes on. */
  readonly route: string;
  readonly path: string;
}

/** Pages that are looked at for links. */
const mostLooks = 60;

/**
 * Follows links from the pages without a variable part in their path, as far as there are routes without a page.
 * @returns one page for each route, a second for lists that go on, and the routes to which no link leads
 */
export async function findPages(
  browser: Visitor,
  routes: readonly OperatorRoute[],
): Promise<{ found: FoundPage[]; missed: string[] }> {
  const wanted = routes.filter(
    ({ method, shows, needs, passive }) => method === 'GET' && shows === 'page' && needs !== 'nothing' && !passive,
  );
  const plain = wanted.filter(({ path }) => !path.includes(':')).map(({ path }) => path);
  const found = new Map<string, string>();
  const queue = [...plain];
  const seen = new Set<string>(queue);
  for (let looks = 0; looks < mostLooks; looks++) {
    const path = queue.shift();
    if (path === undefined) break;
    const { status, headers, body } = await browser.get(path);
    if (status !== 200 || !String(headers['content-type']).startsWith('text/html')) continue;
    const route = routeOf(wanted, path);
    if (route === undefined) continue;
    const name = `${route}${path.includes('after=') ? ', next page' : ''}`;
    if (!found.has(name)) found.set(name, path);
    for (const link of linksIn(body)) {
      const to = routeOf(wanted, link);
      const there = to === undefined || found.has(`${to}${link.includes('after=') ? ', next page' : ''}`);
      if (there || seen.has(link)) continue;
      seen.add(link);
      queue.push(link);
    }
  }
  const reached = new Set([...found.values()].map((path) => routeOf(wanted, path)));
  return {
    found: [...found].map(([route, path]) => ({ route, path })),
    missed: wanted.map(({ path }) => path).filter((path) => !reached.has(path)),
  };
}

const linksIn = (body: string): string[] =>
  [...body.matchAll(/<a[^>]*\shref="(\/[^"#]*)/g)].map(([, link = '']) => link.replaceAll('&amp;', '&'));

/** A part that is written out comes before one that varies. */
function routeOf(routes: readonly OperatorRoute[], link: string): string | undefined {
  const [path = ''] = link.split('?');
  const fits = (pattern: string): boolean => {
    const [a, b] = [pattern.split('/'), path.split('/')];
    return a.length === b.length && a.every((part, i) => part === b[i] || (part.startsWith(':') && b[i] !== ''));
  };
  return routes
    .map((one) => one.path)
    .filter(fits)
    .sort((a, b) => a.split(':').length - b.split(':').length)[0];
}
