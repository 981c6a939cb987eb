/** Dead letters for those who look at them: newest first, one with its document, and what was entered again for it. */
import type { Finding } from '../../domain/fault.ts';
import type { Db } from '../pool.ts';
import { overlap } from './number-at.ts';

export interface DeadLetterLook {
  readonly fault?: string | undefined;
  readonly organisationNumber?: string | undefined;
  readonly documentNumber?: string | undefined;
  /** Taken at or after, and before. */
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** Go on after this one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface DeadLetterListed {
  readonly id: string;
  readonly takenAt: Date;
  readonly fault: string;
  readonly findings: number;
  readonly organisationNumber: string | null;
  readonly supplier: string | null;
  readonly documentNumber: string | null;
  readonly brokerMessageId: string | null;
  /** Bytes. */
  readonly size: number;
}

const listed = `d.id, d.taken_at as "takenAt", d.fault, d.organisation_number as "organisationNumber",
  d.document_number as "documentNumber", d.broker_message_id as "brokerMessageId", octet_length(d.body) as size,
  (select name from supplier s where s.organisation_number = d.organisation_number) as supplier`;

/** The narrowest first. An index for each has them in the order of the list. */
const narrowing = [
  ['documentNumber', 'document_number'],
  ['organisationNumber', 'organisation_number'],
  ['fault', 'fault'],
] as const;

/** The id of a dead letter begins with its time (UUID version 7), so its order is theirs. */
export async function listDeadLetters(db: Db, look: DeadLetterLook): Promise<DeadLetterListed[]> {
  const { since, until, after = last, limit } = look;
  const asked = narrowing.filter(([name]) => look[name] !== undefined);
  // Compared as a row, and in that order, they can be read from the index of the narrowest and from no other: else a plan for any
  // fault would rather go through all from the newest on.
  const [key, from, to, order] =
    asked[0] === undefined
      ? ['d.id', '$1::uuid', 'least($2::uuid, $3::uuid)', 'd.id desc']
      : [
          `(d.${asked[0][1]}, d.id)`,
          '($7, $1::uuid)',
          '($7, least($2::uuid, $3::uuid))',
          `d.${asked[0][1]} desc, d.id desc`,
        ];
  const others = asked.slice(1).map(([, column], i) => `and d.${column} = $${i + 8}`);
  const { rows } = await db.query<DeadLetterListed & Record<string, unknown>>(
    `select ${listed}, jsonb_array_length(d.findings) as findings from dead_letter d
      where ${key} >= ${from} and ${key} < ${to} and ($4::timestamptz is null or d.taken_at >= $4)
        and ($5::timestamptz is null or d.taken_at < $5) ${others.join(' ')}
      order by ${order} limit $6`,
    [
      since === undefined ? first : idAt(since.getTime() - overlap),
      after,
      until === undefined ? last : idAt(until.getTime() + overlap),
      since ?? null,
      until ?? null,
      limit,
      ...asked.map(([name]) => look[name]),
    ],
  );
  return rows;
}

const [first, last] = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];

/** The first that a UUID of version 7 could be at that time (RFC 9562, 5.7). @param time milliseconds since 1970 */
function idAt(time: number): string {
  const hex = Math.max(0, time).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

export interface DeadLetterOne extends Omit<DeadLetterListed, 'findings'> {
  readonly detail: string;
  readonly findings: readonly Finding[];
  readonly isText: boolean;
}

export async function readDeadLetter(db: Db, id: string): Promise<DeadLetterOne | undefined> {
  const { rows } = await db.query<DeadLetterOne & Record<string, unknown>>(
    `select ${listed}, d.detail, d.findings, d.is_text as "isText" from dead_letter d where d.id = $1`,
    [id],
  );
  return rows[0];
}

export interface DeadLetterContent {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export async function readDeadLetterContent(db: Db, id: string): Promise<DeadLetterContent | undefined> {
  const { rows } = await db.query<{ body: Buffer; headers: Buffer }>(
    'select body, headers from dead_letter where id = $1',
    [id],
  );
  return rows[0] && { body: rows[0].body, headers: JSON.parse(rows[0].headers.toString('utf8')) };
}

/** What the ledger has of the documents that were entered for a dead letter. */
export interface ReenteredFrame {
  readonly takenAt: Date;
  readonly verdict: 'message' | 'duplicate' | 'dead-letter' | 'withdrawal';
  readonly messageId: string | null;
  readonly deadLetterId: string | null;
  /** Of the document, as hex. */
  readonly sha256: string;
}

/** So often something may be entered for one dead letter. */
export const mostEntered = 100;

/**
 * In the place of a broker's name of a frame: no broker gives such a one. Of all that is entered for a dead letter, and for the
 * dead letters that came of it, one at most becomes a message: the index `frame_entered` holds to that, also between processes.
 * @param origin the dead letter that KA's own frame became
 * @param before how many were entered for it before
 */
export const reenteredAs = (origin: string, before: number): string =>
  `operator:${origin}${before === 0 ? '' : `/${before}`}`;

/** Of what was entered again: the dead letter that KA's own frame became. */
export const reenteredFor = (brokerMessageId: string | null): string | undefined =>
  /^operator:([0-9a-f-]{36})(?:\/\d+)?$/.exec(brokerMessageId ?? '')?.[1];

/** Newest first. @param origin the dead letter that KA's own frame became */
export async function listReentered(db: Db, origin: string): Promise<ReenteredFrame[]> {
  const { rows } = await db.query<ReenteredFrame & Record<string, unknown>>(
    `select f.taken_at as "takenAt", f.verdict, f.message_id as "messageId", f.dead_letter_id as "deadLetterId",
            encode(f.body_sha256, 'hex') as sha256
       from unnest($1::text[]) as t (name) join frame f on f.broker_message_id = t.name order by f.id desc`,
    [Array.from({ length: mostEntered }, (_, before) => reenteredAs(origin, before))],
  );
  return rows;
}
