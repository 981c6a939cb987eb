/** The audit for scripts. */
import { Fault } from '../../../domain/fault.ts';
import { auditStanding } from '../../../store/audit-heads.ts';
import { listAuditFor, readAuditRow } from '../../../store/operator/audit.ts';
import type { Pool } from '../../../store/pool.ts';
import type { OperatorRoute } from '../route.ts';
import { looks, namedIn, textIn, timeIn } from './ask.ts';
import { keyIn, limitIn, pageOf } from './paging.ts';

export function auditApi({ pool }: { readonly pool: Pool }): readonly OperatorRoute[] {
  return [
    looks('/audit', 'audit', async (asked) => {
      const limit = limitIn(asked);
      const [after] = keyIn(asked, ['number']) ?? [];
      const rows = await listAuditFor(pool, {
        actor: textIn(asked, 'actor'),
        action: textIn(asked, 'action'),
        subject: textIn(asked, 'subject'),
        since: timeIn(asked, 'from'),
        until: timeIn(asked, 'to'),
        after,
        limit: limit + 1,
      });
      const page = pageOf(
        rows,
        limit,
        ({ id }) => [id],
        (row) => row,
      );
      return { ...page, standing: await auditStanding(pool) };
    }),
    looks('/audit/:id', 'audit', async (asked) => {
      const row = await readAuditRow(pool, Number(namedIn(asked, 'id')));
      if (row === undefined) throw new Fault('not-found', 'there is no such row in the audit');
      return row;
    }),
  ];
}
