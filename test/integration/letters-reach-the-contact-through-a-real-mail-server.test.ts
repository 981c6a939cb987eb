import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkHash } from '../../src/enrolment/codes.ts';
import { sayIncident } from '../../src/enrolment/incident-words.ts';
import { cancelOrder, reorder } from '../../src/enrolment/orders.ts';
import { type PostmanParts, type Sent, sendNext, startPostman } from '../../src/enrolment/postman.ts';
import { freePorts } from '../../src/platform/local/ports.ts';
import { openMail, type SendMail } from '../../src/platform/mail.ts';
import { readOrder } from '../../src/store/enrol/orders.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { createDevAuthority, type DevAuthority, issueDevCertificate } from '../support/dev-authority.ts';
import { eventually } from '../support/eventually.ts';
import { rememberingLog } from '../support/http.ts';
import { act, anna, day, later, orderedAt, place, registerSupplier } from '../support/orders.ts';
import { freshDatabase } from '../support/servers.ts';
import { headerOf, linkIn, type Received, type Smtp, type SmtpOptions, startSmtp, textOf } from '../support/smtp.ts';

const never = new AbortController().signal;
const minute = 60_000;

describe('letters reach the technical contact', () => {
  let pool: Pool;
  let authority: DevAuthority;
  let tls: { key: string; cert: string };
  let ca: string;
  let smtp: Smtp | undefined;
  const log = rememberingLog();
  before(async () => {
    authority = await createDevAuthority();
    const { keyPem, certificatePem } = await issueDevCertificate(authority, { name: 'mail', dnsNames: ['localhost'] });
    tls = { key: keyPem, cert: certificatePem };
    ca = authority.certificatePem;
  });
  beforeEach(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 8, name: 'test', byKey: true });
    await registerSupplier(pool);
  });
  afterEach(async () => {
    await smtp?.close();
    smtp = undefined;
    await pool.close();
  });

  async function server(options: SmtpOptions = {}): Promise<Smtp> {
    smtp = await startSmtp(options);
    return smtp;
  }
  const account = (port: number, more: { url?: string; ca?: string } = {}) => ({
    url: more.url ?? `smtp://127.0.0.1:${port}`,
    from: 'Kuvert <kuvert@exempel.se>',
    ca: more.ca,
  });
  const parts = (send: SendMail, now = orderedAt): PostmanParts => ({
    log,
    pool,
    send,
    publicUrl: 'https://kuvert.exempel.se:8443',
    now: () => now,
    random: () => 0.5,
  });
  const sendAt = (send: SendMail, now?: Date): Promise<Sent> => sendNext(parts(send, now), never);
  const letters = async () =>
    (
      await pool.query<{ tries: number; sent: boolean; given_up: boolean; next: Date | null; detail: string | null }>(
        `select tries, sent_at is not null as sent, given_up_at is not null as given_up, next_try_at as next, detail
           from letter order by id`,
      )
    ).rows;
  const incidents = async () =>
    (await pool.query('select kind, subject, details, closed_at from incident order by id')).rows;

  it('in the language of the contact, with a link whose hash alone is kept, and nothing else of the codes', async () => {
    const { port, received } = await server();
    const send = openMail(account(port));
    for (const language of ['sv', 'en'] as const) {
      const placed = await place(pool, { contact: { ...anna, language } });
      assert.equal(await sendAt(send), 'sent');
      const { raw, to } = received.at(-1) ?? assert.fail('a letter');
      assert.deepEqual(to, [anna.email]);
      assert.equal(headerOf(raw, 'from'), 'Kuvert <kuvert@exempel.se>');
      assert.match(
        headerOf(raw, 'subject') ?? '',
        language === 'sv' ? /^\[test\] Hämta certifikatet/ : /^\[test\] Fetch the certificate/,
      );
      assert.equal(headerOf(raw, 'auto-submitted'), 'auto-generated');
      const text = textOf(raw);
      assert.match(text, language === 'sv' ? /gäller till 15 mars 2030 kl\. 13:00/ : /until 15 March 2030 at 13:00/);
      assert.match(text, /Lönesystemet/);
      assert.ok(text.includes(`https://kuvert.exempel.se:8443/orders/${linkIn(raw)}\n`), text);
      assert.ok(!/\b\d{6}\b|[2-9A-Z]{5}-[2-9A-Z]{5}-/.test(text), text);
      assert.equal((await readOrder(pool, { linkHash: linkHash(linkIn(raw)) }))?.transferId, placed.transferId);
      const { rows } = await pool.query<{ found: boolean }>(
        'select position($1 in (select string_agg(o::text, $2) from certificate_order o)) > 0 as found',
        [linkIn(raw), ' '],
      );
      assert.deepEqual(rows, [{ found: false }]);
    }
    assert.equal(await sendAt(send), 'none');
    assert.ok(!JSON.stringify(log.lines).includes('anna@'));
  });

  it('over STARTTLS with a login, and not a byte of it where there should be STARTTLS and is none', async () => {
    const { port, received } = await server({ tls, login: { user: 'kuvert', password: 'p@ss/word' } });
    const url = `smtp://kuvert:${encodeURIComponent('p@ss/word')}@localhost:${port}`;
    await place(pool);
    assert.equal(await sendAt(openMail(account(port, { url, ca }))), 'sent');
    assert.deepEqual([received[0]?.secure, received[0]?.user], [true, 'kuvert']);
    await place(pool);
    // A server that nobody vouches for, then a wrong password: neither is about the letter.
    assert.equal(await sendAt(openMail(account(port, { url }))), 'later');
    const wrong = openMail(account(port, { url: url.replace('kuvert:', 'other:'), ca }));
    assert.equal(await sendAt(wrong, later(day)), 'later');
    assert.match((await letters())[1]?.detail ?? '', /535/);
    assert.equal(received.length, 1);
    assert.deepEqual(await incidents(), []);
  });

  it('never in the clear over a network: a server elsewhere must speak STARTTLS, unless a setting says otherwise', async () => {
    const { port, received } = await server();
    // This machine by a name that says nothing of it.
    const url = `smtp://[::ffff:127.0.0.1]:${port}`;
    await place(pool);
    assert.equal(await sendAt(openMail(account(port, { url }))), 'later');
    assert.match((await letters())[0]?.detail ?? '', /STARTTLS|TLS/i);
    assert.equal(await sendAt(openMail(account(port, { url: `${url}?starttls=optional` })), later(day)), 'sent');
    assert.equal(received.length, 1);
  });

  it('also when the server wants it later (4xx) or was down: again by the schedule, the same letter', async () => {
    const [port = 0] = await freePorts(1);
    const send = openMail(account(port));
    await place(pool);
    assert.equal(await sendAt(send), 'later');
    const [down] = await letters();
    assert.equal(down?.next?.getTime(), later(minute).getTime());
    assert.equal(await sendAt(send, later(minute - 1)), 'none');
    let answers = 0;
    const { received } = await server({ port, rcpt: () => (answers++ === 0 ? 450 : undefined) });
    assert.equal(await sendAt(send, later(minute)), 'later');
    assert.match((await letters())[0]?.detail ?? '', /450.*<a\*\*\*@exempel\.se>/);
    assert.equal((await letters())[0]?.next?.getTime(), later(6 * minute).getTime());
    assert.equal(await sendAt(send, later(6 * minute)), 'sent');
    assert.equal(received.length, 1);
    assert.deepEqual((await letters())[0], { tries: 3, sent: true, given_up: false, next: null, detail: null });
    assert.deepEqual(await incidents(), []);
  });

  it('or, when it is refused for good (5xx) or for three days, is given up and said, until the contact is another', async () => {
    const { port } = await server({ rcpt: (to) => (to === anna.email ? 550 : undefined) });
    const send = openMail(account(port));
    const placed = await place(pool);
    assert.equal(await sendAt(send), 'given-up');
    const [letter] = await letters();
    assert.deepEqual([letter?.given_up, letter?.next], [true, null]);
    const [incident, more] = await incidents();
    assert.equal(more, undefined);
    assert.deepEqual(
      [incident?.['kind'], incident?.['subject'], incident?.['closed_at']],
      ['contact-unreachable', `contact/${placed.contact.id}`, null],
    );
    assert.ok(!/anna@/.test(JSON.stringify([incident, letter])));
    const told = (language: 'sv' | 'en') =>
      sayIncident({ kind: 'contact-unreachable', details: incident?.['details'] as Record<string, unknown> }, language);
    const whose = `${placed.organisation} (${placed.organisationNumber})`;
    assert.ok(
      told('sv').startsWith(
        `${whose}: ett brev till kontaktperson ${placed.contact.id} (en beställning) gick inte att lämna: `,
      ),
    );
    assert.ok(
      told('en').startsWith(`${whose}: a letter to contact ${placed.contact.id} (an order) could not be delivered: `),
    );
    await reorder(
      pool,
      { transferId: placed.transferId, contact: { email: 'ek@exempel.se' }, approval: false, pin: 'sms' },
      act({ now: later(minute) }),
    );
    assert.notEqual((await incidents())[0]?.['closed_at'], null);
    assert.equal(await sendAt(send, later(minute)), 'sent');

    const nobody = openMail(account((await freePorts(1))[0] ?? 0));
    await place(pool, {}, { now: later(2 * day) });
    let at = later(2 * day);
    let tries = 0;
    for (let sent: Sent = 'later'; sent === 'later'; tries++) {
      sent = await sendAt(nobody, at);
      at = (await letters()).at(-1)?.next ?? at;
    }
    const spent = at.getTime() - later(2 * day).getTime();
    assert.ok(spent > 2.7 * day && spent <= 3 * day, `${spent / day} days, ${tries} tries`);
    assert.match((await letters()).at(-1)?.detail ?? '', /^for three days: /);
    const { rows } = await pool.query<{ links: number }>(
      'select max(cardinality(link_hashes)) as links from certificate_order',
    );
    assert.equal(rows[0]?.links, 10);
  });

  it('not when the order is over: nothing is sent of one that was cancelled or expired', async () => {
    const { port, received } = await server();
    const send = openMail(account(port));
    const placed = await place(pool);
    await cancelOrder(pool, placed.transferId, act());
    assert.equal(await sendAt(send), 'given-up');
    await place(pool);
    assert.equal(await sendAt(send, later(14 * day)), 'given-up');
    assert.deepEqual(
      (await letters()).map(({ detail }) => detail),
      ['the order is cancelled', 'the order is expired'],
    );
    assert.deepEqual([received.length, await incidents()], [0, []]);
  });

  it('twice under one Message-ID when the process is killed after sending and before it is on record; both links are good', async () => {
    const { port, received } = await server();
    const send = openMail(account(port));
    await place(pool);
    await assert.rejects(
      sendAt(async (mail, signal) => {
        await send(mail, signal);
        throw new Error('the power fails');
      }),
      /the power fails/,
    );
    assert.equal(await sendAt(send, later(10 * minute - 1)), 'none');
    assert.equal(await sendAt(send, later(10 * minute)), 'sent');
    const [first, second] = received.map(({ raw }) => raw) as [string, string];
    assert.equal(headerOf(first, 'message-id'), headerOf(second, 'message-id'));
    assert.match(headerOf(first, 'message-id') ?? '', /^<letter\.\d+\.\d+@kuvert\.exempel\.se>$/);
    assert.notEqual(linkIn(first), linkIn(second));
    for (const raw of [first, second]) assert.ok(await readOrder(pool, { linkHash: linkHash(linkIn(raw)) }));
  });

  it('killed before sending: the link that is on record went nowhere, and the letter goes out with another', async () => {
    const { port, received } = await server();
    await place(pool);
    await assert.rejects(
      sendAt(() => Promise.reject(new Error('the power fails'))),
      /the power fails/,
    );
    assert.equal(await sendAt(openMail(account(port)), later(10 * minute)), 'sent');
    assert.equal(received.length, 1);
  });

  it('once, however many processes look for letters: no two ever have the same in hand', async () => {
    const inHand = new Set<string>();
    const taken: Received[] = [];
    const { port, most } = await server({
      data: async (one) => {
        const id = headerOf(one.raw, 'message-id') ?? '';
        assert.ok(!inHand.has(id), 'in two hands');
        inHand.add(id);
        await new Promise((resolve) => setTimeout(resolve, 100));
        inHand.delete(id);
        taken.push(one);
        return undefined;
      },
    });
    for (let i = 0; i < 12; i++) await place(pool);
    const postmen = Array.from({ length: 4 }, () => startPostman(parts(openMail(account(port)))));
    try {
      await eventually('all were sent', async () => (await letters()).every(({ sent }) => sent), 20_000);
    } finally {
      await Promise.all(postmen.map((one) => one.stop()));
    }
    assert.ok(most() > 1, 'several were on their way at once');
    assert.equal(new Set(taken.map(({ raw }) => headerOf(raw, 'message-id'))).size, 12);
    assert.deepEqual(
      (await letters()).map(({ tries }) => tries),
      Array.from({ length: 12 }, () => 1),
    );
  });

  it('although one before it cannot be written: that one is put aside, tried again, and said', async () => {
    const { port, received } = await server();
    const send = openMail(account(port));
    const broken = await place(pool);
    await place(pool, {}, { now: later(1_000) });
    await pool.query(
      `create function boom() returns trigger language plpgsql as $$ begin raise exception 'a defect'; end $$`,
    );
    await pool.query(
      `create trigger boom before update on certificate_order for each row
         when (old.transfer_id = '${broken.transferId}') execute function boom()`,
    );
    assert.equal(await sendAt(send, later(2_000)), 'later');
    assert.equal(await sendAt(send, later(2_000)), 'sent');
    assert.match((await letters())[0]?.detail ?? '', /cannot be written/);
    assert.ok(
      log.lines.some(({ event, error }) => event === 'a letter cannot be written' && /a defect/.test(String(error))),
    );
    await pool.query('drop trigger boom on certificate_order');
    assert.equal(await sendAt(send, later(5 * minute)), 'sent');
    assert.equal(received.length, 2);
  });

  it('is ended by a stop although the server says nothing, and goes out later', async () => {
    const { port, received } = await server({ data: () => new Promise(() => undefined) });
    await place(pool);
    const postman = startPostman(parts(openMail(account(port))));
    await eventually('it was claimed', async () => (await letters())[0]?.tries === 1);
    await postman.stop();
    assert.deepEqual([(await letters())[0]?.sent, received.length], [false, 0]);
    assert.ok((await letters())[0]?.next);
  });

  it('into a folder for developers: the same letter is the same file, for its owner alone', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'kuvert-mail-')), 'mail');
    const send = openMail(account(0, { url: `file:${folder}` }));
    await place(pool);
    await assert.rejects(
      sendAt(async (mail, signal) => {
        await send(mail, signal);
        throw new Error('the power fails');
      }),
    );
    assert.equal(await sendAt(send, later(10 * minute)), 'sent');
    const [file = '', ...more] = readdirSync(folder);
    assert.deepEqual(more, []);
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
    const raw = readFileSync(join(folder, file), 'utf8').replaceAll(/\r?\n/g, '\r\n');
    assert.ok(await readOrder(pool, { linkHash: linkHash(linkIn(raw)) }));
  });
});
