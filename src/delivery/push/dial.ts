/** TCP and TLS with addresses that were judged before. */
import { isIP, type LookupFunction, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect, type SecureContext, type TLSSocket } from 'node:tls';
import type { EgressVerdict } from './egress.ts';
import type { ResolvedAddress } from './types.ts';

/** A TLS handshake under way. `done` resolves when it is finished or has failed. */
export type Dialled =
  | {
      readonly ok: true;
      readonly socket: TLSSocket;
      readonly done: Promise<{ error?: unknown }>;
      readonly socketError: () => unknown;
    }
  | { readonly ok: false; readonly error: unknown };

/** How an endpoint is reached: at these addresses and no others, or through a tunnel that is open already. */
export type Way =
  | { readonly port: number; readonly addresses: readonly ResolvedAddress[]; readonly timeout: number }
  | { readonly tunnel: Socket };

/** Begins TLS, and TCP before it if there is no tunnel. No session is ever offered: a resumed one shows no certificate. */
export function dial(host: string, way: Way, secureContext: SecureContext): Dialled {
  const options: ConnectionOptions = {
    ...('tunnel' in way ? { socket: way.tunnel } : tcpOptions(host, way)),
    secureContext,
    servername: isIP(host) === 0 ? host.replace(/\.$/, '') : '',
    ALPNProtocols: ['http/1.1'],
    // Our own judgement decides, on every connection; Node's knows nothing of registered certificates.
    rejectUnauthorized: false,
  };
  let socket: TLSSocket;
  try {
    socket = connect(options);
  } catch (error) {
    return { ok: false, error };
  }
  let first: unknown;
  const { promise: done, resolve } = Promise.withResolvers<{ error?: unknown }>();
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  socket.once('secureConnect', () => resolve({}));
  socket.on('error', (error) => {
    first ??= error;
    resolve({ error });
  });
  socket.once('close', () => {
    resolve({ error: first ?? new Error('the connection was closed') });
    if ('tunnel' in way) way.tunnel.destroy();
  });
  return { ok: true, socket, done, socketError: () => first };
}

function tcpOptions(
  host: string,
  { port, addresses, timeout }: Exclude<Way, { tunnel: Socket }>,
): Pick<TcpNetConnectOpts, 'host' | 'port' | 'lookup' | 'autoSelectFamily' | 'autoSelectFamilyAttemptTimeout'> {
  return {
    host: addresses.length === 1 ? (addresses[0]?.address ?? '') : host,
    port,
    lookup: given(addresses),
    autoSelectFamily: addresses.length > 1,
    autoSelectFamilyAttemptTimeout: Math.max(250, Math.floor(timeout / (addresses.length + 1))),
  };
}

/** A lookup that knows nothing but the addresses already known. */
export function given(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, [...addresses]);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
  };
}

/** Why a finished handshake must not be used whoever the peer is; undefined if it may. In a tunnel our end's peer is the proxy. */
export function unusable(
  socket: TLSSocket,
  egress: (address: string) => EgressVerdict,
  tunnelled: boolean,
): string | undefined {
  if (socket.isSessionReused()) return 'the endpoint resumed a session that was never offered';
  const { alpnProtocol, remoteAddress } = socket;
  if (typeof alpnProtocol === 'string' && alpnProtocol !== 'http/1.1')
    return `the endpoint chose ${alpnProtocol} where http/1.1 was offered`;
  if (tunnelled) return undefined;
  if (remoteAddress === undefined) return 'the endpoint closed the connection right after the TLS handshake';
  const verdict = egress(remoteAddress);
  return verdict.ok ? undefined : `connected to ${remoteAddress}, which is ${verdict.why}`;
}
