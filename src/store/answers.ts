/** Answers to KA wait in the outbox, in the transaction that makes them true. */
import type { Db } from './pool.ts';
import { storableJson } from './storable.ts';

/** Puts answers (see `answer`) in the outbox, in order; what a reader sorts them by also as headers. */
export async function insertAnswers(db: Db, bodies: readonly Record<string, unknown>[]): Promise<void> {
  if (bodies.length === 0) return;
  await db.query(
    `insert into outbox (queue, body, headers)
     select 'status', body, headers::jsonb from unnest($1::text[], $2::text[]) with ordinality as t (body, headers, place) order by place`,
    [
      bodies.map(storableJson),
      bodies.map(({ id: answerId, answer, documentNumber, recipient, correlationId }) =>
        storableJson({ answerId, answer, documentNumber, recipient, correlationId }),
      ),
    ],
  );
}
