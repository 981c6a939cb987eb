/** Everything that is on record about one message, for evidence: read in one snapshot, changed in nothing. */
import type { EnvelopeFormat } from '../domain/message.ts';
import { type AuditLink, readAuditLinks } from './audit-chain.ts';
import { checkpoints } from './audit-heads.ts';
import type { Db, Pool } from './pool.ts';

export interface EvidenceRecord {
  /** The row of the message, as JSON gives it. */
  readonly message: Readonly<Record<string, unknown>>;
  /** Undefined: not sealed yet. */
  readonly envelope: EnvelopeRecord | undefined;
  /** Undefined: its content is not kept any more. */
  readonly document: Buffer | undefined;
  readonly mediaType: string;
  /** Oldest first, whole rows with their address. */
  readonly deliveries: readonly unknown[];
  readonly attempts: readonly unknown[];
  /** The supplier's receipts, each with the number of its delivery. */
  readonly receipts: readonly unknown[];
  /** Who was given the envelope, each certificate once. */
  readonly collections: readonly unknown[];
  readonly audit: readonly AuditLink[];
  readonly auditHead: { readonly id: number; readonly hash: string };
  /** What was signed when older rows were purged, compact JWS; undefined: all rows are kept. */
  readonly auditCheckpoint: string | undefined;
}

export interface EnvelopeRecord {
  readonly format: EnvelopeFormat;
  readonly head: string;
  readonly signature: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly keyThumbprint: string;
  /** RFC 3339, UTC. */
  readonly sealedAt: string;
}

/** @returns undefined when there is no such message. */
export async function readEvidence(pool: Pool, messageId: string): Promise<EvidenceRecord | undefined> {
  return pool.transaction(async (db) => {
    await db.query('set transaction isolation level repeatable read, read only');
    // Times inside JSON are written in the session's zone.
    await db.query("set local timezone to 'UTC'");
    return readWhole(db, messageId);
  });
}

interface MessageRow {
  readonly message: Readonly<Record<string, unknown>>;
  readonly mediaType: string;
  readonly document: Buffer | null;
  readonly format: EnvelopeFormat | null;
  readonly head: string;
  readonly signature: string;
  readonly sha256: string;
  readonly keyThumbprint: string;
  readonly sealedAt: string;
}

async function readWhole(db: Db, messageId: string): Promise<EvidenceRecord | undefined> {
  // What JSON numbers and bytes cannot carry is text: sums keep their decimals, hashes are hex.
  const { rows } = await db.query<MessageRow & Record<string, unknown>>(
    `select to_jsonb(m) || jsonb_build_object('document_sha256', encode(m.document_sha256, 'hex'), 'total', m.total::text) as message,
            m.media_type as "mediaType", c.document, e.format, e.head, e.signature, encode(e.sha256, 'hex') as sha256,
            e.key_thumbprint as "keyThumbprint", to_json(e.sealed_at) #>> '{}' as "sealedAt"
       from message m left join envelope e on e.message_id = m.id left join content c on c.message_id = m.id where m.id = $1`,
    [messageId],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { rows: deliveries } = await db.query<{ row: unknown }>(
    `select to_jsonb(d) || jsonb_build_object('address', a.name, 'address_organisation', a.organisation_number) as row
       from delivery d left join address a on a.id = d.lane_id where d.message_id = $1 order by d.number`,
    [messageId],
  );
  const { rows: attempts } = await db.query<{ row: unknown }>(
    `select to_jsonb(a) || jsonb_build_object('delivery', d.number, 'address', o.name, 'address_organisation', o.organisation_number) as row
       from attempt a join delivery d on d.id = a.delivery_id left join address o on o.id = a.lane_id where d.message_id = $1 order by d.number, a.number`,
    [messageId],
  );
  const { rows: receipts } = await db.query<{ row: unknown }>(
    `select to_jsonb(r) || jsonb_build_object('delivery', d.number) as row
       from receipt r join delivery d on d.id = r.delivery_id where d.message_id = $1 order by d.number`,
    [messageId],
  );
  const { rows: collections } = await db.query<{ row: unknown }>(
    'select to_jsonb(c) as row from collection c where c.message_id = $1 order by c.first_at, c.fingerprint',
    [messageId],
  );
  const { links, head } = await readAuditLinks(db, `message/${messageId}`);
  const { format, signature, sha256, keyThumbprint, sealedAt } = row;
  return {
    message: row.message,
    envelope: format === null ? undefined : { format, head: row.head, signature, sha256, keyThumbprint, sealedAt },
    document: row.document ?? undefined,
    mediaType: row.mediaType,
    deliveries: deliveries.map((one) => one.row),
    attempts: attempts.map((one) => one.row),
    receipts: receipts.map((one) => one.row),
    collections: collections.map((one) => one.row),
    audit: links,
    auditHead: head,
    auditCheckpoint: (await checkpoints(db)).at(-1)?.jws,
  };
}
