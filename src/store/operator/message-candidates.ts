/**
 * SQL for the numbers of messages that a list looks at, newest first: by whichever index leads to the fewest. What is asked for stands
 * in parameters that are the same in all of them, so that there are few texts, each planned once.
 */
import type { DeliveryState } from '../../domain/delivery.ts';

export interface Wanted {
  readonly state: DeliveryState | undefined;
  readonly supplier: string | undefined;
  readonly fault: string | undefined;
  readonly documentNumber: string | undefined;
}

/** Places of the parameters. `before` is exclusive; `least` and `most` are numbers outside which nothing that is asked for is. */
export const given = {
  before: '$1::bigint',
  least: '$2::bigint',
  most: '$3::bigint',
  supplier: '$4::text',
  fault: '$5::text',
  document: '$6::text',
};

/** What stands still for a reason is in one of these. */
const withFaults: readonly DeliveryState[] = ['waiting', 'held', 'refused', 'cancelled'];

/** @returns a select with one column, `number`, of at most `most` rows; all that fit are among those that come first */
export function candidatesOf(wanted: Wanted, most: number): string {
  const { state, supplier, fault, documentNumber } = wanted;
  const limited = `order by number desc limit ${most}`;
  if (documentNumber !== undefined)
    return `select number from message where document_number = ${given.document}${within('number')} ${limited}`;
  // Each state has an index of its own but the one that nearly all come to.
  if (fault === undefined && (state === undefined || state === 'delivered'))
    return supplier === undefined
      ? `select number from message where true${within('number')} ${limited}`
      : // One recipient's numbers go up as all numbers do, so its own counter leads to where a page goes on.
        `select number from message where organisation_number = ${given.supplier}${within('number')}
            and sequence < coalesce((select sequence from message where number = ${given.before}), 9223372036854775807)
          order by sequence desc limit ${most}`;
  const states = fault === undefined ? [state] : withFaults.filter((one) => state === undefined || one === state);
  const lists = states.map((one) =>
    one === undefined || one === 'delivered'
      ? nothing
      : one === 'cancelled'
        ? cancelled(fault)
        : inLanes(one, wanted, most),
  );
  return `select number from (${lists.length === 0 ? nothing : lists.join(' union all ')}) each ${limited}`;
}

const nothing = 'select 0::bigint as number where false';

const within = (column: string): string =>
  ` and ${column} < ${given.before} and ${column} >= ${given.least} and ${column} <= ${given.most}`;

const cancelled = (fault: string | undefined): string =>
  `select message_number as number from delivery where state = 'cancelled'${fault === undefined ? '' : ` and reason = ${given.fault}`}${within('message_number')}`;

/** Lane by lane, and what lies in none. With a supplier: in its own lanes, and in those of whoever has been its agent. */
function inLanes(state: 'waiting' | 'sending' | 'held' | 'refused', { supplier, fault }: Wanted, most: number): string {
  const lanes =
    supplier === undefined
      ? 'select id, state, reason from lane'
      : `select l.id, l.state, l.reason from (select id from address where organisation_number = ${given.supplier}
           union select address_id from mandate where principal = ${given.supplier}) its join lane l using (id)`;
  const its =
    supplier === undefined
      ? ''
      : ` and coalesce(d.principal, (select organisation_number from address where id = d.lane_id)) = ${given.supplier}`;
  // What waits in a lane that does not flow waits for the lane's reason.
  const lane = state === 'waiting' ? ` or (lanes.state <> 'flowing' and lanes.reason = ${given.fault})` : '';
  const why = fault === undefined ? '' : ` and (d.reason = ${given.fault}${lane})`;
  // Words, not parameters: a partial index is taken only when the plan knows that it holds what is asked for.
  const inLane = `select x.number from (${lanes}) lanes cross join lateral (
      select d.message_number as number from delivery d where d.lane_id = lanes.id and d.state = '${state}'${its}${why}${within('d.message_number')}
       order by d.message_number desc limit ${most}) x`;
  if (state === 'waiting' || state === 'sending') return inLane;
  const nowhere = `select d.message_number from delivery d where d.lane_id is null and d.state in ('held', 'refused')
      and d.state = '${state}'${fault === undefined ? '' : ` and d.reason = ${given.fault}`}${within('d.message_number')}`;
  return `${inLane} union all ${nowhere}`;
}
