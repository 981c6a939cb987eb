/** Giving out an envelope's bytes: what they are made of, and that they were given, on record before they are. */
import { type DeliveryState, nextDeliveryState } from '../../domain/delivery.ts';
import type { Fault } from '../../domain/fault.ts';
import type { EnvelopeFormat } from '../../domain/message.ts';
import { insertDeliveryAnswers } from '../lane/answers.ts';
import type { DueDelivery, StoredEnvelope } from '../lane/due.ts';
import { stopDelivery } from '../messages-operate.ts';
import { operate } from '../operate.ts';
import type { Db, Pool } from '../pool.ts';
import { storableText } from '../storable.ts';
import { liesIn, type Mailbox } from './box.ts';

/** How the current delivery of a message stands. */
export interface Standing {
  readonly state: DeliveryState;
  readonly reason: string | null;
  readonly detail: string | null;
}

type Facts = Omit<DueDelivery, 'deliveryId' | 'failures' | 'refusedBefore' | 'principal' | 'document'>;

export interface Fetchable extends Facts, Standing {
  /** Undefined: it is not kept any longer. */
  readonly document: Buffer | undefined;
  /** The address at which it lies, for what is sealed now. */
  readonly target: {
    readonly envelopeFormat: EnvelopeFormat;
    /** Undefined: nothing is pushed there. */
    readonly url: string | undefined;
    /** The newest registered certificate that was shown, else the newest registered. */
    readonly certificate: string | undefined;
  };
}

/** @returns undefined when nothing of that id lies, or lay, in this mailbox */
export async function readFetchable(db: Db, id: string, box: Mailbox): Promise<Fetchable | undefined> {
  const { rows } = await db.query<Row>(
    `select d.state, d.reason, d.detail, m.id as "messageId", m.organisation_number as recipient, m.sequence, m.environment,
            m.message_type as "messageType", m.document_number as "documentNumber", m.event_time as "eventTime",
            m.media_type as "mediaType", m.data_schema as "dataSchema", encode(m.document_sha256, 'hex') as "documentSha256",
            m.correlation_id as "correlationId", m.traceparent, c.document,
            a.envelope_format as "envelopeFormat", case when a.delivery = 'push' then a.url end as url,
            (select l.fingerprint from address_certificate l join certificate k using (fingerprint)
              where l.address_id = a.id and k.withdrawn_at is null
              order by (l.first_shown_at is null), l.registered_at desc, l.fingerprint limit 1) as certificate,
            e.format, e.head, e.signature, encode(e.sha256, 'hex') as sha256, e.key_thumbprint as "keyThumbprint"
       from delivery d join message m on m.id = d.message_id join address a on a.id = d.lane_id
            left join content c on c.message_id = m.id left join envelope e on e.message_id = m.id
      where d.message_id = $1 and d.current and ${liesIn(box, '$2', '$3')}`,
    [id, box.addresses, box.organisationNumber],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { format, head, signature, sha256, keyThumbprint, envelopeFormat, url, certificate, document, ...facts } = row;
  return {
    ...facts,
    document: document ?? undefined,
    envelope: format === null ? undefined : { format, head, signature, sha256, keyThumbprint },
    target: { envelopeFormat, url: url ?? undefined, certificate: certificate ?? undefined },
  };
}

type Row = Omit<Facts, 'envelope'> &
  Standing &
  Omit<StoredEnvelope, 'format'> & {
    readonly format: EnvelopeFormat | null;
    readonly document: Buffer | null;
    readonly envelopeFormat: EnvelopeFormat;
    readonly url: string | null;
    readonly certificate: string | null;
  };

/** Milliseconds. Who waits for a lock does so in a connection of the pool that all suppliers share. */
export const mostLockWait = 5_000;

/** Who is given something: the certificate that was shown, and from where. */
export interface Giving {
  readonly fingerprint: string;
  readonly remoteAddress: string | undefined;
}

export type Given =
  /** On record; these are the bytes, whoever sealed them. */
  | { readonly kind: 'given'; readonly envelope: StoredEnvelope }
  /** It was cancelled, held or sent elsewhere while it was being sealed. */
  | { readonly kind: 'changed' };

/**
 * In one transaction: the envelope is kept (one that is there already wins), that it was given to this caller, and that the
 * certificate is in use, and that a mandate runs that it needs (whoever changes the register this moment is not waited for; where we push, the endpoint's counts). Power
 * lost before the commit: nothing was shown. After it: the book says given, and the caller asks once more.
 */
export async function recordGiving(
  pool: Pool,
  id: string,
  box: Mailbox,
  giving: Giving,
  sealed: StoredEnvelope,
  mayHave: (standing: Standing) => boolean,
): Promise<Given> {
  return pool.transaction(async (db): Promise<Given> => {
    // Shared: others may read it too, but nobody cancels it in the middle.
    const { rows } = await db.query<Standing & Record<string, unknown>>(
      `select d.state, d.reason, d.detail from delivery d join message m on m.id = d.message_id
        where d.message_id = $1 and d.current and ${liesIn(box, '$2', '$3')} for share of d`,
      [id, box.addresses, box.organisationNumber],
    );
    const [standing] = rows;
    if (standing === undefined || !mayHave(standing)) return { kind: 'changed' };
    const { rowCount: kept } = await db.query(
      `with given as (
         insert into collection as c (message_id, fingerprint, remote_address) values ($1, $7, $8)
         on conflict (message_id, fingerprint) do update
           set last_at = clock_timestamp(), times = c.times + 1, remote_address = excluded.remote_address),
       shown as (
         update address_certificate set first_shown_at = clock_timestamp()
          where fingerprint = $7 and address_id = (
            select l.address_id from address_certificate l
             where l.fingerprint = $7 and l.first_shown_at is null
               and l.address_id = (select a.id from delivery d join address a on a.id = d.lane_id
                                    where d.message_id = $1 and d.current and a.delivery <> 'push')
               for update skip locked))
       insert into envelope (message_id, format, head, signature, sha256, key_thumbprint)
       values ($1, $2, $3, $4, decode($5, 'hex'), $6) on conflict do nothing returning message_id`,
      [
        id,
        sealed.format,
        sealed.head,
        sealed.signature,
        sealed.sha256,
        sealed.keyThumbprint,
        giving.fingerprint,
        giving.remoteAddress ?? null,
      ],
    );
    if (kept > 0) return { kind: 'given', envelope: sealed };
    // With a new snapshot: whoever sealed it first has committed by now.
    const { rows: envelopes } = await db.query<StoredEnvelope & Record<string, unknown>>(
      `select format, head, signature, encode(sha256, 'hex') as sha256, key_thumbprint as "keyThumbprint" from envelope where message_id = $1`,
      [id],
    );
    return { kind: 'given', envelope: envelopes[0] as StoredEnvelope };
  }, mostLockWait);
}

/**
 * It cannot be put in an envelope as it is: held, as a push would hold it, and KA is told. What is being pushed this moment is
 * left to the push, which finds the same. Power lost before the commit: it is found again by whoever asks next.
 * @returns whether it is held now, by this
 */
export async function holdUnsealable(pool: Pool, id: string, box: Mailbox, why: Fault): Promise<boolean> {
  return operate(
    pool,
    false,
    async (db) => {
      await lockBox(db, box);
      const { rows } = await db.query<{ id: number; state: DeliveryState }>(
        'select id, state from delivery where message_id = $1 and current and lane_id = any($2) for update',
        [id, box.addresses],
      );
      const [delivery] = rows;
      if (delivery?.state !== 'waiting') return false;
      const held = nextDeliveryState('waiting', 'hold') as DeliveryState;
      await stopDelivery(db, delivery.id, held, why.code, storableText(why.message));
      await insertDeliveryAnswers(db, 'held', [delivery.id]);
      return true;
    },
    mostLockWait,
  );
}

/** The lanes of a mailbox, before its deliveries, in order of id as everyone takes them. */
export async function lockBox(db: Db, { addresses }: Mailbox): Promise<void> {
  await db.query('select 1 from lane where id = any($1) order by id for no key update', [addresses]);
}
