import { strict as assert } from 'node:assert';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Request } from 'express';
import { createApp, type Route } from '../../../../src/platform/http/app.ts';
import { type Contract, loadContract } from '../../../../src/platform/http/contract.ts';
import type { Problem } from '../../../../src/platform/http/problem.ts';
import { silentLog } from '../../../../src/platform/log.ts';

const contract: Contract = {
  ...loadContract('openapi/supplier-api/1.json'),
  security: [],
};
const id = '0197a3c2-6f10-7c3a-9d52-5b1c6a7e8f90';

describe('a request that is held against the contract', () => {
  const met: { path: string; body: unknown }[] = [];
  let server: Server;
  before((done) => {
    const take = (request: Request): void => void met.push({ path: request.route.path, body: request.body as unknown });
    const route = (method: Route['method'], path: string, mostBodyBytes?: number): Route => ({
      method,
      path,
      certificate: 'not-asked',
      ...(mostBodyBytes === undefined ? {} : { mostBodyBytes }),
      handle: (request, response) => {
        take(request);
        response.json({});
      },
    });
    const routes = [
      route('GET', '/v1/messages'),
      route('GET', '/v1/messages/missing'),
      route('GET', '/v1/messages/:id'),
      route('PUT', '/v1/messages/:id/receipt'),
      route('POST', '/v1/receipts', 65_536),
    ];
    server = createServer(createApp(silentLog, routes, { contract })).listen(0, '127.0.0.1', done);
  });
  after(() => server.close());

  async function ask(
    method: string,
    path: string,
    body?: string | Buffer,
    type = 'application/json',
  ): Promise<{ status: number; problem: Problem }> {
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': type };
      const asking = request({ port, method, path, headers, agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, problem: JSON.parse(text) as Problem }));
      });
      asking.on('error', reject);
      asking.end(body);
    });
  }

  for (const [method, path, body] of [
    ['GET', '/v1/messages'],
    ['GET', '/v1/messages?after=7&limit=1000&wait=30'],
    ['GET', `/v1/messages?after=${'9'.repeat(20)}&limit=1&wait=0`],
    ['GET', '/v1/messages/missing?from=1&to=00000000000000000002'],
    ['GET', `/v1/messages/${id}`],
    ['PUT', `/v1/messages/${id}/receipt`],
    ['POST', '/v1/receipts', `{"ids":["${id}","${id}"]}`],
  ] as const)
    it(`is let through: ${method} ${path}`, async () => {
      met.length = 0;
      assert.equal((await ask(method, path, body)).status, 200);
      assert.equal(met.length, 1);
      if (body !== undefined) assert.deepEqual(met[0]?.body, JSON.parse(body));
    });

  const wrong: readonly (readonly [string, string, string, (string | Buffer)?])[] = [
    ['GET', '/v1/messages?limit=1001', '/query/limit'],
    ['GET', '/v1/messages?limit=0', '/query/limit'],
    ['GET', '/v1/messages?limit=1e2', '/query/limit'],
    ['GET', '/v1/messages?limit=0x10', '/query/limit'],
    ['GET', '/v1/messages?limit=%2010', '/query/limit'],
    ['GET', '/v1/messages?limit=', '/query/limit'],
    ['GET', '/v1/messages?limit', '/query/limit'],
    ['GET', '/v1/messages?limit=1&limit=2', '/query/limit'],
    ['GET', '/v1/messages?limit[]=1', '/query/limit[]'],
    ['GET', '/v1/messages?wait=31', '/query/wait'],
    ['GET', '/v1/messages?wait=-1', '/query/wait'],
    ['GET', '/v1/messages?wait=0.5', '/query/wait'],
    ['GET', '/v1/messages?after=', '/query/after'],
    ['GET', '/v1/messages?after=-1', '/query/after'],
    ['GET', '/v1/messages?after=1%00', '/query/after'],
    ['GET', `/v1/messages?after=${'1'.repeat(21)}`, '/query/after'],
    ['GET', '/v1/messages?after=1&after=2', '/query/after'],
    ['GET', '/v1/messages?organisation=5560160680', '/query/organisation'],
    ['GET', '/v1/messages?__proto__=1', '/query/__proto__'],
    ['GET', '/v1/messages?constructor=1', '/query/constructor'],
    ['GET', '/v1/messages/missing?from=x', '/query/from'],
    ['GET', `/v1/messages/${id}?x=1`, '/query/x'],
    ['GET', `/v1/messages/${id.toUpperCase()}`, '/path/id'],
    ['GET', `/v1/messages/urn:uuid:${id}`, '/path/id'],
    ['GET', `/v1/messages/%7B${id}%7D`, '/path/id'],
    ['GET', `/v1/messages/${id}%00`, '/path/id'],
    ['GET', `/v1/messages/${id}%2Freceipt`, '/path/id'],
    ['GET', '/v1/messages/7', '/path/id'],
    ['PUT', '/v1/messages/missing/receipt', '/path/id'],
    ['POST', '/v1/receipts', '/body/ids', '{}'],
    ['POST', '/v1/receipts', '/body/ids', '{"ids":[]}'],
    ['POST', '/v1/receipts', '/body/ids', `{"ids":${JSON.stringify(Array(1_001).fill(id))}}`],
    ['POST', '/v1/receipts', '/body/ids/1', `{"ids":["${id}",7]}`],
    ['POST', '/v1/receipts', '/body/ids/0', `{"ids":["${id.toUpperCase()}"]}`],
    ['POST', '/v1/receipts', '/body/organisation', `{"ids":["${id}"],"organisation":"5560160680"}`],
    ['POST', '/v1/receipts', '/body/__proto__', `{"ids":["${id}"],"__proto__":{"ids":[]}}`],
    ['POST', '/v1/receipts', '/body', '[]'],
    ['POST', '/v1/receipts', '/body', 'null'],
  ];
  for (const [method, path, where, body] of wrong)
    it(`is told what is wrong: ${method} ${path} ${String(body ?? '').slice(0, 60)}`, async () => {
      met.length = 0;
      const { status, problem } = await ask(method, path, body);
      assert.equal(status, 400);
      assert.equal(problem.type, 'urn:kuvert:fault:request-malformed');
      assert.ok(
        problem.findings?.some((finding) => finding.where === where),
        JSON.stringify(problem.findings),
      );
      assert.ok(problem.detail?.startsWith('/'), problem.detail);
      assert.deepEqual(met, []);
    });

  it('has a body that is JSON in UTF-8, and says so', async () => {
    const good = `{"ids":["${id}"]}`;
    for (const type of ['application/json', 'Application/JSON; charset=utf-8', 'application/json;x'])
      assert.equal((await ask('POST', '/v1/receipts', good, type)).status, 200, type);
    for (const type of ['text/plain', 'application/jsonx', 'application/x-www-form-urlencoded', ''])
      assert.equal((await ask('POST', '/v1/receipts', good, type)).status, 415, type);
    const broken = ['', '{', `${good}x`, Buffer.from(`\ufeff${good}`), Buffer.from([0x7b, 0xff, 0x7d])];
    for (const body of broken) assert.equal((await ask('POST', '/v1/receipts', body)).status, 400, String(body));
    assert.equal((await ask('POST', '/v1/receipts', ' '.repeat(65_537))).status, 413);
    assert.equal((await ask('PUT', `/v1/messages/${id}/receipt`, '{}')).status, 413);
  });

  it('that is wrong in ten thousand places is told of some', async () => {
    const bodies = [
      `{"ids":[${Array(19_000).fill('1').join(',')}]}`,
      `{"ids":[${Array(32_000).fill('1').join(',')}]}`,
      `{${Array.from({ length: 7_000 }, (_, i) => `"${i}":1`).join(',')}}`,
      `{"ids":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    ];
    for (const body of bodies) {
      const { status, problem } = await ask('POST', '/v1/receipts', body);
      assert.equal(status, 400);
      assert.ok((problem.findings?.length ?? 0) <= 100);
    }
  });
});
