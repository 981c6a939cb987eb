/** What stands behind a recipient's numbers, each of them: how a gap that a supplier sees is explained. */
import type { DeliveryState } from '../domain/delivery.ts';
import type { FaultCode } from '../domain/fault.ts';
import type { MessageType } from '../domain/message.ts';
import type { Pool } from './pool.ts';

/**
 * Of a message, how it stands with the recipient. `void`: no message has the number or will have it (docs/operations/backup.md).
 * `purged`: the message was delivered, and is not kept any longer. `not-given`: no message has it yet.
 */
export type NumberState = DeliveryState | 'void' | 'purged' | 'not-given';

/** Numbers that are alike; both ends included. */
export interface Numbers {
  readonly first: number;
  readonly last: number;
  readonly state: NumberState;
  /** Of a message, which is always alone. */
  readonly messageId?: string;
  readonly messageType?: MessageType;
  /** Of a message: the address at which it lies or lay. */
  readonly address?: { readonly id: number; readonly name: string; readonly organisationNumber: string };
  /** Of a message that is held, refused or cancelled: a fault code. */
  readonly because?: FaultCode;
  /** Of void numbers: when they were given up, and why. */
  readonly declaredAt?: Date;
  readonly reason?: string;
}

export interface NumbersAnswer {
  /** The highest number that was given. */
  readonly highest: number;
  /** In order, without gaps, from the first number asked for. */
  readonly numbers: readonly Numbers[];
  /** Ask on from here; undefined: that was all. */
  readonly next: number | undefined;
}

interface Row {
  readonly first: number;
  readonly last: number;
  readonly state: NumberState;
  readonly messageId: string | null;
  readonly messageType: MessageType | null;
  readonly addressId: number | null;
  readonly addressName: string | null;
  readonly addressOwner: string | null;
  readonly because: FaultCode | null;
  readonly declaredAt: Date | null;
  readonly reason: string | null;
}

/**
 * One consistent picture.
 * @param to left out: the recipient's counter
 * @param limit messages and void ranges at most
 */
export async function readNumbers(
  pool: Pool,
  organisationNumber: string,
  from: number,
  to: number | undefined,
  limit: number,
): Promise<NumbersAnswer> {
  return pool.transaction(async (db) => {
    await db.query('set transaction isolation level repeatable read, read only');
    const { rows: counters } = await db.query<{ counter: number }>(
      'select counter from recipient where organisation_number = $1',
      [organisationNumber],
    );
    const counter = counters[0]?.counter ?? 0;
    const end = to ?? counter;
    const { rows } = await db.query<Row>(
      // Each part cut by itself, or all that is in the range would be read to give a page of it.
      `(select m.sequence as first, m.sequence as last, m.id as "messageId", m.message_type as "messageType",
              a.id as "addressId", a.name as "addressName", a.organisation_number as "addressOwner",
              case when d.state in ('held', 'refused', 'cancelled') then d.reason end as because,
              null::timestamptz as "declaredAt", null as reason,
              case when exists (select from delivery x where x.message_id = m.id and x.state = 'delivered') then 'delivered' else d.state end as state
         from message m left join delivery d on d.message_id = m.id and d.current left join address a on a.id = d.lane_id
        where m.organisation_number = $1 and m.sequence between $2 and $3 order by m.sequence limit $4)
        union all
       (select greatest(v.first_sequence, $2), least(v.last_sequence, $3), null, null, null, null, null, null, v.declared_at, r.reason, 'void'
         from void_range v join restoration r on r.id = v.restoration_id
        where v.organisation_number = $1 and v.first_sequence <= $3 and v.last_sequence >= $2 order by v.first_sequence limit $4)
        order by 1 limit $4`,
      [organisationNumber, from, end, limit + 1],
    );
    const cut = rows[limit];
    const known = rows.slice(0, limit).map(
      ({
        messageId,
        messageType,
        addressId,
        addressName,
        addressOwner,
        because,
        declaredAt,
        reason,
        ...row
      }): Numbers => ({
        ...row,
        ...(messageId === null ? {} : { messageId }),
        ...(messageType === null ? {} : { messageType }),
        ...(addressId === null
          ? {}
          : { address: { id: addressId, name: addressName ?? '', organisationNumber: addressOwner ?? '' } }),
        ...(because === null || row.state === 'delivered' ? {} : { because }),
        ...(declaredAt === null ? {} : { declaredAt }),
        ...(reason === null ? {} : { reason }),
      }),
    );
    return { highest: counter, numbers: fill(known, from, cut ? cut.first - 1 : end, counter), next: cut?.first };
  });
}

/** What stands between: given to messages that are not kept any more or, beyond the counter, to nobody yet. */
function fill(known: readonly Numbers[], from: number, to: number, counter: number): Numbers[] {
  const filled: Numbers[] = [];
  let next = from;
  const gap = (end: number) => {
    const given = Math.min(end, counter);
    if (next <= given) filled.push({ first: next, last: given, state: 'purged' });
    const free = Math.max(next, counter + 1);
    if (free <= end) filled.push({ first: free, last: end, state: 'not-given' });
  };
  for (const one of known) {
    gap(one.first - 1);
    filled.push(one);
    next = one.last + 1;
  }
  gap(to);
  return filled;
}
