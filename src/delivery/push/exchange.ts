/** One POST on one open connection. The door of undici: a client that never connects by itself. */
import type { TLSSocket } from 'node:tls';
import { Client, type Dispatcher } from 'undici';

/** An open connection with undici's reading and writing of HTTP/1.1 on it. */
export interface Line {
  /** True until the socket is closed, by either side. */
  isOpen(): boolean;
  post(request: Request, limits: ExchangeLimits, signal?: AbortSignal): Promise<Exchanged>;
  /** Ends the connection because we stop: what is in flight was given up by us. */
  giveUp(): void;
  /** Ends the connection. */
  destroy(): void;
}

export interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface ExchangeLimits {
  /** Milliseconds from now to the end of the answer's head. */
  readonly headTimeout: number;
  readonly answerBytes: number;
  /** Asked in the last moment; false: nothing is written. */
  readonly mayBegin?: (() => boolean) | undefined;
}

/**
 * - answered: the head came, and as much of the body as was wanted.
 * - no-answer: it did not; `begun` if some bytes of it did, `written` if the request was on its way.
 * - closed: the connection was gone before anything was written to it.
 * - too-late: its time was over before anything was written.
 */
export type Exchanged =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Lower-case names; of a repeated header the first. */
      readonly headers: Readonly<Record<string, string | undefined>>;
      readonly body: Uint8Array;
      /** When the first byte of the answer came, on the monotonic clock. */
      readonly firstByteAt: number;
    }
  | {
      readonly kind: 'no-answer';
      readonly why: 'timeout' | 'aborted' | 'trouble';
      readonly error: unknown;
      readonly written: boolean;
      readonly begun: boolean;
      readonly firstByteAt?: number;
    }
  | { readonly kind: 'closed' }
  | { readonly kind: 'too-late' };

/** Most bytes in an answer's head. */
const headBytes = 16 * 1024;
/** Interim answers (1xx) before the final one that are put up with. */
const interimAnswers = 8;
/** How long the body of an answer may take when the head has come: the status line is the receipt. */
const bodyTimeout = 2_000;
/** How long an idle connection is kept if the endpoint gives no hint, and at most when it does. */
const keepAlive = { usual: 4_000, most: 60_000 } as const;

/** What undici says when a request has not been written and will not be. */
const neverWritten = new Set(['KUVERT_GONE', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_SOCKET', 'UND_ERR_INFO']);
const gone = () => Object.assign(new Error('the connection is closed'), { code: 'KUVERT_GONE' });

/** Puts undici on `socket`, which must be a judged peer's. When the socket is gone, no other takes its place. */
export function lineOn(socket: TLSSocket, origin: string): Line {
  let handedOver = false;
  const client = new Client(origin, {
    // undici would connect again by itself, to whomever: here it gets this one socket, once.
    connect: (_options, callback) => {
      const usable = !handedOver && !socket.destroyed;
      handedOver = true;
      // Not at once: undici writes nothing when its connector answers synchronously.
      queueMicrotask(() => {
        if (usable) callback(null, socket);
        else callback(gone(), null);
      });
    },
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: headBytes,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAlive.usual,
    keepAliveMaxTimeout: keepAlive.most,
  });
  const destroy = () => {
    socket.destroy();
    if (!client.destroyed) void client.destroy().catch(() => undefined);
  };
  socket.once('close', destroy);
  // Aborted by whoever asked for the request, or by the line's own end.
  const stopping = new AbortController();
  return {
    isOpen: () => !socket.destroyed && socket.writable && !client.destroyed,
    post: (request, limits, signal) =>
      postOn(client, destroy, request, limits, signal ? [signal, stopping.signal] : [stopping.signal]),
    giveUp: () => {
      stopping.abort();
      destroy();
    },
    destroy,
  };
}

function postOn(
  client: Client,
  destroy: () => void,
  request: Request,
  limits: ExchangeLimits,
  signals: readonly AbortSignal[],
): Promise<Exchanged> {
  const { promise, resolve } = Promise.withResolvers<Exchanged>();
  let firstByteAt: number | undefined;
  let head: { status: number; headers: Record<string, string | undefined> } | undefined;
  let interim = 0;
  let written = false;
  let settled = false;
  const body: Uint8Array[] = [];
  let received = 0;

  const settle = (exchanged: Exchanged) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
    resolve(exchanged);
  };
  /** The head is what counts: whatever stops the body afterwards, the answer stands. */
  const answered = () => {
    if (head)
      settle({ kind: 'answered', ...head, body: Buffer.concat(body), firstByteAt: firstByteAt ?? performance.now() });
  };
  const failed = (why: 'timeout' | 'aborted' | 'trouble', error: unknown) => {
    if (head) answered();
    else if (!written && why === 'trouble' && neverWritten.has(codeOf(error))) settle({ kind: 'closed' });
    else {
      const seen = firstByteAt === undefined ? { begun: false } : { begun: true, firstByteAt };
      settle({ kind: 'no-answer', why, error, written, ...seen });
    }
  };
  const giveUp = (why: 'timeout' | 'aborted' | 'trouble', error: unknown) => {
    failed(why, error);
    destroy();
  };
  const onTime = () => giveUp('timeout', new Error('time is up'));
  let timer = setTimeout(onTime, limits.headTimeout);
  const onAbort = () => giveUp('aborted', new Error('given up'));
  for (const signal of signals) {
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (controller) => {
      // The last thing that undici does before it writes: what comes between the asking and this counts.
      if (limits.mayBegin?.() !== false) written = true;
      else {
        settle({ kind: 'too-late' });
        controller.abort(new Error('its time is over'));
      }
    },
    onResponseStarted: () => {
      firstByteAt ??= performance.now();
    },
    onResponseStart: (_controller, status, headers) => {
      if (status < 200) {
        interim += 1;
        if (interim > interimAnswers)
          giveUp('trouble', new Error(`more than ${interimAnswers} interim answers (1xx) and no final one`));
        return;
      }
      head = { status, headers: firstValues(headers) };
      clearTimeout(timer);
      timer = setTimeout(() => giveUp('timeout', undefined), bodyTimeout);
    },
    onResponseData: (_controller, chunk) => {
      const room = limits.answerBytes - received;
      received += chunk.length;
      if (room > 0) body.push(chunk.subarray(0, room));
      if (chunk.length > room) {
        answered();
        destroy();
      }
    },
    onResponseEnd: answered,
    onResponseError: (_controller, error) => {
      failed('trouble', error);
      destroy();
    },
  };
  if (settled) return promise;
  try {
    client.dispatch({ method: 'POST', path: request.path, headers: request.headers, body: request.body }, handler);
  } catch (error) {
    giveUp('trouble', error);
  }
  return promise;
}

function firstValues(headers: Record<string, string | string[] | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
