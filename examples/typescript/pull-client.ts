/** Fetches what a Kuvert gateway has for us, as it comes; with the argument `once`: what waits now. Settings: README.md. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTake, keysFromUrl, openFolder, signatureHeader } from 'kuvert/receiver';
import { Agent, request } from 'undici';
import { setting } from './setting.ts';

const url = setting('GATEWAY');
const ca = readFileSync(setting('CA'), 'utf8');
const store = openFolder(setting('FOLDER'));
const take = createTake({
  store,
  keys: keysFromUrl(`${url}/.well-known/jwks.json`, { ca }),
  recipients: [setting('ORGANISATION')],
  environment: setting('ENVIRONMENT') === 'production' ? 'production' : 'test',
});
// Who we are: nothing else says it.
const dispatcher = new Agent({
  connect: { ca, cert: readFileSync(setting('CERTIFICATE')), key: readFileSync(setting('KEY')) },
});

async function send(method: 'GET' | 'POST', path: string, json?: object) {
  const body =
    json === undefined ? {} : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } };
  const answer = await request(url + path, { method, dispatcher, headersTimeout: 60_000, ...body });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: Buffer.from(await answer.body.arrayBuffer()),
  };
}

/**
 * One request; again, up to four times, when the gateway says later. Once more when the connection breaks: everything that
 * we ask may be asked twice, a receipt whose answer was lost too.
 */
async function ask(...what: Parameters<typeof send>): ReturnType<typeof send> {
  for (let failures = 0; ; failures++) {
    const answer = await send(...what).catch(() => send(...what));
    const { status, headers } = answer;
    if ((status !== 429 && status !== 503) || failures === 4) return answer;
    // It may be a date, which we do not read.
    const asked = String(headers['retry-after']);
    const seconds = /^\d{1,9}$/.test(asked) ? Math.min(Number(asked), 600) : 0;
    await sleep(1_000 * (seconds > 0 && status === 429 ? seconds : Math.max(seconds, pause(failures))));
  }
}

/** Seconds: 5, 10, 20, 40, 60, 60 … */
const pause = (failures: number): number => Math.min(5 * 2 ** failures, 60);

async function askJson<T>(method: 'GET' | 'POST', path: string, json?: object): Promise<T> {
  const { status, bytes } = await ask(method, path, json);
  if (status !== 200) throw new Error(`${method} ${path}: ${status} ${bytes.toString()}`);
  return JSON.parse(bytes.toString()) as T;
}

/** True when the message is on disk, now or from before, so that it may be receipted. Never throws: others stand behind it. */
async function takeMessage(id: string): Promise<boolean> {
  try {
    return await fetchMessage(id);
  } catch (error) {
    // It broke off, say, or it cannot be written. The next round tries it again.
    console.log(`not now ${id} ${String(error)}`);
    return false;
  }
}

async function fetchMessage(id: string): Promise<boolean> {
  const { status, headers, bytes } = await ask('GET', `/v1/messages/${id}`);
  // Withdrawn meanwhile, say.
  const taken =
    status === 200
      ? await take(bytes, String(headers[signatureHeader] ?? ''))
      : ({ kind: 'turned-down', status, detail: bytes.toString() } as const);
  if (taken.kind === 'turned-down') {
    // No receipt: it stays in the list, and somebody must look at it.
    console.log(`turned down ${taken.status} ${taken.detail}`);
    return false;
  }
  console.log(`${taken.kind} ${taken.message.sequence} ${taken.message.id}`);
  return true;
}

interface Page {
  readonly messages: readonly { readonly id: string }[];
  readonly next?: string;
}

/** Everything that waits, page by page, from the beginning: what is released later has a lower number. */
async function round(wait: number): Promise<{ taken: number; listed: number }> {
  let [taken, listed, after] = [0, 0, ''];
  for (;;) {
    const page = await askJson<Page>('GET', `/v1/messages?limit=100&wait=${wait}${after}`);
    const ids: string[] = [];
    for (const { id } of page.messages) if (await takeMessage(id)) ids.push(id);
    if (ids.length > 0) await sendReceipts(ids);
    taken += ids.length;
    listed += page.messages.length;
    if (page.next === undefined) return { taken, listed };
    after = `&after=${page.next}`;
  }
}

async function sendReceipts(ids: readonly string[]): Promise<void> {
  const { results } = await askJson<{ results: { id: string; result: string }[] }>('POST', '/v1/receipts', { ids });
  for (const { id, result } of results)
    if (result !== 'received' && result !== 'already-received') console.log(`no receipt for ${id} ${result}`);
}

interface Numbers {
  readonly numbers: readonly { first: string; last: string; state: string; reason?: string }[];
  readonly next?: string;
}

let [askedTo, openFrom, allAgainAt] = [0n, 1n, 0];
let said = new Map<bigint, string>();

/**
 * Of numbers that we lack, the gateway says what became of them. It is asked of new ones, and once an hour of all from the
 * first whose story is not over.
 */
async function explainGaps(): Promise<void> {
  const have = new Set<bigint>();
  let last = 0n;
  for (const { sequence } of store.list()) {
    have.add(BigInt(sequence));
    if (BigInt(sequence) > last) last = BigInt(sequence);
  }
  if (performance.now() >= allAgainAt) {
    [askedTo, openFrom] = [openFrom - 1n, last + 1n];
    allAgainAt = performance.now() + 3_600_000;
  }
  let first = askedTo + 1n;
  while (have.has(first)) first++;
  for (let from = first <= last ? String(first) : undefined; from !== undefined; ) {
    const page: Numbers = await askJson<Numbers>('GET', `/v1/messages/missing?from=${from}&to=${last}`);
    for (const one of page.numbers) tell(one, have);
    from = page.next;
  }
  askedTo = last;
  said = new Map([...said].filter(([number]) => number >= openFrom));
}

function tell({ first, last, state, reason }: Numbers['numbers'][number], have: ReadonlySet<bigint>): void {
  const [from, to] = [BigInt(first), BigInt(last)];
  let lacked = from;
  while (lacked <= to && have.has(lacked)) lacked++;
  if (lacked > to) return;
  const line = `missing ${from}-${to}: ${state} ${reason ?? ''}`;
  if (said.get(from) !== line) console.log(line);
  said.set(from, line);
  if (!['delivered', 'cancelled', 'void'].includes(state) && from < openFrom) openFrom = from;
}

const once = process.argv[2] === 'once';
for (let failures = 0; ; ) {
  try {
    // With nothing there, the answer comes when there is something.
    const { taken, listed } = await round(once ? 0 : 30);
    if (taken > 0) await explainGaps();
    if (once && taken === 0) {
      if (listed > 0) console.log(`${listed} still wait: see above`);
      process.exitCode = listed > 0 ? 1 : 0;
      break;
    }
    failures = 0;
    // Only what we cannot take: not again at once.
    if (listed > 0 && taken === 0) await sleep(60_000);
  } catch (error) {
    // The gateway, what it answers, the disk: it may be better later. What was kept stays kept.
    if (once) throw error;
    console.log(`not now: ${String(error)}`);
    await sleep(1_000 * pause(failures++));
  }
}
await dispatcher.close();
store.close();
