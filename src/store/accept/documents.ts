/** Which documents are new, which were accepted before, and whose number is taken. */
import { randomUUIDv7 } from 'node:crypto';
import { type DeliveryState, deliveryStates } from '../../domain/delivery.ts';
import type { DocumentKey } from '../../domain/message.ts';
import type { Db } from '../pool.ts';
import { lockLanesOf } from '../suppliers-change.ts';
import type { CheckedFrame } from './frames.ts';

export type VersionDecision =
  | { readonly kind: 'new'; readonly id: string; readonly version: number; readonly replaces: string | undefined }
  | { readonly kind: 'duplicate'; readonly messageId: string }
  | { readonly kind: 'taken'; readonly messageId: string };

interface Version {
  readonly version: number;
  readonly messageId: string;
  readonly sha256: string;
  readonly state: DeliveryState;
}

const keyOf = (key: DocumentKey): string => JSON.stringify([key.messageType, key.recipient, key.documentNumber]);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A number may be used again, for other bytes, only when nothing under it is with the supplier or on its way. */
const mayBeReplaced = (state: DeliveryState): boolean => state === 'refused' || state === 'cancelled';

/**
 * Decides for each frame, in order, and writes the keys of the new ones. Same bytes as any version: duplicate. Other bytes:
 * a new version after a refusal or a cancellation, else taken.
 */
export async function decideVersions(
  db: Db,
  frames: readonly CheckedFrame[],
): Promise<Map<CheckedFrame, VersionDecision>> {
  const decisions = new Map<CheckedFrame, VersionDecision>();
  const versions = new Map<string, Version[]>();
  const firsts = new Map<string, { frame: CheckedFrame; id: string }>();
  for (const frame of frames) {
    const key = keyOf(frame.key);
    if (!firsts.has(key)) firsts.set(key, { frame, id: randomUUIDv7() });
  }
  const inserted = await insertFirstVersions(db, [...firsts.values()]);
  for (const [key, { frame, id }] of firsts) {
    if (!inserted.has(key)) continue;
    decisions.set(frame, { kind: 'new', id, version: 1, replaces: undefined });
    versions.set(key, [{ version: 1, messageId: id, sha256: hex(frame.bodySha256), state: 'waiting' }]);
  }
  const known = frames.filter((frame) => !versions.has(keyOf(frame.key)));
  for (const [key, list] of await lockVersions(db, known)) versions.set(key, list);
  if (known.some((frame) => mayReplace(frame, versions.get(keyOf(frame.key)) ?? [])))
    await lockBeforeReplacing(db, [...new Set(frames.map(({ key }) => key.recipient))]);
  for (const frame of frames) {
    if (decisions.has(frame)) continue;
    const list = versions.get(keyOf(frame.key)) ?? [];
    decisions.set(frame, await decideNext(db, frame, list));
  }
  return decisions;
}

function mayReplace(frame: CheckedFrame, versions: readonly Version[]): boolean {
  const newest = versions.at(-1);
  if (newest === undefined || !mayBeReplaced(newest.state)) return false;
  return versions.every(({ sha256 }) => sha256 !== hex(frame.bodySha256));
}

/**
 * What is replaced is a delivery, and those are locked after recipients and lanes, or a drain of its lane and this batch wait
 * for each other. So a batch with a corrected document takes all of its recipients and their lanes before it goes on; other
 * batches take theirs where they need them, the lanes last.
 */
async function lockBeforeReplacing(db: Db, recipients: readonly string[]): Promise<void> {
  await db.query(
    `insert into recipient as r (organisation_number, counter)
     select organisation, 0 from unnest($1::text[]) as t (organisation) order by organisation
     on conflict (organisation_number) do update set counter = r.counter`,
    [recipients],
  );
  await lockLanesOf(db, recipients);
}

async function decideNext(db: Db, frame: CheckedFrame, versions: Version[]): Promise<VersionDecision> {
  const same = versions.find((version) => version.sha256 === hex(frame.bodySha256));
  if (same) return { kind: 'duplicate', messageId: same.messageId };
  const newest = versions.at(-1);
  if (newest && !mayBeReplaced(newest.state)) return { kind: 'taken', messageId: newest.messageId };
  const next = { id: randomUUIDv7(), version: (newest?.version ?? 0) + 1, replaces: newest?.messageId };
  if (newest && !(await supersede(db, newest.messageId, next.id)))
    return { kind: 'taken', messageId: newest.messageId };
  const { messageType, recipient, documentNumber } = frame.key;
  await db.query(
    `insert into accepted_document (message_type, organisation_number, document_number, version, document_sha256, message_id)
     values ($1, $2, $3, $4, $5, $6)`,
    [messageType, recipient, documentNumber, next.version, frame.bodySha256, next.id],
  );
  versions.push({ version: next.version, messageId: next.id, sha256: hex(frame.bodySha256), state: 'waiting' });
  return { kind: 'new', ...next };
}

/**
 * What is replaced must not come back to life by itself: a later “unrefuse” meets this reason in the row. An earlier one,
 * or a late answer 2xx, has changed the state meanwhile, and nothing is replaced.
 */
async function supersede(db: Db, messageId: string, by: string): Promise<boolean> {
  const { rowCount } = await db.query(
    "update delivery set reason = 'superseded', detail = $2, changed_at = now() where message_id = $1 and current and state = any($3) and not exists (select from delivery x where x.message_id = $1 and x.state = 'delivered')",
    [messageId, `replaced by message ${by}`, deliveryStates.filter(mayBeReplaced)],
  );
  return rowCount > 0;
}

/** Keys sorted, so that two batches never wait for each other crosswise. */
async function insertFirstVersions(
  db: Db,
  firsts: readonly { frame: CheckedFrame; id: string }[],
): Promise<Set<string>> {
  if (firsts.length === 0) return new Set();
  const { rows } = await db.query<{
    message_type: DocumentKey['messageType'];
    organisation_number: DocumentKey['recipient'];
    document_number: string;
  }>(
    `insert into accepted_document (message_type, organisation_number, document_number, version, document_sha256, message_id)
     select type, organisation, number, 1, sha256, id
       from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::uuid[]) as t (type, organisation, number, sha256, id)
      order by type, organisation, number
     on conflict do nothing
     returning message_type, organisation_number, document_number`,
    [
      firsts.map(({ frame }) => frame.key.messageType),
      firsts.map(({ frame }) => frame.key.recipient),
      firsts.map(({ frame }) => frame.key.documentNumber),
      firsts.map(({ frame }) => frame.bodySha256),
      firsts.map(({ id }) => id),
    ],
  );
  return new Set(
    rows.map((row) =>
      keyOf({ messageType: row.message_type, recipient: row.organisation_number, documentNumber: row.document_number }),
    ),
  );
}

/**
 * Every version of the frames' keys, oldest first; version 1 is locked, in order. Deliveries are not: a drain locks them
 * after its lane, and intake takes its lanes last.
 */
async function lockVersions(db: Db, frames: readonly CheckedFrame[]): Promise<Map<string, Version[]>> {
  const found = new Map<string, Version[]>();
  if (frames.length === 0) return found;
  const keys = [
    frames.map((frame) => frame.key.messageType),
    frames.map((frame) => frame.key.recipient),
    frames.map((frame) => frame.key.documentNumber),
  ];
  await db.query(
    `select 1 from accepted_document
      where version = 1 and (message_type, organisation_number, document_number) in (select * from unnest($1::text[], $2::text[], $3::text[]))
      order by message_type, organisation_number, document_number for update`,
    keys,
  );
  const { rows } = await db.query<{
    message_type: DocumentKey['messageType'];
    organisation_number: DocumentKey['recipient'];
    document_number: string;
    version: number;
    document_sha256: Buffer;
    message_id: string;
    state: DeliveryState | null;
  }>(
    `select a.message_type, a.organisation_number, a.document_number, a.version, a.document_sha256, a.message_id,
            coalesce((select x.state from delivery x where x.message_id = a.message_id and x.state = 'delivered' limit 1), d.state) as state
       from accepted_document a left join delivery d on d.message_id = a.message_id and d.current
      where (a.message_type, a.organisation_number, a.document_number) in (select * from unnest($1::text[], $2::text[], $3::text[]))
      order by a.version`,
    keys,
  );
  for (const row of rows) {
    const key = keyOf({
      messageType: row.message_type,
      recipient: row.organisation_number,
      documentNumber: row.document_number,
    });
    const list = found.get(key) ?? [];
    // What was delivered stays so, whatever became of a resend. A message that is purged was delivered too.
    list.push({
      version: row.version,
      messageId: row.message_id,
      sha256: hex(row.document_sha256),
      state: row.state ?? 'delivered',
    });
    found.set(key, list);
  }
  return found;
}
