/** `GET /v1/messages/{id}`: the signed bytes, the same that a push brings, on record before they are shown. */
import { Fault, type FaultCode, faultTable } from '../domain/fault.ts';
import { envelopeMediaTypes, signatureHeader } from '../envelope/facts.ts';
import type { Route } from '../platform/http/app.ts';
import type { Mailbox } from '../store/collect/box.ts';
import { type Fetchable, holdUnsealable, readFetchable, recordGiving, type Standing } from '../store/collect/fetch.ts';
import type { StoredEnvelope } from '../store/lane/due.ts';
import { noSuchMessage } from './ask.ts';
import { boxOf } from './box.ts';
import type { Caller } from './caller.ts';
import { givingOf, type MailboxParts } from './mailbox.ts';

type Request = Parameters<Route['handle']>[0];

export function fetchRoute(parts: MailboxParts): Route {
  return {
    method: 'GET',
    path: '/v1/messages/:id',
    certificate: 'required',
    handle: async (request, response) => {
      const caller = await parts.callerOf(request);
      const id = String(request.params['id']);
      // One place for all of it: what has been read is not refused for want of another.
      const { envelope, bytes, traceparent } = await parts.gate.through(caller.organisationNumber, response, () =>
        give(parts, caller, id, request),
      );
      parts.count?.fetched();
      response
        .set({
          'content-type': envelopeMediaTypes[envelope.format],
          [signatureHeader]: envelope.signature,
          'idempotency-key': id,
          etag: `"${envelope.sha256}"`,
          ...(traceparent === null ? {} : { traceparent }),
        })
        .send(bytes);
    },
  };
}

/** On record when it comes back, and still to be sent. */
async function give(parts: MailboxParts, caller: Caller, id: string, request: Request) {
  // 1 is it theirs, or their principal's, and may they have it.
  const box = await boxOf(parts.pool, caller, request);
  const fetched = await readFetchable(parts.pool, id, box);
  if (fetched === undefined) throw noSuchMessage();
  const document = documentOf(fetched);
  // 2 do they take it as it is. Before it is sealed: nothing is shown to who does not.
  const contentType = envelopeMediaTypes[fetched.envelope?.format ?? fetched.target.envelopeFormat];
  const bare = contentType.split(';')[0] as string;
  if (request.accepts([bare, contentType]) === false)
    throw new Fault('not-acceptable', `the message is ${bare}; accept that, or */*`);
  // 3 the envelope: the one on record, or a new one. Built, and compared with its hash, before anything is written.
  const sealed = fetched.envelope ?? (await sealNow(parts, box, { ...fetched, document }));
  const built = parts.bytes(sealed, document);
  // 4 on record.
  const given = await recordGiving(parts.pool, id, box, givingOf(caller, request), sealed, mayHave);
  if (given.kind === 'changed') return refuseChanged(parts, id, box);
  const { envelope } = given;
  const bytes = envelope.sha256 === sealed.sha256 ? built : parts.bytes(envelope, document);
  return { envelope, bytes, traceparent: fetched.traceparent };
}

/** What is on its way, what is there already, and what only failed; not what somebody has stopped or replaced. */
function mayHave({ state, reason }: Standing): boolean {
  if (state === 'held') return reason === 'schedule-spent';
  return state !== 'cancelled' && reason !== 'superseded';
}

function documentOf(fetched: Fetchable): Buffer {
  if (!mayHave(fetched)) throw notAvailable(fetched);
  if (fetched.document !== undefined) return fetched.document;
  throw new Fault('message-not-available', 'the message was delivered, and its document is not kept any longer');
}

async function sealNow(
  parts: MailboxParts,
  box: Mailbox,
  fetched: Fetchable & { readonly document: Buffer },
): Promise<StoredEnvelope> {
  const sealed = await parts.seal(fetched);
  if (!(sealed instanceof Fault)) return sealed;
  const held = await holdUnsealable(parts.pool, fetched.messageId, box, sealed);
  const { messageId } = fetched;
  parts.log.warn('a message cannot be sealed', { messageId, fault: sealed.code, detail: sealed.message, held });
  throw notAvailable({ state: 'held', reason: sealed.code });
}

/** Between the reading and the giving somebody stopped it, or it went elsewhere: said as it is now. */
async function refuseChanged(parts: MailboxParts, id: string, box: Mailbox): Promise<never> {
  const now = await readFetchable(parts.pool, id, box);
  if (now === undefined) throw noSuchMessage();
  if (!mayHave(now)) throw notAvailable(now);
  // And let go again at once.
  throw new Fault('message-not-available', 'the message was stopped for a moment; ask again');
}

const happened = { held: 'is held', refused: 'was replaced', cancelled: 'was cancelled' } as const;

/** Why in our words; what an operator wrote is not the supplier's to read. */
export function notAvailable({ state, reason }: Pick<Standing, 'state' | 'reason'>): Fault {
  const what = state === 'cancelled' || state === 'refused' ? happened[state] : happened.held;
  const why = reason === null ? '' : `: ${titleOf(reason)}`;
  return new Fault('message-not-available', `the message ${what}${why}`);
}

export const titleOf = (code: string): string => (code in faultTable ? faultTable[code as FaultCode].title : code);
