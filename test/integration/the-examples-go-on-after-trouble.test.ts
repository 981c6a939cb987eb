import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jwks } from '../../src/envelope/keys.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { type Example, examples, joinAs, startProgram } from '../support/examples.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { sealed } from '../support/sealed.ts';

interface Said {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const json = (value: object): Said => ({ status: 200, body: JSON.stringify(value) });

describe('the pull clients, when what answers is not well', function () {
  this.timeout(240_000);
  let gateway: TestGateway;
  const undo: (() => unknown)[] = [];
  before(async () => {
    gateway = await openGateway();
  });
  after(async () => {
    for (const one of undo.toReversed()) await one();
    await gateway.close();
  });

  /** A server with a gateway's certificate that says what it is told to; the paths that were asked for. */
  async function startPretender(
    answer: (path: string, times: number) => Said,
  ): Promise<{ url: string; asked: string[] }> {
    const { supplierListener } = gateway.certificates;
    const asked: string[] = [];
    const server: Server = createServer(
      { key: readFileSync(supplierListener.keyFile), cert: readFileSync(supplierListener.certificateFile) },
      (request, response) => {
        const path = `${request.method} ${request.url?.split('?')[0]}`;
        asked.push(path);
        const { status, headers, body } = answer(path, asked.filter((one) => one === path).length);
        request.resume().on('end', () => response.writeHead(status, headers).end(body));
      },
    );
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    undo.push(() => (server.closeAllConnections(), server.close()));
    return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }

  async function tryOne(example: Example, at: number): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-example-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    await example.install(folder);
    const organisationNumber = sampleOrganisationNumber(330 + at);
    const { signing } = gateway.certificates;
    const [unsigned, impossible, good] = [
      await sealed(signing, 1, { to: organisationNumber }),
      // Signed, and its number is none that there can be: the next after the largest of a signed 64-bit integer.
      await sealed(signing, 2n ** 63n, { to: organisationNumber }),
      await sealed(signing, 3, { to: organisationNumber }),
    ];
    const lists: Said[] = [
      { status: 502, body: '<html>a proxy says no</html>' },
      json({ messages: [{ id: unsigned.id }, { id: impossible.id }, { id: good.id }] }),
      { status: 429, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, body: '{}' },
    ];
    const receipts = json({ results: [{ id: good.id, result: 'received' }] });
    const { url, asked } = await startPretender((path, times) => {
      if (path.endsWith('/jwks.json')) return json(jwks([signing.certificatePem]));
      if (path === 'GET /v1/messages') return lists[times - 1] ?? json({ messages: [{ id: good.id }] });
      if (path.endsWith(unsigned.id)) return { status: 200, body: unsigned.body };
      for (const { id, signature, body } of [impossible, good])
        if (path.endsWith(id)) return { status: 200, headers: { 'x-jws-signature': signature }, body };
      if (path === 'POST /v1/receipts') return times === 1 ? { status: 403, body: 'no' } : receipts;
      assert.equal(path, 'GET /v1/messages/missing');
      return json({
        numbers: [
          { first: '1', last: '1', state: 'held', reason: 'a test' },
          { first: '2', last: '2', state: 'void' },
          { first: '3', last: '3', state: 'delivered' },
        ],
      });
    });
    const joined = await joinAs(gateway, organisationNumber, url, '');
    const program = startProgram(example.command('pull', folder), joined.environment);
    undo.push(() => program.stop());
    await program.line(/^missing 2-2(?:.*\n)+repeat 3 .*\n(?:repeat 3 .*\n){2}/m);
    const words = program.lines.map((line) => line.split(' ').slice(0, 2).join(' '));
    const told = [
      'not now:',
      'turned down',
      'turned down',
      'kept 3',
      'not now:',
      'repeat 3',
      'missing 1-1:',
      'missing 2-2:',
    ];
    assert.deepEqual(words.slice(0, 8), told, example.language);
    // What was said once is neither said nor asked again.
    assert.deepEqual(new Set(words.slice(8)), new Set(['repeat 3']), example.language);
    assert.equal(asked.filter((path) => path.endsWith('/missing')).length, 1);
    // A date instead of seconds is a pause like any other, not none.
    assert.equal(words.slice(0, 8).filter((word) => word === 'not now:').length, 2);
  }

  it('go on after an error, a signature that lacks, a number that cannot be, a refused receipt and a dated Retry-After', async () => {
    await Promise.all(examples.map(tryOne));
  });
});
