/** Where in a document's text a finding is: for who looks at it. What cannot be found is not marked. */
import { SaxesParser } from 'saxes';

/** From this character to before that one. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Elements or values that are looked at; a document beyond that is shown without marks. */
const mostPlaces = 200_000;

/**
 * @param wheres paths as findings have them: `Invoice/InvoiceLine[2]/ID`, a JSON pointer, or anything else, which is nowhere. What is
 *   missing is marked at what it should be in.
 */
export function locate(text: string, wheres: readonly string[]): readonly (Stretch | undefined)[] {
  const isJson = /^[\uFEFF\s]*\{/.test(text);
  const places = new Map<string, Stretch>();
  try {
    if (isJson) jsonPlaces(text, places);
    else xmlPlaces(text, places);
  } catch {
    // Not well-formed from here on: what came before is known.
  }
  return wheres.map((where) => nearest(places, where));
}

/** `12:5: unexpected close tag`, as the XML reader says it: that line. */
export function lineIn(text: string, detail: string): Stretch | undefined {
  const line = Number(/(?:^|\s)(\d{1,7}):\d{1,7}: /.exec(detail)?.[1] ?? 0);
  if (line === 0) return undefined;
  let from = 0;
  for (let at = 1; at < line; at++) {
    const next = text.indexOf('\n', from);
    if (next === -1) return undefined;
    from = next + 1;
  }
  const end = text.indexOf('\n', from);
  return { from, to: end === -1 ? text.length : end };
}

function nearest(places: ReadonlyMap<string, Stretch>, where: string): Stretch | undefined {
  if (!where.includes('/')) return places.get(where);
  for (let path = where; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
    const found = places.get(path);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Open {
  readonly path: string;
  readonly from: number;
  readonly startEnds: number;
  readonly counts: Map<string, number>;
  hasChildren: boolean;
}

function xmlPlaces(text: string, places: Map<string, Stretch>): void {
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [];
  parser.on('doctype', () => {
    throw new Error('a doctype is not read');
  });
  parser.on('opentag', ({ uri, local }) => {
    if (places.size >= mostPlaces) throw new Error('too many');
    const parent = open.at(-1);
    const name = `${uri} ${local}`;
    const count = (parent?.counts.get(name) ?? 0) + 1;
    parent?.counts.set(name, count);
    if (parent !== undefined) parent.hasChildren = true;
    const path = `${parent === undefined ? '' : `${parent.path}/`}${local}${count > 1 ? `[${count}]` : ''}`;
    const { position } = parser;
    // A less-than sign stands in no attribute (XML 1.0, 2.3), so the last one begins the tag.
    open.push({
      path,
      from: text.lastIndexOf('<', position - 1),
      startEnds: position,
      counts: new Map(),
      hasChildren: false,
    });
  });
  parser.on('closetag', () => {
    const element = open.pop();
    if (element === undefined || places.has(element.path)) return;
    // Of what has elements in it, the tag that begins it.
    places.set(element.path, { from: element.from, to: element.hasChildren ? element.startEnds : parser.position });
  });
  try {
    parser.write(text).close();
  } catch (error) {
    for (const { path, from, startEnds } of open) if (!places.has(path)) places.set(path, { from, to: startEnds });
    throw error;
  }
}

/** Names and values of JSON that is well-formed, by their pointers (RFC 6901). */
function jsonPlaces(text: string, places: Map<string, Stretch>): void {
  const token = /[\s,:\uFEFF]*(?:("(?:[^"\\]|\\.)*")|([{}[\]])|([^\s,:{}[\]"]+))/y;
  const read = () => {
    const match = token.exec(text);
    if (match === null) throw new Error('not well-formed');
    const [, string, bracket, other] = match;
    const shown = string ?? bracket ?? other ?? '';
    return { string, bracket, from: token.lastIndex - shown.length };
  };
  const value = (path: string, from: number | undefined, first: ReturnType<typeof read>): void => {
    if (places.size >= mostPlaces) throw new Error('too many');
    const begins = from ?? first.from;
    places.set(path, { from: begins, to: token.lastIndex });
    if (first.bracket === '{')
      for (let name = read(); name.bracket !== '}'; name = read()) {
        if (name.string === undefined) throw new Error('not well-formed');
        const key = String(JSON.parse(name.string)).replaceAll('~', '~0').replaceAll('/', '~1');
        value(`${path}/${key}`, name.from, read());
      }
    else if (first.bracket === '[')
      for (let i = 0, item = read(); item.bracket !== ']'; item = read(), i++) value(`${path}/${i}`, undefined, item);
  };
  value('', undefined, read());
}
