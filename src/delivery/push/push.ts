/**
 * Pushes sealed envelopes to suppliers' endpoints over mutual TLS. First attempt and retry are the same code; whatever an
 * endpoint does comes back as an outcome (docs/outcomes.md).
 */
import { openConnection, sinceMs } from './connect.ts';
import { type Connection, createConnections, type Place } from './connections.ts';
import { egressJudge } from './egress.ts';
import type { Exchanged } from './exchange.ts';
import { type OwnContext, ownContext } from './own-credential.ts';
import { lateRefusal } from './probe.ts';
import { ended, notSent, outcomeOf, tooLate, type Undelivered } from './report.ts';
import { machineResolver, oncePerName } from './resolve.ts';
import { isClosing } from './trouble.ts';
import type { Parcel, PushDeps, Pusher, Target } from './types.ts';

/** Makes the pusher of this process; it keeps connections between pushes until `close`. */
export function createPusher(deps: PushDeps): Pusher {
  const resolve = oncePerName(deps.resolve ?? machineResolver);
  const openDeps = { ...deps, resolve, egress: egressJudge(deps.egressAllow) };
  const connections = createConnections(deps);
  const currentContext = ownContext(deps);

  const open = (target: Target, own: OwnContext & { ok: true }, started: number, signal?: AbortSignal) => {
    const left = Math.max(1, deps.limits.pushTimeout - sinceMs(started));
    const limits = { ...deps.limits, connectTimeout: Math.min(deps.limits.connectTimeout, left) };
    return openConnection({ ...openDeps, limits }, target, own.context, started, signal);
  };

  return {
    push: async (target, parcel, signal) => {
      const started = performance.now();
      // 1. Our own credential: if it is broken, nothing is begun.
      const own = currentContext();
      if (!own.ok) return ended(started, {}, own.failure);
      // 2. A place among the connections that the address allows. The endpoint keeps half of the time at least, so that
      //    it is not blamed for our own waiting.
      const place = await connections.place(target, own.version, deps.limits.pushTimeout / 2, signal);
      if (!place) return ended(started, {}, notSent('no connection became free, or the address has changed'));
      const held: { connection?: Connection } = {};
      const { mayBegin } = parcel;
      try {
        for (;;) {
          // Whoever gets it may not have it any more: nobody is even connected to.
          if (mayBegin?.() === false) return ended(started, {}, tooLate);
          // 3. A connection to a peer that is good now: a kept one, or a new one.
          const got = await connectionOn(place, held, () => open(target, own, started, signal), started);
          if (got.outcome) return got.outcome;
          // 4. The request.
          const { connection } = got;
          connection.used += 1;
          const headTimeout = Math.max(1, deps.limits.pushTimeout - sinceMs(started));
          const limits = { headTimeout, answerBytes: deps.limits.answerBytes, mayBegin };
          const exchanged = await connection.line.post(requestOf(connection, parcel, deps.version), limits, signal);
          // 5. What came of it. A kept connection that the other side was just closing (RFC 9112 §9.3.1) says nothing
          //    about the endpoint: the next one is tried. Receivers drop repeats by id.
          const first = connection.used === 1;
          if (!first && wasStale(exchanged)) {
            connection.line.destroy();
            continue;
          }
          const { opened } = connection;
          const { messageId } = parcel;
          return outcomeOf({ started, messageId, opened, first, exchanged, limits: deps.limits, now: deps.now() });
        }
      } finally {
        place.giveBack(held.connection);
      }
    },

    probe: async (target, signal) => {
      const started = performance.now();
      const own = currentContext();
      if (!own.ok) return ended(started, {}, own.failure);
      const opening = await open(target, own, started, signal);
      if (!opening.ok) return ended(started, opening.wire, opening.failure);
      try {
        const refusal = await lateRefusal(opening, signal);
        if (refusal) return ended(started, opening.wire, refusal);
        return { kind: 'reachable', ...opening.wire, totalMs: sinceMs(started) };
      } finally {
        opening.socket.destroy();
      }
    },

    close: async () => connections.closeAll(),
  };
}

type Got = { readonly connection: Connection; readonly outcome?: never } | { readonly outcome: Undelivered };

/** An idle connection of the place, or a new one; `held` is told, so that it is given back whatever happens. */
async function connectionOn(
  place: Place,
  held: { connection?: Connection },
  open: () => ReturnType<typeof openConnection>,
  started: number,
): Promise<Got> {
  const kept = place.idle();
  if (kept) {
    held.connection = kept;
    return { connection: kept };
  }
  const opening = await open();
  if (!opening.ok) return { outcome: ended(started, opening.wire, opening.failure) };
  const fresh = place.adopt(opening);
  if (!fresh) return { outcome: ended(started, opening.wire, notSent('the address has changed while connecting')) };
  held.connection = fresh;
  return { connection: fresh };
}

function requestOf({ opened }: Connection, parcel: Parcel, version: string) {
  return {
    path: opened.url.pathname + opened.url.search,
    body: parcel.bytes,
    headers: {
      'content-type': parcel.contentType,
      'x-jws-signature': parcel.signature,
      'idempotency-key': parcel.messageId,
      'kuvert-attempt': String(parcel.attempt),
      ...(parcel.traceparent === undefined ? {} : { traceparent: parcel.traceparent }),
      'user-agent': `kuvert/${version}`,
    },
  };
}

/** The connection ended and nothing of an answer came: on a kept connection that is how an idle close looks. */
function wasStale(exchanged: Exchanged): boolean {
  if (exchanged.kind === 'closed') return true;
  return (
    exchanged.kind === 'no-answer' && exchanged.why === 'trouble' && !exchanged.begun && isClosing(exchanged.error)
  );
}
