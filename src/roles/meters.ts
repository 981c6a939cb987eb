/** What is counted of the line, each where a step gives its result: the steps themselves know nothing of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MailboxParts } from '../collection/mailbox.ts';
import type { DrainDeps } from '../delivery/drain.ts';
import { Fault } from '../domain/fault.ts';
import type { OutcomeKind } from '../domain/outcome.ts';
import type { ReceiveDeps } from '../intake/receive.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Accepted, Verdict } from '../store/accept/frames.ts';
import type { Receipted } from '../store/collect/receipts.ts';

export type ListenerName = 'supplier-api' | 'operator-api' | 'crl';
type Handler = (request: IncomingMessage, response: ServerResponse) => void;
/** Counts the answers of a listener's application. */
export type Observe = (listener: ListenerName, handler: Handler) => Handler;

export interface Meters {
  readonly intake: (deps: ReceiveDeps) => ReceiveDeps;
  readonly delivery: (deps: DrainDeps) => DrainDeps;
  readonly mailbox: (parts: MailboxParts) => MailboxParts;
  readonly observe: Observe;
}

const outcomes = [
  'delivered',
  'endpoint-failed',
  'message-failed',
  'refused',
  'unsendable',
  'turned-away',
  'not-sent',
] as const satisfies readonly OutcomeKind[];
const verdicts = ['accepted', 'duplicate', 'withdrawn', 'rejected', 'again'] as const satisfies Verdict['kind'][];
const results = [
  'received',
  'already-received',
  'not-fetched',
  'not-available',
  'not-found',
] as const satisfies Receipted['result'][];
const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx', 'broken'];

/** Seconds: from an endpoint in the same house to the longest push that the settings usually allow. */
const pushBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

function countersOf(metrics: Metrics) {
  const frames = metrics.counter({
    name: 'kuvert_frames_taken_total',
    help: 'Frames that were taken from the broker and are in the store, by what became of them; `again`: the broker brought one that was there already.',
    labels: { verdict: verdicts },
  });
  const pushes = metrics.counter({
    name: 'kuvert_pushes_total',
    help: 'Tries to push a message, by outcome. `unsendable` and `not-sent` had no byte on the wire.',
    labels: { outcome: outcomes },
  });
  const pushSeconds = metrics.histogram(
    {
      name: 'kuvert_push_duration_seconds',
      help: 'How long a push took, from its beginning to its outcome; those that had no byte on the wire left out.',
      labels: {},
    },
    pushBuckets,
  );
  const sealed = metrics.counter({
    name: 'kuvert_envelopes_sealed_total',
    help: 'Envelopes that were signed, for a push or because a supplier fetches; one that is on record is not signed again.',
    labels: { way: ['push', 'fetch'] },
  });
  const fetches = metrics.counter({
    name: 'kuvert_fetches_total',
    help: 'Messages that were given out to a supplier that fetches, repeats among them.',
    labels: {},
  });
  const receipts = metrics.counter({
    name: 'kuvert_receipts_total',
    help: 'Receipts of suppliers that fetch, by result.',
    labels: { result: results },
  });
  const requests = metrics.counter({
    name: 'kuvert_http_requests_total',
    help: 'Requests at our listeners, by the class of the status; `broken`: the caller left, or was put out, before it had the answer.',
    labels: { listener: ['supplier-api', 'operator-api', 'crl'], status: statusClasses },
  });

  return { frames, pushes, pushSeconds, sealed, fetches, receipts, requests };
}

/** Each wraps the steps of a role, or the application of a listener, in others that count what comes of them. */
export function createMeters(metrics: Metrics): Meters {
  const { frames, pushes, pushSeconds, sealed, fetches, receipts, requests } = countersOf(metrics);
  const counted = (accepted: Accepted): Accepted => {
    for (const { kind } of accepted.verdicts) frames({ verdict: kind });
    return accepted;
  };
  const countSeal = <T extends object>(way: 'push' | 'fetch', seal: T | Fault): T | Fault => {
    if (!(seal instanceof Fault)) sealed({ way });
    return seal;
  };
  return {
    intake: (deps) => ({
      ...deps,
      store: async (batch) => counted(await deps.store(batch)),
      withdraw: async (frame) => counted(await deps.withdraw(frame)),
    }),
    delivery: (deps) => ({
      ...deps,
      seal: async (due, target) => countSeal('push', await deps.seal(due, target)),
      push: async (...asked) => {
        const outcome = await deps.push(...asked);
        pushes({ outcome: outcome.kind });
        if (outcome.kind !== 'unsendable' && outcome.kind !== 'not-sent') pushSeconds(outcome.totalMs / 1_000);
        return outcome;
      },
    }),
    mailbox: (parts) => ({
      ...parts,
      seal: async (fetched) => countSeal('fetch', await parts.seal(fetched)),
      count: {
        fetched: () => fetches({}),
        receipted: (given) => {
          for (const { result } of given) receipts({ result });
        },
      },
    }),
    observe: (listener, handler) => (request, response) => {
      response.once('close', () =>
        requests({
          listener,
          status: response.writableFinished ? `${Math.trunc(response.statusCode / 100)}xx` : 'broken',
        }),
      );
      handler(request, response);
    },
  };
}
