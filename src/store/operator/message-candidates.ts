/** SQL for the numbers of messages that a list looks at, newest first: by whichever index leads to the fewest. */
import type { DeliveryState } from '../../domain/delivery.ts';

interface Wanted {
  readonly state?: DeliveryState | undefined;
  readonly supplier?: string | undefined;
  readonly fault?: string | undefined;
  readonly documentNumber?: string | undefined;
  readonly after?: number | undefined;
  /** Numbers outside which nothing of the time asked for is. */
  readonly span: { readonly from: number | undefined; readonly to: number | undefined };
}

type Given = (value: unknown) => string;

/** What stands still for a reason is in one of these. */
const withFaults: readonly DeliveryState[] = ['waiting', 'held', 'refused', 'cancelled'];

/** @returns a select with one column, `number`, of at most `most` rows; all that fit are among those that come first */
export function candidatesOf(wanted: Wanted, most: number, given: Given): string {
  const { state, supplier, fault, documentNumber } = wanted;
  if (documentNumber !== undefined)
    return `select number from message where document_number = ${given(documentNumber)}${within('number', wanted, given)}
             order by number desc limit ${most}`;
  // Each state has an index of its own but the one that nearly all come to.
  const states = fault === undefined ? [state] : withFaults.filter((one) => state === undefined || one === state);
  if (states.length === 0) return 'select 0::bigint as number where false';
  const bounded = (column: string) => within(column, wanted, given);
  const lists = states.map((one) => {
    if (one === undefined || one === 'delivered') return byRecipient(supplier, most, given, wanted);
    const why = fault === undefined ? undefined : given(fault);
    if (one === 'cancelled') return cancelled(bounded, why);
    return inLanes(one, { supplier: supplier === undefined ? undefined : given(supplier), fault: why, most, bounded });
  });
  if (lists.length === 1 && (states[0] === undefined || states[0] === 'delivered')) return lists[0] ?? '';
  return `select number from (${lists.join(' union all ')}) each order by number desc limit ${most}`;
}

function within(column: string, { after, span }: Wanted, given: Given): string {
  return [
    after === undefined ? '' : ` and ${column} < ${given(after)}`,
    span.from === undefined ? '' : ` and ${column} >= ${given(span.from)}`,
    span.to === undefined ? '' : ` and ${column} <= ${given(span.to)}`,
  ].join('');
}

/** One recipient's numbers go up as all numbers do, so its own counter leads to where a page goes on. */
function byRecipient(supplier: string | undefined, most: number, given: Given, wanted: Wanted): string {
  if (supplier === undefined)
    return `select number from message where true${within('number', wanted, given)} order by number desc limit ${most}`;
  const after =
    wanted.after === undefined
      ? ''
      : ` and sequence < (select sequence from message where number = ${given(wanted.after)})`;
  return `select number from message where organisation_number = ${given(supplier)}${after}${within('number', { ...wanted, after: undefined }, given)}
           order by sequence desc limit ${most}`;
}

const cancelled = (bounded: (column: string) => string, fault: string | undefined): string =>
  `select message_number as number from delivery where state = 'cancelled'${fault === undefined ? '' : ` and reason = ${fault}`}${bounded('message_number')}`;

/** Lane by lane, and what lies in none. With a supplier: in its own lanes, and in those of whoever has been its agent. */
function inLanes(
  state: 'waiting' | 'sending' | 'held' | 'refused',
  { supplier, fault, most, bounded }: InLanes,
): string {
  const lanes =
    supplier === undefined
      ? 'select id, state, reason from lane'
      : `select l.id, l.state, l.reason from (select id from address where organisation_number = ${supplier}
           union select address_id from mandate where principal = ${supplier}) its join lane l using (id)`;
  const its =
    supplier === undefined
      ? ''
      : ` and coalesce(d.principal, (select organisation_number from address where id = d.lane_id)) = ${supplier}`;
  // What waits in a lane that does not flow waits for the lane's reason.
  const lane = state === 'waiting' ? ` or (lanes.state <> 'flowing' and lanes.reason = ${fault})` : '';
  const why = fault === undefined ? '' : ` and (d.reason = ${fault}${lane})`;
  // Words, not parameters: a partial index is taken only when the plan knows that it holds what is asked for.
  const inLane = `select x.number from (${lanes}) lanes cross join lateral (
      select d.message_number as number from delivery d where d.lane_id = lanes.id and d.state = '${state}'${its}${why}${bounded('d.message_number')}
       order by d.message_number desc limit ${most}) x`;
  if (state === 'waiting' || state === 'sending') return inLane;
  const nowhere = `select d.message_number from delivery d where d.lane_id is null and d.state in ('held', 'refused')
      and d.state = '${state}'${fault === undefined ? '' : ` and d.reason = ${fault}`}${bounded('d.message_number')}`;
  return `${inLane} union all ${nowhere}`;
}

interface InLanes {
  /** Parameters. */
  readonly supplier: string | undefined;
  readonly fault: string | undefined;
  readonly most: number;
  bounded(column: string): string;
}
