/** `PUT /v1/messages/{id}/receipt` and `POST /v1/receipts`: the supplier's word that it has what it was given. */
import { Fault } from '../domain/fault.ts';
import { type Route, requestIdOf } from '../platform/http/app.ts';
import { type Receipted, takeReceipts } from '../store/collect/receipts.ts';
import { idsIn, noSuchMessage } from './ask.ts';
import { boxOf } from './box.ts';
import { givingOf, type MailboxParts } from './mailbox.ts';

/** A thousand ids in JSON are 39 kB; there is room for a program that writes them with much air. */
const mostBodyBytes = 128 * 1024;

export function receiptRoutes(parts: MailboxParts): Route[] {
  return [oneRoute(parts), manyRoute(parts)];
}

function oneRoute({ pool, callerOf, gate, log, count }: MailboxParts): Route {
  return {
    method: 'PUT',
    path: '/v1/messages/:id/receipt',
    certificate: 'required',
    handle: async (request, response) => {
      const caller = await callerOf(request);
      const id = String(request.params['id']);
      const results = await gate.through(caller.organisationNumber, response, async () =>
        takeReceipts(pool, [id], await boxOf(pool, caller, request), givingOf(caller, request)),
      );
      count?.receipted(results);
      const [result] = results;
      log.info('receipt', { requestId: requestIdOf(response), messageId: id, result: result?.result });
      response.json(said(result));
    },
  };
}

/** @throws Fault `not-found` · `message-not-fetched` · `message-not-available` */
function said(receipt: Receipted | undefined) {
  switch (receipt?.result) {
    case 'received':
    case 'already-received':
      return receipt;
    case 'not-fetched':
      throw new Fault(
        'message-not-fetched',
        'the message was never given out, so there is nothing to receipt; fetch it',
      );
    case 'not-available':
      throw new Fault('message-not-available', 'the message was cancelled');
    case 'not-found':
    case undefined:
      throw noSuchMessage();
  }
}

function manyRoute({ pool, callerOf, gate, log, count }: MailboxParts): Route {
  return {
    method: 'POST',
    path: '/v1/receipts',
    certificate: 'required',
    mostBodyBytes,
    handle: async (request, response) => {
      const caller = await callerOf(request);
      const ids = idsIn(request.body);
      const results = await gate.through(caller.organisationNumber, response, async () =>
        takeReceipts(pool, ids, await boxOf(pool, caller, request), givingOf(caller, request)),
      );
      const received = results.filter(({ result }) => result === 'received').length;
      count?.receipted(results);
      log.info('receipts', { requestId: requestIdOf(response), ids: ids.length, received });
      response.json({ results });
    },
  };
}
