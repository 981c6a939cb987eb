/** Letters to technical contacts: what they are about, until they are written and sent. */
import type { Db } from '../pool.ts';

export interface LetterFields {
  readonly kind: string;
  readonly contactId: number;
  readonly orderId?: string;
  /** Of the certificate that it is about. */
  readonly fingerprint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** In the caller's transaction: it is sent when that is committed, and not otherwise. */
export async function insertLetter(db: Db, letter: LetterFields): Promise<void> {
  await db.query(
    `insert into letter (kind, contact_id, order_id, fingerprint, details, created_at, next_try_at)
     values ($1, $2, $3, $4, $5, $6, $6)`,
    [
      letter.kind,
      letter.contactId,
      letter.orderId ?? null,
      letter.fingerprint ?? null,
      JSON.stringify(letter.details ?? {}),
      letter.at,
    ],
  );
}

export interface LetterState {
  readonly kind: string;
  readonly orderId: string;
  readonly sentAt: Date | undefined;
  readonly givenUpAt: Date | undefined;
  readonly tries: number;
  /** What came of the last try, when it failed. */
  readonly detail: string | undefined;
}

/** The last letter about each of these orders. */
export async function lettersOf(db: Db, orderIds: readonly string[]): Promise<ReadonlyMap<string, LetterState>> {
  const { rows } = await db.query<{
    kind: string;
    order_id: string;
    sent_at: Date | null;
    given_up_at: Date | null;
    tries: number;
    detail: string | null;
  }>(
    `select distinct on (order_id) kind, order_id, sent_at, given_up_at, tries, detail
       from letter where order_id = any($1) order by order_id, id desc`,
    [orderIds],
  );
  return new Map(
    rows.map((row) => [
      row.order_id,
      {
        kind: row.kind,
        orderId: row.order_id,
        sentAt: row.sent_at ?? undefined,
        givenUpAt: row.given_up_at ?? undefined,
        tries: row.tries,
        detail: row.detail ?? undefined,
      },
    ]),
  );
}
