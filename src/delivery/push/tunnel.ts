/** Out through the house's own proxy: one TCP connection to it, and in it a tunnel to one checked address (RFC 9110 §9.3.6). */
import { request, STATUS_CODES } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { errorText } from '../../platform/log.ts';
import { given } from './dial.ts';
import type { Resolve } from './resolve.ts';
import type { EgressProxy, ResolvedAddress } from './types.ts';

/** A tunnel, or why the proxy gave none. `next`: it let us in, so that another address may be asked for. */
export type Tunnel =
  | { readonly ok: true; readonly socket: Socket }
  | { readonly ok: false; readonly detail: string; readonly next: boolean };

/** Most bytes in the head of the proxy's answer. */
const headBytes = 16 * 1024;

/**
 * Reads the proxy's URL (setting `KUVERT_EGRESS_PROXY`, already found right). `ca`: PEM of the authorities that may have
 * issued the certificate of an `https://` proxy; undefined: the machine's.
 */
export function readProxy(text: string, ca?: string): EgressProxy {
  const url = new URL(text);
  const secure = url.protocol === 'https:';
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    secure,
    ...(user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
    ...(ca === undefined ? {} : { ca }),
  };
}

/** `203.0.113.9:443`, `[2001:db8::9]:443`. */
export function endOf(host: string, port: number): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** How a proxy is called in sentences: its credentials are not for others. */
function proxyName({ host, port }: EgressProxy): string {
  return `the egress proxy ${endOf(host, port)}`;
}

/**
 * Asks the proxy for a tunnel to `to`, which is an address that was judged: the proxy resolves nothing. Whatever goes wrong
 * is a value. There is no time limit here: aborting `signal` ends it, and the connection.
 */
export async function openTunnel(
  resolve: Resolve,
  proxy: EgressProxy,
  to: ResolvedAddress,
  port: number,
  signal: AbortSignal,
): Promise<Tunnel> {
  const failed = (what: string, next = false): Tunnel => ({ ok: false, detail: `${proxyName(proxy)} ${what}`, next });
  let socket: Socket | undefined;
  try {
    // 1. The proxy: TCP, and TLS if it wants it. It must be who it says before it sees our password.
    socket = await connectTo(proxy, resolve, signal);
    // 2. The tunnel.
    const answer = await askFor(socket, proxy, endOf(to.address, port), signal);
    if (answer.status >= 200 && answer.status <= 299) {
      // The endpoint's TLS never speaks first; whoever does is no tunnel.
      if (answer.head === 0) return { ok: true, socket };
      socket.destroy();
      return failed('opened a tunnel and then spoke itself');
    }
    socket.destroy();
    const meaning = STATUS_CODES[answer.status];
    return failed(
      `answered ${answer.status}${meaning === undefined ? '' : ` (${meaning})`} to CONNECT ${endOf(to.address, port)}`,
      answer.status >= 500,
    );
  } catch (error) {
    socket?.destroy();
    return failed(troubleWords(error, socket !== undefined));
  }
}

async function connectTo(proxy: EgressProxy, resolve: Resolve, signal: AbortSignal): Promise<Socket> {
  const { host, port } = proxy;
  const addresses = isIP(host) === 0 ? await resolve(host) : [{ address: host, family: isIP(host) }];
  signal.throwIfAborted();
  const tcp = { host, port, lookup: given(addresses), autoSelectFamily: addresses.length > 1 };
  const socket = proxy.secure
    ? connectTls({
        ...tcp,
        servername: isIP(host) === 0 ? host : '',
        minVersion: 'TLSv1.2',
        ALPNProtocols: ['http/1.1'],
        ...(proxy.ca === undefined ? {} : { ca: proxy.ca }),
      })
    : connectTcp(tcp);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  const { promise, resolve: open, reject } = Promise.withResolvers<void>();
  // Stays: an error that nobody listens to would end the process.
  socket.on('error', reject);
  socket.once('close', () => reject(closed()));
  socket.once(proxy.secure ? 'secureConnect' : 'connect', open);
  const end = () => socket.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** The status of the answer's head, and how many bytes came behind it. */
function askFor(socket: Socket, { authorization }: EgressProxy, authority: string, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; head: number }>();
  const asked = request({
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
    },
    createConnection: () => socket,
    maxHeaderSize: headBytes,
    signal,
  });
  asked.on('connect', ({ statusCode }, _socket, head) => resolve({ status: statusCode ?? 0, head: head.length }));
  asked.on('error', reject);
  asked.on('close', () => reject(closed()));
  asked.end();
  return promise;
}

const closed = () => Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });

function troubleWords(error: unknown, connected: boolean): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code = '' } = first as { code?: unknown };
  if (!connected) return `cannot be reached: ${errorText(first)}`;
  if (code === 'HPE_HEADER_OVERFLOW') return `answered CONNECT with a head of more than ${headBytes} bytes`;
  if (typeof code === 'string' && code.startsWith('HPE_')) return 'answered CONNECT with what is no HTTP';
  return 'closed the connection without an answer to CONNECT';
}
