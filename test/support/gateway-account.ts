/** The oracle of the gateway's tests: what KA sent, what the store says and what the endpoints got must be one story. */
import { strict as assert } from 'node:assert';
import { type Conservation, conservation } from '../../src/store/conservation.ts';
import type { Pool } from '../../src/store/pool.ts';
import type { TestGateway } from './gateway.ts';
import type { GatewaySupplier, Received } from './gateway-supplier.ts';
import { type KaDocument, sha256Of } from './ka.ts';

export interface StoredAttempt {
  readonly messageId: string;
  readonly attempt: number;
  /** Null while under way. */
  readonly outcome: string | null;
}

export async function attemptsOf(pool: Pool): Promise<StoredAttempt[]> {
  const { rows } = await pool.query<StoredAttempt & Record<string, unknown>>(
    `select d.message_id as "messageId", a.number as attempt, a.outcome
       from attempt a join delivery d on d.id = a.delivery_id order by d.message_number, a.number`,
  );
  return rows;
}

/** Every law holds now. */
export async function conserved(gateway: TestGateway): Promise<Conservation> {
  const found = await conservation(gateway.pool);
  assert.deepEqual(found.breaches, []);
  return found;
}

/**
 * All of `documents`, and nothing else, is with the supplier:
 * each once under one id, with the bytes that KA sent, numbered without gaps in KA's order; an id that came again came with
 * the same bytes; and nothing came that the store had not written down before.
 * @returns what came, in order, repeats too.
 */
export async function assertDelivered(
  gateway: TestGateway,
  supplier: GatewaySupplier,
  documents: readonly KaDocument[],
): Promise<Received[]> {
  const received = await supplier.received();
  const firsts = new Map<string, Received>();
  for (const one of received) {
    const before = firsts.get(one.id);
    if (before) assert.equal(one.exact, before.exact, `message ${one.sequence} came again with other bytes`);
    else firsts.set(one.id, one);
  }
  const bySequence = [...firsts.values()].sort((a, b) => Number(a.sequence - b.sequence));
  assert.deepEqual(
    bySequence.map(({ sequence, documentNumber, document }) => [sequence, documentNumber, sha256Of(document)]),
    documents.map(({ number, body }, i) => [BigInt(i + 1), number, sha256Of(body)]),
  );
  const attempts = await attemptsOf(gateway.pool);
  for (const { id, attempt, sequence } of received)
    assert.ok(
      attempts.some((one) => one.messageId === id && one.attempt === attempt),
      `attempt ${attempt} of message ${sequence} was made but not written down`,
    );
  return received;
}

/** KA was told of each document what it has to be told, once. */
export function assertAnswered(
  gateway: TestGateway,
  documents: readonly KaDocument[],
  kinds: readonly string[] = ['accepted', 'delivered'],
): void {
  for (const { number } of documents) assert.deepEqual(gateway.ka.about(number), kinds, `answers about ${number}`);
}
