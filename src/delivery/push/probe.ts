/** After a handshake without a request: are we let in? */
import type { Failure, Opened } from './connect.ts';
import { answerTrouble } from './trouble.ts';

/**
 * Under TLS 1.3 the client is done before the server has looked at its certificate (RFC 8446 §2): a refusal comes as an
 * alert, or just an end, a round trip later. Longest wait for one, milliseconds.
 */
const refusalWait = 500;

/** Waits for a late refusal on a fresh connection that nothing was written to; undefined if none came. */
export async function lateRefusal(
  { socket, wire, socketError }: Opened,
  signal?: AbortSignal,
): Promise<Failure | undefined> {
  if (wire.tlsVersion === 'TLSv1.3' && !socket.destroyed) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, refusalWait);
    for (const event of ['end', 'close', 'error']) socket.once(event, () => resolve());
    const onAbort = () => resolve();
    signal?.addEventListener('abort', onAbort, { once: true });
    // Whatever it says is not wanted, but only who reads notices the end.
    socket.resume();
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
  const ended = socket.destroyed || socket.readableEnded || socketError() !== undefined;
  if (!ended) return undefined;
  const closing = Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
  return answerTrouble({
    error: socketError() ?? closing,
    socketError: socketError(),
    firstOnTls13: wire.tlsVersion === 'TLSv1.3',
    begun: false,
  });
}
