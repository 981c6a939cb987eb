/** What pages load: style, our small script, and htmx and uPlot as their packages bring them. Named by content, so kept for ever. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  readonly version: string;
}

const require = createRequire(import.meta.url);
const own = (name: string): string => `${import.meta.dirname}/assets/${name}`;

const files: Readonly<Record<string, readonly [type: string, file: () => string]>> = {
  'console.css': ['text/css; charset=utf-8', () => own('console.css')],
  'console.js': ['text/javascript; charset=utf-8', () => own('console.js')],
  'htmx.js': ['text/javascript; charset=utf-8', () => require.resolve('htmx.org/dist/htmx.min.js')],
  'uplot.js': ['text/javascript; charset=utf-8', () => require.resolve('uplot/dist/uPlot.iife.min.js')],
  'uplot.css': ['text/css; charset=utf-8', () => require.resolve('uplot/dist/uPlot.min.css')],
  'icon.svg': ['image/svg+xml', () => own('icon.svg')],
};

const read = new Map<string, Asset>();

export function assetOf(name: string): Asset | undefined {
  const known = read.get(name);
  if (known !== undefined || !Object.hasOwn(files, name)) return known;
  const [type, file] = files[name] ?? ['', () => ''];
  const bytes = readFileSync(file());
  const asset = { type, bytes, version: createHash('sha256').update(bytes).digest('base64url').slice(0, 12) };
  read.set(name, asset);
  return asset;
}

/** @throws Error for a name that is none: a view is wrong */
export function assetPath(name: string): string {
  const asset = assetOf(name);
  if (asset === undefined) throw new Error(`there is no asset ${name}`);
  return `/assets/${asset.version}/${name}`;
}
