/** Plans of the statements that a connection has prepared, for tests of what they read. */
import type { Pool } from '../../src/store/pool.ts';

export interface Prepared {
  readonly name: string;
  readonly statement: string;
  readonly custom_plans: number;
  readonly parameters: readonly string[];
}

/** @param pool of one connection */
export async function preparedOn(pool: Pool): Promise<Prepared[]> {
  const { rows } = await pool.query<Prepared & Record<string, unknown>>(
    'select name, statement, custom_plans, parameter_types::text[] as parameters from pg_prepared_statements',
  );
  return rows.filter(({ parameters }) => parameters.length > 0);
}

/** There are as many rows as there ever were messages. */
const grows = new Set([
  'message',
  'delivery',
  'attempt',
  'envelope',
  'content',
  'frame',
  'accepted_document',
  'outbox',
  'collection',
  'receipt',
]);

/** Read whole on purpose: what no address was known for, when one comes. */
const few = new Set(['delivery_unaddressed']);

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Plan[];
}

const whole = (plan: Plan): string[] => [
  ...(/^(Seq|Index|Index Only) Scan$/.test(plan['Node Type']) &&
  plan['Index Cond'] === undefined &&
  !few.has(plan['Index Name'] ?? '')
    ? [`${plan['Node Type']} on ${plan['Relation Name']}`]
    : []),
  ...(plan.Plans ?? []).flatMap(whole),
];

/**
 * Parts of its plan that read a table without a condition on an index: the table itself, or all of an index. A bitmap has its condition
 * in the node below. Tables that do not grow may be read by an index, for they may be empty.
 */
export async function readsWhole(pool: Pool, { name, parameters }: Prepared): Promise<string[]> {
  const nulls = parameters.map(() => 'null').join(', ');
  const { rows } = await pool.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>(
    `explain (format json) execute "${name}"(${nulls})`,
  );
  return rows
    .flatMap(({ 'QUERY PLAN': plans }) => plans.flatMap(({ Plan: plan }) => whole(plan)))
    .filter((one) => one.startsWith('Seq') || grows.has(one.replace(/^.* on /, '')));
}
