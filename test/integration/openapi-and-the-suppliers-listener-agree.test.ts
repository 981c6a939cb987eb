/** The contract cannot lie: every documented route is served, every served route is documented, and each answer is as it says. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mailboxRoutes } from '../../src/collection/face.ts';
import type { MailboxParts } from '../../src/collection/mailbox.ts';
import { openRoutes, supplierContract } from '../../src/collection/open-routes.ts';
import { type OrderPageParts, orderPageRoutes } from '../../src/enrolment/face/order-page.ts';
import { type Operation, openContract } from '../support/contract.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Answered, type Mailbox, openMailbox, type Program } from '../support/mailbox.ts';

/** Of certificates, which need an authority: openapi-and-est-agree.test.ts. */
const isEst = ({ path }: { readonly path: string }): boolean => path.startsWith('/.well-known/est/');
const whole = openContract(supplierContract);
const contract = { ...whole, operations: whole.operations.filter((one) => !isEst(one)) };

describe('the contract and the listener of suppliers', () => {
  let line: Line;
  let mailbox: Mailbox;
  const answered = new Set<string>();
  before(async () => {
    line = await openLine();
    mailbox = await openMailbox(line, {
      settings: { KUVERT_SUPPLIER_BURST: '100000', KUVERT_PUBLIC_URL: 'https://kuvert.exempel.se' },
    });
  });
  after(async () => {
    await mailbox.stop();
    await line.close();
  });

  const operationOf = (method: string, path: string): Operation => {
    const bare = path.split('?', 1)[0] ?? '';
    const exact = contract.operations.find((one) => one.method === method && one.path === bare);
    const pattern = (one: Operation) => new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    const found = exact ?? contract.operations.find((one) => one.method === method && pattern(one).test(bare));
    assert.ok(found, `${method} ${path} is not documented`);
    return found;
  };
  /** Asks, and holds the answer against the contract. */
  async function held(
    program: Program,
    method: string,
    path: string,
    more: Parameters<Program['ask']>[2] = {},
  ): Promise<Answered> {
    const answer = await program.ask(method, path, more);
    const operation = operationOf(method, path);
    const { status, headers, bytes } = answer;
    contract.allows(operation, { status, headers, body: bytes.toString('utf8') });
    answered.add(`${operation.method} ${operation.path} ${status}`);
    return answer;
  }
  async function stored(
    supplier: TestSupplier,
    count = 1,
    more: Parameters<typeof frameFor>[1] = {},
  ): Promise<string[]> {
    const frames =
      count === 1 ? [frameFor(supplier.organisationNumber, more)] : framesFor(supplier.organisationNumber, count);
    const { verdicts } = await line.take(
      frames.map((frame) => ({ ...frame, ...(more.content?.startsWith('<') ? { mediaType: 'application/xml' } : {}) })),
    );
    return verdicts.map((verdict) => {
      assert.ok(verdict.kind === 'accepted');
      return verdict.messageId;
    });
  }

  it('have the same routes, with the same need of a certificate, and a test asks each of them here', () => {
    const routes = [
      ...openRoutes(),
      // Nothing of it is used before a request comes.
      ...mailboxRoutes({} as MailboxParts),
      { method: 'GET', path: '/.well-known/jwks.json', certificate: 'not-asked' as const },
      { method: 'GET', path: '/.well-known/kuvert/certificates.json', certificate: 'not-asked' as const },
    ];
    const served = routes.map(
      ({ method, path, certificate }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')} ${certificate}`,
    );
    const documented = contract.operations.map(({ method, path }) => {
      const operation = supplierContract.paths[path]?.[method.toLowerCase()] as { security?: readonly unknown[] };
      return `${method} ${path} ${operation.security?.length === 0 ? 'not-asked' : 'required'}`;
    });
    assert.deepEqual(served.toSorted(), documented.toSorted());
  });

  it('have a word about what else the listener answers, and why it is not in the contract', async () => {
    const more = orderPageRoutes({} as OrderPageParts).map(({ path }) => path);
    assert.ok(more.length > 0);
    for (const path of more) {
      const [, first = ''] = path.split('/');
      assert.ok(supplierContract.info.description?.includes(`\`/${first}/\``), path);
      assert.ok(!Object.keys(supplierContract.paths).some((one) => one.startsWith(`/${first}/`)), path);
    }
    // Served by the role, without a certificate, as a page.
    const program = mailbox.as({ credential: { key: '', certificate: '' } });
    const { status, headers, bytes } = await program.ask('GET', `/orders/${'x'.repeat(43)}`);
    assert.deepEqual([status, headers['content-type']], [404, 'text/html; charset=utf-8']);
    assert.match(bytes.toString('utf8'), /Länken leder ingenstans/);
  });

  it('agree on what anybody may read', async () => {
    const program = mailbox.as(await line.addSupplier({ delivery: 'pull' }));
    for (const path of [
      '/.well-known/jwks.json',
      '/.well-known/kuvert/certificates.json',
      '/openapi.json',
      '/openapi-receiver.json',
      '/docs',
      '/docs?lang=en',
    ]) {
      const { headers } = await held(program, 'GET', path);
      assert.equal(
        (await held(program, 'GET', path, { headers: { 'if-none-match': String(headers['etag']) } })).status,
        304,
      );
    }
    assert.deepEqual((await held(program, 'GET', '/openapi.json')).json, supplierContract);
    const file = new URL('../../schemas/openapi/receiver/1.json', import.meta.url);
    const { openapi } = JSON.parse(readFileSync(file, 'utf8')) as { openapi: string };
    assert.equal((await held(program, 'GET', '/openapi-receiver.json')).json['openapi'], openapi);
    for (const [language, path, asked] of [
      ['sv', '/docs', {}],
      ['en', '/docs', { 'accept-language': 'en-GB,en;q=0.9,sv;q=0.5' }],
      ['sv', '/docs?lang=sv', { 'accept-language': 'en' }],
      ['en', '/docs?lang=en', { 'accept-language': 'sv' }],
    ] as const) {
      const { headers, bytes } = await held(program, 'GET', path, { headers: asked });
      assert.equal(headers['content-language'], language);
      assert.match(String(headers['content-security-policy']), /^default-src 'none'/);
      assert.match(bytes.toString('utf8'), new RegExp(`<html lang="${language}">`));
    }
    assert.equal((await held(program, 'GET', '/docs?lang=de')).status, 400);
  });

  it('agree on the life of a message, in each format', async () => {
    for (const envelopeFormat of ['cloudevents', 'sfti'] as const) {
      const supplier = await line.addSupplier({ delivery: 'pull', envelopeFormat });
      const program = mailbox.as(supplier);
      assert.deepEqual((await held(program, 'GET', '/v1/messages')).json, { messages: [] });
      const more =
        envelopeFormat === 'sfti' ? { content: '<?xml version="1.0" encoding="UTF-8"?>\n<a xmlns="urn:a"/>' } : {};
      const [id = ''] = await stored(supplier, 1, more);
      await stored(supplier, 1, more);
      const { json } = await held(program, 'GET', '/v1/messages?limit=1');
      assert.equal(typeof json['next'], 'string');
      await held(program, 'GET', `/v1/messages?after=${String(json['next'])}&limit=1000&wait=1`);
      assert.equal((await held(program, 'PUT', `/v1/messages/${id}/receipt`)).status, 409);
      assert.equal(
        (await held(program, 'GET', `/v1/messages/${id}`, { headers: { accept: 'image/png' } })).status,
        406,
      );
      const fetched = await held(program, 'GET', `/v1/messages/${id}`, { headers: { accept: '*/*' } });
      assert.equal(fetched.status, 200);
      const etag = { 'if-none-match': String(fetched.headers['etag']) };
      assert.equal((await held(program, 'GET', `/v1/messages/${id}`, { headers: etag })).status, 304);
      assert.equal((await held(program, 'PUT', `/v1/messages/${id}/receipt`)).json['result'], 'received');
      assert.equal((await held(program, 'PUT', `/v1/messages/${id}/receipt`)).json['result'], 'already-received');
      assert.equal((await held(program, 'PUT', `/v1/messages/${randomUUID()}/receipt`)).status, 404);
      assert.equal((await held(program, 'GET', `/v1/messages/${randomUUID()}`)).status, 404);
      await held(program, 'GET', '/v1/messages/missing');
      await held(program, 'GET', '/v1/messages/missing?from=1&to=00000000000000000002');
      await held(program, 'GET', '/v1/messages/missing?from=99999999999999999999');
      await held(program, 'GET', '/v1/status');
    }
  });

  it('agree on many receipts, and on each that cannot be had', async () => {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const program = mailbox.as(supplier);
    const [fetched = '', unfetched = '', cancelled = ''] = await stored(supplier, 3);
    assert.equal((await program.fetch(fetched)).status, 200);
    assert.equal((await program.fetch(cancelled)).status, 200);
    await line.pool.query(
      "update delivery set state = 'cancelled', next_try_at = null, reason = 'withdrawn-by-ka' where message_id = $1",
      [cancelled],
    );
    const headers = { 'content-type': 'application/json' };
    const ids = [fetched, unfetched, cancelled, randomUUID(), fetched];
    const { json } = await held(program, 'POST', '/v1/receipts', { headers, body: JSON.stringify({ ids }) });
    const results = json['results'] as { id: string; result: string }[];
    assert.deepEqual(
      results.map(({ id }) => id),
      ids,
    );
    assert.deepEqual(
      results.map(({ result }) => result),
      ['received', 'not-fetched', 'not-available', 'not-found', results[4]?.result],
    );
    assert.equal((await held(program, 'GET', `/v1/messages/${cancelled}`)).status, 409);
    assert.equal((await held(program, 'PUT', `/v1/messages/${cancelled}/receipt`)).status, 409);
    const many = Array.from({ length: 1_000 }, () => randomUUID());
    assert.equal(
      (await held(program, 'POST', '/v1/receipts', { headers, body: JSON.stringify({ ids: many }, undefined, 8) }))
        .status,
      200,
    );
    assert.equal(
      (await held(program, 'POST', '/v1/receipts', { headers: { 'content-type': 'text/plain' }, body: '{}' })).status,
      415,
    );
    assert.equal((await held(program, 'POST', '/v1/receipts', { headers, body: ' '.repeat(1_000_000) })).status, 413);
    assert.equal((await held(program, 'POST', '/v1/receipts', { headers, body: '{}' })).status, 400);
    assert.equal((await held(program, 'PUT', `/v1/messages/${fetched}/receipt`, { body: 'x' })).status, 413);
  });

  it('agree on the state of a supplier that is pushed to, with all that goes wrong', async () => {
    const supplier = await line.addSupplier({ behaviour: { status: 422 } });
    const program = mailbox.as(supplier);
    const running = await line.deliver();
    await stored(supplier, 3);
    await eventually(
      'all were tried',
      async () => {
        const states = await line.states(supplier.lane);
        return (states['waiting'] ?? 0) + (states['sending'] ?? 0) === 0;
      },
      60_000,
    );
    await running.stop();
    for (const language of ['sv', 'en']) {
      const { json, headers } = await held(program, 'GET', '/v1/status', { headers: { 'accept-language': language } });
      assert.equal(headers['content-language'], language);
      assert.ok((json['attempts'] as unknown[]).length > 0);
    }
    await held(program, 'GET', '/v1/messages/missing');
  });

  for (const { method, path } of contract.operations)
    it(`agree on what ${method} ${path} refuses`, async () => {
      const supplier = await line.addSupplier({ delivery: 'pull' });
      const at = path.replace('{id}', randomUUID());
      const body = method === 'POST' ? { headers: { 'content-type': 'application/json' }, body: '{"ids":[7]}' } : {};
      const known = mailbox.as(supplier);
      if (path.startsWith('/v1/')) {
        assert.equal((await held(known, method, `${at}?organisation=5560160680`, body)).status, 400);
        assert.equal(
          (await held(mailbox.as({ credential: { key: '', certificate: '' } }), method, at, body)).status,
          401,
        );
        const stranger = await line.addSupplier({ delivery: 'pull' });
        await line.pool.query('update address set retired_at = now() where organisation_number = $1', [
          stranger.organisationNumber,
        ]);
        // The word of the retirement may come while the first connection is open, and ends it.
        const refused = await held(mailbox.as(stranger), method, at, body).catch((error: NodeJS.ErrnoException) => {
          assert.match(String(error.code), /^(ECONNRESET|EPIPE)$/);
          return held(mailbox.as(stranger), method, at, body);
        });
        assert.equal(refused.status, 403);
      }
      for (const other of ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) {
        if (contract.operations.some((one) => one.path === path && one.method === other)) continue;
        const { status, headers, bytes } = await known.ask(other, at);
        if (other === 'HEAD' && !path.startsWith('/v1/')) {
          assert.equal(status, 200);
          continue;
        }
        assert.equal(status, 405, other);
        assert.ok(String(headers['allow']).split(', ').includes(method));
        if (other !== 'HEAD')
          contract.holds({ $ref: '#/components/schemas/Problem' }, JSON.parse(bytes.toString('utf8')), other);
      }
    });

  it('agree on who asks too much', async () => {
    const tight = await openMailbox(line, { settings: { KUVERT_SUPPLIER_RATE: '1', KUVERT_SUPPLIER_BURST: '2' } });
    const program = tight.as(await line.addSupplier({ delivery: 'pull' }));
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await held(program, 'GET', '/v1/messages')).status);
    assert.ok(statuses.includes(429));
    await tight.stop();
  });

  it('were seen to agree on every status that is documented for an operation', () => {
    const documented = contract.operations.flatMap(({ method, path, responses }) =>
      Object.keys(responses)
        .filter((status) => /^\d+$/.test(status) && status !== '429')
        .map((status) => `${method} ${path} ${status}`),
    );
    assert.deepEqual(
      documented.filter((one) => !answered.has(one)),
      [],
    );
  });
});
