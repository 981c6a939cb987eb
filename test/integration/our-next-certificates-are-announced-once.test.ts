import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { announceAll } from '../../src/enrolment/announce.ts';
import { sendNext } from '../../src/enrolment/postman.ts';
import { silentLog } from '../../src/platform/log.ts';
import type { Mail } from '../../src/platform/mail.ts';
import { keepContact } from '../../src/store/enrol/contacts.ts';
import { type OwnPurpose, registerOwn } from '../../src/store/enrol/own-certificates.ts';
import { command, startCommand } from '../support/command.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { enter } from '../support/door.ts';
import { certificateIn, day, type Enrolment, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';

const never = new AbortController().signal;

describe('our next certificates are announced once', () => {
  let stage: Enrolment;
  let numbers = 0;
  beforeEach(async () => {
    stage = await openEnrolment();
  });
  afterEach(() => stage.close());

  const own = async (purpose: OwnPurpose, useFrom: Date): Promise<string> => {
    const { certificatePem: pem } = await stage.credential('Kuvert', purpose);
    const certificate = certificateIn(pem);
    await registerOwn(stage.pool, { purpose, environment: 'test', pem, certificate, useFrom }, new Date());
    return certificate.fingerprint;
  };
  interface Wanted {
    readonly delivery?: 'push' | 'pull';
    readonly email?: string;
    readonly name?: string;
    readonly language?: 'sv' | 'en';
    readonly withdrawn?: boolean;
    readonly ended?: boolean;
    readonly type?: string;
    readonly environment?: 'test' | 'production';
    readonly retired?: boolean;
    readonly at?: { readonly organisationNumber: string; readonly addressId: number };
  }
  /** A certificate of a supplier, in use, with its technical contact. */
  const supplier = async (wanted: Wanted = {}) => {
    const { delivery = 'push', email = `contact-${++numbers}@exempel.se` } = wanted;
    const organisationNumber = wanted.at?.organisationNumber ?? sampleOrganisationNumber(++numbers);
    const addressId = wanted.at?.addressId ?? (await enter(stage.pool, organisationNumber, [], { delivery }));
    const contactId = await keepContact(stage.pool, organisationNumber, {
      name: wanted.name ?? 'Anna Ek',
      email,
      phone: '+46701234567',
      language: wanted.language ?? 'sv',
    });
    const fingerprint = randomBytes(32).toString('hex');
    await stage.pool.query(
      `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after, type, contact_id, withdrawn_at)
       values ($1, $2, 'pem', 'CN=Exempel', now() - interval '1 year', now() + $3 * interval '1 day', $4, $5, $6)`,
      [
        fingerprint,
        organisationNumber,
        wanted.ended === true ? -1 : 300,
        wanted.type ?? (delivery === 'push' ? 'push-endpoint' : 'pull-client'),
        contactId,
        wanted.withdrawn === true ? new Date() : null,
      ],
    );
    await stage.pool.query(
      'insert into address_certificate (address_id, organisation_number, fingerprint) values ($1, $2, $3)',
      [addressId, organisationNumber, fingerprint],
    );
    if (wanted.environment !== undefined)
      await stage.pool.query('update address set environment = $2 where id = $1', [addressId, wanted.environment]);
    if (wanted.retired === true)
      await stage.pool.query('update address set retired_at = now() where id = $1', [addressId]);
    return { organisationNumber, addressId, contactId, email };
  };
  /** E-mail addresses, sorted, of the letters about this one. */
  const told = async (fingerprint: string): Promise<string[]> =>
    (
      await stage.pool.query<{ email: string }>(
        `select t.email from letter l join technical_contact t on t.id = l.contact_id
          where l.kind = 'own-certificate' and l.fingerprint = $1 order by lower(t.email), l.id`,
        [fingerprint],
      )
    ).rows.map(({ email }) => email);
  const round = (now = new Date()) =>
    announceAll({ log: silentLog, pool: stage.pool, environment: 'test', now: () => now });
  const inDays = (days: number) => new Date(Date.now() + days * day);

  it('to every technical contact whom each concerns, by two processes and one that is killed in the middle of it', async () => {
    const anna = await supplier({ email: 'anna@a.se' });
    // She answers for another of the same organisation; and elsewhere, where that is another matter.
    await supplier({ at: anna, email: 'Anna@a.se', name: 'Anna E.' });
    await supplier({ email: 'anna@a.se' });
    await supplier({ delivery: 'pull', email: 'bo@b.se' });
    // It renews, or fetches what waits, on the listener.
    await supplier({ type: 'both', email: 'cia@c.se' });
    for (const nobody of [
      { withdrawn: true },
      { ended: true },
      { retired: true },
      { environment: 'production' },
    ] as const)
      await supplier(nobody);
    for (const purpose of ['client', 'listener', 'signing'] as const) await own(purpose, inDays(-400));
    const [client, listener, signing] = [
      await own('client', inDays(59)),
      await own('listener', inDays(30)),
      await own('signing', inDays(1)),
    ];
    const notYet = await own('client', inDays(61));
    const environment = await stage.apiEnvironment();
    const start = () => {
      const started = startCommand(['start', 'supplier-api'], environment);
      const said: string[] = [];
      for (const stream of [started.child.stdout, started.child.stderr])
        stream?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
      return { ...started, runs: () => /the gateway runs/.test(said.join('')) };
    };
    const killed = start();
    const others: ReturnType<typeof start>[] = [];
    try {
      await stage.pool.transaction(async (db) => {
        await db.query('lock table letter in exclusive mode');
        await eventually('it is in the middle of it', async () => (await waitingInserts()) > 0, 150_000);
        killed.child.kill('SIGKILL');
        await killed.over;
      });
      await eventually('what it began is over', async () => (await waitingInserts()) === 0);
      assert.deepEqual([await told(client), await told(listener), await told(signing)], [[], [], []]);
      others.push(start(), start());
      const expected = [
        ['anna@a.se', 'anna@a.se', 'cia@c.se'],
        ['bo@b.se', 'cia@c.se'],
        ['anna@a.se', 'anna@a.se', 'bo@b.se', 'cia@c.se'],
      ];
      const lower = async (fingerprint: string) => (await told(fingerprint)).map((email) => email.toLowerCase());
      const all = async () => [await lower(client), await lower(listener), await lower(signing)];
      await eventually('all are told', async () => JSON.stringify(await all()) === JSON.stringify(expected), 150_000);
      await eventually('both run', () => others.every(({ runs }) => runs()), 150_000);
      for (const { child } of others) child.kill('SIGTERM');
      for (const { over } of others) assert.equal((await over).code, 0);
      for (let again = 0; again < 2; again++) await Promise.all([round(), round(), round()]);
      assert.deepEqual(await all(), expected);
      assert.deepEqual(await told(notYet), []);
    } finally {
      for (const { child } of [killed, ...others]) child.kill('SIGKILL');
    }
  });

  const waitingInserts = async (): Promise<number> =>
    (
      await stage.pool.query<{ n: number }>(
        "select count(*) as n from pg_stat_activity where datname = current_database() and query like 'insert into letter%' and state <> 'idle'",
      )
    ).rows[0]?.n ?? 0;

  it('60 days ahead, to who comes meanwhile too, and anew when it is to be used much earlier; the first of all not', async () => {
    const first = await own('client', inDays(-400));
    const next = await own('client', inDays(70));
    const one = await supplier();
    await round();
    assert.deepEqual([await told(first), await told(next)], [[], []]);
    await round(inDays(11));
    assert.deepEqual(await told(next), [one.email]);
    const two = await supplier();
    await round(inDays(20));
    assert.deepEqual(await told(next), [one.email, two.email]);
    // Once it is in use whoever comes knows no other.
    await supplier();
    await round(inDays(71));
    assert.equal((await told(next)).length, 2);
    // Clocks of two processes differ; a day is another matter.
    const { rows } = await stage.pool.query<{ pem: string; useFrom: Date }>(
      'select pem, use_from as "useFrom" from own_certificate where fingerprint = $1',
      [next],
    );
    const { pem = '', useFrom = new Date() } = rows[0] ?? {};
    const register = (at: Date) =>
      registerOwn(
        stage.pool,
        { purpose: 'client', environment: 'test', pem, certificate: certificateIn(pem), useFrom: at },
        new Date(),
      );
    await register(new Date(useFrom.getTime() - 5_000));
    await round(inDays(72));
    assert.equal((await told(next)).length, 2);
    await register(new Date(useFrom.getTime() - 2 * day));
    await round(inDays(72));
    assert.deepEqual((await told(next)).filter((email) => email === one.email).length, 2);
  });

  it('in the words of the reader: which, its SHA-256, from when, where to see it; not when it was withdrawn meanwhile', async () => {
    await supplier({ language: 'sv' });
    await supplier({ language: 'en', delivery: 'pull' });
    for (const purpose of ['client', 'listener', 'signing'] as const) await own(purpose, inDays(-400));
    const next = {
      client: await own('client', inDays(30)),
      listener: await own('listener', inDays(30)),
      signing: await own('signing', inDays(30)),
    };
    const gone = await own('signing', inDays(20));
    await round();
    await stage.pool.query('update own_certificate set withdrawn_at = now() where fingerprint = $1', [gone]);
    const mails: Mail[] = [];
    const postman = {
      log: silentLog,
      pool: stage.pool,
      send: async (mail: Mail) => {
        mails.push(mail);
        return { kind: 'sent' } as const;
      },
      publicUrl: 'https://kuvert.exempel.se',
      now: () => new Date(),
      random: () => 0.5,
    };
    for (let sent = await sendNext(postman, never); sent !== 'none'; ) sent = await sendNext(postman, never);
    const about = (fingerprint: string, language: string) =>
      mails.filter((mail) => mail.language === language && mail.text.includes(fingerprint)).map(({ text }) => text);
    assert.equal(mails.length, 4);
    const [client = ''] = about(next.client, 'sv');
    assert.match(client, /klientcertifikat/);
    const [listener = ''] = about(next.listener, 'en');
    assert.match(listener, /server certificate/);
    for (const language of ['sv', 'en']) assert.equal(about(next.signing, language).length, 1);
    const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'Europe/Stockholm' });
    assert.ok(listener.includes(date.format(inDays(30))), listener);
    for (const { text } of mails)
      assert.match(text, /https:\/\/kuvert\.exempel\.se\/\.well-known\/kuvert\/certificates\.json/);
    const { code, out, err } = await command(['own-certificate', 'list', '--json'], stage.caEnvironment);
    assert.equal(code, 0, err);
    const listed = JSON.parse(out) as {
      fingerprint: string;
      announcedAt: string | null;
      letters: number;
      lettersSent: number;
    }[];
    const shown = (fingerprint: string) => {
      const found = listed.find((one) => one.fingerprint === fingerprint);
      return [typeof found?.announcedAt, found?.letters, found?.lettersSent];
    };
    assert.deepEqual(
      [shown(next.client), shown(next.signing), shown(gone)],
      [
        ['string', 1, 1],
        ['string', 2, 2],
        ['string', 2, 0],
      ],
    );
    const table = await command(['own-certificate', 'list'], stage.caEnvironment);
    assert.match(table.out, /2 of 2 letters sent/);
  });
});
