/**
 * STOMP 1.2, as much as KA needs of it. Written out here, so that a defect in the library that the gateway uses cannot hide behind
 * the same defect on this side.
 */
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { resolve } from 'node:path';
import type { World } from './world.ts';

export interface StompFrame {
  readonly command: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Stomp {
  /** A body without `isText` gets its length as a header: to ActiveMQ that is a bytes message, the other a text message. */
  write(command: string, headers: Readonly<Record<string, string>>, body?: Buffer, isText?: boolean): void;
  /** Is told why the connection is over, once, at once if it is already. */
  onEnd(told: (why: string) => void): void;
  end(why: string): void;
}

export interface StompOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  onFrame(frame: StompFrame): void;
}

/** Milliseconds: between heart-beats, and of silence until a broker counts as gone. */
const beat = 4_000;
const silence = 14_000;

/** Where the world's broker is, and who may in. */
export function brokerOf(folder: string, { broker }: World): Omit<StompOptions, 'onFrame'> {
  const { hostname, port } = new URL(broker.url.replace(/^[a-z+]+:/, 'http:'));
  const password = readFileSync(resolve(folder, broker.password), 'utf8').trim();
  return { host: hostname, port: Number(port), user: broker.user, password };
}

/** Rejects when there is no session within ten seconds. */
export function connectStomp(options: StompOptions): Promise<Stomp> {
  const socket = createConnection({ host: options.host, port: options.port, noDelay: true });
  const listeners: ((why: string) => void)[] = [];
  let over: string | undefined;
  const onEnd: Stomp['onEnd'] = (told) => {
    if (over === undefined) listeners.push(told);
    else told(over);
  };
  let heardAt = Date.now();
  const end = (why: string): void => {
    clearInterval(timer);
    socket.destroy();
    if (over !== undefined) return;
    over = why;
    for (const told of listeners) told(why);
  };
  const write: Stomp['write'] = (command, headers, body = Buffer.alloc(0), isText = body.length === 0) => {
    const all = isText ? headers : { ...headers, 'content-length': String(body.length) };
    const head = Object.entries(all).map(([name, value]) => `${escaped(command, name)}:${escaped(command, value)}\n`);
    if (!socket.destroyed) socket.write(Buffer.concat([Buffer.from(`${command}\n${head.join('')}\n`), body, nul]));
  };
  const timer = setInterval(() => {
    if (Date.now() - heardAt > silence) end('silent');
    else if (!socket.destroyed) socket.write('\n');
  }, beat / 2);
  socket.on('error', (error) => end(error.message));
  socket.on('close', () => end('closed'));
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => end('no session in time'), 10_000);
    const read = frameReader((frame) => {
      if (frame.command === 'ERROR') end(`ERROR ${frame.headers['message'] ?? ''}`);
      else if (frame.command === 'CONNECTED') {
        clearTimeout(patience);
        resolve({ write, onEnd, end });
      } else options.onFrame(frame);
    });
    socket.on('data', (chunk) => {
      heardAt = Date.now();
      read(chunk);
    });
    onEnd((why) => {
      clearTimeout(patience);
      reject(new Error(`the broker: ${why}`));
    });
    write('CONNECT', {
      'accept-version': '1.2',
      host: options.host,
      login: options.user,
      passcode: options.password,
      'heart-beat': `${beat},${beat}`,
    });
  });
}

/** Again until it succeeds; undefined when it is to stop. */
export async function connectPatiently(options: StompOptions, stopped: AbortSignal): Promise<Stomp | undefined> {
  while (!stopped.aborted) {
    try {
      return await connectStomp(options);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  return undefined;
}

const nul = Buffer.from([0]);
const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/** Calls `onFrame` for each whole frame in what comes. */
export function frameReader(onFrame: (frame: StompFrame) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (;;) {
      let start = 0;
      while (held[start] === lineFeed || held[start] === carriageReturn) start++;
      const headEnd = held.indexOf('\n\n', start);
      if (headEnd === -1) break;
      const [command = '', ...lines] = held.toString('utf8', start, headEnd).split('\n');
      const headers = readHeaders(command, lines);
      const body = headEnd + 2;
      const length = headers['content-length'];
      const end = length === undefined ? held.indexOf(0, body) : body + Number(length);
      if (end === -1 || end >= held.length) break;
      // A copy: the chunk is used again.
      onFrame({ command, headers, body: Buffer.from(held.subarray(body, end)) });
      held = held.subarray(end + 1);
    }
  };
}

/** Of several with one name the first counts. */
function readHeaders(command: string, lines: readonly string[]): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = unescaped(command, line.slice(0, colon));
    headers[name] ??= unescaped(command, line.slice(colon + 1));
  }
  return headers;
}

// STOMP 1.2 “Value Encoding”; CONNECT and CONNECTED are written without.
const plain = (command: string): boolean => command === 'CONNECT' || command === 'CONNECTED';
const escapes: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', ':': '\\c', '\\': '\\\\' };
const originals: Readonly<Record<string, string>> = { '\\r': '\r', '\\n': '\n', '\\c': ':', '\\\\': '\\' };

const escaped = (command: string, text: string): string =>
  plain(command) ? text : text.replace(/[\r\n:\\]/g, (one) => escapes[one] ?? one);
const unescaped = (command: string, text: string): string =>
  plain(command) ? text : text.replace(/\\[rnc\\]/g, (one) => originals[one] ?? one);
