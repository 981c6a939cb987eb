/** What a supplier of each temper does with a request. Pure: the same request at the same time is met in the same way. */
import { drawn } from './random.ts';
import type { Temper } from './world.ts';

/** Before the body is read. */
export type Welcome =
  | { readonly do: 'read' }
  /** The connection is reset when the first part of the body has come. */
  | { readonly do: 'reset' }
  /** It hangs; `drips`: with the beginning of an answer that never ends. */
  | { readonly do: 'hang'; readonly drips: boolean };

/** Once the whole request has been read. `keep`: the supplier stores the message, whatever it says. */
export type Reply =
  | {
      readonly do: 'answer';
      readonly status: number;
      readonly keep: boolean;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** Milliseconds. */
      readonly delay?: number;
      /** The body ends before its length, with the connection. */
      readonly cut?: true;
    }
  | { readonly do: 'reset'; readonly keep: boolean };

type Answer = Extract<Reply, { readonly do: 'answer' }>;

export interface Asked {
  readonly temper: Temper;
  readonly id: string;
  readonly attempt: number;
  /** It has the message from before. */
  readonly has: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Milliseconds that a flapping supplier is up, and then down. */
const flap = 3_000;

export function welcome({ temper, id, attempt }: Asked): Welcome {
  if (temper === 'tar-pit') return { do: 'hang', drips: drawn(id, attempt, 'drips') % 2 === 0 };
  if (temper === 'resetting' && drawn(id, attempt, 'reset') % 4 === 0) return { do: 'reset' };
  return { do: 'read' };
}

export function replyTo(asked: Asked): Reply {
  const { temper, id, attempt, now } = asked;
  switch (temper) {
    case 'slow':
      return { ...taken(asked), delay: 200 + (drawn(id, attempt, 'slow') % 1_300) };
    case 'flapping':
      if (Math.floor(now / flap) % 2 === 0) return taken(asked);
      return { do: 'answer', status: 503, keep: false, headers: { 'retry-after': '1' } };
    case 'refusing':
      // The same messages always: they are bad, the supplier is not.
      return drawn(id, 'refused') % 4 === 0 ? refused(422, 'unknown order reference') : taken(asked);
    case 'mass-refusing':
      return refused(drawn(id, 'mass') % 2 === 0 ? 400 : 422, 'a bad release');
    case 'resetting':
      // One in three keeps it and dies before it can say so.
      return drawn(id, attempt, 'mute') % 3 === 0 ? { do: 'reset', keep: true } : taken(asked);
    case 'lying':
      return lie(asked);
    // These three are met before a request, or not at all.
    case 'tar-pit':
    case 'down':
    case 'wrong-certificate':
    case 'healthy':
      return taken(asked);
  }
}

/** A repeat is said to be one, by half of the suppliers. */
function taken({ id, has }: Asked): Answer {
  if (!has || drawn(id, 'repeat') % 2 === 0) return { do: 'answer', status: 204, keep: true };
  return { ...already(id), keep: true };
}

/**
 * A lie is to keep a message and to say something else. What binds the gateway is what was said: it has to send again, and to believe a
 * status line whose body is cut short. The opposite lie, to say 2xx and to keep nothing, is not told: nobody outside the supplier could see
 * it, and it would make a message lost that the gateway did not lose.
 */
function lie(asked: Asked): Reply {
  const { id, attempt } = asked;
  switch (drawn(id, attempt, 'lie') % 4) {
    case 0:
      return { do: 'answer', status: 500, keep: true };
    case 1:
      // “Already received”, of another message: no receipt for this one.
      return { ...already('01936f0e-7c3a-7b7e-9d55-0b9f6f1f2a10'), keep: true };
    case 2:
      return {
        do: 'answer',
        status: 200,
        keep: true,
        body: 'stored as n',
        headers: { 'content-length': '100' },
        cut: true,
      };
    default:
      return taken(asked);
  }
}

const already = (messageId: string): Answer => ({
  do: 'answer',
  status: 409,
  keep: true,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: 'https://supplier.example/problems/already-received', messageId }),
});

const refused = (status: number, body: string): Reply => ({ do: 'answer', status, keep: false, body });

/** Whether this reply says, by the contract, that the supplier has message `id`. */
export function isReceipt(reply: Reply, id: string): boolean {
  if (reply.do !== 'answer') return false;
  if (reply.status >= 200 && reply.status < 300) return true;
  return reply.status === 409 && reply.body === already(id).body;
}
