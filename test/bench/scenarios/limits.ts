/** What this machine gives at most: the broker, PostgreSQL and the wire by themselves, with the same frames, bytes and TLS. */
import { readFileSync } from 'node:fs';
import { Pool as HttpPool } from 'undici';
import { clock, steadyRate } from '../clock.ts';
import { type Costs, costBetween } from '../cpu.ts';
import { produce } from '../produce.ts';
import type { Result, Row } from '../report.ts';
import { type Bench, until } from '../stage.ts';

export async function limitsScenario(bench: Bench, messages: number): Promise<Result> {
  return {
    rows: [
      ...(await consumeLimit(bench, messages)),
      ...(await commitLimit(bench, messages)),
      ...(await wireLimit(bench, messages)),
    ],
  };
}

/** Our own consumer, acknowledging every batch at once. */
async function consumeLimit(bench: Bench, messages: number): Promise<Row[]> {
  bench.progress('the broker');
  await produce(
    bench,
    messages,
    bench.suppliers.map((_, i) => i),
  );
  const { settings } = bench.stage;
  const times: number[] = [];
  const start = bench.costs();
  const consumer = bench.broker.consume(
    {
      queue: settings.queueIn,
      prefetch: settings.brokerPrefetch,
      batch: settings.intakeBatch,
      bodyBytes: settings.documentBytes,
    },
    () => Promise.reject(new Error('nothing is to be set aside here')),
    async ({ frames }) => {
      for (let i = 0; i < frames.length; i++) times.push(clock());
    },
  );
  await until('the queue is empty', 120_000, () => times.length >= messages);
  const cost = costBetween(start, bench.costs());
  await consumer.close();
  return [
    { what: 'broker: consume and ack', value: steadyRate(times), unit: '/s' },
    perMessage('broker: its CPU', cost, 'broker', messages),
    perMessage("broker: the consumer's CPU", cost, 'bench', messages),
  ];
}

/** Transactions of one small row, one connection and several. */
async function commitLimit(bench: Bench, messages: number): Promise<Row[]> {
  bench.progress('PostgreSQL');
  await bench.pool.query(
    'create table bench_commit (id bigint generated always as identity primary key, at timestamptz)',
  );
  const commits = async (connections: number): Promise<Row> => {
    let left = messages;
    const begun = clock();
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (left-- > 0) await bench.pool.query('insert into bench_commit (at) values ($1)', [new Date()]);
      }),
    );
    const rate = (messages / (clock() - begun)) * 1_000;
    return { what: `PostgreSQL: commits, ${connections} at once`, value: rate, unit: '/s' };
  };
  return [await commits(1), await commits(bench.connections)];
}

/** A bare undici loop to the same listeners: bytes of the same number, same TLS, same client certificate. */
async function wireLimit(bench: Bench, messages: number): Promise<Row[]> {
  bench.progress('the wire');
  const { settings } = bench.stage;
  const connect = {
    key: readFileSync(settings.clientKeyFile),
    cert: readFileSync(settings.clientCertificateFile),
    ca: readFileSync(settings.caFile),
  };
  const pools = bench.receiver.ports.map(
    (port) =>
      new HttpPool(`https://127.0.0.1:${port}`, {
        connections: bench.concurrency,
        pipelining: 1,
        connect,
        allowH2: false,
      }),
  );
  // An envelope is a head, and the document in base64.
  const body = Buffer.alloc(700 + Math.ceil((bench.next(0).frame.body.length * 4) / 3), 'a');
  const push = async (count: number): Promise<void> => {
    let left = count;
    await Promise.all(
      pools.flatMap((pool) =>
        Array.from({ length: bench.concurrency }, async () => {
          while (left-- > 0) {
            const headers = { 'content-type': 'application/cloudevents+json', 'idempotency-key': `bare-${left}` };
            const answer = await pool.request({ method: 'POST', path: '/in', headers, body });
            await answer.body.dump();
          }
        }),
      ),
    );
  };
  await push(Math.min(messages, 2_000));
  await bench.receiver.take();
  const start = bench.costs();
  await push(messages);
  const cost = costBetween(start, bench.costs());
  const { times } = await bench.receiver.take();
  await Promise.all(pools.map((pool) => pool.close()));
  return [
    { what: 'wire: bare undici', value: steadyRate(times), unit: '/s' },
    perMessage("wire: the sender's CPU", cost, 'bench', messages),
    perMessage("wire: the receiver's CPU", cost, 'receiver', messages),
  ];
}

const perMessage = (what: string, costs: Costs, part: keyof Costs, messages: number): Row => ({
  what,
  value: (costs[part]?.cpuMs ?? Number.NaN) / messages,
  unit: 'ms/message',
});
