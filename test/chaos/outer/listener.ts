/** One supplier's TLS listener: lets in whoever shows a certificate of the gateway's authority, and meets requests as its temper says. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { openEnvelope, sha256 } from './envelope.ts';
import type { Journal } from './journal.ts';
import type { AnsweredLine, Did, ReceivedLine } from './lines.ts';
import { isReceipt, type Reply, replyTo, welcome } from './tempers.ts';
import type { Temper } from './world.ts';

export interface ListenerOptions {
  readonly org: string;
  readonly lane: string;
  readonly port: number;
  readonly environment: string;
  readonly own: Shown;
  readonly other: Shown | undefined;
  readonly gatewayCa: string;
  readonly signingCertificate: string;
  readonly temper: Temper;
  readonly journal: Pick<Journal<ReceivedLine | AnsweredLine>, 'write'>;
  /** The next number of a request. */
  number(): number;
}

/** PEM. */
export interface Shown {
  readonly key: string;
  readonly cert: string;
}

export interface Listener {
  temper(temper: Temper): void;
  /** Shows this one on connections from now on; those that are open go on as they are. */
  take(own: Shown): void;
  close(): void;
}

export async function listen(options: ListenerOptions): Promise<Listener> {
  let temper = options.temper;
  const open = new Set<Socket>();
  const connections = new WeakMap<object, { readonly number: number; requests: number }>();
  let connected = 0;
  const has = new Set<string>();
  let { own } = options;
  const certificateNow = (): Shown => (temper === 'wrong-certificate' && options.other ? options.other : own);
  let shown = certificateNow();

  const server = createServer({ ...shown, ca: options.gatewayCa, requestCert: true, rejectUnauthorized: true });
  server.on('secureConnection', (socket) => connections.set(socket, { number: ++connected, requests: 0 }));
  // What is no request gets no answer: every status that goes out has its line.
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('request', (request, response) => {
    const place = connections.get(request.socket) ?? { number: 0, requests: 0 };
    place.requests += 1;
    const facts = factsOf(request, place.number, place.requests);
    const base = { ...facts, request: options.number(), org: options.org, lane: options.lane };
    const asked = { temper, id: facts.id, attempt: facts.attempt, has: has.has(facts.id), now: Date.now() };
    const first = welcome(asked);
    const partly = (answers: Did): void =>
      void options.journal.write({ event: 'received', ...base, whole: false, kept: false, answers, receipt: false });
    if (first.do === 'hang') {
      partly('hang');
      if (first.drips) drip(request.socket);
      return;
    }
    if (first.do === 'reset') {
      request.once('data', () => {
        partly('reset');
        request.socket.destroy();
      });
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('close', () => {
      if (!request.complete) partly('reset');
    });
    request.on('end', () => {
      const { line, reply } = judged(options, Buffer.concat(chunks), request, base.id, replyTo(asked));
      if (reply.keep) has.add(base.id);
      // Before the answer, and so before anything that may come of it.
      options.journal.write({ event: 'received', ...base, ...line });
      act(reply, response, (answered) => {
        const delivered = answered !== 'gone' && line.receipt;
        options.journal.write({
          event: 'answered',
          request: base.request,
          org: options.org,
          id: base.id,
          answered,
          delivered,
        });
      });
    });
  });

  const tcp = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    if (temper === 'down') return void socket.resetAndDestroy();
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    server.emit('connection', socket);
  });
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(options.port, '127.0.0.1', resolve);
  });
  const dropAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  const show = (): void => {
    shown = certificateNow();
    server.setSecureContext({ ...shown, ca: options.gatewayCa });
  };
  return {
    temper: (next) => {
      temper = next;
      const before = shown;
      show();
      // What was shown on a connection stays so: whoever shows a wrong one shall show nothing else.
      if (next === 'down' || shown !== before) dropAll();
    },
    take: (next) => {
      own = next;
      show();
    },
    close: () => {
      tcp.close();
      dropAll();
    },
  };
}

function factsOf(request: IncomingMessage, connection: number, nth: number) {
  const socket = request.socket as TLSSocket;
  const own = socket.getCertificate();
  const identity = own && 'fingerprint256' in own ? plain(own.fingerprint256) : '';
  return {
    id: String(request.headers['idempotency-key'] ?? ''),
    attempt: Number(request.headers['kuvert-attempt'] ?? 0),
    identity,
    client: plain(socket.getPeerCertificate().fingerprint256 ?? ''),
    connection,
    nth,
  };
}

const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

/** What a supplier takes is signed, for it, and of its environment; anything else is answered 400 and looked at in the verdict. */
function judged(
  { org, environment, signingCertificate }: ListenerOptions,
  body: Buffer,
  request: IncomingMessage,
  id: string,
  wanted: Reply,
) {
  const jws = request.headers['x-jws-signature'];
  const opened = openEnvelope(body, typeof jws === 'string' ? jws : undefined, signingCertificate);
  const { signature, documentSha256, claims } = opened;
  const isMine = claims?.recipient === org && claims.environment === environment && claims.id === id;
  const reply: Reply =
    signature === 'valid' && isMine ? wanted : { do: 'answer', status: 400, keep: false, body: 'not for us' };
  const line = {
    whole: true,
    bodySha256: sha256(body),
    signature,
    ...(documentSha256 === undefined ? {} : { documentSha256 }),
    ...(claims === undefined ? {} : { claims }),
    kept: reply.keep,
    answers: reply.do === 'reset' ? ('reset' as const) : reply.status,
    receipt: isReceipt(reply, id),
  };
  return { line, reply };
}

function act(reply: Reply, response: ServerResponse, done: (answered: Did | 'gone') => void): void {
  if (reply.do === 'reset') {
    done('reset');
    response.socket?.destroy();
    return;
  }
  let told = false;
  const tell = (answered: Did | 'gone'): void => {
    if (!told) done(answered);
    told = true;
  };
  response.on('close', () => tell('gone'));
  response.on('finish', () => tell(reply.status));
  const answer = (): void => {
    if (response.destroyed || response.socket?.destroyed) return tell('gone');
    response.writeHead(reply.status, reply.headers);
    if (!reply.cut) return void response.end(reply.body);
    response.write(reply.body ?? '', () => {
      tell(reply.status);
      // Not reset: what was written is to arrive.
      response.socket?.end();
    });
  };
  if (reply.delay === undefined) answer();
  else setTimeout(answer, reply.delay);
}

function drip(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
  const timer = setInterval(() => socket.write('x'), 200);
  socket.once('close', () => clearInterval(timer));
}
