/** Messages for scripts: the list with its filters, one with its story, its tries, and what is done with it. */
import type { DeliveryState } from '../../../domain/delivery.ts';
import { Fault } from '../../../domain/fault.ts';
import type { MessageType } from '../../../domain/message.ts';
import { findMessages, readMessage } from '../../../store/messages.ts';
import { readLaneChangesAround } from '../../../store/operator/lane-changes.ts';
import { listForOperators } from '../../../store/operator/messages.ts';
import { pageOfAttempts } from '../../../store/operator/script-lists.ts';
import type { Pool } from '../../../store/pool.ts';
import { keyText } from '../../key-text.ts';
import { actsOf } from '../../message-acts.ts';
import { type MessageAction, moveMessage } from '../../messages.ts';
import type { OperatorRoute } from '../route.ts';
import { acts, looks, namedIn, oneIn, textIn, timeIn } from './ask.ts';
import { attemptOf, messageOf, storyFor } from './message-shown.ts';
import { keyIn, limitIn, pageOf } from './paging.ts';

const actions = ['resend', 'release', 'hold', 'cancel'] as const satisfies readonly MessageAction[];

/** Rows of the audit in a story. */
const mostActs = 200;

export function messagesApi({ pool }: { readonly pool: Pool }): readonly OperatorRoute[] {
  return [
    looks('/messages', 'view', async (asked) => {
      const [after] = keyIn(asked, ['number']) ?? [];
      const filter = {
        state: oneIn<DeliveryState>(asked, 'state'),
        messageType: oneIn<MessageType>(asked, 'type'),
        supplier: textIn(asked, 'supplier'),
        fault: textIn(asked, 'fault'),
        documentNumber: textIn(asked, 'document'),
        from: timeIn(asked, 'from'),
        to: timeIn(asked, 'to'),
        after,
      };
      const { rows, next, lookedBackTo } = await listForOperators(pool, filter, limitIn(asked));
      return {
        items: rows.map((row) => messageOf(row, asked)),
        // Where the filters let little through, a page may be short, or empty, and not the last.
        ...(next === undefined ? {} : { next: keyText([next]) }),
        lookedBackTo,
      };
    }),
    looks('/messages/:id', 'view', async (asked) => {
      const id = namedIn(asked, 'id');
      const [[row], details] = await Promise.all([findMessages(pool, id, 1), readMessage(pool, id)]);
      const audit = await actsOf(pool, id, details, mostActs);
      if (row === undefined || details === undefined) throw noMessage(id);
      const current = details.deliveries.find((delivery) => delivery.current);
      const changes = current
        ? await readLaneChangesAround(pool, current.id, current.createdAt, current.deliveredAt ?? asked.now)
        : [];
      return storyFor(row, details, { audit, changes }, asked);
    }),
    looks('/messages/:id/attempts', 'view', async (asked) => {
      const id = namedIn(asked, 'id');
      const limit = limitIn(asked);
      const after = keyIn(asked, ['number', 'number']);
      const rows = await pageOfAttempts(pool, id, after, limit + 1);
      if (rows.length === 0) await requireMessage(pool, id);
      return pageOf(
        rows,
        limit,
        ({ delivery, number }) => [delivery, number],
        (one) => attemptOf(one, one.delivery, asked.language),
      );
    }),
    ...actions.map((action) =>
      acts(`/messages/:id/${action}`, 'act', async (asked, { actor, reason, now }) => {
        const messageId = namedIn(asked, 'id');
        const { changed, before } = await moveMessage(pool, { action, messageId, actor, reason, now });
        return { value: { changed, before, message: messageOf(await requireMessage(pool, messageId), asked) } };
      }),
    ),
  ];
}

async function requireMessage(pool: Pool, id: string) {
  const [row] = await findMessages(pool, id, 1);
  if (row === undefined) throw noMessage(id);
  return row;
}

const noMessage = (id: string): Fault => new Fault('not-found', `there is no message ${id}`);
