import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { freePorts } from '../../../../src/platform/local/ports.ts';
import type { AnsweredLine, ReceivedLine } from '../../../chaos/outer/lines.ts';
import { type Listener, listen } from '../../../chaos/outer/listener.ts';
import type { Temper } from '../../../chaos/outer/world.ts';
import {
  createDevAuthority,
  type DevAuthority,
  type DevCredential,
  issueDevCertificate,
} from '../../../support/dev-authority.ts';

const vectors = new URL('../../../vectors/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, vectors), 'utf8');
const all = JSON.parse(read('vectors.json')) as { name: string; file: string; signature: string }[];
const good = all.find(({ name }) => name === 'good') as { file: string; signature: string };
const body = readFileSync(new URL(good.file, vectors));
const { id, recipientorgnumber: org } = JSON.parse(body.toString()) as { id: string; recipientorgnumber: string };

const plain = (pem: string): string => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

/** What came of a request: a status, or `nothing`. */
type Got = { readonly status: number; readonly text: string } | 'nothing';

describe('a supplier of the outer world', () => {
  let authority: DevAuthority;
  let client: DevCredential;
  let own: DevCredential;
  let other: DevCredential;
  let listener: Listener | undefined;
  let lines: (ReceivedLine | AnsweredLine)[];
  let port = 0;

  before(async () => {
    authority = await createDevAuthority();
    const issue = (name: string): Promise<DevCredential> =>
      issueDevCertificate(authority, { name, ipAddresses: ['127.0.0.1'] });
    [client, own, other] = [await issue('gateway'), await issue('own'), await issue('other')];
  });
  afterEach(() => listener?.close());

  async function open(temper: Temper): Promise<Listener> {
    [port = 0] = await freePorts(1);
    lines = [];
    let number = 0;
    const shown = ({ keyPem: key, chainPem: cert }: DevCredential) => ({ key, cert });
    listener = await listen({
      org,
      lane: 'main',
      port,
      environment: 'test',
      temper,
      own: shown(own),
      other: shown(other),
      gatewayCa: authority.certificatePem,
      signingCertificate: read('signing.pem'),
      journal: { write: (line) => lines.push(line) },
      number: () => ++number,
    });
    return listener;
  }

  const push = (attempt = 1, credential: DevCredential | null = client, bytes: Buffer = body): Promise<Got> =>
    new Promise((resolve) => {
      const identity = credential && { key: credential.keyPem, cert: credential.chainPem };
      const headers = { 'idempotency-key': id, 'kuvert-attempt': attempt, 'x-jws-signature': good.signature };
      const call = request(
        { host: '127.0.0.1', port, method: 'POST', ca: authority.certificatePem, agent: false, headers, ...identity },
        (answer: IncomingMessage) => {
          // On record before the answer is out.
          assert.ok(received().some((line) => line.attempt === attempt));
          let text = '';
          answer.on('data', (chunk: Buffer) => (text += String(chunk)));
          answer.on('error', () => undefined);
          answer.on('close', () => resolve({ status: answer.statusCode ?? 0, text }));
        },
      );
      call.on('error', () => resolve('nothing'));
      call.end(bytes);
    });
  const received = (): ReceivedLine[] => lines.filter((line) => line.event === 'received');

  it('writes down what came, who came, and what it showed', async () => {
    await open('healthy');
    assert.deepEqual(await push(), { status: 204, text: '' });
    const [line] = received();
    assert.deepEqual(
      [line?.id, line?.signature, line?.claims?.recipient, line?.kept, line?.receipt, line?.answers, line?.whole],
      [id, 'valid', org, true, true, 204, true],
    );
    assert.deepEqual([line?.identity, line?.client], [plain(own.certificatePem), plain(client.certificatePem)]);
  });

  it('lets nobody in without a certificate of the gateway’s authority', async () => {
    await open('healthy');
    assert.equal(await push(1, null), 'nothing');
    const stranger = await issueDevCertificate(await createDevAuthority(), { name: 'stranger' });
    assert.equal(await push(1, stranger), 'nothing');
    assert.deepEqual(lines, []);
  });

  it('writes down the certificate that it showed on that connection, not the one that it has', async () => {
    const { take, temper } = await open('healthy');
    const shown = ({ keyPem: key, chainPem: cert }: DevCredential) => ({ key, cert });
    const next = await issueDevCertificate(authority, { name: 'next', ipAddresses: ['127.0.0.1'] });
    await push(1);
    temper('wrong-certificate');
    await push(2);
    take(shown(next));
    await push(3);
    temper('healthy');
    await push(4);
    const [first, wrong, second] = [own, other, next].map(({ certificatePem }) => plain(certificatePem));
    assert.deepEqual(
      received().map(({ identity }) => identity),
      [first, wrong, wrong, second],
    );
  });

  it('does not take what is not signed for it', async () => {
    await open('healthy');
    const got = await push(1, client, Buffer.concat([body, Buffer.from('\n')]));
    assert.deepEqual(got, { status: 400, text: 'not for us' });
    const [line] = received();
    assert.deepEqual([line?.kept, line?.receipt, line?.signature], [false, false, 'does not fit the body']);
  });

  it('lies in one direction only: it keeps what it denies, and what it confirms it has', async () => {
    await open('lying');
    const seen = new Set<string>();
    for (let attempt = 1; attempt <= 24; attempt++) {
      const got = await push(attempt);
      const line = received().at(-1);
      assert.equal(line?.kept, true);
      const status = got === 'nothing' ? 0 : got.status;
      seen.add(`${status} ${line?.receipt}`);
      assert.equal(line?.answers, status);
    }
    assert.ok(seen.has('500 false') && seen.has('409 false') && seen.has('200 true'), [...seen].join());
    assert.ok(seen.has('204 true') || seen.has('409 true'), [...seen].join());
  });

  it('that resets keeps a message at times, and never confirms it then', async () => {
    await open('resetting');
    for (let attempt = 1; attempt <= 30; attempt++) {
      const got = await push(attempt);
      const line = received().at(-1);
      assert.equal(line?.receipt, got !== 'nothing');
    }
    assert.ok(received().some(({ kept, answers }) => kept && answers === 'reset'));
    assert.ok(received().some(({ whole }) => !whole));
  });

  it('that refuses refuses the same message always; one with a bad release refuses them all', async () => {
    for (const temper of ['mass-refusing', 'refusing'] as const) {
      await open(temper);
      const statuses = new Set<number>();
      for (let attempt = 1; attempt <= 5; attempt++) {
        const got = await push(attempt);
        statuses.add(got !== 'nothing' && got.status >= 400 && got.status !== 409 ? got.status : 200);
      }
      assert.equal(statuses.size, 1, temper);
      if (temper === 'mass-refusing') assert.ok(![...statuses].includes(200));
      listener?.close();
    }
  });

  it('that is down answers nobody and hears nothing', async () => {
    await open('down');
    assert.equal(await push(), 'nothing');
    assert.deepEqual(lines, []);
  });
});
