/** Heads held against the chain, and those of the database against those of the files. */
import { Fault } from '../../domain/fault.ts';
import type { VerificationKeys } from '../../envelope/keys.ts';
import type { KeptHead } from '../../store/audit-heads.ts';
import { type Head, openHead } from './head.ts';
import type { Damage, DamageKind, HeadFile } from './report.ts';

/** One head, wherever it lies. */
export interface OpenedHead {
  /** Undefined: it is not genuine, for that reason. */
  readonly head: Head | undefined;
  readonly why: string;
  readonly kept: KeptHead | undefined;
  /** The first place in a file. */
  readonly place: { readonly file: string; readonly line: number } | undefined;
}

/** The same head is opened once, however often it is there. */
export async function openHeads(
  kept: readonly KeptHead[],
  files: readonly HeadFile[],
  keys: VerificationKeys | undefined,
): Promise<OpenedHead[]> {
  const found = new Map<string, Pick<OpenedHead, 'kept' | 'place'>>(
    kept.map((one) => [one.jws, { kept: one, place: undefined }]),
  );
  for (const { name, lines } of files)
    for (const { jws, line } of lines.heads) {
      const there = found.get(jws);
      if (there?.place === undefined) found.set(jws, { kept: there?.kept, place: { file: name, line } });
    }
  const opened: OpenedHead[] = [];
  for (const [jws, where] of found) {
    try {
      const head = await openHead(jws, keys);
      const same = !where.kept || (where.kept.row === head.row && where.kept.at.getTime() === Date.parse(head.at));
      opened.push({ ...where, head: same ? head : undefined, why: 'it is kept as the head of another row or time' });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      opened.push({ ...where, head: undefined, why: error.message });
    }
  }
  return opened;
}

/** What the walk along the chain has seen. */
export interface Seen {
  /** The last row that was purged; 0: none. */
  readonly base: number;
  readonly newest: number;
  /** Of the rows that heads are about. */
  readonly hashes: ReadonlyMap<number, string>;
  /** Rows that say that the book was brought back to an earlier time. */
  readonly restorations: readonly Restoration[];
  /** Copies of the database that gateways have worked on. */
  readonly books: ReadonlySet<string>;
}

export interface Restoration {
  readonly row: number;
  readonly at: string;
  /** Somebody says so who is not the database. */
  readonly confirmed: boolean;
}

type Genuine = OpenedHead & { readonly head: Head };

/** Each kind of damage in one sentence, however many heads show it. */
export function judgeHeads(
  opened: readonly OpenedHead[],
  files: readonly HeadFile[],
  seen: Seen,
): { readonly damage: readonly Damage[]; readonly notes: readonly string[] } {
  const genuine = opened
    .filter((one): one is Genuine => one.head !== undefined)
    .sort((a, b) => a.head.row - b.head.row);
  const sorted = new Map<Verdict, Genuine[]>();
  for (const one of genuine) {
    const verdict = verdictOn(one, files.length > 0, newestIn(genuine), seen);
    sorted.set(verdict, [...(sorted.get(verdict) ?? []), one]);
  }
  const damage = opened.filter(({ head }) => head === undefined).map(notGenuine);
  const notes: string[] = [];
  for (const [verdict, all] of sorted) {
    if (verdict === 'fits') continue;
    if (verdict === 'before-restore' || verdict === 'only-in-database') notes.push(notesFor[verdict](all, seen));
    else damage.push({ kind: verdict, row: all[0]?.head.row, text: sentences[verdict](all, seen) });
  }
  return { damage, notes };
}

type Told = Exclude<
  DamageKind,
  'row-changed' | 'rows-removed' | 'rows-reordered' | 'head-signature' | 'head-file-damaged' | 'checkpoint-wrong'
>;
type Verdict = 'fits' | 'before-restore' | 'only-in-database' | Told;

function verdictOn({ head, kept, place }: Genuine, withFiles: boolean, newestInFiles: number, seen: Seen): Verdict {
  const found = seen.hashes.get(head.row);
  // A row between that is missing is told by the chain.
  const fits = found === head.hash || (found === undefined && head.row <= seen.newest);
  if (!fits || (withFiles && kept === undefined)) {
    // Who can write everything can also write that the book was brought back: it counts when somebody confirms it.
    const restores = seen.restorations.filter(
      ({ row, at }) => row <= head.row && Date.parse(head.at) <= Date.parse(at),
    );
    if (restores.length > 0) return restores.some(({ confirmed }) => confirmed) ? 'before-restore' : 'lost-in-restore';
    if (kept === undefined && !seen.books.has(head.book)) return 'other-database';
  }
  if (!fits) return found === undefined ? 'tail-cut' : 'chain-rewritten';
  if (!withFiles) return 'fits';
  if (kept === undefined) return 'head-lost';
  if (place !== undefined) return 'fits';
  return head.row < newestInFiles ? 'head-not-in-file' : 'only-in-database';
}

/** The newest row of which a file has a head that the database has too. */
const newestIn = (genuine: readonly Genuine[]): number =>
  Math.max(0, ...genuine.filter(({ place, kept }) => place && kept).map(({ head }) => head.row));

function notGenuine({ kept, place, why }: OpenedHead): Damage {
  const where = [
    ...(kept ? [`The head of row ${kept.row} in the database`] : []),
    ...(place ? [`${kept ? 'line' : 'Line'} ${place.line} of ${place.file}`] : []),
  ].join(', ');
  return {
    kind: 'head-signature',
    row: kept?.row,
    text: `${where}, is not genuine: ${why}.`.replace(/^(Line[^,]*),/, '$1'),
  };
}

const first = (all: readonly Genuine[]): Head | undefined => all[0]?.head;
const last = (all: readonly Genuine[]): Head | undefined => all.at(-1)?.head;
const heads = (all: readonly unknown[], capital = false): string =>
  all.length === 1 ? `${capital ? 'O' : 'o'}ne head` : `${all.length} heads`;

const inRestore = (all: readonly Genuine[]): string =>
  `${heads(all, true)} up to row ${last(all)?.row} are of rows that the book lost when it was brought back to an earlier time`;

const sentences: Readonly<Record<Told, (all: readonly Genuine[], seen: Seen) => string>> = {
  'tail-cut': (all, { newest }) =>
    `Rows from ${newest + 1} were cut off: the head of ${last(all)?.at} says that there were rows up to ${last(all)?.row}.`,
  'chain-rewritten': (all) =>
    `Row ${first(all)?.row} is not the one that was signed at ${first(all)?.at}: it, or rows before it, were written anew with new hashes (${heads(all)} no longer fit).`,
  'head-lost': (all) =>
    `The database has lost ${heads(all)} that the file has, the first of row ${first(all)?.row}, ${first(all)?.at}.`,
  'head-not-in-file': (all) =>
    `The file lacks ${heads(all)} that the database has, the first of row ${first(all)?.row}, ${first(all)?.at}, though it has newer ones: lines were taken out of it.`,
  'lost-in-restore': (all, { restorations }) =>
    `${inRestore(all)}, as it says itself (row ${restorations.map(({ row }) => row).join(', ')}). If that restore took place, say so: --restored ${restorations.at(-1)?.row}.`,
  'other-database': (all) =>
    `The file has ${heads(all)} of another database (${first(all)?.book}, ${first(all)?.environment}), which this one does not know: it is the wrong file, or the database was replaced.`,
};

const notesFor: Readonly<
  Record<'before-restore' | 'only-in-database', (all: readonly Genuine[], seen: Seen) => string>
> = {
  'before-restore': (all) => `${inRestore(all)}, as confirmed.`,
  'only-in-database': (all) =>
    `The file is behind: ${heads(all)} from row ${first(all)?.row}, ${first(all)?.at}, are in the database only.`,
};
