/** A real SMTP server, and letters as a reader sees them. */
import type { AddressInfo } from 'node:net';
import { callbackify } from 'node:util';
import { SMTPServer } from 'smtp-server';

export interface Received {
  readonly to: readonly string[];
  readonly raw: string;
  readonly secure: boolean;
  readonly user: string | undefined;
}

export interface SmtpOptions {
  readonly port?: number;
  /** PEM; with it the server offers STARTTLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly login?: { readonly user: string; readonly password: string };
  /** An SMTP answer such as 450 for a reader; undefined: taken. */
  rcpt?(to: string): number | undefined;
  /** After the whole letter has come and before it is answered. */
  data?(received: Received): Promise<number | undefined> | number | undefined;
}

export interface Smtp {
  readonly port: number;
  readonly received: readonly Received[];
  /** Letters that are being taken this moment, and the most that ever were. */
  readonly most: () => number;
  close(): Promise<void>;
}

const refusal = (code: number, text: string): Error & { responseCode: number } =>
  Object.assign(new Error(text), { responseCode: code });

export async function startSmtp(options: SmtpOptions = {}): Promise<Smtp> {
  const received: Received[] = [];
  let now = 0;
  let most = 0;
  const server = new SMTPServer({
    logger: false,
    ...options.tls,
    authOptional: options.login === undefined,
    disabledCommands: [
      ...(options.login === undefined ? ['AUTH' as const] : []),
      ...(options.tls === undefined ? ['STARTTLS' as const] : []),
    ],
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, callback) => {
      const { login } = options;
      if (username === login?.user && password === login?.password) callback(null, { user: username });
      else callback(refusal(535, 'wrong password'));
    },
    onRcptTo: ({ address }, _session, callback) => {
      const code = options.rcpt?.(address);
      callback(code === undefined ? null : refusal(code, `<${address}>: not now, or never`));
    },
    onData: (stream, session, callback) => {
      const take = async (): Promise<Error | null> => {
        now += 1;
        most = Math.max(most, now);
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk as Buffer);
        const one: Received = {
          to: session.envelope.rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
          secure: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
        };
        const code = await options.data?.(one);
        now -= 1;
        if (code !== undefined) return refusal(code, 'the letter is not taken');
        received.push(one);
        return null;
      };
      callbackify(take)((failed, refused) => callback(failed ?? refused));
    },
  });
  server.on('error', () => undefined);
  const listening = await new Promise<AddressInfo>((resolve, reject) => {
    const inner = server.listen(options.port ?? 0, '127.0.0.1', () => resolve(inner.address() as AddressInfo));
    inner.once('error', reject);
  });
  return {
    port: listening.port,
    received,
    most: () => most,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** One header of a letter, unfolded and decoded (RFC 2047). */
export function headerOf(raw: string, name: string): string | undefined {
  const [head = ''] = raw.split('\r\n\r\n', 1);
  const unfolded = head.replaceAll(/\r\n[ \t]+/g, ' ');
  const value = new RegExp(`^${name}: (.*)$`, 'im').exec(unfolded)?.[1];
  return value
    ?.replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_all, encoding: string, text: string) =>
      encoding.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64').toString('utf8')
        : quotedPrintable(text.replaceAll('_', ' ')),
    );
}

/** The text of a letter that is only text. */
export function textOf(raw: string): string {
  const body = raw.slice(raw.indexOf('\r\n\r\n') + 4).replaceAll('\r\n', '\n');
  const encoding = headerOf(raw, 'content-transfer-encoding');
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable' ? quotedPrintable(body.replaceAll('=\n', '')) : body;
}

function quotedPrintable(text: string): string {
  const bytes = text.replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** What stands in the link of a letter. */
export function linkIn(raw: string): string {
  const link = /\/orders\/([\w-]{43})\b/.exec(textOf(raw))?.[1];
  if (link === undefined) throw new Error('there is no link in the letter');
  return link;
}
