/** Requests from a supplier that is let in, of every shape, to the routes of its mailbox: what reaches a route is as the contract says. */
import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { type Arbitrary, array, boolean, constantFrom, oneof, option, record, uuid } from 'fast-check';
import { type Box, boxOf } from '../../../src/collection/box.ts';
import { createDoor } from '../../../src/collection/door.ts';
import { mailboxRoutes } from '../../../src/collection/face.ts';
import { createLimits } from '../../../src/collection/limits.ts';
import type { MailboxParts } from '../../../src/collection/mailbox.ts';
import { supplierContract } from '../../../src/collection/open-routes.ts';
import { parseOrganisationNumber } from '../../../src/domain/organisation-number.ts';
import { createApp } from '../../../src/platform/http/app.ts';
import { listenTls, type TlsListener } from '../../../src/platform/http/listen.ts';
import type { Db } from '../../../src/store/pool.ts';
import { createDevAuthority, issueDevCertificate } from '../../support/dev-authority.ts';
import { rememberingLog } from '../../support/http.ts';
import { type Edit, edited, edits, type Grammar } from '../edits.ts';
import { opened, type Target } from '../target.ts';
import { oddText, oddWords } from '../words.ts';

interface Ask {
  readonly bytes: Buffer;
  /** Not changed after it was made: it must be let through. */
  readonly right: boolean;
}

const ownNumber = '5560160680';

const number = constantFrom(
  '0',
  '1',
  '7',
  '30',
  '31',
  '100',
  '1000',
  '1001',
  '-1',
  '1e3',
  '0x10',
  '00000000000000000007',
  '9'.repeat(20),
  '9'.repeat(21),
  '',
  ' 1',
  '1,2',
);
const name = oneof(
  { weight: 6, arbitrary: constantFrom('after', 'limit', 'wait', 'from', 'to') },
  {
    weight: 1,
    arbitrary: constantFrom('organisation', '__proto__', 'limit[]', 'limit[a]', 'constructor', 'ids', 'LIMIT'),
  },
);
const id = oneof(
  { weight: 5, arbitrary: uuid() },
  {
    weight: 1,
    arbitrary: constantFrom('missing', '%00', '..', '%2e%2e', '*', 'a'.repeat(300), '%E2%80%90', '%', '0'),
  },
);
const body = oneof(
  { weight: 4, arbitrary: array(uuid(), { minLength: 1, maxLength: 20 }).map((ids) => JSON.stringify({ ids })) },
  {
    weight: 1,
    arbitrary: constantFrom(
      '{"ids":[]}',
      '{"ids":[1]}',
      '[]',
      'null',
      '{',
      '{"__proto__":{"ids":[]},"ids":["x"]}',
      '[['.repeat(2_000),
    ),
  },
  { weight: 1, arbitrary: oddText },
);

const plain: Arbitrary<Buffer> = record({
  where: oneof(
    constantFrom(
      'GET /v1/messages',
      'GET /v1/messages/missing',
      'GET /v1/status',
      'POST /v1/receipts',
      'HEAD /v1/messages',
      'DELETE /v1/receipts',
    ),
    id.map((one) => `GET /v1/messages/${one}`),
    id.map((one) => `PUT /v1/messages/${one}/receipt`),
  ),
  query: option(array(record({ name, number }), { maxLength: 4 }), { freq: 3 }),
  body,
  principal: option(
    oneof(
      constantFrom(
        ownNumber,
        '5599990016',
        '556016-0680',
        `${ownNumber}, ${ownNumber}`,
        ` ${ownNumber} `,
        '0000000000',
        '*',
        '__proto__',
        '5560160680\r\nkuvert-principal: 5599990016',
      ),
      number,
    ),
    { freq: 2 },
  ),
  type: constantFrom('application/json', 'application/json', 'application/json; charset=utf-8', 'text/plain', ''),
}).map(({ where, query, body: text, type, principal }) => {
  const asked =
    query === null ? '' : `?${query.map((one) => `${one.name}=${encodeURIComponent(one.number)}`).join('&')}`;
  const bytes = Buffer.from(where.startsWith('POST') ? text : '');
  const length = bytes.length === 0 ? '' : `content-type: ${type}\r\ncontent-length: ${bytes.length}\r\n`;
  const whose = principal === null ? '' : `kuvert-principal: ${principal}\r\n`;
  return Buffer.concat([
    Buffer.from(`${where}${asked} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${whose}${length}\r\n`),
    bytes,
  ]);
});

const right: Arbitrary<Buffer> = oneof(
  constantFrom('GET /v1/messages?limit=1000&wait=0&after=7', 'GET /v1/messages/missing?from=1', 'GET /v1/status'),
  uuid().map((one) => `GET /v1/messages/${one}`),
).map((line) => Buffer.from(`${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`));

const grammar: Grammar = {
  values: /(?<=[=/?&:" ])[^=/?&:" \r\n]+/g,
  places: /[=/?&:"]/g,
  words: [
    ...oddWords,
    'v1',
    'messages',
    'receipt',
    '%2f',
    '%00',
    '//',
    ';',
    '[]',
    '{"ids":[',
    'wait=30',
    'content-encoding: gzip\r\n',
    'accept: */*;q=x\r\n',
  ],
};

const inputs: Arbitrary<Ask> = oneof(
  { weight: 1, arbitrary: right.map((bytes) => ({ bytes, right: true })) },
  { weight: 3, arbitrary: plain.map((bytes) => ({ bytes, right: false })) },
  {
    weight: 6,
    arbitrary: record({ bytes: plain, list: edits(grammar, 4), both: boolean() }).map(({ bytes, list, both }) => ({
      bytes: edited(both ? Buffer.concat([bytes, bytes]) : bytes, list as readonly Edit[], grammar),
      right: false,
    })),
  },
);

export const mailbox: Target = {
  name: 'mailbox',
  about: 'requests of a supplier that is let in, of every shape, to the routes of its mailbox: ids, parameters, bodies',
  share: 3,
  limit: 10_000,
  open: async () => {
    const authority = await createDevAuthority();
    const own = await issueDevCertificate(authority, { name: 'Kuvert', ipAddresses: ['127.0.0.1'] });
    const client = await issueDevCertificate(authority, { name: 'Klient', usages: ['clientAuth'] });
    const organisationNumber = parseOrganisationNumber(ownNumber);
    assert.ok(organisationNumber);
    const log = rememberingLog();
    let listener: TlsListener | undefined;
    const door = createDoor({
      log,
      now: () => new Date(),
      authorities: () => [new X509Certificate(authority.certificatePem)],
      find: async (prints) =>
        new Map(
          prints.map((one) => [
            one,
            { organisationNumber, language: 'sv' as const, withdrawnAt: undefined, addresses: [1] },
          ]),
        ),
      limits: createLimits({ ratePerSecond: 1e6, burst: 1e6, connections: 1e6, waits: 1e6 }, () => performance.now()),
      connections: () => (listener as TlsListener).connections,
    });
    const routes = mailboxRoutes({} as MailboxParts).map((route) => ({
      ...route,
      handle: async (request: Parameters<typeof route.handle>[0], response: Parameters<typeof route.handle>[1]) => {
        judgeReached(request);
        judgeBox(await boxOf(mandates, await door.callerOf(request), request), request.headers['kuvert-principal']);
        response.json({ reached: route.path });
      },
    }));
    listener = await listenTls(
      { log, now: () => new Date() },
      { key: own.keyPem, cert: own.chainPem, ca: authority.certificatePem },
      createApp(log, routes, { contract: supplierContract, enter: door.enter }),
      { host: '127.0.0.1', port: 0, requestCertificate: true },
    );
    const { port } = listener;
    return opened({
      inputs,
      meet: async (ask) => {
        const socket = connect({
          port,
          host: '127.0.0.1',
          ca: authority.certificatePem,
          key: client.keyPem,
          cert: client.chainPem,
        });
        socket.on('error', () => undefined);
        await once(socket, 'secureConnect');
        let said = '';
        socket.setEncoding('latin1').on('data', (part: string) => {
          said += part;
        });
        const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
        socket.end(ask.bytes);
        await gone;
        const statuses = [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
        assert.ok(!statuses.some((status) => status >= 500), said);
        if (ask.right) assert.deepEqual(statuses, [200], said);
        const errors = log.lines.filter(({ level, error }) => level === 'error' || error !== undefined);
        assert.deepEqual(
          errors.filter(({ event }) => event !== 'handshake failed'),
          [],
        );
        (log.lines as unknown[]).length = 0;
        return String(statuses.at(-1) ?? 'hung up without a word');
      },
      close: () => listener?.close(0),
    });
  },
};

/** Nobody has given a mandate. What is asked about is a number of ten digits, and nothing else. */
const mandates: Db = {
  query: async (_text, [principal, addresses] = []) => {
    assert.match(String(principal), /^\d{10}$/);
    assert.deepEqual(addresses, [1]);
    return { rows: [], rowCount: 0 };
  },
};

/** Without a mandate the box is the caller's own, whatever the header says. */
function judgeBox(box: Box, named: string | string[] | undefined): void {
  assert.ok(named === undefined || named === ownNumber, String(named));
  assert.deepEqual([box.organisationNumber, box.addresses, box.agent], [ownNumber, [1], undefined]);
}

/** By hand, and by no schema: what the store would be asked with. */
function judgeReached({ params, query, body: given }: { params: object; query: object; body?: unknown }): void {
  for (const [, value] of Object.entries(params))
    assert.match(String(value), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  for (const [key, value] of Object.entries(query)) {
    assert.ok(typeof value === 'string' && /^\d{1,20}$/.test(value), `${key}=${String(value)}`);
    assert.ok(['after', 'from', 'to', 'limit', 'wait'].includes(key), key);
    if (key === 'limit') assert.ok(Number(value) >= 1 && Number(value) <= 1_000);
    if (key === 'wait') assert.ok(Number(value) <= 30);
  }
  if (given === undefined) return;
  const { ids, ...rest } = given as { ids: unknown[] };
  assert.deepEqual(rest, {});
  assert.ok(ids.length >= 1 && ids.length <= 1_000);
  for (const one of ids) assert.match(String(one), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
}
