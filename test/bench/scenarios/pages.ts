/** The pages of the operators' listener, each by a path that leads there now. */
import type { OperatorRoute } from '../../../src/operations/face/route.ts';
import type { Visitor } from '../../support/browser.ts';

export interface FoundPage {
  /** The route, and `, next page` for a list that goes on. */
  readonly route: string;
  readonly path: string;
}

/** Pages that are looked at for links, and links that are followed to one route: the first may be of a thing that has gone. */
const mostLooks = 150;
const mostOfRoute = 8;

/**
 * Follows links from the pages without a variable part in their path, as far as there are routes without a page.
 * @param known paths that lead somewhere, besides
 * @returns one page for each route, a second for lists that go on, and the routes to which no link leads
 */
export async function findPages(
  browser: Visitor,
  routes: readonly OperatorRoute[],
  known: readonly string[],
): Promise<{ found: FoundPage[]; missed: string[] }> {
  const wanted = routes.filter(
    ({ method, shows, needs, passive }) => method === 'GET' && shows === 'page' && needs !== 'nothing' && !passive,
  );
  const plain = wanted.filter(({ path }) => !path.includes(':')).map(({ path }) => path);
  const found = new Map<string, string>();
  const queue = [...plain, ...known];
  const seen = new Set<string>(queue);
  const queued = new Map<string, number>();
  for (let looks = 0; looks < mostLooks; looks++) {
    const path = queue.shift();
    if (path === undefined) break;
    const { status, headers, body } = await browser.get(path);
    if (status !== 200 || !String(headers['content-type']).startsWith('text/html')) continue;
    const name = nameOf(wanted, path);
    if (name === undefined) continue;
    if (!found.has(name)) found.set(name, path);
    for (const link of linksIn(body)) {
      const to = nameOf(wanted, link);
      if (to === undefined || found.has(to) || seen.has(link)) continue;
      const many = queued.get(to) ?? 0;
      if (many >= mostOfRoute) continue;
      queued.set(to, many + 1);
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

/** Forms that only ask are links too. */
const linksIn = (body: string): string[] =>
  [...body.matchAll(/<(?:a[^>]*\shref|form action)="(\/[^"#]*)/g)].map(([, link = '']) =>
    link.replaceAll('&amp;', '&'),
  );

function nameOf(routes: readonly OperatorRoute[], path: string): string | undefined {
  const route = routeOf(routes, path);
  return route && `${route}${path.includes('after=') ? ', next page' : ''}`;
}

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
