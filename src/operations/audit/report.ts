/** What `kuvert audit verify` is given and what it says. */
import type { VerificationKeys } from '../../envelope/keys.ts';
import type { HeadLines } from './head-file.ts';

export const damageKinds = [
  /** A row's content or its hash is not what was written. */
  'row-changed',
  'rows-removed',
  'rows-reordered',
  /** Rows that were signed are gone from the end. */
  'tail-cut',
  /** A row is not the one that was signed, though the chain fits it: hashes were worked out anew. */
  'chain-rewritten',
  /** A head is not signed with a key that is known here, or says something else than what it stands for. */
  'head-signature',
  /** The file has a head that the database has lost. */
  'head-lost',
  /** The database has a head that the file has not, among those that it has. */
  'head-not-in-file',
  'head-file-damaged',
  /** What stands where rows were purged is not genuine, or not at its place. */
  'checkpoint-wrong',
  /** Heads in the file are of another database than this. */
  'other-database',
  /** Heads are of rows that the book lost when it was brought back to an earlier time, as it says itself. */
  'lost-in-restore',
] as const;
export type DamageKind = (typeof damageKinds)[number];

export interface Damage {
  readonly kind: DamageKind;
  /** Of the audit; undefined: of none. */
  readonly row: number | undefined;
  /** A sentence. */
  readonly text: string;
}

export interface HeadFile {
  readonly name: string;
  readonly lines: HeadLines;
}

export interface VerifyOrder {
  /** Read before the database is asked: a head is in the database before it is in a file. */
  readonly files: readonly HeadFile[];
  /** Undefined: no certificate is at hand, and no signature is checked. */
  readonly keys: VerificationKeys | undefined;
  /** A row that must be there with this hash, lower-case hex. */
  readonly expected: { readonly id: number; readonly hash: string } | undefined;
  /** Rows `store.after-restore` of restores that somebody knows of: what was lost then is no damage. */
  readonly restored: readonly number[];
}

export interface AuditReport {
  readonly ok: boolean;
  /** Rows that are kept. */
  readonly rows: number;
  /** The newest row and its hash. */
  readonly head: { readonly id: number; readonly hash: string };
  /** Where rows were last purged. */
  readonly checkpoint: CheckpointSummary | undefined;
  readonly heads: {
    readonly database: number;
    /** In the files, each once; undefined: no file was given. */
    readonly files: number | undefined;
    /** Of all that are genuine, as far as that was checked. */
    readonly newest: { readonly row: number; readonly at: string } | undefined;
  };
  readonly damage: readonly Damage[];
  /** Damage that is not told one by one, because there is so much. */
  readonly more: number;
  /** What is no damage and should be known. */
  readonly notes: readonly string[];
}

export interface CheckpointSummary {
  readonly row: number;
  readonly purged: number;
  readonly at: string;
  readonly by: string;
  readonly reason: string;
}
