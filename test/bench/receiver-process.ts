/**
 * The suppliers' side of a bench: one process with a mutual-TLS listener for each supplier, each with the supplier's own
 * certificate. Answers 204, keeps in memory what came when, and does nothing else. Started by `startReceiver`.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { clock } from './clock.ts';
import type { FromReceiver, Manner, ToReceiver } from './receiver.ts';

const ids: string[] = [];
const suppliers: number[] = [];
const times: number[] = [];
const manners: Manner[] = [];
const sockets: Set<Socket>[] = [];

async function listen(index: number, keyFile: string, certificateFile: string, ca: Buffer): Promise<number> {
  const open = new Set<Socket>();
  manners[index] = 'answers';
  sockets[index] = open;
  const https = createServer(
    {
      key: readFileSync(keyFile),
      cert: readFileSync(certificateFile),
      ca,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      request.resume().once('end', () => {
        if (manners[index] !== 'answers') return;
        ids.push(String(request.headers['idempotency-key']));
        suppliers.push(index);
        times.push(clock());
        response.writeHead(204).end();
      });
    },
  );
  https.keepAliveTimeout = 120_000;
  const tcp = createTcpServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    if (manners[index] === 'answers') https.emit('connection', socket);
    else if (manners[index] === 'refuses') socket.resetAndDestroy();
    else socket.resume();
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  return (tcp.address() as AddressInfo).port;
}

const tell = (message: FromReceiver): void => void process.send?.(message);

process.on('message', (message: ToReceiver) => {
  if (message.kind === 'listen') {
    const ca = readFileSync(message.caFile);
    void Promise.all(message.suppliers.map((one, i) => listen(i, one.keyFile, one.certificateFile, ca))).then((ports) =>
      tell({ kind: 'listening', ports }),
    );
  } else if (message.kind === 'behave') {
    manners[message.supplier] = message.manner;
    if (message.manner !== 'answers') for (const socket of sockets[message.supplier] ?? []) socket.destroy();
    tell({ kind: 'behaves' });
  } else {
    tell({
      kind: 'taken',
      ids: ids.splice(0),
      suppliers: suppliers.splice(0),
      times: times.splice(0),
    });
  }
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit());

let told = 0;
setInterval(() => {
  if (ids.length !== told) tell({ kind: 'count', count: ids.length });
  told = ids.length;
}, 50).unref();
