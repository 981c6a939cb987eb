/** `GET /v1/messages`: what waits to be fetched, at once or when it comes. */
import { eventType, sequenceText } from '../envelope/facts.ts';
import type { Route } from '../platform/http/app.ts';
import { type Listed, listMailbox } from '../store/collect/list.ts';
import { numberIn, sequenceIn } from './ask.ts';
import { boxOf } from './box.ts';
import type { Caller } from './caller.ts';
import type { MailboxParts } from './mailbox.ts';

/** Messages of a page, when nothing is said. */
const usualLimit = 100;

export function listRoute(parts: MailboxParts): Route {
  const { pool, callerOf, waiting, gate } = parts;
  return {
    method: 'GET',
    path: '/v1/messages',
    certificate: 'required',
    handle: async (request, response) => {
      const caller = await callerOf(request);
      const after = sequenceIn(request.query, 'after') ?? '0';
      const limit = numberIn(request.query, 'limit', usualLimit);
      const wait = numberIn(request.query, 'wait', 0);
      // A place at work only while the box is read: whoever waits keeps nobody from working.
      const read = (as: Caller) =>
        gate.through(as.organisationNumber, response, async () =>
          listMailbox(pool, await boxOf(pool, as, request), after, limit),
        );
      // 1 a place in the waiting room before the box is read: what comes in between rings.
      const waiter = waiting.enter(caller.addresses, wait * 1_000);
      // Nobody waits for who has gone away.
      response.once('close', () => waiter.leave());
      try {
        waiter.listen();
        let page = await read(caller);
        // 2 nothing there: wait, and read again when it rings. Who calls, and for whom, is looked up again: in half a minute a
        // certificate may have been withdrawn, or a mandate have ended.
        while (page.length === 0 && !waiter.over) {
          await waiter.rung();
          if (waiter.over) break;
          waiter.listen();
          page = await read(await callerOf(request));
        }
        if (!response.destroyed) response.json(pageOf(page, limit));
      } finally {
        waiter.leave();
      }
    },
  };
}

function pageOf(rows: readonly Listed[], limit: number) {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    messages: page.map((one) => ({
      id: one.id,
      sequence: sequenceText(one.sequence),
      type: eventType(one.messageType),
      subject: one.documentNumber,
      time: one.eventTime,
      datacontenttype: one.mediaType,
      documentsha256: one.documentSha256,
      size: one.documentSize,
    })),
    ...(rows.length > limit && last !== undefined ? { next: sequenceText(last.sequence) } : {}),
  };
}
