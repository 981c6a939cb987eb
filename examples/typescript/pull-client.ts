/** Fetches what a Kuvert gateway has for us, as it comes; with the argument `once`: what waits now. Settings: README.md. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTake, gapsOf, keysFromUrl, openFolder, signatureHeader } from 'kuvert/receiver';
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

/** One request; again when the gateway says later. */
async function ask(method: 'GET' | 'POST', path: string, json?: object) {
  for (;;) {
    const body =
      json === undefined ? {} : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } };
    const answer = await request(url + path, { method, dispatcher, headersTimeout: 60_000, ...body });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const { statusCode: status, headers } = answer;
    if (status !== 429 && status !== 503) return { status, headers, bytes };
    await sleep(1_000 * Number(headers['retry-after'] ?? 5));
  }
}

async function askJson<T>(method: 'GET' | 'POST', path: string, json?: object): Promise<T> {
  const { status, bytes } = await ask(method, path, json);
  if (status !== 200) throw new Error(`${method} ${path}: ${status} ${bytes.toString()}`);
  return JSON.parse(bytes.toString()) as T;
}

/** True when the message is on disk, now or from before, so that it may be receipted. */
async function fetchMessage(id: string): Promise<boolean> {
  const { status, headers, bytes } = await ask('GET', `/v1/messages/${id}`);
  // Withdrawn meanwhile, say.
  const taken =
    status === 200
      ? await take(bytes, String(headers[signatureHeader]))
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
    for (const { id } of page.messages) if (await fetchMessage(id)) ids.push(id);
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

/** Of numbers that we lack, the gateway says what became of them. */
async function explainGaps(): Promise<void> {
  for (const { from, to } of gapsOf([...store.list()]))
    for (let first: string | undefined = from; first !== undefined; ) {
      const page: Numbers = await askJson<Numbers>('GET', `/v1/messages/missing?from=${first}&to=${to}`);
      for (const one of page.numbers)
        console.log(`missing ${BigInt(one.first)}-${BigInt(one.last)}: ${one.state} ${one.reason ?? ''}`);
      first = page.next;
    }
}

const once = process.argv[2] === 'once';
for (;;) {
  try {
    // With nothing there, the answer comes when there is something.
    const { taken, listed } = await round(once ? 0 : 30);
    if (taken > 0) await explainGaps();
    if (once && taken === 0) break;
    // Only what we cannot take: not again at once.
    if (listed > 0 && taken === 0) await sleep(60_000);
  } catch (error) {
    // The gateway or the disk. What was kept stays kept.
    if (once) throw error;
    console.log(`not now: ${String(error)}`);
    await sleep(10_000);
  }
}
await dispatcher.close();
store.close();
