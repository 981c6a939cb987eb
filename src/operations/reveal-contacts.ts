/** Contact data of a supplier is opened by who may, with a reason: on record before anybody sees it. */
import { appendAudit } from '../store/audit.ts';
import type { Pool } from '../store/pool.ts';

/** Power lost before the commit: nobody saw anything. After it: the audit says that somebody did, whether or not the page came. */
export async function recordReveal(
  pool: Pool,
  reveal: {
    readonly organisationNumber: string;
    readonly contacts: readonly number[];
    readonly actor: string;
    readonly reason: string;
    readonly now: Date;
  },
): Promise<void> {
  const { organisationNumber, contacts, actor, reason, now: at } = reveal;
  await pool.transaction((db) =>
    appendAudit(db, {
      actor,
      action: 'contact.open',
      subject: `supplier/${organisationNumber}`,
      reason,
      details: { contacts },
      at,
    }),
  );
}
