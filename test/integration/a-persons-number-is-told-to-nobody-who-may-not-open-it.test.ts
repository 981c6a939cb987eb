import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { operatorContract } from '../../src/operations/face/api/contract.ts';
import { nameOf } from '../../src/pki/subject.ts';
import { appendAudit } from '../../src/store/audit.ts';
import { type Console, openConsole } from '../support/console.ts';
import { jsonPurchaseOrder } from '../support/documents.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { openScript, type Script } from '../support/script.ts';

/** Has an address, a certificate of ours, an order, a mandate, and is an agent. */
const agent = '8001011231';
/** Has no address, and what was for it went by the agent. */
const alone = '8502021234';
const numbers = [agent, alone];
const tells = (text: string): boolean =>
  numbers.some((number) => text.includes(number) || text.includes(`${number.slice(0, 6)}-${number.slice(6)}`));
/** What stands in keys of lists is as good as open. */
const unpacked = (text: string): string =>
  text.replaceAll(/[\w-]{8,}/g, (word) => `${word} ${Buffer.from(word, 'base64url').toString()}`);

describe("a person's number is told to nobody who may not open it", () => {
  let line: Line;
  let shown: Console;
  let ids: Readonly<Record<string, string>>;
  before(async () => {
    line = await openLine();
    shown = await openConsole({ store: line });
    ids = await fill();
  });
  after(async () => {
    await shown?.stop();
    // Nobody sent it.
    await line?.pool.query('delete from dead_letter');
    await line?.close();
  });

  const one = async (sql: string, values: unknown[] = []): Promise<string> => {
    const { rows } = await line.pool.query<{ id: string | number }>(sql, values);
    assert.ok(rows[0]);
    return String(rows[0].id);
  };
  async function fill() {
    const supplier = await line.addSupplier();
    for (const [number, name] of [
      [agent, 'Agda Agent'],
      [alone, 'Alma Alone'],
    ])
      await line.pool.query("insert into supplier (organisation_number, name, language) values ($1, $2, 'sv')", [
        number,
        name,
      ]);
    const address = await one(
      `insert into address (organisation_number, name, environment, delivery, message_types, envelope_format, ordering, concurrency)
       values ($1, 'main', 'test', 'pull', '{self-invoice}', 'cloudevents', 'any', 1) returning id`,
      [agent],
    );
    await line.pool.query(
      "insert into lane (id, state, reason, detail) values ($1, 'paused', 'operator', 'asked by ' || $2)",
      [address, agent],
    );
    const contact = await one(
      "insert into technical_contact (organisation_number, name, email, phone, language) values ($1, 'Agda', 'a@b.se', '+46701234567', 'sv') returning id",
      [agent],
    );
    const certificate = 'ab'.repeat(32);
    const subject = nameOf({ organisation: 'Agda', commonName: agent, organisationNumber: agent }, 'test').toString();
    assert.ok(subject.includes(`NTRSE-${agent}`));
    for (const [fingerprint, written] of [
      [certificate, subject],
      ['cd'.repeat(32), subject.replaceAll(/, ?/g, '\n')],
    ]) {
      await line.pool.query(
        `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after, contact_id)
         values ($1, $2, 'the pem of ' || $2, $3, now(), now() + interval '10 days', $4)`,
        [fingerprint, agent, written, contact],
      );
      await line.pool.query(
        'insert into address_certificate (address_id, organisation_number, fingerprint) values ($1, $2, $3)',
        [address, agent, fingerprint],
      );
    }
    const order = 'AGDA-0001';
    await line.pool.query(
      `insert into certificate_order (id, transfer_id, organisation_number, address_id, type, description, dns_names, contact_id, ordered_by,
                                      ordered_at, expires_at, changed_at)
       values ($1, $2, $3, $4, 'pull-client', 'a key to fetch', '{}', $5, 'cli:x', now(), now() + interval '1 day', now())`,
      [randomUUID(), order, agent, address, contact],
    );
    for (const number of [alone, agent, supplier.organisationNumber])
      await line.take(framesFor(number as TestSupplier['organisationNumber'], 3));
    for (const principal of [alone, supplier.organisationNumber])
      await line.pool.query(
        `insert into mandate (principal, agent, address_id, message_types, valid_from, valid_to, evidence, recorded_by)
         values ($1, $2, $3, '{purchase-order}', now(), now() + interval '1 day', 'letter of ' || $2, 'cli:x')`,
        [principal, agent, address],
      );
    await line.pool.query(
      `update delivery set state = 'held', reason = 'mandate-ended', detail = 'the agent was ' || $1
        where message_id in (select id from message where organisation_number = $2)`,
      [agent, alone],
    );
    const message = await one('select id from message where organisation_number = $1 order by number limit 1', [alone]);
    const text = `The header recipient says ${agent}, the document says ${alone}`;
    const letter = await one(
      `insert into dead_letter (id, is_text, body, headers, fault, detail, findings, organisation_number, document_number)
       values ($1, true, 'x', '{}', 'document-wrong-recipient', $2::text,
               jsonb_build_array(jsonb_build_object('where', 'recipient', 'rule', 'agreement', 'text', $2::text, 'expected', $3::text, 'found', $4::text)), $3, 'D-1')
       returning id`,
      [randomUUID(), text, alone, agent],
    );
    const subjects = [
      `supplier/${alone}`,
      `supplier/${agent}/address/main`,
      `message/${message}`,
      `dead-letter/${letter}`,
    ];
    for (const about of subjects)
      await line.pool.transaction((db) =>
        appendAudit(db, {
          actor: 'cli:x',
          action: 'supplier.import',
          subject: about,
          reason: `${agent.slice(0, 6)}-${agent.slice(6)} rang`,
          details: { by: { [alone]: [`VATSE-SE${agent}01`] } },
          at: new Date(),
        }),
      );
    const audit = await one('select max(id) as id from audit');
    return { supplier: `address-${address}`, lane: address, certificate, order, message, letter, audit };
  }

  interface Answer {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly body: string;
  }

  /** Goes wherever a link leads. @returns the paths it came to, and those whose answer tells a number */
  async function walk(get: (path: string) => Promise<Answer>, ways: string[]) {
    const seen = new Set<string>();
    const told: string[] = [];
    for (let path = ways.pop(); path !== undefined && seen.size < 500; path = ways.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const { status, headers, body } = await get(path);
      assert.ok(status === 200 || status === 303, `${path}: ${status}`);
      if (tells(unpacked(`${path} ${JSON.stringify(headers)} ${body}`))) told.push(path);
      const links = [...body.matchAll(/(?:href|hx-get)="(\/[^"]*)"/g)].map(([, link = '']) => link);
      for (const link of [...links, ...[headers['location'] ?? []].flat()].map((each) => each.replaceAll('&amp;', '&')))
        if (!/^\/(assets|sign|language)|language=/.test(link)) ways.push(link);
    }
    return { seen, told };
  }

  it('not on any page that a link leads to, nor in the link', async () => {
    const viewer = await shown.signedIn('vera', 'viewer');
    const lists = [
      '/suppliers?lane=none',
      '/search?q=Alma',
      '/search?q=Agda',
      '/certificates?state=',
      '/overview/flow',
    ];
    const { seen, told } = await walk(viewer.get, ['/', ...lists]);
    assert.deepEqual(told, []);
    const { supplier, certificate, order, message, letter } = ids;
    for (const path of [
      `/suppliers/${supplier}`,
      `/certificates/${certificate}`,
      `/certificates/orders/${order}`,
      `/messages/${message}`,
      `/dead-letters/${letter}`,
    ])
      assert.ok(seen.has(path), path);
    assert.ok(
      [...seen].some((path) => /^\/suppliers\/supplier-\d+$/.test(path)),
      'who has no address has a page',
    );
  });

  it('not in any answer to a script, a page at a time, of one that may look and read the audit', async () => {
    const blind = await openScript(
      { origin: shown.api.origin, pool: line.pool },
      'bo',
      ['operator', 'auditor'],
      ['view', 'audit'],
    );
    let asked = 0;
    const told: string[] = [];
    for (const [pattern, methods] of Object.entries(operatorContract.paths as Record<string, object>)) {
      if (!('get' in methods)) continue;
      for (const path of pathsOf(pattern))
        for await (const { status, headers, body } of pagesOf(blind, path)) {
          asked += 1;
          assert.ok([200, 403, 404].includes(status), `${path}: ${status}`);
          if (tells(unpacked(JSON.stringify(headers) + body))) told.push(path);
        }
    }
    assert.ok(asked > 40, String(asked));
    assert.deepEqual(told, []);
    const pages = await walk((path) => blind.ask('GET', path), ['/audit']);
    assert.deepEqual(pages.told, []);
    assert.ok(pages.seen.has(`/audit/${ids['audit']}`) && pages.seen.size > 20);
    const { body, json } = await blind.ask('GET', `/api/v1/certificates/${ids['certificate']}`);
    assert.match(body, /NTRSE-80\*{8}/);
    assert.equal('pem' in json, false);
  });

  it('not in what is wrong with a document that is entered for a dead letter', async () => {
    const clerk = await openScript(
      { origin: shown.api.origin, pool: line.pool },
      'dora',
      ['operator'],
      ['view', 'act'],
    );
    const id = randomUUID();
    await line.pool.query(
      `insert into dead_letter (id, is_text, body, headers, fault, detail, findings, organisation_number)
       values ($1, true, 'x', '{}', 'document-malformed', 'x', '[]', $2)`,
      [id, agent],
    );
    const document = jsonPurchaseOrder({
      number: 'PO-OTHER',
      recipient: alone,
    }).toString();
    const { status, body } = await clerk.ask('POST', `/api/v1/dead-letters/${id}/re-enter`, { reason: 'x', document });
    assert.ok(status >= 400 && status < 500, body);
    assert.match(body, /85\*{8}/);
    assert.equal(tells(body), false, body);
  });

  it('nor digit by digit, but by who has the whole number', async () => {
    const script = await openScript({ origin: shown.api.origin, pool: line.pool }, 'ulla', ['viewer']);
    const may = await openScript({ origin: shown.api.origin, pool: line.pool }, 'olle', ['operator']);
    for (const list of ['suppliers', 'lanes', 'certificates', 'certificate-orders']) {
      // A fingerprint of somebody else's may begin so.
      const many = async (who: Script, q: string) =>
        ((await who.ask('GET', `/api/v1/${list}?q=${q}`)).json['items'] as { readonly name: string }[]).filter(
          ({ name }) => name === 'Agda Agent',
        ).length;
      for (const length of [1, 2, 3, 6, 9]) {
        assert.equal(await many(script, agent.slice(0, length)), 0, list);
        assert.ok((await many(may, agent.slice(0, length))) > 0, list);
      }
      assert.ok((await many(script, agent)) > 0, list);
    }
  });

  /** With each of what it names filled in. */
  function pathsOf(pattern: string): string[] {
    const named: Readonly<Record<string, (string | undefined)[]>> = {
      '/messages/': [ids['message']],
      '/suppliers/': [ids['supplier']],
      '/lanes/': [ids['lane']],
      '/certificates/': [ids['certificate'], 'cd'.repeat(32)],
      '/certificate-orders/': [ids['order']],
      '/dead-letters/': [ids['letter']],
      '/audit/': [1, 2, 3, 4].map((back) => String(Number(ids['audit']) - 4 + back)),
    };
    if (!pattern.includes('{')) return [pattern];
    const found = Object.entries(named).find(([begins]) => pattern.includes(`v1${begins}`));
    return (found?.[1] ?? ['1']).map((value) => pattern.replace(/\{\w+\}/, String(value)));
  }
});

/** All pages of a list, two rows at a time; what is no list is one. */
async function* pagesOf(script: Script, path: string) {
  const first = await script.ask('GET', path);
  yield first;
  if (!Array.isArray(first.json['items'])) return;
  for (let after = '', pages = 0; pages < 30; pages++) {
    const page = await script.ask('GET', `${path}?limit=2${after}`);
    if (page.status === 400) return;
    yield page;
    if (typeof page.json['next'] !== 'string') return;
    after = `&after=${page.json['next']}`;
  }
}
