/** One STOMP connection: connecting, receipts, heart-beats, and the watchdog that ends it when nothing moves. */
import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import stompit, { type Client, type IncomingFrame } from 'stompit';
import { Fault } from '../../domain/fault.ts';
import { errorText } from '../../platform/log.ts';
import { type BrokerAddress, serverName } from './address.ts';
import { installHeaderReading } from './parse.ts';

export interface ConnectionOptions {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** PEM text of the authorities that may have issued the broker's certificate; undefined: the machine's. */
  readonly ca?: string | undefined;
  /** Milliseconds between heart-beats, both ways; a broker silent for twice as long is left. */
  readonly heartbeat: number;
  /** Milliseconds without progress, while something is owed to us, after which the connection is ended. */
  readonly watchdog: number;
}

export interface Connection {
  readonly address: BrokerAddress;
  /** Why it is over; undefined while it is not. */
  over(): Error | undefined;
  /** What came was no frame, or broke off in the middle of one. */
  misread(): boolean;
  /** Resolves when it is over. */
  readonly ended: Promise<Error>;
  /** Resolves when the broker has confirmed the subscription. `onFrame` gets the next frame only when the body before was read to its end. */
  subscribe(headers: Record<string, string>, onFrame: (frame: IncomingFrame) => void): Promise<void>;
  ack(frame: { readonly headers: Readonly<Record<string, string>> }): void;
  /** One transaction, so one write to the broker's disk instead of one each; resolves when its RECEIPT has come. */
  sendAll(frames: readonly { readonly headers: Record<string, string>; readonly body: Uint8Array }[]): Promise<void>;
  /** A body that is not held in memory; resolves when the RECEIPT has come. */
  stream(headers: Record<string, string>, body: Readable): Promise<void>;
  /** Something came or went through; the watchdog starts counting anew. */
  moved(): void;
  /** While we do not read (no room, or the store is slow), the broker cannot show life and is not judged. */
  reading(on: boolean): void;
  end(reason: Error): void;
  /** Says goodbye: resolves when the broker has taken everything sent before, or the connection is over. */
  close(): Promise<void>;
}

installHeaderReading();

/** Throws Fault server-unavailable when there is no STOMP session within `watchdog`, at most 10 s. */
export async function connect(address: BrokerAddress, options: ConnectionOptions): Promise<Connection> {
  const client = await openClient(address, options);
  const open = new Set<(error: Error) => void>();
  let why: Error | undefined;
  let movedAt = performance.now();
  let isReading = true;
  let tell: (error: Error) => void = () => undefined;
  const ended = new Promise<Error>((resolve) => {
    tell = resolve;
  });
  const socket = client.getTransportSocket();

  const finish = (reason: Error) => {
    if (why) return;
    why = reason;
    clearInterval(timer);
    for (const reject of open) reject(why);
    open.clear();
    tell(why);
  };
  const end = (reason: Error) => {
    finish(reason);
    client.destroy();
  };
  const lost = (reason: Error | string) => finish(unavailable(address, reason));
  let misread = false;
  client.on('error', (error: Error & { isProtocolError?: () => boolean }) => {
    misread = error.isProtocolError?.() === true;
    lost(error);
  });
  client.on('end', () => lost('closed the connection'));
  socket.on('close', () => lost('closed the connection'));

  const moved = () => {
    movedAt = performance.now();
  };
  /** Sends one frame and resolves with its receipt. */
  const withReceipt = (send: (onReceipt: () => void) => void): Promise<void> => {
    if (why) return Promise.reject(why);
    if (open.size === 0) moved();
    return new Promise((resolve, reject) => {
      open.add(reject);
      send(() => {
        open.delete(reject);
        moved();
        resolve();
      });
    });
  };
  const command = (name: string, headers: Record<string, string>): Promise<void> =>
    withReceipt((onReceipt) => void client.sendFrame(name, headers, { onReceipt }).end());

  // A round trip through the broker itself: a transaction with nothing in it. A heart-beat only shows that a timer runs there.
  const ping = async () => {
    const transaction = `ping-${randomInt(2 ** 47)}`;
    await command('BEGIN', { transaction });
    await command('ABORT', { transaction });
  };

  let heard = { bytes: socket.bytesRead, at: performance.now() };
  const look = () => {
    const now = performance.now();
    const came = socket.bytesRead - heard.bytes;
    if (!isReading || came > 0) heard = { bytes: socket.bytesRead, at: now };
    // More than heart-beats: a large frame, or many, before the answer that we wait for.
    if (came > 64) moved();
    if (!isReading) return moved();
    if (now - heard.at > 2 * options.heartbeat) {
      return end(unavailable(address, `was silent for ${Math.round(now - heard.at)} ms`));
    }
    const still = now - movedAt;
    if (open.size > 0 && still > options.watchdog) {
      return end(unavailable(address, `has not answered for ${Math.round(still)} ms`));
    }
    if (open.size === 0 && still > options.watchdog / 2) ping().catch(() => undefined);
  };
  const timer = setInterval(look, Math.max(20, Math.min(options.heartbeat, options.watchdog) / 4));

  return {
    address,
    over: () => why,
    misread: () => misread,
    ended,
    subscribe: (headers, onFrame) =>
      withReceipt((onReceipt) => {
        const id = 'intake';
        client.setImplicitSubscription(id, 'client-individual', (error, frame) => {
          if (!error) onFrame(frame);
        });
        client.sendFrame('SUBSCRIBE', { ...headers, id, ack: 'client-individual' }, { onReceipt }).end();
      }),
    ack: ({ headers }) => {
      if (!why) client.sendFrame('ACK', { id: headers['ack'] ?? '' }).end();
    },
    sendAll: (frames) =>
      withReceipt((onReceipt) => {
        const transaction = `send-${randomInt(2 ** 47)}`;
        client.sendFrame('BEGIN', { transaction }).end();
        for (const { headers, body } of frames) {
          const frame = client.sendFrame('SEND', { ...headers, transaction });
          if (body.length > 0) frame.write(body);
          frame.end(moved);
        }
        client.sendFrame('COMMIT', { transaction }, { onReceipt }).end();
      }),
    stream: (headers, body) =>
      withReceipt((onReceipt) => {
        body.on('data', moved);
        body.on('error', end);
        body.pipe(client.sendFrame('SEND', headers, { onReceipt }));
      }),
    moved,
    reading: (on) => {
      isReading = on;
      moved();
    },
    end,
    close: async () => {
      if (why) return;
      client.disconnect(() => lost('took our leave'));
      const patience = setTimeout(
        () => end(unavailable(address, 'did not answer our leave')),
        Math.min(options.watchdog, 5_000),
      );
      await ended;
      clearTimeout(patience);
    },
  };
}

function openClient(address: BrokerAddress, options: ConnectionOptions): Promise<Client> {
  const name = serverName(address);
  return new Promise((resolve, reject) => {
    let settled = false;
    const done = (error: Error | null, client?: Client) => {
      clearTimeout(patience);
      if (settled) return;
      settled = true;
      if (error || !client) reject(unavailable(address, error ?? 'gave no session'));
      else resolve(client);
    };
    const client = stompit.connect(
      {
        host: address.host,
        port: address.port,
        timeout: 0,
        ssl: address.tls,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
        ...(name === undefined ? {} : { servername: name }),
        minVersion: 'TLSv1.2',
        connectHeaders: {
          'accept-version': '1.1,1.2',
          host: address.virtualHost,
          'heart-beat': `${options.heartbeat},${options.heartbeat}`,
          ...(options.user === undefined ? {} : { login: options.user }),
          ...(options.password === undefined ? {} : { passcode: options.password }),
        },
        // Header lines are read by parse.ts, which has its own limits.
        maxLineLength: Number.MAX_SAFE_INTEGER,
        maxHeaders: Number.MAX_SAFE_INTEGER,
        // stompit would also take our not reading for the broker's silence; `look` judges instead.
        heartbeatDelayMargin: 2_000_000_000,
        // Earlier than promised, or the broker's check may come just before our heart-beat.
        heartbeatOutputMargin: options.heartbeat / 3,
      },
      done,
    );
    // Without a listener, an error after the callback would end the process.
    client.on('error', () => undefined);
    const patience = setTimeout(
      () => {
        done(new Error('no STOMP session in time'));
        client.destroy();
      },
      Math.min(options.watchdog, 10_000),
    );
  });
}

function unavailable(address: BrokerAddress, reason: Error | string): Fault {
  const text = typeof reason === 'string' ? reason : errorText(reason);
  const cause = typeof reason === 'string' ? {} : { cause: reason };
  return new Fault('server-unavailable', `The broker at ${address.text}: ${text}`, cause);
}

/** Why a connection is over or was not had. A fault of ours is a sentence that names the broker and its cause already. */
export function reasonOf(error: unknown): string {
  return error instanceof Fault ? error.message : errorText(error);
}
