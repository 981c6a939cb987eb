/** The ledger of frames, and the dead letters. */
import type { Db } from '../pool.ts';
import { storableJson, storableText } from '../storable.ts';
import type { Decision, Withdrawn } from './decision.ts';
import type { LedgerFrame } from './frames.ts';

const sameFrame = (brokerMessageId: string, sha256: Uint8Array): string =>
  `${brokerMessageId} ${Buffer.from(sha256).toString('hex')}`;

const storable = (text: string | undefined, limit: number): string | null =>
  text === undefined ? null : storableText(text, limit);

const storedBrokerId = (frame: LedgerFrame): string | null => storable(frame.brokerMessageId, 500);

/** Those frames of the batch that are in the ledger, or stand earlier in the batch: brought again after a lost acknowledgement. */
export async function knownFrames<F extends LedgerFrame>(db: Db, batch: readonly F[]): Promise<Set<F>> {
  const { rows } = await db.query<{ broker_message_id: string; body_sha256: Buffer }>(
    `select f.broker_message_id, f.body_sha256
       from unnest($1::text[], $2::bytea[]) as t (broker, sha256)
            -- One by one: a plan made while the ledger is empty would read all of it.
            cross join lateral (select broker_message_id, body_sha256 from frame
                                 where broker_message_id = t.broker and body_sha256 = t.sha256 limit 1) f`,
    [batch.map(storedBrokerId), batch.map((frame) => frame.bodySha256)],
  );
  const seen = new Set(rows.map((row) => sameFrame(row.broker_message_id, row.body_sha256)));
  const known = new Set<F>();
  for (const frame of batch) {
    const id = storedBrokerId(frame);
    if (id === null) continue;
    const name = sameFrame(id, frame.bodySha256);
    if (seen.has(name)) known.add(frame);
    seen.add(name);
  }
  return known;
}

export async function insertDeadLetters(db: Db, decisions: readonly Decision[]): Promise<void> {
  for (const decision of decisions) {
    if (decision.kind !== 'dead-letter') continue;
    const { frame, deadLetterId } = decision;
    await db.query(
      `insert into dead_letter (id, broker_message_id, is_text, body, headers, fault, detail, findings, organisation_number, document_number)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        deadLetterId,
        storedBrokerId(frame),
        frame.isText,
        frame.body,
        Buffer.from(JSON.stringify(frame.headers)),
        frame.fault.code,
        storable(frame.fault.message, 10_000),
        storableJson(frame.fault.findings),
        storable(frame.recipient, 200),
        storable(frame.documentNumber, 200),
      ],
    );
    await db.query("insert into outbox (queue, dead_letter_id) values ('dead', $1)", [deadLetterId]);
  }
}

export async function insertFrames(db: Db, decisions: readonly (Decision | Withdrawn)[]): Promise<void> {
  const taken = decisions.filter((decision) => decision.kind !== 'again');
  if (taken.length === 0) return;
  await db.query(
    `insert into frame (broker_message_id, body_sha256, verdict, message_id, dead_letter_id)
     select broker, sha256, verdict, message, dead
       from unnest($1::text[], $2::bytea[], $3::text[], $4::uuid[], $5::uuid[]) with ordinality as t (broker, sha256, verdict, message, dead, place)
      order by place`,
    [
      taken.map(({ frame }) => storedBrokerId(frame)),
      taken.map(({ frame }) => frame.bodySha256),
      taken.map(({ kind }) => kind),
      taken.map((decision) => {
        if (decision.kind === 'message') return decision.message.id;
        return decision.kind === 'dead-letter' ? null : decision.messageId;
      }),
      taken.map((decision) => (decision.kind === 'dead-letter' ? decision.deadLetterId : null)),
    ],
  );
}
