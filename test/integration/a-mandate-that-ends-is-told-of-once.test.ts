import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { type MessageType, messageTypes } from '../../src/domain/message.ts';
import { sayIncident } from '../../src/enrolment/incident-words.ts';
import { giveMandateNotices } from '../../src/enrolment/mandate-round.ts';
import { sendNext } from '../../src/enrolment/postman.ts';
import { openMail } from '../../src/platform/mail.ts';
import { keepContact } from '../../src/store/enrol/contacts.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { addMandate } from '../../src/suppliers/mandates.ts';
import { eventually } from '../support/eventually.ts';
import { rememberingLog } from '../support/http.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { openMailbox } from '../support/mailbox.ts';
import { giveMandate, strangerNumber, takeMandate } from '../support/mandate.ts';
import { anna, day } from '../support/orders.ts';
import { headerOf, type Smtp, startSmtp, textOf } from '../support/smtp.ts';

const steps = [60, 30, 14, 7, 3, 1];
const log = rememberingLog();

describe('a mandate that ends is told of once for each notice', () => {
  let line: Line;
  let smtp: Smtp;
  let pools: Pool[];
  let agent: TestSupplier;
  beforeEach(async () => {
    line = await openLine();
    smtp = await startSmtp();
    pools = [0, 1].map(() => createPool({ url: line.databaseUrl, connections: 2, name: 'test', byKey: true }));
    agent = await line.addSupplier({ delivery: 'pull' });
  });
  afterEach(async () => {
    await smtp.close();
    for (const one of pools) await one.close();
    await line.close();
  });

  const fingerprintOf = ({ credential }: TestSupplier) =>
    new X509Certificate(credential.certificate).fingerprint256.replaceAll(':', '').toLowerCase();
  /** Whoever answers for its certificate. */
  async function contactOf(supplier: TestSupplier, language: 'sv' | 'en'): Promise<number> {
    const contact = { ...anna, phone: '+46701234567', email: `${supplier.lane}@exempel.se`, language };
    const id = await keepContact(line.pool, supplier.organisationNumber, contact);
    await line.pool.query('update certificate set contact_id = $2 where fingerprint = $1', [
      fingerprintOf(supplier),
      id,
    ]);
    return id;
  }
  /** Two processes, each for one round. */
  async function round(now: Date): Promise<void> {
    const parts = { log, environment: 'test', daysAhead: steps, now: () => now } as const;
    await Promise.all(pools.map((pool) => giveMandateNotices({ ...parts, pool })));
  }
  const before = (to: Date, days: number): Date => new Date(to.getTime() - days * day);
  async function letters(): Promise<{ contact: number; days: number; detail: string | null }[]> {
    const { rows } = await line.pool.query<{ contact: number; days: number; detail: string | null }>(
      `select contact_id as contact, (details ->> 'days')::int as days, detail from letter where kind = 'mandate-ending' order by id`,
    );
    return rows;
  }
  async function incidents(id: number) {
    const { rows } = await line.pool.query<{
      kind: string;
      opened: Date;
      closed: Date | null;
      details: Record<string, unknown>;
    }>('select kind, opened_at as opened, closed_at as closed, details from incident where subject = $1 order by id', [
      `mandate/${id}`,
    ]);
    return rows;
  }
  async function post(now: Date): Promise<void> {
    const send = openMail({ url: `smtp://127.0.0.1:${smtp.port}`, from: 'k@exempel.se', ca: undefined });
    const parts = { log, send, publicUrl: 'https://kuvert.exempel.se', now: () => now, random: () => 0.5 };
    const never = new AbortController().signal;
    for (let sent = ''; sent !== 'none'; ) sent = await sendNext({ ...parts, pool: pools[0] as Pool }, never);
  }

  it('over 80 days, by two processes: to the agent and the principal six letters each, to operators one incident', async () => {
    const principal = await line.addSupplier({ messageTypes: ['purchase-order'] });
    const told = [await contactOf(agent, 'sv'), await contactOf(principal, 'en')];
    const { mandate } = await giveMandate(line.pool, {
      principal: principal.organisationNumber,
      agent: agent.organisationNumber,
      types: ['self-invoice'],
      ends: 100 * day,
    });
    await line.take(framesFor(principal.organisationNumber, 2));
    for (let days = 80; days > -2; days--) await round(before(mandate.to, days));
    const sent = await letters();
    for (const contact of told)
      assert.deepEqual(
        sent.filter((one) => one.contact === contact).map(({ days }) => days),
        steps,
      );
    assert.equal(sent.length, 12);
    const [incident, more] = await incidents(mandate.id);
    assert.deepEqual(
      [incident?.kind, incident?.opened, incident?.closed, more],
      ['mandate-ending', before(mandate.to, 30), mandate.to, undefined],
    );
    assert.ok(!JSON.stringify(incident).includes('Anna'), 'a person’s name');
    const said = sayIncident({ kind: 'mandate-ending', details: incident?.details ?? {} }, 'en');
    assert.match(
      said,
      new RegExp(`receives for .*${principal.organisationNumber}.* none follows it for self-invoice. 2 waited`),
    );
  });

  it('the letter says who acts for whom, until when, what happens then, and what may be done', async () => {
    await contactOf(agent, 'sv');
    const principal = strangerNumber(400);
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber, ends: 100 * day });
    await line.take(framesFor(principal, 1));
    await round(before(mandate.to, 60));
    await post(before(mandate.to, 60));
    const mail = smtp.received[0]?.raw ?? '';
    assert.match(
      headerOf(mail, 'subject') ?? '',
      new RegExp(`^\\[test\\] Fullmakten för Leverantör .* att ta emot åt ${principal} upphör om 60 dagar$`),
    );
    assert.match(
      textOf(mail),
      /som ombud.*Ingenting följer den för: purchase-order, self-invoice, self-invoice-credit/s,
    );
    assert.match(textOf(mail), /ett meddelande/);
    assert.match(textOf(mail), new RegExp(`nummer hos oss är ${mandate.id}`));
  });

  it('until another follows it for every type, or it is ended: the incident closes with that, and letters that wait are not sent', async () => {
    await contactOf(agent, 'sv');
    const [first, second] = [strangerNumber(401), strangerNumber(402)];
    const give = { agent: agent.organisationNumber, ends: 40 * day };
    const [followed, ended] = [
      await giveMandate(line.pool, { ...give, principal: first }),
      await giveMandate(line.pool, { ...give, principal: second }),
    ];
    const at = before(followed.mandate.to, 20);
    await round(at);
    const open = async () =>
      Promise.all(
        [followed, ended].map(async ({ mandate }) => (await incidents(mandate.id)).map(({ closed }) => closed)),
      );
    assert.deepEqual(await open(), [[null], [null]]);
    const follow = async (types: readonly MessageType[], gap: number) => {
      const order = {
        principal: first,
        agent: agent.organisationNumber,
        address: undefined,
        environment: 'test',
      } as const;
      const { mandate } = await addMandate(line.pool, {
        ...order,
        messageTypes: types,
        from: new Date(followed.mandate.to.getTime() + gap),
        to: new Date(followed.mandate.to.getTime() + 90 * day),
        evidence: 'diary 1235',
        actor: 'cli:test',
        reason: 'a test',
        rehearsal: false,
        now: at,
      });
      return mandate.id;
    };
    await takeMandate(line.pool, await follow(messageTypes, 60_000));
    await follow(['self-invoice', 'purchase-order'], 0);
    await round(at);
    assert.deepEqual(await open(), [[null], [null]], 'a minute without any is a gap, and one type has none');
    await follow(['self-invoice-credit'], 0);
    await takeMandate(line.pool, ended.mandate.id);
    const [[one], [other]] = (await open()) as [[Date | null], [Date | null]];
    assert.ok(one !== null && other !== null);
    await post(at);
    assert.equal(smtp.received.length, 0);
    for (const { detail } of await letters()) assert.match(detail ?? '', /over, or another follows/);
    await round(before(followed.mandate.to, 10));
    assert.equal((await incidents(followed.mandate.id)).length, 1);
  });

  it('one for five days is told of when there are three left, and not on the day it is given', async () => {
    const { mandate } = await giveMandate(line.pool, {
      principal: strangerNumber(403),
      agent: agent.organisationNumber,
      ends: 5 * day,
    });
    await round(before(mandate.to, 4));
    assert.deepEqual(await incidents(mandate.id), []);
    await round(before(mandate.to, 3));
    const [incident] = await incidents(mandate.id);
    assert.deepEqual(incident?.details['contacts'], []);
    assert.match(
      sayIncident({ kind: 'mandate-ending', details: incident?.details ?? {} }, 'sv'),
      /Ingen är underrättad/,
    );
  });

  it('by statements that are planned once and read no table whole', async () => {
    await contactOf(agent, 'sv');
    const single = createPool({ url: line.databaseUrl, connections: 1, name: 'test', byKey: true });
    pools.push(single);
    const principal = strangerNumber(404);
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber, ends: 100 * day });
    const parts = { log, environment: 'test', daysAhead: steps, pool: single } as const;
    for (const days of [70, 60, 30, 14, 7, 3, 1, -1])
      await giveMandateNotices({ ...parts, now: () => before(mandate.to, days) });
    const { rows } = await single.query<{ name: string; statement: string; custom: number; parameters: string[] }>(
      'select name, statement, custom_plans as custom, parameter_types::text[] as parameters from pg_prepared_statements',
    );
    const ours = rows.filter(({ parameters }) => parameters.length > 0);
    assert.ok(ours.length >= 8, `${ours.length} statements`);
    for (const { name, statement, parameters, custom } of ours) {
      assert.equal(custom, 0, statement);
      const plan = await single.query<{ 'QUERY PLAN': string }>(
        `explain execute "${name}"(${parameters.map(() => 'null').join(', ')})`,
      );
      const whole = plan.rows.filter((row) => /Seq Scan on|Hash Join|Merge Join/.test(row['QUERY PLAN']));
      assert.deepEqual(whole, [], statement);
    }
  });

  it('at the role that tells: an incident of a certificate closes when that is withdrawn, or another is issued, without another round', async () => {
    const [withdrawn, renewed] = [agent, await line.addSupplier({ delivery: 'pull' })];
    await line.pool.query(
      "update certificate set not_before = now() - interval '1 year', not_after = now() + interval '20 days'",
    );
    const mailbox = await openMailbox(line);
    try {
      const open = async () => {
        const { rows } = await line.pool.query<{ subject: string }>(
          "select subject from incident where kind = 'certificate-expiring' and closed_at is null",
        );
        return rows.map(({ subject }) => subject.slice('certificate/'.length)).sort();
      };
      const both = [withdrawn, renewed].map(fingerprintOf).sort();
      await eventually('both are open', async () => (await open()).length === 2);
      assert.deepEqual(await open(), both);
      await line.pool.query('update certificate set withdrawn_at = now() where fingerprint = $1', [
        fingerprintOf(withdrawn),
      ]);
      await eventually('one is closed', async () => (await open()).length === 1);
      const next = 'd'.repeat(64);
      await line.pool.query(
        `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after)
         select $2, organisation_number, 'pem', subject, now(), now() + interval '2 years' from certificate where fingerprint = $1`,
        [fingerprintOf(renewed), next],
      );
      await line.pool.query(
        'insert into address_certificate (address_id, organisation_number, fingerprint) values ($1, $2, $3)',
        [renewed.lane, renewed.organisationNumber, next],
      );
      // What the authority says when a certificate is issued.
      await line.pool.query("select pg_notify('kuvert_decided', gen_random_uuid()::text)");
      await eventually('none is open', async () => (await open()).length === 0);
    } finally {
      await mailbox.stop();
    }
  });
});
