/** `GET /v1/messages/missing`: what stands behind each number, so that a gap is never a riddle. */
import { sequenceText } from '../envelope/facts.ts';
import type { Route } from '../platform/http/app.ts';
import { type NumberState, type Numbers, readNumbers } from '../store/numbers.ts';
import { sequenceIn } from './ask.ts';
import { type Box, boxOf } from './box.ts';
import { titleOf } from './fetch.ts';
import type { MailboxParts } from './mailbox.ts';

const mostEntries = 1_000;

/** What is being pushed waits still, to who wants to fetch it; what is not kept any longer was delivered. */
const states: Readonly<Record<Exclude<NumberState, 'not-given'>, string>> = {
  waiting: 'waiting',
  sending: 'waiting',
  held: 'held',
  refused: 'refused',
  cancelled: 'cancelled',
  delivered: 'delivered',
  purged: 'delivered',
  void: 'void',
};

interface Entry {
  first: number;
  last: number;
  readonly state: string;
  readonly id: string | undefined;
  readonly address: string | undefined;
  readonly declared: string | undefined;
  readonly reason: string | undefined;
}

export function numbersRoute({ pool, callerOf, gate }: MailboxParts): Route {
  return {
    method: 'GET',
    path: '/v1/messages/missing',
    certificate: 'required',
    handle: async (request, response) => {
      const caller = await callerOf(request);
      const from = Math.max(1, numberOf(sequenceIn(request.query, 'from') ?? '1'));
      const last = sequenceIn(request.query, 'to');
      const to = last === undefined ? undefined : numberOf(last);
      const { box, answer } = await gate.through(caller.organisationNumber, response, async () => {
        const found = await boxOf(pool, caller, request);
        return { box: found, answer: await readNumbers(pool, found.organisationNumber, from, to, mostEntries) };
      });
      const entries: Entry[] = [];
      for (const one of answer.numbers) {
        if (one.state === 'not-given') continue;
        const entry = entryOf(one, states[one.state], box);
        const before = entries.at(-1);
        if (before !== undefined && alike(before, entry)) before.last = entry.last;
        else entries.push(entry);
      }
      response.json({
        numbers: entries.map((one) => ({ ...one, first: sequenceText(one.first), last: sequenceText(one.last) })),
        highest: sequenceText(answer.highest),
        ...(answer.next === undefined ? {} : { next: sequenceText(answer.next) }),
      });
    },
  };
}

/**
 * An id only of what lies where the caller may fetch it. An agent is told no more than the state of what is not its to fetch; a
 * principal is told which agent has what is its own.
 */
function entryOf(one: Numbers, state: string, box: Box): Entry {
  const { address, messageType } = one;
  const own = address !== undefined && messageType !== undefined && box.covers(address.id, messageType);
  const known = own || box.agent !== true;
  const place =
    address?.organisationNumber === box.organisationNumber || own ? '' : ` (${address?.organisationNumber})`;
  return {
    first: one.first,
    last: one.last,
    state,
    id: own ? one.messageId : undefined,
    address: known && address !== undefined ? `${address.name}${place}` : undefined,
    declared: one.declaredAt?.toISOString(),
    // Of numbers that were given up, what the operator wrote is for the suppliers; of messages it is not.
    reason: one.reason ?? (known && one.because ? titleOf(one.because) : undefined),
  };
}

const alike = (a: Entry, b: Entry): boolean =>
  a.id === undefined &&
  b.id === undefined &&
  a.state === b.state &&
  a.address === b.address &&
  a.declared === b.declared &&
  a.reason === b.reason &&
  a.last + 1 === b.first;

/** Beyond what any counter reaches, one number is as good as another. */
const numberOf = (digits: string): number => Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
