/**
 * SQL for the numbers of messages that a list looks at, newest first: by whichever index leads to the fewest. What is asked for stands
 * in parameters that are the same in all of them, so that there are few texts, each planned once. What no index knows (a reason, whose
 * message it is in a lane of several) is not asked here: looking for it would read a lane to its end when nothing fits.
 */
import type { DeliveryState } from '../../domain/delivery.ts';

export interface Wanted {
  readonly state: DeliveryState | undefined;
  readonly supplier: string | undefined;
  readonly fault: string | undefined;
  readonly documentNumber: string | undefined;
}

/** How many rows are read: all in all, but at least so many of each lane that has any. */
export interface Reach {
  readonly most: number;
  readonly ofLane: number;
}

/** Lanes that are read at once. */
const mostLanes = 300;

/** Places of the parameters. `before` is exclusive; `least` and `most` are numbers outside which nothing that is asked for is. */
export const given = {
  before: '$1::bigint',
  least: '$2::bigint',
  most: '$3::bigint',
  supplier: '$4::text',
  fault: '$5::text',
  document: '$6::text',
  /** Exclusive, of the supplier's own. */
  sequence: '$7::bigint',
};

/** What stands still for a reason is in one of these. */
const withFaults: readonly DeliveryState[] = ['waiting', 'held', 'refused', 'cancelled'];

/** @returns whether all candidates fit, but for type and time */
export const candidatesFit = ({ state, supplier, fault, documentNumber }: Wanted): boolean =>
  fault === undefined &&
  documentNumber === undefined &&
  (state === undefined || (supplier === undefined && (state === 'waiting' || state === 'sending')));

/**
 * @returns a select of `number`, and `last`: there may be older ones of its kind, which were not read. So all that fit are among these
 *   as far back as the highest number that is `last`. A number may come twice.
 */
export function candidatesOf(wanted: Wanted, reach: Reach): string {
  const { state, supplier, fault, documentNumber } = wanted;
  const limited = `order by number desc limit ${reach.most}`;
  if (documentNumber !== undefined)
    return newest(`message where document_number = ${given.document}${within('number')} ${limited}`);
  // Each state has an index of its own but the one that nearly all come to.
  if (fault === undefined && (state === undefined || state === 'delivered'))
    return supplier === undefined ? newest(`message where true${within('number')} ${limited}`) : backwards(reach.most);
  const has = (...some: DeliveryState[]) =>
    some.some((one) => (state === undefined ? withFaults : [state]).includes(one));
  const lists = [
    ...(has('waiting') ? inLanes('waiting', wanted, reach) : []),
    ...(has('sending') ? inLanes('sending', wanted, reach) : []),
    // One index leads to both.
    ...(has('held', 'refused') ? [...inLanes('stopped', wanted, reach), inNoLane(reach)] : []),
    ...(has('cancelled') ? [newestDeliveries(`state = 'cancelled'`, String(reach.most))] : []),
  ];
  return lists.length === 0 ? newest('message where false') : lists.map((one) => `(${one})`).join(' union all ');
}

/** Of these there are older ones only when there are as many as are read at most. */
const newest = (from: string): string => `select number, false as last from ${from}`;

/**
 * One recipient's numbers go up as its sequence does. One step at a time: a plan for any recipient has a few messages in mind, and would
 * read and sort all of one that has a hundred thousand.
 */
const backwards = (most: number): string => {
  const next = (before: string): string =>
    `select sequence, number from message where organisation_number = ${given.supplier} and sequence < ${before} order by sequence desc limit 1`;
  return `with recursive walk as (
    (${next(given.sequence)})
    union all
    select further.* from walk cross join lateral (${next('walk.sequence')}) further where walk.number >= ${given.least})
  select number, false as last from walk where true${within('number')} limit ${most}`;
};

const within = (column: string): string =>
  ` and ${column} < ${given.before} and ${column} >= ${given.least} and ${column} <= ${given.most}`;

const newestDeliveries = (which: string, limit: string): string =>
  `select d.message_number as number, row_number() over (order by d.message_number desc) = ${limit} as last
     from delivery d where ${which}${within('d.message_number')} order by d.message_number desc limit ${limit}`;

/** Words, not parameters: a partial index is taken only when the plan knows that it holds what is asked for. */
const states = { waiting: ['waiting'], sending: ['sending'], stopped: ['held', 'refused'] } as const;
const oneOf = (some: readonly string[]): string => `d.state in (${some.map((one) => `'${one}'`).join(', ')})`;

/** Lane by lane. With a supplier: in its own lanes, and its messages in those of whoever has been its agent. */
function inLanes(kind: keyof typeof states, { supplier, fault }: Wanted, reach: Reach): string[] {
  // What waits in a lane that does not flow waits for the lane's reason.
  const where =
    kind === 'waiting' && fault !== undefined ? `where (l.state = 'flowing' or l.reason = ${given.fault})` : '';
  if (supplier === undefined) return [lanewise(`select l.id from lane l ${where}`, oneOf(states[kind]), reach)];
  const own = `select l.id from address a join lane l on l.id = a.id and a.organisation_number = ${given.supplier} ${where}`;
  const agents = `select distinct l.id from mandate m join lane l on l.id = m.address_id and m.principal = ${given.supplier} ${where}`;
  return [
    lanewise(own, oneOf(states[kind]), reach),
    ...states[kind].map((one) => lanewise(agents, `d.principal = ${given.supplier} and ${oneOf([one])}`, reach)),
  ];
}

/** Those lanes that have the newest, and of each the more, the fewer they are; what is older than all of a lane's may lie in others. */
const lanewise = (lanes: string, which: string, { most, ofLane }: Reach): string =>
  `with lanes as materialized (
    select l.id, head.number from (${lanes}) l cross join lateral (
        ${newestDeliveries(`d.lane_id = l.id and ${which}`, '1')}) head
     order by head.number desc limit ${Math.min(most, mostLanes)}),
    share as materialized (select greatest(${ofLane}, ${most} / greatest(count(*), 1)) as rows from lanes)
  select x.number, x.last from lanes cross join lateral (
    ${newestDeliveries(`d.lane_id = lanes.id and ${which}`, '(select rows from share)')}) x
  union all select min(number), true from lanes having count(*) = ${Math.min(most, mostLanes)}`;

const inNoLane = ({ most }: Reach): string =>
  newestDeliveries(`d.lane_id is null and ${oneOf(states.stopped)}`, String(most));
