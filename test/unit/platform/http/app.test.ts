import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:tls';
import { Fault } from '../../../../src/domain/fault.ts';
import { clientFingerprint, createApp, type Route } from '../../../../src/platform/http/app.ts';
import { listenTls, type TlsListener } from '../../../../src/platform/http/listen.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../../../support/dev-authority.ts';
import { eventually } from '../../../support/eventually.ts';
import { type Asked, type Asking, ask, rememberingLog } from '../../../support/http.ts';

const log = rememberingLog();
const open = { certificate: 'not-asked' } as const;

const routes: Route[] = [
  { ...open, method: 'GET', path: '/things', handle: (_request, response) => void response.json({ ok: true }) },
  {
    ...open,
    method: 'POST',
    path: '/things',
    mostBodyBytes: 100,
    handle: (request, response) => void response.json({ bytes: (request.body as Buffer).length }),
  },
  {
    ...open,
    method: 'GET',
    path: '/things/:id',
    handle: (request) => {
      throw new Fault('not-found', `no thing ${String(request.params['id'])}`, {
        findings: [{ where: 'id', rule: 'known', text: 'is not known' }],
      });
    },
  },
  {
    ...open,
    method: 'GET',
    path: '/ours',
    handle: async () => {
      throw new Fault('server-unavailable', 'postgres://kuvert:secret@db did not answer');
    },
  },
  {
    ...open,
    method: 'GET',
    path: '/bug',
    handle: () => {
      throw new TypeError('secret is not a function');
    },
  },
  {
    ...open,
    method: 'GET',
    path: '/half',
    handle: async (_request, response) => {
      response.write('half');
      await wait(10);
      throw new Error('in the middle');
    },
  },
  {
    method: 'GET',
    path: '/private',
    certificate: 'required',
    handle: (request, response) => void response.json({ fingerprint: clientFingerprint(request) }),
  },
];

/** As a listener with a store behind it has it: whatever broke a connection is trouble with the store. */
const away = (error: unknown): unknown =>
  (error as { code?: unknown }).code === 'ECONNABORTED' ? new Fault('server-unavailable', undefined) : error;

describe('createApp', () => {
  let listener: TlsListener;
  let ca: string;
  let client: DevCredential;
  before(async () => {
    const authority = await createDevAuthority();
    ca = authority.certificatePem;
    client = await issueDevCertificate(authority, { name: 'Exempel AB' });
    const own = await issueDevCertificate(authority, { name: 'Kuvert', ipAddresses: ['127.0.0.1'] });
    listener = await listenTls(
      { log, now: () => new Date() },
      { key: own.keyPem, cert: own.chainPem, ca },
      createApp(log, routes, { translate: away }),
      { host: '127.0.0.1', port: 0, requestCertificate: true },
    );
  });
  after(() => listener.close(0));

  const get = (path: string, more: Partial<Asking> = {}): Promise<Asked> =>
    ask({ port: listener.port, ca, path, ...more });

  function assertProblem(asked: Asked, status: number, code: string): Record<string, unknown> {
    assert.equal(asked.status, status, asked.body);
    assert.equal(asked.headers['content-type'], 'application/problem+json');
    assert.equal(asked.headers['cache-control'], 'no-store');
    const problem = JSON.parse(asked.body) as Record<string, unknown>;
    assert.equal(problem['type'], `urn:kuvert:fault:${code}`);
    assert.equal(problem['status'], status);
    assert.equal(problem['instance'], `urn:uuid:${String(asked.headers['x-request-id'])}`);
    return problem;
  }

  it('a path that is not there is a problem, whatever its case and slashes', async () => {
    for (const path of ['/nothing', '/Things', '/things/', '/', '/%2e%2e/etc'])
      assertProblem(await get(path), 404, 'not-found');
  });

  it('a method that a path does not have is a problem that names those it has', async () => {
    const asked = await get('/things', { method: 'DELETE' });
    assert.match(String(assertProblem(asked, 405, 'method-not-allowed')['detail']), /GET, POST, HEAD/);
    assert.equal(asked.headers['allow'], 'GET, POST, HEAD');
    assertProblem(await get('/private', { method: 'OPTIONS' }), 405, 'method-not-allowed');
    assert.equal((await get('/things', { method: 'HEAD' })).status, 200);
  });

  it("a caller's fault is told in full", async () => {
    const problem = assertProblem(await get('/things/47'), 404, 'not-found');
    assert.equal(problem['detail'], 'no thing 47');
    assert.deepEqual(problem['findings'], [{ where: 'id', rule: 'known', text: 'is not known' }]);
  });

  it('a fault of ours, or a bug, tells the caller its kind and the log the rest', async () => {
    for (const [path, status, code, logged] of [
      ['/ours', 503, 'server-unavailable', /postgres/],
      ['/bug', 500, 'internal', /secret is not a function/],
    ] as const) {
      const asked = await get(path);
      const problem = assertProblem(asked, status, code);
      assert.equal(problem['detail'], undefined);
      assert.ok(!asked.body.includes('secret'));
      const line = await lineOf(asked);
      assert.equal(line['fault'], code);
      assert.match(String(line['error']), logged);
    }
  });

  it('half an answer is broken off, never finished with something else', async () => {
    await assert.rejects(get('/half'), /aborted|socket hang up|reset/i);
    assert.ok(log.lines.some(({ event, level }) => event === 'answer broken off' && level === 'warn'));
  });

  it('a malformed path is a problem', async () => {
    assertProblem(await get('/things/%zz'), 400, 'request-malformed');
  });

  it('a body beyond the limit of its route is a problem, declared or not', async () => {
    assert.equal((await get('/things', { method: 'POST', body: Buffer.alloc(100) })).body, '{"bytes":100}');
    assertProblem(await get('/things', { method: 'POST', body: Buffer.alloc(101) }), 413, 'request-too-large');
    const headers = { 'transfer-encoding': 'chunked' };
    assertProblem(await get('/things', { method: 'POST', body: Buffer.alloc(101), headers }), 413, 'request-too-large');
  });

  it('a body that breaks off is the doing of who sent it, and no server of ours', async () => {
    const before = log.lines.length;
    const socket = connect({ port: listener.port, host: '127.0.0.1', ca });
    await once(socket, 'secureConnect');
    socket.write('POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\nhalf');
    await wait(50);
    socket.destroy();
    const line = await eventually('the request is logged', () =>
      log.lines.slice(before).find(({ event }) => event === 'request'),
    );
    assert.deepEqual([line['fault'], line['error']], ['request-malformed', undefined]);
  });

  it('a packed body is not unpacked', async () => {
    const headers = { 'content-encoding': 'gzip' };
    assertProblem(await get('/things', { method: 'POST', body: Buffer.alloc(10), headers }), 400, 'request-malformed');
  });

  it('where no body is taken, one is a problem and the connection ends', async () => {
    const asked = await get('/things', { body: 'x', headers: { 'content-length': '1' } });
    assertProblem(asked, 413, 'request-too-large');
    assert.equal(asked.headers['connection'], 'close');
  });

  it('a route that wants a certificate turns away who shows none; who shows one is known by its fingerprint', async () => {
    assertProblem(await get('/private'), 401, 'certificate-required');
    const expected = new X509Certificate(client.certificatePem).fingerprint256.replaceAll(':', '').toLowerCase();
    const asked = await get('/private', { as: client });
    assert.deepEqual(JSON.parse(asked.body), { fingerprint: expected });
  });

  it('each request is one log line with its route, not its path, and no query', async () => {
    const asked = await get('/things/4711?token=hemligt');
    const line = await lineOf(asked);
    assert.equal(line.level, 'info');
    assert.equal(line['route'], '/things/:id');
    assert.equal(line['status'], 404);
    assert.equal(line['fault'], 'not-found');
    assert.equal(typeof line['ms'], 'number');
    assert.ok(!JSON.stringify(line).includes('hemligt'));
    const { requestId } = line;
    assert.equal(log.lines.filter((other) => other['requestId'] === requestId && other.event === 'request').length, 1);
  });

  it('nothing says what the listener is made of', async () => {
    const { headers } = await get('/things');
    assert.equal(headers['x-powered-by'], undefined);
    assert.equal(headers['server'], undefined);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  });

  /** The log line of an answer comes a moment after the answer. */
  async function lineOf(asked: Asked): Promise<(typeof log.lines)[number]> {
    for (let tries = 0; tries < 200; tries++) {
      const line = log.lines.find(
        (one) => one.event === 'request' && one['requestId'] === asked.headers['x-request-id'],
      );
      if (line) return line;
      await wait(5);
    }
    throw new Error('the request was not logged');
  }
});
