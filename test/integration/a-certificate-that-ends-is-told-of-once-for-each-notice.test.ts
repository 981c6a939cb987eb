import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { changeContact } from '../../src/enrolment/contact.ts';
import { giveNotices, type NoticeParts } from '../../src/enrolment/notice-round.ts';
import { sendNext } from '../../src/enrolment/postman.ts';
import { openMail } from '../../src/platform/mail.ts';
import { keepContact } from '../../src/store/enrol/contacts.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { enter } from '../support/door.ts';
import { rememberingLog } from '../support/http.ts';
import { act, anna, day } from '../support/orders.ts';
import { takeMessage } from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';
import { headerOf, type Smtp, startSmtp, textOf } from '../support/smtp.ts';

const notAfter = new Date('2032-06-01T12:00:00Z');
/** So many days before the end. */
const before = (days: number): Date => new Date(notAfter.getTime() - days * day);
const steps = [60, 30, 14, 7, 3, 1];
const never = new AbortController().signal;
const log = rememberingLog();

interface Entered {
  readonly fingerprint: string;
  readonly organisationNumber: string;
  readonly addressId: number;
  readonly contactId: number | undefined;
}

interface Wanted {
  readonly ends?: Date;
  readonly delivery?: 'push' | 'pull';
  readonly type?: string;
  readonly description?: string;
  readonly language?: 'sv' | 'en';
  readonly told?: boolean;
  readonly renews?: string;
  readonly at?: Pick<Entered, 'organisationNumber' | 'addressId'>;
}

describe('a certificate that ends is told of once for each notice', () => {
  let databaseUrl: string;
  let pool: Pool;
  let pools: Pool[];
  let smtp: Smtp;
  let numbers = 0;

  {
    beforeEach(async () => {
      databaseUrl = await freshDatabase();
      pools = [];
      pool = connect();
      smtp = await startSmtp();
    });
    afterEach(async () => {
      await smtp.close();
      for (const one of pools) await one.close();
    });
  }

  function connect(): Pool {
    const one = createPool({ url: databaseUrl, connections: 3, name: 'test', byKey: true });
    pools.push(one);
    return one;
  }
  const parts = (now: Date, one: Pool = pool): NoticeParts => ({
    log,
    pool: one,
    environment: 'test',
    daysAhead: steps,
    now: () => now,
  });
  /** A process of its own that lives for one round. */
  const round = (now: Date) => giveNotices(parts(now));

  async function post(
    now: Date,
    send = openMail({ url: `smtp://127.0.0.1:${smtp.port}`, from: 'k@exempel.se', ca: undefined }),
  ) {
    const postman = { log, pool, send, publicUrl: 'https://kuvert.exempel.se', now: () => now, random: () => 0.5 };
    for (let sent = await sendNext(postman, never); sent !== 'none'; sent = await sendNext(postman, never))
      assert.notEqual(sent, 'later');
  }

  async function register(wanted: Wanted = {}): Promise<Entered> {
    const organisationNumber = wanted.at?.organisationNumber ?? sampleOrganisationNumber(++numbers);
    const { delivery = 'pull', ends = notAfter, language = 'sv' } = wanted;
    const addressId = wanted.at?.addressId ?? (await enter(pool, organisationNumber, [], { delivery }));
    const fingerprint = randomBytes(32).toString('hex');
    const contactId =
      wanted.told === false
        ? undefined
        : await keepContact(pool, organisationNumber, { ...anna, phone: '+46701234567', language });
    await pool.query(
      `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after, type, description, contact_id, renews)
       values ($1, $2, 'pem', 'CN=Exempel', $3::timestamptz, $4, $5, $6, $7, $8)`,
      [
        fingerprint,
        organisationNumber,
        new Date(ends.getTime() - 730 * day),
        ends,
        wanted.type ?? (delivery === 'push' ? 'push-endpoint' : 'pull-client'),
        wanted.description ?? 'Lönesystemet',
        contactId ?? null,
        wanted.renews ?? null,
      ],
    );
    await pool.query(
      'insert into address_certificate (address_id, organisation_number, fingerprint) values ($1, $2, $3)',
      [addressId, organisationNumber, fingerprint],
    );
    return { fingerprint, organisationNumber, addressId, contactId };
  }
  const nextOf = (one: Entered, more: Wanted = {}) =>
    register({ at: one, ends: new Date(notAfter.getTime() + 700 * day), renews: one.fingerprint, ...more });

  const notices = async (fingerprint: string) =>
    (
      await pool.query<{ days: number }>(
        'select days from expiry_notice where fingerprint = $1 order by at, days desc',
        [fingerprint],
      )
    ).rows.map(({ days }) => days);
  const letters = async (fingerprint: string) =>
    (
      await pool.query<{ kind: string; days: number; contact: number; sent: boolean; detail: string | null }>(
        `select kind, (details ->> 'days')::integer as days, contact_id as contact, sent_at is not null as sent, detail from letter
          where fingerprint = $1 and kind like 'certificate-%' order by id`,
        [fingerprint],
      )
    ).rows;
  const incidents = async (fingerprint: string) =>
    (
      await pool.query<{ kind: string; opened: Date; closed: Date | null; details: Record<string, unknown> }>(
        'select kind, opened_at as opened, closed_at as closed, details from incident where subject like $1 order by id',
        [`%${fingerprint}`],
      )
    ).rows;

  it('over 80 days, day by day, two processes at a time, each living for one round: one letter, one notice, one incident', async () => {
    const one = await register();
    const [left, right] = [connect(), connect()];
    for (let days = 70; days >= -10; days--)
      await Promise.all([giveNotices(parts(before(days), left)), giveNotices(parts(before(days), right))]);
    const all = [...steps, -1];
    assert.deepEqual(await notices(one.fingerprint), all);
    assert.deepEqual(
      (await letters(one.fingerprint)).map(({ days }) => days),
      all,
    );
    const [incident, more] = await incidents(one.fingerprint);
    assert.equal(more, undefined);
    assert.deepEqual(
      [incident?.kind, incident?.opened, incident?.closed, incident?.details['days']],
      ['certificate-expiring', before(60), null, -1],
    );
    assert.ok(!JSON.stringify(incident).includes('Anna'), 'a person’s name');
  });

  it('however many processes look at the same moment', async () => {
    const many = await Promise.all(Array.from({ length: 10 }, () => register()));
    const four = [connect(), connect(), connect(), connect()];
    for (const days of [60, 7, -1]) await Promise.all(four.map((one) => giveNotices(parts(before(days), one))));
    for (const { fingerprint } of many) {
      assert.deepEqual(await notices(fingerprint), [60, 7, -1]);
      assert.equal((await letters(fingerprint)).length, 3);
      assert.equal((await incidents(fingerprint)).length, 1);
    }
  });

  it('and after a stop from day −61 to day −5, of the nearest one only', async () => {
    const one = await register();
    await round(before(61));
    assert.deepEqual(await incidents(one.fingerprint), []);
    await round(before(5));
    assert.deepEqual(await notices(one.fingerprint), [7]);
    assert.equal((await letters(one.fingerprint)).length, 1);
    await round(before(3));
    assert.deepEqual(await notices(one.fingerprint), [7, 3]);
  });

  it('killed at each statement before the commit: nothing was told, and the next round tells it once', async () => {
    const one = await register();
    for (const statement of ['insert into expiry_notice', 'insert into incident', 'insert into letter', 'commit']) {
      const dying: Pool = {
        ...pool,
        transaction: (work) =>
          pool.transaction(async (db) => {
            const result = await work({
              query: async (text, values) => {
                const answer = await db.query(text, values);
                if (text.includes(statement)) throw new Error('the power fails');
                return answer as never;
              },
            });
            if (statement === 'commit') throw new Error('the power fails');
            return result;
          }),
      };
      await assert.rejects(giveNotices(parts(before(30), dying)), /the power fails/);
      assert.deepEqual(
        [await notices(one.fingerprint), await letters(one.fingerprint), await incidents(one.fingerprint)],
        [[], [], []],
        statement,
      );
    }
    await round(before(30));
    assert.deepEqual(await notices(one.fingerprint), [30]);
    assert.equal((await letters(one.fingerprint)).length, 1);
  });

  it('until it is renewed: the incident closes once, and nothing more is told, nor sent of what waits', async () => {
    const one = await register();
    await round(before(60));
    await round(before(30));
    const next = await nextOf(one);
    await round(before(29));
    for (let days = 28; days >= -3; days--) await round(before(days));
    assert.deepEqual(await notices(one.fingerprint), [60, 30]);
    const [incident, more] = await incidents(one.fingerprint);
    assert.deepEqual([incident?.opened, incident?.closed, more], [before(60), before(29), undefined]);
    assert.deepEqual(await notices(next.fingerprint), []);
    await post(before(29));
    assert.equal(smtp.received.length, 0);
    assert.match((await letters(one.fingerprint))[1]?.detail ?? '', /followed/);
  });

  it('until it is withdrawn, its address retired, or another that serves the same stands at every address of it', async () => {
    const withdrawn = await register();
    const retired = await register();
    const replaced = await register({ delivery: 'push' });
    const half = await register({ type: 'both' });
    const second = await enter(pool, half.organisationNumber, [], { name: 'second' });
    await pool.query(
      'insert into address_certificate (address_id, organisation_number, fingerprint) values ($1, $2, $3)',
      [second, half.organisationNumber, half.fingerprint],
    );
    await round(before(60));
    await pool.query('update certificate set withdrawn_at = $2 where fingerprint = $1', [
      withdrawn.fingerprint,
      before(59),
    ]);
    await pool.query('update address set retired_at = $2 where id = $1', [retired.addressId, before(59)]);
    await register({ at: replaced, delivery: 'push', ends: before(-100) });
    await register({ at: half, type: 'both', ends: before(-100) });
    await round(before(58));
    for (const { fingerprint } of [withdrawn, retired, replaced])
      assert.deepEqual(
        (await incidents(fingerprint)).map(({ closed }) => closed),
        [before(58)],
      );
    const [open] = await incidents(half.fingerprint);
    assert.equal(open?.closed, null);
    await round(before(30));
    assert.deepEqual((await incidents(half.fingerprint))[0]?.details['addresses'], ['second']);
    assert.deepEqual(await notices(half.fingerprint), [60, 30]);
  });

  it('but not because of a certificate that serves something else, or ends sooner, or is withdrawn', async () => {
    const endpoint = await register({ delivery: 'push' });
    await register({ at: endpoint, type: 'pull-client', ends: before(-100), delivery: 'push' });
    const program = await register();
    await register({ at: program, description: 'Ekonomisystemet', ends: before(-100) });
    await register({ at: program, ends: before(1) });
    const undone = await register();
    const next = await nextOf(undone);
    await pool.query('update certificate set withdrawn_at = $2 where fingerprint = $1', [next.fingerprint, before(61)]);
    await round(before(60));
    for (const { fingerprint } of [endpoint, program, undone]) assert.deepEqual(await notices(fingerprint), [60]);
  });

  it('to whoever is its contact then: the new one is written to, also what had not left when it was changed', async () => {
    const one = await register();
    await round(before(60));
    await post(before(60));
    await round(before(30));
    const contact = { name: 'Bo Alm', email: 'bo@exempel.se', phone: '+46707654321', language: 'en' as const };
    await changeContact(pool, { named: one.fingerprint, contact }, act({ now: before(30) }));
    await post(before(30));
    await round(before(14));
    await post(before(14));
    const about = smtp.received
      .filter(({ raw }) => /går ut|ends in/.test(headerOf(raw, 'subject') ?? ''))
      .map(({ to, raw }) => [to[0], headerOf(raw, 'subject')]);
    const organisation = `Exempel ${one.organisationNumber} AB`;
    assert.deepEqual(about, [
      [anna.email, `[test] Certifikatet för ${organisation} går ut om 60 dagar`],
      ['bo@exempel.se', `[test] The certificate for ${organisation} ends in 30 days`],
      ['bo@exempel.se', `[test] The certificate for ${organisation} ends in 14 days`],
    ]);
  });

  it('in words that say what ends when, what then happens, how much waits, and what to do', async () => {
    for (const language of ['sv', 'en'] as const)
      for (const delivery of ['push', 'pull'] as const) {
        const one = await register({ language, delivery });
        const waits = delivery === 'push';
        if (waits) await takeMessage(pool, one.organisationNumber);
        await round(before(1));
        await post(before(1));
        const ending = textOf(smtp.received.at(-1)?.raw ?? '');
        assert.match(
          ending,
          language === 'sv' ? /går ut 1 juni 2032 kl\. 14:00/ : /ends on 1 June 2032 at 14:00, Swedish time/,
        );
        assert.match(ending, /Lönesystemet/);
        assert.match(ending, /`kuvert renew`/);
        assert.match(
          ending,
          waits
            ? { sv: /väntar ett meddelande/, en: /one message waits/ }[language]
            : { sv: /väntar inget meddelande/, en: /No message waits/ }[language],
        );
        assert.match(
          ending,
          {
            sv: { push: /Vi levererar ingenting/, pull: /släpps inte in/ },
            en: { push: /deliver nothing/, pull: /not let in/ },
          }[language][delivery],
        );
        assert.ok(ending.includes(one.fingerprint));
        await round(before(0));
        await post(before(0));
        const over = textOf(smtp.received.at(-1)?.raw ?? '');
        assert.match(over, language === 'sv' ? /gick ut 1 juni 2032/ : /ended on 1 June 2032/);
        assert.match(over, language === 'sv' ? /beställa ett nytt/ : /order a new one/);
        assert.ok(!over.includes('kuvert renew'));
        await pool.query('update certificate set withdrawn_at = now() where fingerprint = $1', [one.fingerprint]);
      }
    assert.equal(smtp.received.length, 8);
  });

  it('once also where no mail went out for days: only the last of what waits is sent', async () => {
    const one = await register();
    await round(before(3));
    await round(before(1));
    await post(before(1));
    assert.deepEqual(
      (await letters(one.fingerprint)).map(({ days, sent, detail }) => [days, sent, detail]),
      [
        [3, false, 'a later notice says what this one would'],
        [1, true, null],
      ],
    );
    assert.equal(smtp.received.length, 1);
  });

  it('to operators alone where it has no contact, and where it is the gateway’s own', async () => {
    const one = await register({ told: false });
    await pool.query(
      `insert into own_certificate (fingerprint, purpose, environment, pem, subject, spki_sha256, not_before, not_after, use_from)
       values ($1, 'client', 'test', 'pem', 'CN=Kuvert', $2, $3, $4, $3), ($5, 'client', 'production', 'pem', 'CN=Kuvert', $2, $3, $4, $3)`,
      ['a'.repeat(64), Buffer.alloc(32), before(730), notAfter, 'b'.repeat(64)],
    );
    await round(before(60));
    await round(before(-1));
    assert.deepEqual(await notices(one.fingerprint), [60, -1]);
    assert.deepEqual(await letters(one.fingerprint), []);
    assert.equal((await incidents(one.fingerprint))[0]?.details['contact'], null);
    assert.deepEqual(await notices('a'.repeat(64)), [60, -1]);
    assert.deepEqual(await incidents('b'.repeat(64)), []);
    await pool.query(
      `insert into own_certificate (fingerprint, purpose, environment, pem, subject, spki_sha256, not_before, not_after, use_from)
       values ($1, 'client', 'test', 'pem', 'CN=Kuvert', $2, $3, $4, $3)`,
      ['c'.repeat(64), Buffer.alloc(32, 1), before(1), before(-700)],
    );
    await round(before(-2));
    const [own, more] = await incidents('a'.repeat(64));
    assert.deepEqual(
      [own?.kind, own?.closed, own?.details['purpose'], more],
      ['own-certificate-expiring', before(-2), 'client', undefined],
    );
  });

  it('by statements that are planned once and read no table whole', async () => {
    const single = createPool({ url: databaseUrl, connections: 1, name: 'test', byKey: true });
    pools.push(single);
    const one = await register();
    const next = await nextOf(one);
    await pool.query('update certificate set withdrawn_at = now() where fingerprint = $1', [next.fingerprint]);
    for (const days of [70, 60, 30, 14, 7, 3, 1, 0]) await giveNotices(parts(before(days), single));
    await pool.query('update certificate set withdrawn_at = now() where fingerprint = $1', [one.fingerprint]);
    await giveNotices(parts(before(-1), single));
    const { rows } = await single.query<{
      name: string;
      statement: string;
      custom_plans: number;
      parameters: string[];
    }>('select name, statement, custom_plans, parameter_types::text[] as parameters from pg_prepared_statements');
    const ours = rows.filter(({ parameters }) => parameters.length > 0);
    assert.ok(ours.length >= 10, `${ours.length} statements`);
    for (const { name, statement, parameters, custom_plans: custom } of ours) {
      assert.equal(custom, 0, statement);
      const plan = await single.query<{ 'QUERY PLAN': string }>(
        `explain execute "${name}"(${parameters.map(() => 'null').join(', ')})`,
      );
      const whole = plan.rows.filter((row) => /Seq Scan on|Hash Join|Merge Join/.test(row['QUERY PLAN']));
      assert.deepEqual(whole, [], statement);
    }
  });
});
