/**
 * KA's other end: takes what is on the status and the dead-letter queue, writes it down, and only then lets the broker forget it.
 * `node queues.ts FOLDER`; orders: `{"do":"count"}` → how many frames came on each, repeats too.
 */
import { createHash } from 'node:crypto';
import { folderArgument, serveControl } from './control.ts';
import { openJournal } from './journal.ts';
import type { AnswerBody, DeadLine, StatusLine } from './lines.ts';
import { brokerOf, connectPatiently, type Stomp, type StompFrame } from './stomp.ts';
import { readWorld } from './world.ts';

const folder = folderArgument();
const world = readWorld(folder);
const broker = brokerOf(folder, world);
const status = openJournal<StatusLine>(folder, 'status.jsonl');
const dead = openJournal<DeadLine>(folder, 'dead.jsonl');
const count = { status: 0, dead: 0 };
const stopping = new AbortController();
let current: Stomp | undefined;

function onFrame({ command, headers, body }: StompFrame): void {
  if (command !== 'MESSAGE') return;
  if (headers['subscription'] === 'status') {
    count.status += 1;
    const raw = body.toString('utf8');
    status.write({ raw, headers, answer: JSON.parse(raw) as AnswerBody });
  } else {
    count.dead += 1;
    dead.write({ headers, bodySha256: createHash('sha256').update(body).digest('hex'), bytes: body.length });
  }
  current?.write('ACK', { id: headers['ack'] ?? '' });
}

async function listen(): Promise<void> {
  while (!stopping.signal.aborted) {
    const stomp = await connectPatiently({ ...broker, onFrame }, stopping.signal);
    if (!stomp) return;
    current = stomp;
    for (const id of ['status', 'dead'] as const)
      stomp.write('SUBSCRIBE', {
        id,
        destination: `/queue/${world.queues[id]}`,
        ack: 'client-individual',
        'activemq.prefetchSize': '100',
      });
    await new Promise((resolve) => stomp.onEnd(resolve));
  }
}

void listen();
serveControl({ count: async () => count }, () => {
  stopping.abort();
  current?.end('told to stop');
});
