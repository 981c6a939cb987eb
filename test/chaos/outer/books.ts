/** The gateway's store, read with SQL of our own and nothing else; whole tables, so that every law is arithmetic on what stands there. */
import type { AnswerBody } from './lines.ts';

/** Read-only; a pool or a client of `pg`. */
export interface Store {
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>;
}

export interface MessageRow {
  readonly id: string;
  readonly number: number;
  readonly org: string;
  readonly sequence: number;
  readonly environment: string;
  readonly type: string;
  readonly document: string;
  readonly version: number;
  readonly sha256: string;
  readonly ka: string | null;
  readonly at: number;
}

export interface DeliveryRow {
  readonly id: number;
  readonly message: string;
  readonly number: number;
  readonly current: boolean;
  readonly lane: number | null;
  readonly state: 'waiting' | 'sending' | 'delivered' | 'refused' | 'held' | 'cancelled';
  readonly reason: string | null;
  readonly attempts: number;
  readonly by: string | null;
  /** Of the last change. */
  readonly at: number;
}

export interface AttemptRow {
  readonly delivery: number;
  readonly number: number;
  readonly at: number;
  readonly finished: number | null;
  readonly outcome: string | null;
  readonly status: number | null;
  readonly fault: string | null;
  readonly peer: string | null;
}

export interface FrameRow {
  readonly id: number;
  readonly broker: string | null;
  readonly sha256: string;
  readonly verdict: 'message' | 'duplicate' | 'dead-letter' | 'withdrawal';
  readonly message: string | null;
  readonly letter: string | null;
  readonly at: number;
}

export interface LetterRow {
  readonly id: string;
  readonly fault: string;
  readonly ka: string | null;
  readonly sha256: string;
  readonly at: number;
}

export interface OutboxRow {
  readonly id: number;
  readonly queue: 'status' | 'dead';
  readonly body: string | null;
  readonly letter: string | null;
  readonly at: number;
  readonly sent: number | null;
}

export interface AnswerRow extends OutboxRow {
  readonly answer: AnswerBody;
}

export interface LaneRow {
  readonly id: number;
  readonly org: string;
  readonly name: string;
  readonly state: 'flowing' | 'backing-off' | 'held' | 'paused';
  readonly wake: number | null;
  readonly delivery: string;
  readonly retired: number | null;
}

export interface ReceiptRow {
  readonly delivery: number;
  readonly at: number;
  readonly fingerprint: string;
}

/** Numbers that were given up for good. */
export interface VoidRow {
  readonly org: string;
  readonly first: number;
  readonly last: number;
}

export interface Books {
  /** The database's clock. */
  readonly now: number;
  readonly messages: readonly MessageRow[];
  readonly deliveries: readonly DeliveryRow[];
  readonly attempts: readonly AttemptRow[];
  readonly envelopes: readonly { readonly message: string; readonly sha256: string }[];
  readonly receipts: readonly ReceiptRow[];
  readonly voids: readonly VoidRow[];
  readonly frames: readonly FrameRow[];
  readonly letters: readonly LetterRow[];
  /** Of the status queue, in the order in which they were written. */
  readonly answers: readonly AnswerRow[];
  /** Of the dead-letter queue. */
  readonly outbox: readonly OutboxRow[];
  readonly recipients: readonly { readonly org: string; readonly counter: number; readonly purged: number }[];
  readonly lanes: readonly LaneRow[];
  readonly certificates: readonly {
    readonly fingerprint: string;
    readonly org: string;
    readonly at: number;
    readonly withdrawn: number | null;
    /** SHA-256 of its public key. */
    readonly key: string | null;
    /** The certificate in whose place it was issued. */
    readonly renews: string | null;
    /** Upper-case hex; only of what this gateway's authority issued. */
    readonly serial: string | null;
  }[];
  /** What operators and KA did to single messages. */
  readonly actions: readonly { readonly message: string; readonly action: string; readonly at: number }[];
}

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

const statements = {
  messages: `select id::text, number::float8, organisation_number as org, sequence::float8, environment, message_type as type,
    document_number as document, version, encode(document_sha256, 'hex') as sha256, ka_message_id as ka, ${ms('accepted_at')} as at
    from message order by number`,
  deliveries: `select id::float8, message_id::text as message, number, current, lane_id::float8 as lane, state, reason, attempts,
    delivered_by as by, ${ms('changed_at')} as at from delivery order by id`,
  attempts: `select delivery_id::float8 as delivery, number, ${ms('started_at')} as at, ${ms('finished_at')} as finished, outcome, status,
    fault, peer_fingerprint as peer from attempt order by delivery_id, number`,
  envelopes: `select message_id::text as message, encode(sha256, 'hex') as sha256 from envelope`,
  receipts: `select delivery_id::float8 as delivery, ${ms('at')} as at, fingerprint from receipt order by delivery_id`,
  voids: `select organisation_number as org, first_sequence::float8 as first, last_sequence::float8 as last from void_range`,
  frames: `select id::float8, broker_message_id as broker, encode(body_sha256, 'hex') as sha256, verdict, message_id::text as message,
    dead_letter_id::text as letter, ${ms('taken_at')} as at from frame order by id`,
  // Of what was too large only the beginning is kept: its frame has the hash.
  letters: `select id::text, fault, convert_from(headers, 'UTF8')::jsonb ->> 'kaMessageId' as ka, encode(sha256(body), 'hex') as sha256,
    ${ms('taken_at')} as at from dead_letter order by id`,
  outbox: `select id::float8, queue, body, dead_letter_id::text as letter, ${ms('created_at')} as at, ${ms('sent_at')} as sent
    from outbox order by id`,
  recipients: `select organisation_number as org, counter::float8, purged::float8 from recipient`,
  lanes: `select lane.id::float8, address.organisation_number as org, address.name, lane.state, ${ms('lane.wake_at')} as wake, address.delivery,
    ${ms('address.retired_at')} as retired from lane join address on address.id = lane.id`,
  certificates: `select fingerprint, organisation_number as org, ${ms('registered_at')} as at, ${ms('withdrawn_at')} as withdrawn,
    encode(spki_sha256, 'hex') as key, renews, serial from certificate`,
  actions: `select substring(subject from 9) as message, action, ${ms('at')} as at from audit where subject like 'message/%' order by id`,
  clock: `select ${ms('clock_timestamp()')} as now`,
} as const;

/** Everything, after the gateway has settled: it is read table by table. */
export async function readBooks(store: Store): Promise<Books> {
  const read = async <T>(sql: string): Promise<readonly T[]> => (await store.query(sql)).rows as readonly T[];
  const outbox = await read<OutboxRow>(statements.outbox);
  const [clock] = await read<{ now: number }>(statements.clock);
  return {
    now: clock?.now ?? Number.NaN,
    messages: await read(statements.messages),
    deliveries: await read(statements.deliveries),
    attempts: await read(statements.attempts),
    envelopes: await read(statements.envelopes),
    receipts: await read(statements.receipts),
    voids: await read(statements.voids),
    frames: await read(statements.frames),
    letters: await read(statements.letters),
    answers: outbox.flatMap((row): AnswerRow[] =>
      row.queue === 'status' ? [{ ...row, answer: JSON.parse(row.body ?? '{}') as AnswerBody }] : [],
    ),
    outbox: outbox.filter(({ queue }) => queue === 'dead'),
    recipients: await read(statements.recipients),
    lanes: await read(statements.lanes),
    certificates: await read(statements.certificates),
    actions: await read(statements.actions),
  };
}
