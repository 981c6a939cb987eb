import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageType } from '../../src/domain/message.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, opened, openMailbox, type Program } from '../support/mailbox.ts';
import { giveMandate, isOver, strangerNumber, takeMandate } from '../support/mandate.ts';

const json = { 'content-type': 'application/json' };

describe('an agent fetches for its principals while its mandates run', function () {
  this.timeout(60_000);
  let line: Line;
  let mailbox: Mailbox;
  let agent: TestSupplier;
  let asAgent: Program;
  let first: OrganisationNumber;
  let second: OrganisationNumber;
  let strangers = 100;
  beforeEach(async () => {
    line = await openLine();
    mailbox = await openMailbox(line, { settings: { KUVERT_SUPPLIER_BURST: '1000000' } });
    agent = await line.addSupplier({ delivery: 'pull' });
    asAgent = mailbox.as(agent);
    strangers += 2;
    [first, second] = [strangerNumber(strangers), strangerNumber(strangers + 1)];
  });
  afterEach(async () => {
    await mailbox.stop();
    await line.close();
  });

  const naming = (principal: string) => ({ 'kuvert-principal': principal });
  async function stored(recipient: OrganisationNumber, ...types: readonly MessageType[]): Promise<string[]> {
    const { verdicts } = await line.take(types.map((messageType) => frameFor(recipient, { messageType })));
    return verdicts.map((verdict) => {
      assert.ok(verdict.kind === 'accepted');
      return verdict.messageId;
    });
  }
  const give = (principal: OrganisationNumber, more: { types?: readonly MessageType[]; ends?: number } = {}) =>
    giveMandate(line.pool, { principal, agent: agent.organisationNumber, ...more });
  async function listed(program: Program, principal?: string): Promise<string[]> {
    const { status, json: page } = await program.ask('GET', '/v1/messages', {
      headers: principal === undefined ? {} : naming(principal),
    });
    assert.equal(status, 200, JSON.stringify(page));
    return (page['messages'] as { id: string }[]).map(({ id }) => id);
  }
  /** The code of every way to ask for a message, with these headers. */
  async function told(program: Program, id: string, headers: Readonly<Record<string, string>>) {
    const codes: unknown[] = [];
    for (const [method, path, body] of [
      ['GET', '/v1/messages', undefined],
      ['GET', '/v1/messages/missing', undefined],
      ['GET', '/v1/status', undefined],
      ['GET', `/v1/messages/${id}`, undefined],
      ['PUT', `/v1/messages/${id}/receipt`, undefined],
      ['POST', '/v1/receipts', JSON.stringify({ ids: [id] })],
    ] as const) {
      const asked = body === undefined ? { headers } : { headers: { ...headers, ...json }, body };
      const answered = await program.ask(method, path, asked);
      const { type, detail } = answered.json as { type?: string; detail?: string };
      codes.push([answered.status, type?.replace('urn:kuvert:fault:', ''), detail]);
    }
    return codes;
  }

  it('each list has what is its own: two principals and the agent in one lane', async () => {
    await give(first);
    await give(second);
    const types: MessageType[] = ['purchase-order', 'self-invoice'];
    const ofFirst = await stored(first, ...types);
    const ofAgent = await stored(agent.organisationNumber, ...types);
    const ofSecond = await stored(second, ...types);
    assert.deepEqual(await listed(asAgent), ofAgent);
    assert.deepEqual(await listed(asAgent, agent.organisationNumber), ofAgent);
    assert.deepEqual(await listed(asAgent, first), ofFirst);
    assert.deepEqual(await listed(asAgent, second), ofSecond);
    // Pages too: one of the others’ must not take the place of one that is asked for.
    assert.deepEqual(await asAgent.listed('?limit=1'), ofAgent.slice(0, 1));
    assert.deepEqual(await asAgent.listed('?limit=1&after=1'), ofAgent.slice(1));
    const status = (await asAgent.ask('GET', '/v1/status', { headers: naming(first) })).json as {
      organisation: { number: string };
      addresses: { name: string; counts: { waiting: number } }[];
    };
    assert.equal(status.organisation.number, first);
    assert.deepEqual(
      status.addresses.map(({ counts }) => counts.waiting),
      [2],
    );
    const own = (await asAgent.ask('GET', '/v1/status')).json as typeof status;
    assert.deepEqual(
      own.addresses.map(({ counts }) => counts.waiting),
      [2],
    );
    const missing = (await asAgent.ask('GET', '/v1/messages/missing', { headers: naming(first) })).json;
    assert.deepEqual(
      (missing['numbers'] as { id: string }[]).map(({ id }) => id),
      ofFirst,
    );
  });

  it('fetches and receipts what its principal is sent, in the principal’s name and with its own certificate', async () => {
    await give(first);
    const [id = ''] = await stored(first, 'self-invoice');
    const got = await asAgent.fetch(id, naming(first));
    assert.equal(got.status, 200);
    const envelope = (await opened(line, got)) as unknown as Record<string, unknown>;
    assert.equal(envelope['recipient'] ?? envelope['recipientorgnumber'], first);
    const receipt = await asAgent.ask('PUT', `/v1/messages/${id}/receipt`, { headers: naming(first) });
    assert.equal(receipt.json['result'], 'received');
    const { rows } = await line.pool.query<{ by: string; principal: string }>(
      'select delivered_by as by, principal from delivery where message_id = $1',
      [id],
    );
    assert.deepEqual(rows, [{ by: 'collected', principal: first }]);
    // Fetched once more, as one’s own may be.
    assert.equal((await asAgent.fetch(id, naming(first))).status, 200);
  });

  it('without the header, or with another’s name in it, an id of a principal is as unknown as any', async () => {
    await give(first);
    await give(second);
    const [id = ''] = await stored(first, 'self-invoice');
    const unknown = '01936f0e-7c3a-7b7e-9d55-0b9f6f1f2a10';
    for (const headers of [{}, naming(agent.organisationNumber), naming(second)]) {
      const about = async (one: string) => (await told(asAgent, one, headers)).slice(3);
      const ours = JSON.stringify(await about(id)).replaceAll(id, 'ID');
      assert.equal(ours, JSON.stringify(await about(unknown)).replaceAll(unknown, 'ID'));
      assert.match(ours, /404.*not-found.*404.*not-found/);
    }
    assert.equal((await asAgent.receipts([id]))[0]?.result, 'not-found');
  });

  it('whoever has no mandate that runs is told the same of an organisation that is there and of one that is not', async () => {
    const other = await line.addSupplier({ delivery: 'pull' });
    await stored(other.organisationNumber, 'self-invoice');
    await give(first);
    const [id = ''] = await stored(first, 'self-invoice');
    const nobody = strangerNumber(90);
    const asOther = mailbox.as(other);
    const about = async (program: Program, name: string, one: string) =>
      JSON.stringify(await told(program, one, naming(name))).replaceAll(name, 'NAME');
    const expected = await about(asAgent, nobody, id);
    assert.deepEqual(
      (JSON.parse(expected) as unknown[][]).map(([status, code]) => [status, code]),
      Array.from({ length: 6 }, () => [403, 'mandate-missing']),
    );
    assert.equal(await about(asAgent, other.organisationNumber, id), expected);
    assert.equal(await about(asOther, first, id), expected);
    assert.equal(await about(asOther, agent.organisationNumber, id), expected);
    // What is no organisation number is no name.
    for (const name of ['', '1234567890', `${first},${second}`, `${first.slice(0, 6)}-${first.slice(6)}`, '*', '%'])
      assert.equal((await asAgent.ask('GET', '/v1/messages', { headers: naming(name) })).status, 400, name);
  });

  it('at the hour when it ends nothing is listed, fetched or receipted any more, also what was fetched before', async () => {
    const { mandate } = await give(first, { ends: 1_500 });
    const [id = '', other = ''] = await stored(first, 'self-invoice', 'purchase-order');
    assert.equal((await asAgent.fetch(id, naming(first))).status, 200);
    const waiting = asAgent.ask('GET', '/v1/messages?wait=20&after=9', { headers: naming(first) });
    await isOver(line.pool, mandate.id);
    const codes = (await told(asAgent, id, naming(first))) as unknown[][];
    assert.deepEqual(
      codes.map(([status]) => status),
      [403, 403, 403, 403, 403, 403],
    );
    assert.equal((await asAgent.fetch(other, naming(first))).status, 403);
    // Whoever waited meanwhile is told at the next ring, and never shown what came.
    await stored(agent.organisationNumber, 'self-invoice');
    assert.equal((await waiting).status, 403);
    const { rows } = await line.pool.query<{ n: number }>('select count(*) as n from receipt');
    assert.equal(rows[0]?.n, 0);
    // Nobody drains an address that is fetched from: the sweep takes it away.
    await line.deliver();
    await eventually('both are held', async () => (await line.states())['held'] === 2);
  });

  it('of a message type that its mandate does not name it sees a state and no more', async () => {
    const other = await line.addSupplier({ delivery: 'pull' });
    await give(first, { types: ['purchase-order'] });
    await giveMandate(line.pool, { principal: first, agent: other.organisationNumber, types: ['self-invoice'] });
    const [order = '', invoice = ''] = await stored(first, 'purchase-order', 'self-invoice');
    assert.deepEqual(await listed(asAgent, first), [order]);
    assert.equal((await asAgent.fetch(invoice, naming(first))).status, 404);
    const { numbers } = (await asAgent.ask('GET', '/v1/messages/missing', { headers: naming(first) })).json as {
      numbers: Record<string, unknown>[];
    };
    assert.deepEqual(numbers, [
      {
        first: '00000000000000000001',
        last: '00000000000000000001',
        state: 'waiting',
        id: order,
        address: 'main',
      },
      { first: '00000000000000000002', last: '00000000000000000002', state: 'waiting' },
    ]);
    // The right to one type ends, that to another at the same address goes on.
    const { mandate } = await give(first, { types: ['self-invoice-credit'] });
    const [credit = ''] = await stored(first, 'self-invoice-credit');
    assert.deepEqual(await listed(asAgent, first), [order, credit]);
    await line.pool.query('alter table mandate disable trigger mandate_kept');
    await line.pool.query(
      "update mandate set valid_from = valid_from - interval '1 day', valid_to = clock_timestamp() where id = $1",
      [mandate.id],
    );
    await line.pool.query('alter table mandate enable trigger mandate_kept');
    assert.deepEqual(await listed(asAgent, first), [order]);
    assert.equal((await asAgent.fetch(credit, naming(first))).status, 404);
    assert.equal((await asAgent.fetch(order, naming(first))).status, 200);
  });

  it('a mandate that is ended while a fetch is being sealed: nothing is given, and nothing is on record', async () => {
    const { mandate } = await give(first);
    const [id = ''] = await stored(first, 'self-invoice');
    const slow = await openMailbox(line, {
      compose: (parts) => ({
        ...parts,
        seal: async (fetched) => {
          await takeMandate(line.pool, mandate.id);
          return parts.seal(fetched);
        },
      }),
    });
    const { status, json: problem } = await slow.as(agent).fetch(id, naming(first));
    assert.deepEqual([status, problem['type']], [404, 'urn:kuvert:fault:not-found']);
    const { rows } = await line.pool.query<{ n: number }>('select count(*) as n from collection');
    assert.equal(rows[0]?.n, 0);
    await slow.stop();
  });

  it('a certificate opens the principals of the addresses where it is registered, and a withdrawn one nobody’s', async () => {
    await give(first);
    const [id = ''] = await stored(first, 'self-invoice');
    assert.equal((await asAgent.fetch(id, naming(first))).status, 200);
    await line.pool.query('update certificate set withdrawn_at = now() where organisation_number = $1', [
      agent.organisationNumber,
    ]);
    await sleep(50);
    await eventually('it is turned away', async () => {
      const answered = await asAgent.fetch(id, naming(first)).catch(() => undefined);
      return answered !== undefined && String(answered.json['type']).endsWith('certificate-not-accepted');
    });
  });
});
