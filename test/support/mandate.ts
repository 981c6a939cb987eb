/** Mandates for tests, given as an operator gives them. The hours are the database's. */
import { strict as assert } from 'node:assert';
import { Fault } from '../../src/domain/fault.ts';
import { type MessageType, messageTypes } from '../../src/domain/message.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import type { Pool } from '../../src/store/pool.ts';
import { addMandate, endMandate, type MandateChange } from '../../src/suppliers/mandates.ts';
import { sampleOrganisationNumber } from './documents.ts';
import { eventually } from './eventually.ts';

export interface GivenMandate {
  readonly principal: OrganisationNumber;
  readonly agent: OrganisationNumber;
  readonly types?: readonly MessageType[];
  /** Milliseconds from now on the database's clock. Left out: now. */
  readonly begins?: number;
  /** Left out: an hour. */
  readonly ends?: number;
  readonly address?: string;
}

const by = { actor: 'cli:test', reason: 'a test' };

export async function giveMandate(pool: Pool, given: GivenMandate): Promise<MandateChange> {
  const { principal, agent, types = messageTypes, begins, ends = 3_600_000, address } = given;
  const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now');
  const now = rows[0]?.now ?? new Date();
  return addMandate(pool, {
    ...by,
    principal,
    agent,
    address,
    environment: 'test',
    messageTypes: types,
    from: begins === undefined ? undefined : new Date(now.getTime() + begins),
    to: new Date(now.getTime() + ends),
    evidence: 'diary 1234',
    rehearsal: false,
    now,
  });
}

export const takeMandate = (pool: Pool, id: number): Promise<MandateChange> =>
  endMandate(pool, { ...by, id, rehearsal: false, now: new Date() });

/** Comes back when the database's clock has passed its end. */
export async function isOver(pool: Pool, id: number): Promise<void> {
  await eventually('the mandate is over', async () => {
    const { rows } = await pool.query<{ over: boolean }>(
      'select ends_at <= clock_timestamp() as over from mandate where id = $1',
      [id],
    );
    return rows[0]?.over === true;
  });
}

/** Who is nobody's supplier, and has no address. */
export const strangerNumber = (n: number): OrganisationNumber => sampleOrganisationNumber(500 + n);

export async function refusedWith(work: Promise<unknown>): Promise<Fault> {
  const fault = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(fault instanceof Fault, String(fault));
  return fault;
}
