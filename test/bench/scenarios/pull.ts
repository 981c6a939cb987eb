/** What suppliers who fetch have to wait for, and what they cost. */
import { conservation } from '../../../src/store/conservation.ts';
import { changeDelivery } from '../../../src/suppliers/delivery-mode.ts';
import { percentile } from '../clock.ts';
import { type Costs, costBetween } from '../cpu.ts';
import { produce, produceAtRate } from '../produce.ts';
import { type Program, programOf } from '../program.ts';
import type { Result, Row } from '../report.ts';
import { type Bench, until } from '../stage.ts';

/** Programs of a supplier in a hurry. */
const atOnce = 8;
const perSecond = 20;
/** Of one supplier. */
const full = 1_000_000;
/** Lists of each place. */
const looks = 200;

/** A program in a hurry is not slowed down here; what the limits do is tested. */
export const pullSettings = { KUVERT_SUPPLIER_RATE: '10000', KUVERT_SUPPLIER_BURST: '10000' };

/** @param messages from the queue to long-polls, and as many again for the one who fetches all at once */
export async function pullScenario(bench: Bench, messages: number): Promise<Result> {
  for (const organisationNumber of bench.suppliers)
    await changeDelivery(bench.pool, {
      organisationNumber,
      delivery: 'pull',
      address: undefined,
      environment: undefined,
      url: undefined,
      whyNoPush: undefined,
      actor: 'cli:bench',
      reason: 'a bench',
      rehearsal: false,
      now: new Date(),
    });
  const gateway = await bench.startGateway();
  const rows = [...(await longPolls(bench, messages)), ...(await inAHurry(bench, messages))];
  const { conserved, breaches, delivered } = await conservation(bench.pool);
  if (!conserved) throw new Error(`conservation is broken: ${breaches.join('; ')}`);
  if (delivered !== 2 * messages) throw new Error(`${2 * messages} were sent, ${delivered} of them are delivered`);
  rows.push(...(await fullBox(bench)));
  await gateway.stop();
  return { rows };
}

/** Everybody waits; what comes is fetched and receipted at once, and they wait again. */
async function longPolls(bench: Bench, messages: number): Promise<Row[]> {
  bench.progress('long-polls');
  const answered = new Map<string, number>();
  const programs = bench.suppliers.map((supplier) => programOf(bench, supplier, 2));
  const ending = new AbortController();
  const waits = programs.map(async (program) => {
    while (!ending.signal.aborted) {
      const listed = await program.list('wait=30');
      const now = performance.timeOrigin + performance.now();
      for (const { id } of listed) if (!answered.has(id)) answered.set(id, now);
      for (const { id } of listed) await program.ask('GET', `/v1/messages/${id}`);
      if (listed.length > 0) await receipts(program, listed);
    }
  });
  for (const wait of waits) wait.catch(() => undefined);
  await produceAtRate(
    bench,
    messages,
    perSecond,
    bench.suppliers.map((_, i) => i),
  );
  await until('every message was listed', 60_000, () => answered.size >= messages);
  await until('every message has its receipt', 60_000, async () => (await delivered(bench)) >= messages);
  ending.abort();
  for (const program of programs) program.close();
  await Promise.allSettled(waits);
  const { rows } = await bench.pool.query<{ id: string; at: number }>(
    'select id, extract(epoch from accepted_at)::float8 * 1000 as at from message order by number',
  );
  // Not the first fifth: code is compiled then.
  const times = rows.slice(rows.length / 5).map(({ id, at }) => (answered.get(id) ?? Number.NaN) - at);
  return [0.5, 0.95, 0.99].map((share) => ({
    what: `stored → long-poll answered, ${perSecond}/s to ${programs.length} who wait: p${share * 100}`,
    value: percentile(times, share),
    unit: 'ms',
  }));
}

/** One supplier has it all, and fetches with several programs at once. */
async function inAHurry(bench: Bench, messages: number): Promise<Row[]> {
  bench.progress('one who fetches all');
  const before = await delivered(bench);
  await produce(bench, messages, [0]);
  await until('all is stored', 120_000, async () => {
    const { rows } = await bench.pool.query<{ n: number }>(
      "select count(*) as n from delivery where state = 'waiting'",
    );
    return (rows[0]?.n ?? 0) >= messages;
  });
  const [supplier] = bench.suppliers;
  if (supplier === undefined) throw new Error('there is nobody');
  const program = programOf(bench, supplier, atOnce);
  const ids: { id: string }[] = [];
  while (ids.length < messages) {
    const page = await program.list(`limit=1000&after=${await sequenceOf(bench, ids.at(-1)?.id)}`);
    if (page.length === 0) break;
    ids.push(...page);
  }
  if (ids.length !== messages) throw new Error(`${ids.length} of ${messages} are listed`);
  const half = Math.floor(ids.length / 2);
  const rows = [
    ...(await measured(bench, 'fetches', ids, ({ id }) => program.ask('GET', `/v1/messages/${id}`))),
    ...(await measured(bench, 'receipts, one by one', ids.slice(0, half), ({ id }) =>
      program.ask('PUT', `/v1/messages/${id}/receipt`),
    )),
  ];
  const rest = ids.slice(half);
  const hundreds = Array.from({ length: Math.ceil(rest.length / 100) }, (_, i) => rest.slice(i * 100, i * 100 + 100));
  rows.push(
    ...(await measured(bench, 'receipts, a hundred at a time', hundreds, (some) => receipts(program, some), 100)),
  );
  program.close();
  const now = await delivered(bench);
  if (now - before !== messages) throw new Error(`${messages} were receipted, ${now - before} are delivered`);
  return rows;
}

/** @param each messages in one request */
async function measured<T>(
  bench: Bench,
  what: string,
  work: readonly T[],
  ask: (one: T) => Promise<unknown>,
  each = 1,
): Promise<Row[]> {
  bench.progress(what);
  const left = [...work];
  const start = bench.costs();
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await ask(one);
    }),
  );
  const seconds = (performance.now() - begun) / 1_000;
  const cost = costBetween(start, bench.costs());
  const cpu = (part: keyof Costs): Row => ({
    what: `${what}: CPU of the ${part}`,
    value: (cost[part]?.cpuMs ?? Number.NaN) / (work.length * each),
    unit: 'ms/message',
  });
  return [
    { what: `${what}, ${atOnce} at once`, value: (work.length * each) / seconds, unit: '/s' },
    cpu('gateway'),
    cpu('postgresql'),
  ];
}

/** A million wait for one supplier: pages at the start, in the middle and at the end. */
async function fullBox(bench: Bench): Promise<Row[]> {
  bench.progress(`${full} messages for one`);
  const supplier = bench.suppliers.at(-1);
  if (supplier === undefined) throw new Error('there is nobody');
  for (let made = 0; made < full; made += piece) await fill(bench, supplier);
  await bench.pool.query('vacuum analyze message');
  await bench.pool.query('vacuum analyze delivery');
  const { rows } = await bench.pool.query<{ highest: number }>(
    'select counter as highest from recipient where organisation_number = $1',
    [supplier],
  );
  const highest = rows[0]?.highest ?? 0;
  bench.progress('lists');
  const program = programOf(bench, supplier, 1);
  const found: Row[] = [];
  for (const [place, after] of [
    ['first', 0],
    ['middle', highest - full / 2],
    ['last', highest - 100],
  ] as const) {
    const times: number[] = [];
    for (let look = 0; look < looks; look++) {
      const begun = performance.now();
      const page = await program.list(`after=${after}`);
      times.push(performance.now() - begun);
      if (page.length !== 100) throw new Error(`the ${place} page has ${page.length} messages`);
    }
    for (const share of [0.5, 0.95])
      found.push({
        what: `list of 100, ${full} waiting, ${place} page: p${share * 100}`,
        value: percentile(times, share),
        unit: 'ms',
      });
  }
  program.close();
  return found;
}

/** Messages that wait for somebody, as many as one statement makes in good time. */
const piece = 100_000;

async function fill(bench: Bench, supplier: string): Promise<void> {
  await bench.pool.transaction(async (db) => {
    // Rows that are right as they are made: their references need not be looked up one by one.
    await db.query('set local session_replication_role = replica');
    await db.query(
      `with given as (update recipient set counter = counter + $2 where organisation_number = $1 returning counter - $2 as before),
            made as (
              insert into message (id, organisation_number, sequence, environment, message_type, document_number, version, format,
                                   media_type, data_schema, document_sha256, document_size, event_time, event_at)
              select gen_random_uuid(), $1, given.before + n, 'test', 'self-invoice', 'M-' || n, 1, 'svefaktura', 'application/xml',
                     'urn:bench', sha256(n::text::bytea), 7800, '2026-04-02T08:00:00Z', now()
                from given, generate_series(1, $2::int) n
              returning id, number)
       insert into delivery (message_id, message_number, number, lane_id, state, next_try_at)
       select made.id, made.number, 1, address.id, 'waiting', now() from made, address where address.organisation_number = $1`,
      [supplier, piece],
    );
  });
}

const receipts = (program: Program, listed: readonly { readonly id: string }[]): Promise<Buffer> =>
  program.ask('POST', '/v1/receipts', JSON.stringify({ ids: listed.map(({ id }) => id) }));

async function delivered(bench: Bench): Promise<number> {
  const { rows } = await bench.pool.query<{ n: number }>(
    "select count(*) as n from delivery where state = 'delivered'",
  );
  return rows[0]?.n ?? 0;
}

async function sequenceOf(bench: Bench, id: string | undefined): Promise<number> {
  const { rows } = await bench.pool.query<{ sequence: number }>('select sequence from message where id = $1', [
    id ?? null,
  ]);
  return rows[0]?.sequence ?? 0;
}
