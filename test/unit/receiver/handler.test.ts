import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { keysOfCertificates } from '../../../src/envelope/keys.ts';
import { createHandler, type HandlerEvent, onlyCertificates } from '../../../src/receiver/handler.ts';
import { type MemoryStore, memoryStore } from '../../../src/receiver/memory.ts';
import { createTake } from '../../../src/receiver/take.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../../support/dev-authority.ts';
import { sealed } from '../../support/sealed.ts';

describe('the handler for pushed envelopes', () => {
  let signing: DevCredential;
  let store: MemoryStore;
  let events: HandlerEvent[];
  let server: Server;
  let url: string;
  before(async () => {
    signing = await issueDevCertificate(await createDevAuthority(), { name: 'Kuvert', usages: ['signing'] });
  });
  beforeEach(() => {
    store = memoryStore();
    events = [];
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const handler = (more: Parameters<typeof createHandler>[1] = {}) =>
    createHandler(createTake({ store, keys: async () => keysOfCertificates([signing.certificatePem]) }), {
      onEvent: (event) => events.push(event),
      ...more,
    });
  async function serve(listener: RequestListener): Promise<void> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/kuvert`;
  }
  async function post(body: Buffer, signature: string) {
    const answer = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'x-jws-signature': signature, 'kuvert-attempt': '2', 'content-type': 'application/cloudevents+json' },
    });
    return { status: answer.status, said: (await answer.json()) as Record<string, unknown> };
  }

  it('takes a push and its repeat, on a server of Node', async () => {
    await serve(handler());
    const { body, signature, id } = await sealed(signing, 1);
    assert.deepEqual(await post(body, signature), { status: 200, said: { id, repeat: false } });
    assert.deepEqual(await post(body, signature), { status: 200, said: { id, repeat: true } });
    assert.deepEqual(
      events.map(({ kind, attempt }) => [kind, attempt]),
      [
        ['kept', '2'],
        ['repeat', '2'],
      ],
    );
  });

  it('takes it in Express, at a path of its own, and when the bytes have been read before', async () => {
    const app = express();
    app.post('/kuvert', express.raw({ type: () => true }), handler());
    await serve(app);
    const { body, signature } = await sealed(signing, 1);
    assert.equal((await post(body, signature)).status, 200);
    const bare = express();
    bare.post('/kuvert', handler());
    await new Promise((resolve) => server.close(resolve));
    await serve(bare);
    assert.equal((await post(body, signature)).said.repeat, true);
  });

  it('says what is wrong when a parser has taken the bytes away, and the message comes again', async () => {
    const app = express();
    app.post('/kuvert', express.json({ type: () => true }), handler());
    await serve(app);
    const { body, signature } = await sealed(signing, 1);
    const { status, said } = await post(body, signature);
    assert.deepEqual([status, said.detail], [503, 'not now']);
    assert.ok(events[0]?.kind === 'turned-down');
    assert.match(events[0].detail, /put the handler before parsers of bodies/);
    assert.deepEqual([...store.list()], []);
  });

  it('turns down what was changed on the way, is too large, or is no POST', async () => {
    const { body, signature } = await sealed(signing, 1);
    await serve(handler({ mostBytes: body.length }));
    const changed = Buffer.from(body.toString().replace('"test"', '"tesT"'));
    const { status, said } = await post(changed, signature);
    assert.deepEqual([status, said.type], [400, 'urn:kuvert:receive:signature-invalid']);
    assert.equal((await post(Buffer.concat([body, Buffer.from(' ')]), signature)).status, 413);
    assert.equal((await fetch(url)).status, 405);
    assert.deepEqual([...store.list()], []);
  });

  it('asks who it is before anything else', async () => {
    await serve(handler({ stranger: async () => 'nobody knows you' }));
    const { body, signature } = await sealed(signing, 1);
    const { status, said } = await post(body, signature);
    assert.deepEqual([status, said.detail], [401, 'nobody knows you']);
    assert.equal(events.length, 0);
  });

  it('knows certificates by their fingerprint, and a connection without one', () => {
    const certificate = new X509Certificate(signing.certificatePem);
    const request = (shown?: X509Certificate) =>
      ({ socket: { getPeerX509Certificate: () => shown } }) as unknown as IncomingMessage;
    const judge = onlyCertificates([certificate.fingerprint256]);
    assert.equal(judge(request(certificate)), undefined);
    assert.match(judge(request()) ?? '', /no client certificate/);
    assert.match(onlyCertificates(['00'.repeat(32)])(request(certificate)) ?? '', /may not deliver here/);
    assert.match(judge({ socket: {} } as IncomingMessage) ?? '', /no client certificate/);
    server = createServer().listen(0);
  });
});
