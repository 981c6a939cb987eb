/** Which messages a caller may have: its organisation's own, or those of one principal that it acts for. */
import type { MessageType } from '../../domain/message.ts';
import { runs } from '../mandate-route.ts';
import type { Db } from '../pool.ts';

/** Whose messages, and where they lie: one organisation, and those addresses that the caller may empty. */
export interface Mailbox {
  readonly organisationNumber: string;
  /** Ids of addresses, which are their lanes' too. */
  readonly addresses: readonly number[];
  /** The addresses are the caller's, and the messages another's, by mandates. */
  readonly agent?: boolean;
}

/**
 * SQL: delivery `d` of message `m` lies in the box. An own one lies at an address of its organisation; one of a principal where a
 * mandate for its type runs this moment, on the database's clock.
 * @param organisation the place of the box's organisation among the values
 */
export const liesIn = ({ agent }: Mailbox, lanes: string, organisation: string): string =>
  agent === true
    ? `d.lane_id = any(${lanes}) and d.principal = ${organisation} and ${covered('d.lane_id', organisation)}`
    : `d.lane_id = any(${lanes}) and d.principal is null
         and coalesce((select true from address o where o.id = d.lane_id and o.organisation_number = ${organisation} limit 1), false)`;

/** SQL: a mandate from this principal lets the agent have message `m` at this lane. */
export const covered = (lane: string, principal: string): string =>
  `coalesce((select true from mandate x where x.address_id = ${lane} and x.principal = ${principal}
                and m.message_type = any(x.message_types) and ${runs('x')} limit 1), false)`;

export interface ActingAt {
  readonly lane: number;
  readonly messageTypes: readonly MessageType[];
}

/** Where, of these addresses, mandates from this principal run now, and for what. */
export async function readActing(db: Db, principal: string, addresses: readonly number[]): Promise<ActingAt[]> {
  const { rows } = await db.query<ActingAt & Record<string, unknown>>(
    `select x.address_id as lane, x.message_types as "messageTypes" from mandate x
      where x.principal = $1 and x.address_id = any($2) and ${runs('x')} order by x.address_id`,
    [principal, addresses],
  );
  return rows;
}
