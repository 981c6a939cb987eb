/** Opening what is closed to most: a document, with a reason that is on record before anybody sees a line of it. */
import { Fault } from '../domain/fault.ts';
import { appendAudit } from '../store/audit.ts';
import { operate } from '../store/operate.ts';
import { type Content, readContent } from '../store/operator/content.ts';
import type { Pool } from '../store/pool.ts';

export interface OpenOrder {
  readonly messageId: string;
  readonly actor: string;
  readonly reason: string;
  /** To be read on a page, or taken along with all that proves it. */
  readonly how: 'page' | 'evidence';
  readonly now: Date;
}

/** @throws Fault `not-found` · `not-possible-now` when its content is not kept any more */
export async function openDocument(pool: Pool, order: OpenOrder): Promise<Content & { readonly document: Buffer }> {
  const { messageId, actor, reason, how, now } = order;
  return operate(pool, false, async (db) => {
    const content = await readContent(db, messageId);
    if (content === undefined) throw new Fault('not-found', `there is no message ${messageId}`);
    const { document, documentNumber } = content;
    if (document === undefined)
      throw new Fault('not-possible-now', `the content of message ${messageId} is not kept any more`);
    await appendAudit(db, {
      actor,
      action: 'document.open',
      subject: `message/${messageId}`,
      reason,
      details: { documentNumber, how },
      at: now,
    });
    return { ...content, document };
  });
}
