/** `GET /v1/status`: how it stands with the supplier that asks, in words that it can act on. */
import type { Route } from '../platform/http/app.ts';
import { type OwnAddress, type OwnAttempt, type OwnCertificate, readOwn } from '../store/collect/standing.ts';
import { boxOf } from './box.ts';
import type { Caller } from './caller.ts';
import type { MailboxParts } from './mailbox.ts';

export function statusRoute({ pool, environment, callerOf, gate, explain }: MailboxParts): Route {
  return {
    method: 'GET',
    path: '/v1/status',
    certificate: 'required',
    handle: async (request, response) => {
      const caller = await callerOf(request);
      const wanted = request.headers['accept-language'] === undefined ? false : request.acceptsLanguages('sv', 'en');
      const language = wanted === 'sv' || wanted === 'en' ? wanted : caller.language;
      const { box, own } = await gate.through(caller.organisationNumber, response, async () => {
        const found = await boxOf(pool, caller, request);
        return { box: found, own: await readOwn(pool, found, environment, caller.organisationNumber) };
      });
      response.set('content-language', language).json({
        organisation: { number: box.organisationNumber, name: own.name },
        environment,
        addresses: own.addresses.map((one) => address(one, caller, explain.lane(one, language))),
        certificates: own.certificates.map((one) => certificate(one, caller)),
        attempts: own.attempts.map((one) => attempt(one, explain.attempt(one, language))),
      });
    },
  };
}

function address(own: OwnAddress, caller: Caller, sentence: string) {
  const { name, delivery, url, envelopeFormat, messageTypes, lane, waiting, held, refused, oldestWaiting } = own;
  return {
    name,
    delivery,
    url,
    envelopeFormat,
    messageTypes,
    mailbox: caller.addresses.includes(own.id),
    lane: { state: lane.state, since: lane.since, reason: lane.reason, sentence, nextTry: lane.nextWake },
    counts: { waiting, held, refused },
    oldestWaiting,
  };
}

function certificate(own: OwnCertificate, caller: Caller) {
  const { withdrawnAt: withdrawn, firstShownAt: firstShown, ...rest } = own;
  return { ...rest, withdrawn, firstShown, ...(own.fingerprint === caller.fingerprint ? { this: true } : {}) };
}

function attempt(
  { messageId: id, address, number, startedAt: at, outcome, fault, status }: OwnAttempt,
  sentence: string,
) {
  return { id, address, number, at, outcome, fault, status, sentence };
}
