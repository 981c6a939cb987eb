/** `npm run screenshots -- [options]`: every page of the console as a picture, from a book that is the same each time. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocal } from '../../src/platform/local/local.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createPool } from '../../src/store/pool.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { makeBusy } from './busy.ts';
import { type Kind, kindsOf, picture } from './picture.ts';

const usage = `npm run screenshots -- [options]

Starts a private PostgreSQL with an invented book in it, the operators' listener and Chromium, and writes every page of the console in
Swedish and English, light and dark, wide and narrow. The book is the same each time, and its clock stands at 11:41 of yesterday.

  --folder PATH    where the pictures go; default .kuvert/screenshots
  --only TEXT      only pages whose name has that in it; may be given again
  --one            only in Swedish, light and wide
  --docs           only those of the documentation, small, as WebP, into docs/screenshots
  --messages N     messages in the book; default 30000
  --list           the names of the pages, and nothing else
`;

/** Four pages that show what there is to see, in the language of the documentation. */
const inDocs: Readonly<Record<string, Kind>> = {
  overview: { language: 'en', theme: 'light', width: 'wide' },
  'supplier-held': { language: 'en', theme: 'light', width: 'wide', high: 1_290 },
  'message-waiting': { language: 'en', theme: 'light', width: 'wide' },
  'dead-letter-document': { language: 'en', theme: 'dark', width: 'wide', high: 1_070 },
};

/** Bytes of a picture in the documentation. */
const most = 150_000;

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        folder: { type: 'string' },
        only: { type: 'string', multiple: true, default: [] },
        one: { type: 'boolean', default: false },
        docs: { type: 'boolean', default: false },
        messages: { type: 'string', default: '30000' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const wanted = readArguments();
if (wanted.help) {
  process.stderr.write(usage);
  process.exit(0);
}
const messages = /^[1-9]\d{3,6}$/.test(wanted.messages)
  ? Number(wanted.messages)
  : refuse('--messages is a whole number of 1000 or more');

/** One line that is rewritten, and nothing where nobody looks. */
const tell = (line: string): void => void (process.stderr.isTTY && process.stderr.write(`\r\u001b[K${line}`));

const folder = wanted.folder ?? (wanted.docs ? 'docs/screenshots' : '.kuvert/screenshots');
const began = performance.now();
const taken = await withDesk(async (desk) => {
  const pages = desk.pages.filter(
    ({ name }) =>
      (!wanted.docs || name in inDocs) && (wanted.only.length === 0 || wanted.only.some((part) => name.includes(part))),
  );
  if (wanted.list) return void process.stdout.write(pages.map(({ name }) => `${name}\n`).join(''));
  if (pages.length === 0) refuse('no page has such a name; --list has them all');
  mkdirSync(folder, { recursive: true });
  const pictures = pages.flatMap((page) =>
    (wanted.docs ? [inDocs[page.name] as Kind] : kindsOf(wanted.one)).map((kind) => ({ page, kind })),
  );
  for (const [i, { page, kind }] of pictures.entries()) {
    tell(`${i + 1}/${pictures.length} ${page.name} ${kind.language} ${kind.theme} ${kind.width}`);
    const name = wanted.docs ? page.name : [page.name, kind.language, kind.theme, kind.width].join('-');
    const bytes = await picture(desk, page, kind, join(folder, name), wanted.docs);
    if (wanted.docs && bytes > most)
      throw new Error(`${name} has ${bytes} bytes, more than the ${most} that git should carry`);
  }
  return pictures.length;
});
tell('');
if (taken !== undefined)
  process.stderr.write(`${taken} pictures are in ${folder} (${Math.round((performance.now() - began) / 1_000)} s).\n`);

/** @returns what the work returns, when all is stopped again */
async function withDesk<T>(work: (desk: Desk) => Promise<T>): Promise<T> {
  const local = await startLocal({ folder: '.kuvert/screenshots-servers', want: { postgres: true }, brief: true });
  try {
    const databaseUrl = local.postgres?.url ?? '';
    const pool = createPool({ url: databaseUrl, connections: 1, name: 'screenshots' });
    try {
      await migrate(pool);
    } finally {
      await pool.close();
    }
    const progress = (done: number): void => tell(`the book: ${done} of ${messages} messages`);
    const now = yesterdayMorning();
    const desk = await openDesk({ databaseUrl, now, messages, suppliers: 200, progress });
    try {
      await makeBusy(desk.pool, now);
      return await work(desk);
    } finally {
      await desk.close();
    }
  } finally {
    await local.stop();
  }
}

/** In the past, so that nothing in the book lies ahead of the database's clock; always at the same hour, so that charts look alike. */
function yesterdayMorning(): Date {
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  return new Date(`${day}T10:41:07Z`);
}
