import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assemble } from '../../src/envelope/bytes.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import {
  examples,
  type Joined,
  joinAs,
  type Running,
  startProgram,
  startSupplierListener,
} from '../support/examples.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { conserved } from '../support/gateway-account.ts';
import { kaDocuments } from '../support/ka.ts';

interface Shown {
  readonly keyPem: string;
  readonly chainPem: string;
}

/** @returns the status, or the error of a connection that came to nothing */
function post(
  port: number,
  ca: string,
  as: Shown | undefined,
  body: Buffer,
  signature: string,
): Promise<number | string> {
  return new Promise((resolve) => {
    const shown = as === undefined ? {} : { key: as.keyPem, cert: as.chainPem };
    const headers = { 'x-jws-signature': signature, 'content-type': 'application/cloudevents+json' };
    const outgoing = request(
      { host: '127.0.0.1', port, path: '/kuvert', method: 'POST', ca, agent: false, headers, ...shown },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    outgoing.end(body);
  });
}

for (const [at, example] of examples.entries())
  describe(`the push receiver in ${example.language}`, function () {
    this.timeout(240_000);
    let folder: string;
    let gateway: TestGateway;
    let listener: Awaited<ReturnType<typeof startSupplierListener>>;
    let joined: Joined;
    let program: Running;
    let port: number;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'kuvert-example-'));
      await example.install(folder);
      gateway = await openGateway();
      listener = await startSupplierListener(gateway);
      const { fingerprint256 } = new X509Certificate(gateway.certificates.client.certificatePem);
      const client = fingerprint256.replaceAll(':', '').toLowerCase();
      joined = await joinAs(gateway, sampleOrganisationNumber(300 + at), listener.url, client);
      program = startProgram(example.command('push', folder), joined.environment);
      port = Number((await program.line(/listening on (\d+)/))[1]);
      await gateway.register(joined.entry({ delivery: 'push', url: `https://127.0.0.1:${port}/kuvert` }));
    });
    after(async () => {
      await program?.stop();
      await listener?.stop();
      await gateway?.close();
      if (folder !== undefined) rmSync(folder, { recursive: true });
    });

    /** The first message: its id, the bytes that were pushed, and their signature. */
    const firstMessage = async () => {
      const { rows } = await gateway.pool.query<{ id: string; head: string; signature: string; document: Buffer }>(
        `select m.id, e.head, e.signature, c.document from message m join envelope e on e.message_id = m.id
           join content c on c.message_id = m.id order by m.number limit 1`,
      );
      const { id, head, signature, document } = rows[0] ?? assert.fail('there is no message');
      return { id, signature, bytes: assemble(head, document, 'cloudevents') };
    };

    it('keeps what a lane delivers, byte for byte, and a repeat of the lane once', async () => {
      await gateway.start();
      const documents = kaDocuments(joined.organisationNumber, 6);
      await gateway.ka.send(documents);
      await gateway.settled(6);
      assert.deepEqual(
        joined.documents(),
        documents.map(({ body }) => Buffer.from(body)),
      );
      assert.equal(program.lines.filter((line) => line.startsWith('kept ')).length, 6);
      const { id } = await firstMessage();
      await moveMessage(gateway.pool, {
        action: 'resend',
        messageId: id,
        actor: 'cli:test',
        reason: 'a test',
        now: new Date(),
      });
      await program.line(new RegExp(`^repeat 1 ${id}$`, 'm'));
      await gateway.settled(6);
      assert.equal(joined.documents().length, 6);
      const { delivered } = await eventually('both are on record', async () => {
        const { rows } = await gateway.pool.query<{ delivered: number }>(
          "select count(*)::int as delivered from delivery where state = 'delivered'",
        );
        return rows[0]?.delivered === 7 && rows[0];
      });
      assert.equal(delivered, 7);
      await conserved(gateway);
    });

    it('refuses what was changed on the way, what nobody signed, and whoever is not the gateway', async () => {
      const before = joined.documents();
      const { client, authority } = gateway.certificates;
      const ca = authority.rootPem;
      const { bytes, signature: genuine } = await firstMessage();
      const changed = Buffer.from(bytes.toString().replace('"environment":"test"', '"environment":"tesT"'));
      assert.equal(changed.length, bytes.length);
      assert.notDeepEqual(changed, bytes);
      assert.equal(await post(port, ca, client, bytes, genuine), 200);
      for (const [body, signature] of [
        [changed, genuine],
        [bytes, ''],
        [bytes, genuine.replace('..', '.e30.')],
        [bytes, `${genuine.split('.')[0]}..${'A'.repeat(86)}`],
        [bytes, `${Buffer.from('{"alg":"none"}').toString('base64url')}..AA`],
        [Buffer.from('{}'), genuine],
      ] as const)
        assert.equal(await post(port, ca, client, body, signature), 400, signature);
      const stranger = { keyPem: joined.credential.key, chainPem: joined.credential.certificate };
      assert.equal(await post(port, ca, stranger, bytes, genuine), 401);
      const nobody = await post(port, ca, undefined, bytes, genuine);
      assert.equal(typeof nobody, 'string', `without a certificate: ${nobody}`);
      assert.deepEqual(joined.documents(), before);
    });
  });
