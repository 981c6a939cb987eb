import { strict as assert } from 'node:assert';
import { randomUUIDv7 } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ReceiverEvent, type ReceiverOptions, startReceiver } from '../../../src/cli/receive-server.ts';
import { Fault } from '../../../src/domain/fault.ts';
import { keysOfCertificates, type VerificationKeys } from '../../../src/envelope/keys.ts';
import { type Folder, openFolder, readReceived } from '../../../src/receiver/folder.ts';
import type { TakeOptions } from '../../../src/receiver/take.ts';
import {
  createDevAuthority,
  type DevAuthority,
  type DevCredential,
  issueDevCertificate,
} from '../../support/dev-authority.ts';
import { sealed, sealedRecipient } from '../../support/sealed.ts';

describe('a reference supplier', () => {
  let ca: DevAuthority;
  let server: DevCredential;
  let client: DevCredential;
  let signing: DevCredential;
  let otherSigning: DevCredential;
  let path: string;
  let folder: Folder;
  let events: ReceiverEvent[];
  let close: () => Promise<void>;
  let port: number;
  let keys: VerificationKeys | Error;
  let objection: TakeOptions['objection'];

  before(async () => {
    ca = await createDevAuthority();
    server = await issueDevCertificate(ca, { name: 'Exempel AB', ipAddresses: ['127.0.0.1'] });
    client = await issueDevCertificate(ca, { name: 'Kuvert', usages: ['clientAuth'] });
    signing = await issueDevCertificate(ca, { name: 'Kuvert', usages: ['signing'] });
    otherSigning = await issueDevCertificate(ca, { name: 'Ny nyckel', usages: ['signing'] });
  });
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'kuvert-receive-'));
    events = [];
    objection = undefined;
    keys = keysOfCertificates([signing.certificatePem]);
  });
  afterEach(async () => {
    await close();
    folder.close();
    rmSync(path, { recursive: true });
  });

  const listen = async (more: Partial<ReceiverOptions> = {}, fresh?: VerificationKeys | Error) => {
    folder = openFolder(path);
    const listener = await startReceiver(
      {
        store: folder,
        keys: (anew) => {
          const now = anew && fresh ? fresh : keys;
          return now instanceof Error ? Promise.reject(now) : Promise.resolve(now);
        },
        recipients: [sealedRecipient],
        environment: 'test',
        objection,
        mostBytes: 100_000,
        now: () => new Date(),
      },
      {
        host: '127.0.0.1',
        port: 0,
        credentials: { key: server.keyPem, cert: server.chainPem, ca: ca.certificatePem },
        clients: undefined,
        pretend: undefined,
        onEvent: (event) => events.push(event),
        ...more,
      },
    );
    port = listener.port;
    close = () => listener.close(0);
  };

  const envelope = (
    sequence: number,
    { by = signing, ...more }: Parameters<typeof sealed>[2] & { by?: DevCredential } = {},
  ) => sealed(by, sequence, more);

  const post = (
    { body, signature }: { body: Buffer; signature: string },
    more: { credential?: DevCredential | undefined; method?: string } = { credential: client },
  ): Promise<{ status: number; body: Record<string, unknown>; retryAfter: string | undefined }> =>
    new Promise((resolve, reject) => {
      const credential = 'credential' in more ? more.credential : client;
      const outgoing = request(
        {
          host: '127.0.0.1',
          port,
          path: '/',
          method: more.method ?? 'POST',
          ca: ca.certificatePem,
          agent: false,
          ...(credential ? { key: credential.keyPem, cert: credential.chainPem } : {}),
          headers: { 'x-jws-signature': signature, 'kuvert-attempt': '3' },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              retryAfter: response.headers['retry-after'],
              body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>,
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(more.method === 'GET' ? undefined : body);
    });

  it('keeps document, envelope and signature, and nothing that a document says becomes a path', async () => {
    await listen();
    const sent = await envelope(1);
    assert.equal((await post(sent)).status, 200);
    const [event] = events;
    assert.ok(event?.kind === 'kept');
    assert.equal(event.attempt, '3');
    assert.match(event.message.document, /^5560160680\/documents\/0000000001-[0-9a-f-]{36}\.json$/);
    assert.equal(readFileSync(join(path, event.message.document), 'utf8'), '{"n":1}');
    const envelopes = join(path, '5560160680/envelopes');
    const files = readdirSync(envelopes).sort();
    assert.deepEqual(readFileSync(join(envelopes, files[0] ?? '')), sent.body);
    assert.equal(readFileSync(join(envelopes, files[1] ?? ''), 'utf8'), `${sent.signature}\n`);
  });

  it('takes an SFTI envelope as well, and writes the document as the sender wrote it', async () => {
    await listen();
    const text = '<?xml version="1.0"?>\n<a>å</a>\n';
    const sent = await envelope(1, { text, format: 'sfti' });
    assert.equal((await post(sent)).status, 200);
    const [event] = events;
    assert.ok(event?.kind === 'kept');
    assert.match(event.message.document, /\.xml$/);
    assert.equal(readFileSync(join(path, event.message.document), 'utf8'), text);
    const [file = ''] = readdirSync(join(path, '5560160680/envelopes')).filter((name) => name.endsWith('.xml'));
    assert.deepEqual(readFileSync(join(path, '5560160680/envelopes', file)), sent.body);
  });

  it('what its business objects to is turned down with the reason, and is not kept', async () => {
    objection = ({ documentNumber }) => `${documentNumber} is not ours`;
    await listen();
    const answer = await post(await envelope(1));
    assert.deepEqual([answer.status, answer.body.detail], [422, '../../etc/passwd is not ours']);
    assert.equal(readReceived(path).length, 0);
  });

  it('drops a repeat and says yes to it, also after a restart, and when both come at once', async () => {
    await listen();
    const sent = await envelope(1);
    const both = await Promise.all([post(sent), post(sent)]);
    assert.deepEqual(both.map(({ body }) => String(body.repeat)).sort(), ['false', 'true']);
    await close();
    folder.close();
    await listen();
    const again = await post(sent);
    assert.deepEqual([again.status, again.body.repeat], [200, true]);
    assert.equal(readReceived(path).length, 1);
  });

  it('half a line in its memory, left by a crash, costs nothing but a repeat', async () => {
    await listen();
    await post(await envelope(1));
    await close();
    folder.close();
    appendFileSync(join(path, 'received.jsonl'), '{"id":"half');
    await listen();
    assert.equal((await post(await envelope(2))).status, 200);
    assert.deepEqual(
      readReceived(path).map(({ sequence }) => sequence),
      ['1', '2'],
    );
  });

  it('the same id with other bytes is no repeat', async () => {
    await listen();
    const id = randomUUIDv7();
    await post(await envelope(1, { id }));
    const other = await post(await envelope(1, { id, text: '{"other":true}' }));
    assert.deepEqual([other.status, other.body.type], [409, 'urn:kuvert:receive:id-taken']);
  });

  it('turns down what is for another organisation, changed on the way, unsigned or too large', async () => {
    await listen();
    const good = await envelope(1);
    const changed = Buffer.from(good.body.toString().replace('"test"', '"tesT"'));
    for (const [sent, status] of [
      [await envelope(1, { to: '2021005489' }), 422],
      [{ ...good, body: changed }, 400],
      [{ ...good, signature: '' }, 400],
      [{ ...good, body: Buffer.alloc(100_001, 'x') }, 413],
    ] as const)
      assert.equal((await post(sent)).status, status);
    assert.equal(existsSync(join(path, '5560160680')), false);
  });

  it('looks for a new key before it gives up, and then asks the sender to come again', async () => {
    await listen({}, keysOfCertificates([signing.certificatePem, otherSigning.certificatePem]));
    assert.equal((await post(await envelope(1, { by: otherSigning }))).status, 200);
    await close();
    folder.close();
    await listen();
    assert.equal((await post(await envelope(2, { by: otherSigning }))).status, 503);
  });

  it('without keys it refuses nothing: the sender is asked to come again, and then it is taken', async () => {
    const sent = await envelope(1);
    for (const code of ['argument-invalid', 'envelope-malformed', 'server-unavailable', 'internal'] as const) {
      const good = keys;
      keys = new Fault(code, 'the key set is not there');
      await listen();
      assert.deepEqual([code, (await post(sent)).status], [code, 503]);
      assert.deepEqual(
        events.map((event) => event.kind === 'turned-down' && event.detail),
        ['the key set is not there'],
      );
      keys = good;
      assert.equal((await post(sent)).status, 200);
      await close();
      folder.close();
      rmSync(path, { recursive: true });
      events = [];
    }
    await listen({}, new Error('gone'));
    assert.equal((await post(await envelope(2, { by: otherSigning }))).status, 503);
  });

  it("lets nobody in without the right client's certificate", async () => {
    const stranger = await issueDevCertificate(await createDevAuthority(), { name: 'Främling' });
    const serverOnly = await issueDevCertificate(ca, { name: 'Fel', usages: ['serverAuth'] });
    await listen();
    const sent = await envelope(1);
    for (const credential of [undefined, stranger, serverOnly])
      assert.equal((await post(sent, { credential })).status, 401);
    assert.equal((await post(sent, { method: 'GET' })).status, 405);
    await close();
    folder.close();
    await listen({ clients: ['0'.repeat(64)] });
    assert.equal((await post(sent)).status, 401);
  });

  it('answers as it is told, so many times, and then behaves', async () => {
    await listen({ pretend: { status: 503, times: 2, retryAfter: '7' } });
    const sent = await envelope(1);
    const answers = [await post(sent), await post(sent), await post(sent)];
    assert.deepEqual(
      answers.map(({ status, retryAfter }) => [status, retryAfter]),
      [
        [503, '7'],
        [503, '7'],
        [200, undefined],
      ],
    );
  });
});
