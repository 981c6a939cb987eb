/** With a valid certificate of its own, over real TLS: every route, every form of an id, every way to name another. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { supplierContract } from '../../src/collection/open-routes.ts';
import { openContract } from '../support/contract.ts';
import { enter, issueClient } from '../support/door.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, openMailbox, type Program } from '../support/mailbox.ts';
import { giveMandate, strangerNumber, takeMandate } from '../support/mandate.ts';

const json = { 'content-type': 'application/json' };

describe('a supplier with its own certificate', () => {
  let line: Line;
  let mailbox: Mailbox;
  let a: TestSupplier;
  let b: TestSupplier;
  let ofA: string[];
  let ofB: string[];
  let asA: Program;
  before(async () => {
    line = await openLine();
    mailbox = await openMailbox(line, { settings: { KUVERT_SUPPLIER_BURST: '1000000' } });
    a = await line.addSupplier({ delivery: 'pull' });
    b = await line.addSupplier({ delivery: 'pull' });
    ofA = await stored(a, 2);
    // Both were given numbers 1 and up; B has its first, fetched and receipted, and its second fetched.
    ofB = await stored(b, 5);
    const asB = mailbox.as(b);
    for (const id of ofB.slice(0, 2)) assert.equal((await asB.fetch(id)).status, 200);
    assert.equal((await asB.receipt(ofB[0] as string)).status, 200);
    asA = mailbox.as(a);
  });
  after(async () => {
    await mailbox.stop();
    await line.close();
  });

  async function stored(supplier: TestSupplier, count: number): Promise<string[]> {
    const { verdicts } = await line.take(framesFor(supplier.organisationNumber, count));
    return verdicts.map((verdict) => {
      assert.ok(verdict.kind === 'accepted');
      return verdict.messageId;
    });
  }
  /** Everything that the book has about B. */
  async function bookOfB(): Promise<unknown> {
    const { rows } = await line.pool.query(
      `select d.state, d.attempts, d.changed_at, e.sha256, (select count(*) from receipt r where r.delivery_id = d.id) as receipts,
              (select json_agg(c order by c.fingerprint) from collection c where c.message_id = m.id) as collections
         from message m join delivery d on d.message_id = m.id left join envelope e on e.message_id = m.id
        where m.organisation_number = $1 order by m.sequence`,
      [b.organisationNumber],
    );
    return rows;
  }
  /** Nothing of B's in an answer: no id (but one that A wrote itself), number, name, hash or address. */
  async function secretsOfB(): Promise<string[]> {
    const { rows } = await line.pool.query<{ secret: string }>(
      `select unnest(array[m.id::text, m.document_number, encode(m.document_sha256, 'hex'), encode(e.sha256, 'hex'), m.organisation_number]) as secret
         from message m left join envelope e on e.message_id = m.id where m.organisation_number = $1`,
      [b.organisationNumber],
    );
    return rows.map(({ secret }) => secret).filter((secret) => secret !== null);
  }
  let secrets: readonly string[] | undefined;
  async function silent(said: string, written: string): Promise<void> {
    secrets ??= await secretsOfB();
    for (const secret of secrets)
      if (!written.toLowerCase().includes(secret.toLowerCase()))
        assert.ok(!said.includes(secret), `${secret} in ${said}`);
  }

  /** Every way to write B's id, or something that might be taken for it. */
  const forms = (id: string, sequence: number): readonly string[] => {
    const bytes = id.replaceAll('-', '');
    return [
      id,
      id.toUpperCase(),
      `urn:uuid:${id}`,
      `urn%3Auuid%3A${id}`,
      `{${id}}`,
      `%7B${id}%7D`,
      bytes,
      `%22${id}%22`,
      `'${id}'`,
      Buffer.from(id).toString('hex').replaceAll(/../g, '%$&'),
      id.replaceAll('-', '%2D'),
      id.replaceAll('-', '%252D'),
      id.replaceAll('-', '\u2010').replaceAll('\u2010', '%E2%80%90'),
      `${id}%00`,
      `%00${id}`,
      `${id}%20`,
      `+${id}`,
      `${id}%0a`,
      `${id}%0d%0aX-Organisation:%20${b.organisationNumber}`,
      `${id}/`,
      `${id}//`,
      `${id};organisation=${b.organisationNumber}`,
      `${id},${id}`,
      `${ofA[0]},${id}`,
      `${id}%2Freceipt`,
      `../messages/${id}`,
      `%2e%2e%2fmessages%2f${id}`,
      `${ofA[0]}/../${id}`,
      `${ofA[0]}%2F..%2F${id}`,
      `./${id}`,
      `%2e/${id}`,
      `${id}?organisation=${b.organisationNumber}`,
      `${id}?recipient=${b.organisationNumber}`,
      `${id}%3Fa`,
      `${id}%23`,
      `${sequence}`,
      String(sequence).padStart(20, '0'),
      `${b.organisationNumber}/${sequence}`,
      `${b.organisationNumber}-${sequence}`,
      '*',
      '%',
      '%25',
      '_',
      `${id.slice(0, 35)}_`,
      `${id.slice(0, 8)}%25`,
      `${id}' or '1'='1`.replaceAll(' ', '%20'),
      'missing%00',
      '0',
      '-1',
      'null',
      'undefined',
      'NaN',
      '__proto__',
      'constructor',
      '[object Object]'.replace(' ', '%20'),
    ];
  };

  it('is told the same of an id of B as of one that does not exist, in every form, and changes nothing', async () => {
    const before = await bookOfB();
    const other = randomUUID();
    for (const [i, id] of ofB.slice(1, 3).entries())
      for (const [n, form] of forms(id, i + 2).entries())
        for (const [method, tail] of [
          ['GET', ''],
          ['PUT', '/receipt'],
        ] as const) {
          const path = `/v1/messages/${form}${tail}`;
          const control = `/v1/messages/${forms(other, 999)[n]}${tail}`;
          const [mine, nobodys] = [await raw(a, method, path), await raw(a, method, control)];
          assert.ok(mine.status >= 400 && mine.status < 500, `${method} ${path}: ${mine.status}`);
          assert.equal(mine.status, nobodys.status, path);
          const normal = (said: string) =>
            said
              .replaceAll(id, 'ID')
              .replaceAll(other, 'ID')
              .replaceAll(id.toUpperCase(), 'ID')
              .replaceAll(other.toUpperCase(), 'ID')
              .replaceAll(/urn:uuid:[0-9a-f-]{36}"/g, '')
              .replaceAll(/found":"[^"]*"/g, '');
          // The same but for what the caller itself wrote, and the answer's own name.
          if (mine.status === 404 && path.endsWith(id)) assert.equal(normal(mine.body), normal(nobodys.body));
          await silent(mine.body, path);
        }
    assert.deepEqual(await bookOfB(), before);
  });

  it('is told not-found for ids of B among its own, in any number, and changes nothing of B', async () => {
    const before = await bookOfB();
    const ids = [...ofB, ofA[0] as string, ...ofB];
    const results = await asA.receipts(ids);
    assert.deepEqual(
      results.map(({ id, result }) => [id, result]),
      ids.map((id) => [id, ofB.includes(id) ? 'not-found' : 'not-fetched']),
    );
    assert.ok(results.every(({ at }) => at === undefined));
    for (const body of [
      { ids: ofB, organisation: b.organisationNumber },
      { ids: ofB.map((id) => id.toUpperCase()) },
      { ids: ofB.map((id) => `urn:uuid:${id}`) },
      { ids: ofB.map((id) => ({ id, organisation: b.organisationNumber })) },
      { ids: [ofB] },
      { ids: { in: ofB } },
      { ids: [1, 2, 3] },
      { ids: ['%'] },
    ]) {
      const { status, bytes } = await asA.ask('POST', '/v1/receipts', { headers: json, body: JSON.stringify(body) });
      assert.equal(status, 400);
      await silent(bytes.toString('utf8'), JSON.stringify(body));
    }
    assert.deepEqual(await bookOfB(), before);
  });

  it('lists and counts its own only, whatever else it writes', async () => {
    const number = b.organisationNumber;
    const headers: Readonly<Record<string, string>>[] = [
      { 'x-organisation': number },
      { 'x-organisation-number': number },
      { organisationnumber: number },
      { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' },
      { 'x-forwarded-client-cert': `Hash=${'0'.repeat(64)};Subject="CN=B"` },
      { 'x-ssl-client-cert': encodeURIComponent(b.credential.certificate) },
      { 'ssl-client-cert': encodeURIComponent(b.credential.certificate) },
      { 'client-cert': `:${Buffer.from(b.credential.certificate).toString('base64')}:` },
      { authorization: `Bearer ${number}` },
      { authorization: `Basic ${Buffer.from(`${number}:`).toString('base64')}` },
      { cookie: `organisation=${number}` },
      { 'x-original-url': `/v1/messages/${ofB[0]}`, 'x-rewrite-url': `/v1/messages/${ofB[0]}` },
      { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' },
      { 'idempotency-key': ofB[0] as string },
      { 'if-none-match': '*' },
      { range: 'bytes=0-' },
    ];
    for (const more of headers)
      for (const path of [
        '/v1/messages',
        '/v1/messages?after=0',
        '/v1/messages/missing',
        '/v1/messages/missing?from=1&to=9',
        '/v1/status',
      ]) {
        const { status, bytes } = await asA.ask('GET', path, { headers: more });
        assert.ok(status === 200 || status === 304, `${path} ${JSON.stringify(more)}: ${status}`);
        await silent(bytes.toString('utf8'), '');
        if (path === '/v1/messages' && status === 200)
          assert.deepEqual(
            (JSON.parse(bytes.toString('utf8')) as { messages: { id: string }[] }).messages.map(({ id }) => id),
            ofA,
          );
      }
    for (const name of [
      'organisation',
      'organisationNumber',
      'recipient',
      'recipientorgnumber',
      'address',
      'lane',
      'fingerprint',
      'as',
      'id',
    ])
      for (const path of ['/v1/messages', '/v1/messages/missing', '/v1/status', `/v1/messages/${ofA[0]}`])
        for (const value of [number, b.lane, ofB[0]]) {
          const { status, bytes } = await asA.ask('GET', `${path}?${name}=${value}`);
          assert.equal(status, 400);
          await silent(bytes.toString('utf8'), `${name}=${value}`);
        }
    assert.equal((await asA.ask('GET', '/v1/messages/missing')).json['highest'], '00000000000000000002');
  });

  it('is told the same of B as of nobody when it names it as its principal: without a mandate, with one that is over, or for another', async () => {
    const before = await bookOfB();
    const nobody = strangerNumber(70);
    const other = await line.addSupplier({ delivery: 'pull' });
    const ofOther = await giveMandate(line.pool, { principal: nobody, agent: other.organisationNumber });
    const asked = async (principal: string) => {
      const said: unknown[] = [];
      for (const [method, path, body] of [
        ['GET', '/v1/messages', undefined],
        ['GET', '/v1/messages/missing?from=1', undefined],
        ['GET', '/v1/status', undefined],
        ['GET', `/v1/messages/${ofB[1]}`, undefined],
        ['PUT', `/v1/messages/${ofB[1]}/receipt`, undefined],
        ['POST', '/v1/receipts', JSON.stringify({ ids: ofB })],
      ] as const) {
        const headers = { 'kuvert-principal': principal, ...(body === undefined ? {} : json) };
        const { status, bytes } = await asA.ask(method, path, body === undefined ? { headers } : { headers, body });
        assert.equal(status, 403);
        await silent(bytes.toString('utf8'), `${principal} ${ofB.join(' ')}`);
        said.push(
          bytes
            .toString('utf8')
            .replaceAll(/urn:uuid:[0-9a-f-]{36}/g, '')
            .replaceAll(principal, 'B'),
        );
      }
      return said;
    };
    const unknown = await asked(nobody);
    assert.deepEqual(await asked(b.organisationNumber), unknown);
    assert.deepEqual(await asked(other.organisationNumber), unknown);
    // B has given A one, and it is over; and one that has not begun.
    await line.pool.query(
      `insert into mandate (principal, agent, address_id, message_types, valid_from, valid_to, evidence, recorded_by, begun, settled)
       select $1, $2, $3, '{self-invoice,purchase-order,self-invoice-credit}', now() + t.a * interval '1 hour', now() + t.b * interval '1 hour', 'e', 'test', t.b < 0, t.b < 0
         from (values (-2, -1), (1, 2)) as t (a, b)`,
      [b.organisationNumber, a.organisationNumber, a.lane],
    );
    assert.deepEqual(await asked(b.organisationNumber), unknown);
    // A's own it has, whatever mandates it lacks.
    assert.deepEqual(await asA.listed(), ofA);
    await takeMandate(line.pool, ofOther.mandate.id);
    assert.deepEqual(await bookOfB(), before);
  });

  it('hears nothing of B while it waits', async () => {
    const own = await line.addSupplier({ delivery: 'pull' });
    const waiting = mailbox.as(own).ask('GET', '/v1/messages?wait=2');
    for (let i = 0; i < 5; i++) ofB.push(...(await stored(b, 1)));
    assert.deepEqual((await waiting).json, { messages: [] });
  });

  it('gets nothing more by a second request on its connection, or by one inside another', async () => {
    const [id] = ofB;
    for (const text of [
      `GET /v1/messages HTTP/1.1\r\nhost: x\r\n\r\nGET /v1/messages/${id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      `POST /v1/receipts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"ids":["x"]}GET /v1/messages/${id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      `GET https://x/v1/messages/${id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      `GET //v1/messages/${id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      `GET /V1/Messages/${id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      `GET /v1\\messages\\${id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      `GET /v1/messages/${id} HTTP/1.1\r\nhost: ${b.organisationNumber}\r\nconnection: close\r\n\r\n`,
      `HEAD /v1/messages/${id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      `TRACE /v1/messages/${id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    ]) {
      const said = await spoken(a, text);
      assert.doesNotMatch(said, /x-jws-signature|data_base64/i);
      await silent(said, text);
    }
  });

  it('reaches no mailbox of an address where its own certificate is not registered, of its own organisation either', async () => {
    const orders = await line.addSupplier({ delivery: 'pull' });
    const [id = ''] = await stored(orders, 1);
    // Another address of the same organisation, with a certificate of its own.
    const own = await issueClient(line.certificates.authority, 'Samma AB');
    await enter(line.pool, orders.organisationNumber, [own], { name: 'other', types: ['self-invoice'] });
    const other = mailbox.as({ credential: { key: own.keyPem, certificate: own.chainPem } });
    assert.equal((await mailbox.as(orders).fetch(id)).status, 200);
    assert.deepEqual(await other.listed(), []);
    assert.equal((await other.fetch(id)).status, 404);
    assert.equal((await other.receipt(id)).status, 404);
    assert.deepEqual(await other.receipts([id]), [{ id, result: 'not-found' }]);
    // The number is one of its organisation's, and stands at another address: which, it is told, and no more.
    const { numbers } = (await other.ask('GET', '/v1/messages/missing')).json as { numbers: { id?: string }[] };
    assert.deepEqual(
      numbers.map((one) => one.id),
      [undefined],
    );
  });

  const documented = openContract(supplierContract).operations.map(({ method, path }) => `${method} ${path}`);
  it('was tried on every route that a mailbox has', () => {
    const tried = [
      'GET /v1/messages',
      'GET /v1/messages/missing',
      'GET /v1/messages/{id}',
      'PUT /v1/messages/{id}/receipt',
      'POST /v1/receipts',
      'GET /v1/status',
    ];
    assert.deepEqual(documented.filter((one) => one.includes(' /v1/')).toSorted(), tried.toSorted());
  });

  /** A request line as it is written, with no client that puts it right. */
  async function raw(as: TestSupplier, method: string, path: string): Promise<{ status: number; body: string }> {
    const said = await spoken(as, `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    const [head = '', ...rest] = said.split('\r\n\r\n');
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), body: rest.join('\r\n\r\n') };
  }
  async function spoken(as: TestSupplier, text: string): Promise<string> {
    const { key, certificate: cert } = as.credential;
    const ca = line.certificates.authority.rootPem;
    const socket = connect({ port: mailbox.port, host: '127.0.0.1', ca, key, cert });
    let said = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.write(text);
    await once(socket, 'close');
    return said;
  }
});
