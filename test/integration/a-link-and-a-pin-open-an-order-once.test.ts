import { strict as assert } from 'node:assert';
import { assert as assertProperty, asyncProperty, constantFrom, oneof, string, uint8Array } from 'fast-check';
import { checkOf, proofOf } from '../../src/enrolment/codes.ts';
import { cancelOrder, reorder } from '../../src/enrolment/orders.ts';
import { readOrder } from '../../src/store/enrol/orders.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { type Desk, openDesk, passwordOn, wordsOf } from '../support/order-page.ts';
import { act, anna, day, later, orderedAt, registerSupplier, supplierNumber } from '../support/orders.ts';
import { freshDatabase } from '../support/servers.ts';

const minute = 60_000;

describe('a link and a PIN open an order once', () => {
  let pool: Pool;
  let desk: Desk;
  before(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 25, name: 'test', byKey: true });
    await registerSupplier(pool);
  });
  after(async () => {
    await pool.close();
  });
  beforeEach(async () => {
    desk = await openDesk(pool);
  });
  afterEach(async () => {
    await desk.close();
  });

  const orderOf = async (transferId: string) => (await readOrder(pool, { transferId })) ?? assert.fail('an order');
  const wrong = (pin: string) => pin.replace(/\d$/, (last) => String((Number(last) + 1) % 10));
  const audited = async (transferId: string) =>
    (
      await pool.query<{ actor: string; action: string }>(
        'select actor, action from audit where subject = $1 order by id',
        [`supplier/${supplierNumber}/order/${transferId}`],
      )
    ).rows;

  it('the road: look, ask for a PIN, open; the password is kept as the hash of its hash', async () => {
    const { link, transferId } = await desk.ordered();
    const first = await desk.visit(link);
    assert.equal(first.status, 200);
    assert.match(wordsOf(first), /Exempel 5560160680 AB .*Lönesystemet.*sms till \+46\*{7}67.*Skicka PIN-kod/);
    const asked = await desk.askForPin(link);
    assert.equal(asked.status, 200);
    assert.match(wordsOf(asked), /PIN-koden är på väg till \+46\*{7}67/);
    assert.deepEqual(
      desk.sent.map(({ to }) => to),
      ['+46701234567'],
    );
    assert.match(desk.sent[0]?.text ?? '', new RegExp(`PIN-koden är \\d{6} för beställning ${transferId}`));
    assert.ok((desk.sent[0]?.text ?? '').length <= 160);
    const opened = await desk.open(link, ` ${desk.lastPin().replace(/^.../, '$& ')}`);
    assert.equal(opened.status, 200);
    const password = passwordOn(opened) ?? assert.fail('a password');
    assert.match(password, /^[2-9A-Z]{5}(-[2-9A-Z]{5}){3}$/);
    assert.ok(wordsOf(opened).includes(`TransferID ${transferId}`));
    assert.ok(wordsOf(opened).includes('ab'.repeat(32)));
    const order = await orderOf(transferId);
    assert.deepEqual(
      [order.state, order.passwordCheck, order.pinHash],
      ['opened', checkOf(proofOf(password)), undefined],
    );
    assert.deepEqual(
      (await audited(transferId)).map(({ action }) => action),
      ['order.place', 'order.open'],
    );
    assert.equal((await audited(transferId))[1]?.actor, `contact:${order.contactId}`);
    const logged = JSON.stringify(desk.log.lines);
    for (const secret of [link, password, desk.lastPin(), '701234567', 'anna@'])
      assert.ok(!logged.includes(secret), secret);
  });

  it('a second time it shows no password, by GET or POST, with the right PIN or a wrong one', async () => {
    const { link, transferId } = await desk.ordered();
    await desk.askForPin(link);
    const pin = desk.lastPin();
    const password = passwordOn(await desk.open(link, pin));
    const kept = (await orderOf(transferId)).passwordCheck;
    const secondsLater = (seconds: number) => new Date(orderedAt.getTime() + seconds * 1_000);
    desk.now = secondsLater(4);
    // A button pressed twice is one wish; with another PIN it is not.
    assert.equal(passwordOn(await desk.open(link, pin)), password);
    assert.equal(passwordOn(await desk.open(link, wrong(pin))), undefined);
    desk.now = secondsLater(6);
    for (const page of [
      await desk.open(link, pin),
      await desk.open(link, wrong(pin)),
      await desk.visit(link),
      await desk.askForPin(link),
    ]) {
      assert.equal(page.status, 410);
      assert.match(wordsOf(page), /Koderna visades 1 mars 2030 kl\. 13:00, svensk tid/);
      assert.equal(passwordOn(page), undefined);
      assert.ok(!page.text.includes(password ?? '?'));
    }
    assert.equal(desk.sent.length, 1);
    assert.deepEqual((await orderOf(transferId)).passwordCheck, kept);
    assert.equal((await orderOf(transferId)).state, 'opened');
  });

  it('pressed twice at the same time it shows one password', async () => {
    const { link, transferId } = await desk.ordered();
    await desk.askForPin(link);
    const pages = await Promise.all(Array.from({ length: 10 }, () => desk.open(link, desk.lastPin())));
    const passwords = pages.map(passwordOn).filter((one) => one !== undefined);
    assert.equal(new Set(passwords).size, 1);
    assert.deepEqual(
      (await audited(transferId)).map(({ action }) => action),
      ['order.place', 'order.open'],
    );
    assert.deepEqual((await orderOf(transferId)).passwordCheck, checkOf(proofOf(passwords[0] ?? '')));
  });

  it('a mail scanner that opens the link, by GET or HEAD and many times, spends nothing', async () => {
    const { link, transferId } = await desk.ordered();
    const before = await orderOf(transferId);
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const page = await desk.visit(link, {
          method: i % 2 === 0 ? 'GET' : 'HEAD',
          headers: { 'user-agent': 'scanner' },
        });
        assert.equal(page.status, 200);
      }),
    );
    assert.deepEqual(await orderOf(transferId), before);
    assert.deepEqual([desk.sent.length, (await audited(transferId)).length], [0, 1]);
    await desk.askForPin(link);
    assert.ok(passwordOn(await desk.open(link, desk.lastPin())));
  });

  it('five wrong PINs lock it: the sixth, the right one, fails, and the tries left are told', async () => {
    const { link, transferId } = await desk.ordered();
    await desk.askForPin(link);
    const pin = desk.lastPin();
    for (const left of [4, 3, 2, 1]) {
      const page = await desk.open(link, wrong(pin));
      assert.equal(page.status, 403);
      assert.match(wordsOf(page), new RegExp(`PIN-koden var fel\\. Försök kvar: ${left}\\.`));
    }
    assert.match(wordsOf(await desk.open(link, wrong(pin))), /låst .*gissats fel fem gånger/);
    for (const page of [await desk.open(link, pin), await desk.visit(link), await desk.askForPin(link)]) {
      assert.equal(page.status, 410);
      assert.match(wordsOf(page), /låst/);
      assert.equal(passwordOn(page), undefined);
    }
    assert.deepEqual(
      (await audited(transferId)).map(({ action }) => action),
      ['order.place', 'order.lock'],
    );
    assert.equal((await orderOf(transferId)).passwordCheck, undefined);
  });

  it('twenty wrong guesses at once, and the right one after them, open nothing', async () => {
    const { link, transferId } = await desk.ordered();
    await desk.askForPin(link);
    const pin = desk.lastPin();
    const pages = await Promise.all(Array.from({ length: 20 }, () => desk.open(link, wrong(pin))));
    assert.equal(pages.filter(({ status }) => status === 403).length, 4);
    const order = await orderOf(transferId);
    assert.deepEqual([order.state, order.wrongPins], ['locked', 5]);
    assert.equal(passwordOn(await desk.open(link, pin)), undefined);
  });

  it('a new PIN does not give new guesses, and the one before opens nothing', async () => {
    const { link } = await desk.ordered();
    await desk.askForPin(link);
    const old = desk.lastPin();
    await desk.open(link, wrong(old));
    desk.now = later(minute);
    await desk.askForPin(link);
    assert.notEqual(desk.lastPin(), old);
    assert.match(wordsOf(await desk.open(link, old)), /Försök kvar: 3/);
    assert.ok(passwordOn(await desk.open(link, desk.lastPin())));
  });

  it('what can be no PIN is a slip and costs no try', async () => {
    const { link, transferId } = await desk.ordered();
    await desk.askForPin(link);
    for (const slip of ['', '12345', '1234567', 'abcdef', '１２３４５６'])
      assert.equal((await desk.open(link, slip)).status, 400, slip);
    assert.equal((await orderOf(transferId)).wrongPins, 0);
  });

  it('an SMS goes out five times at most, and a minute apart, also when the button is pressed twenty times at once', async () => {
    const { link } = await desk.ordered();
    await Promise.all(Array.from({ length: 20 }, () => desk.askForPin(link)));
    assert.equal(desk.sent.length, 1);
    desk.now = later(minute - 1);
    const soon = await desk.askForPin(link);
    assert.deepEqual([soon.status, desk.sent.length], [429, 1]);
    assert.match(wordsOf(soon), /Vänta en minut/);
    for (let i = 1; i <= 4; i++) {
      desk.now = later(i * minute);
      assert.equal((await desk.askForPin(link)).status, 200);
    }
    desk.now = later(9 * minute);
    const many = await desk.askForPin(link);
    assert.deepEqual([many.status, desk.sent.length], [429, 5]);
    assert.match(wordsOf(many), /fem PIN-koder/);
    assert.ok(passwordOn(await desk.open(link, desk.lastPin())));
  });

  it('an SMS that surely was not sent is none of the five; one that may have been is, and its PIN works', async () => {
    const { link, transferId } = await desk.ordered();
    desk.sms = () => ({ kind: 'not-sent', why: '403 no credit' });
    for (let i = 0; i < 7; i++) {
      desk.now = later(i * minute);
      const page = await desk.askForPin(link);
      assert.equal(page.status, 502);
      assert.match(wordsOf(page), /inte säkert.*Skicka PIN-kod/);
    }
    assert.equal((await orderOf(transferId)).pinsSent, 0);
    desk.sms = () => ({ kind: 'unknown', why: 'no answer in time' });
    desk.now = later(10 * minute);
    assert.equal((await desk.askForPin(link)).status, 502);
    assert.equal((await orderOf(transferId)).pinsSent, 1);
    assert.ok(passwordOn(await desk.open(link, desk.lastPin())));
  });

  it('killed between the record of a PIN and its SMS: a minute later there is another', async () => {
    const { link } = await desk.ordered();
    desk.sms = () => {
      throw new Error('the power fails');
    };
    assert.equal((await desk.askForPin(link)).status, 500);
    desk.sms = () => ({ kind: 'sent' });
    assert.equal((await desk.askForPin(link)).status, 429);
    desk.now = later(minute);
    await desk.askForPin(link);
    assert.ok(passwordOn(await desk.open(link, desk.lastPin())));
  });

  it('its codes work up to the last millisecond of the fourteenth day and not after', async () => {
    const { link } = await desk.ordered();
    const { link: late } = await desk.ordered();
    await desk.askForPin(late);
    desk.now = later(14 * day - 1);
    await desk.askForPin(link);
    assert.ok(passwordOn(await desk.open(link, desk.lastPin())));
    const pin = desk.lastPin();
    desk.now = later(14 * day);
    for (const page of [await desk.visit(late), await desk.open(late, pin), await desk.askForPin(late)]) {
      assert.equal(page.status, 410);
      assert.match(wordsOf(page), /Tiden .* är ute.*14 dagar/);
    }
    assert.match(wordsOf(await desk.visit(link)), /Tiden .* är ute/);
  });

  it('one that was cancelled or replaced says so, and opens nothing', async () => {
    const cancelled = await desk.ordered();
    await desk.askForPin(cancelled.link);
    const pin = desk.lastPin();
    await cancelOrder(pool, cancelled.transferId, act());
    assert.match(wordsOf(await desk.open(cancelled.link, pin)), /återtagen/);
    const old = await desk.ordered({ contact: { ...anna, language: 'en' } });
    await reorder(
      pool,
      { transferId: old.transferId, contact: {}, approval: false, pin: 'sms' },
      act({ now: orderedAt }),
    );
    assert.match(wordsOf(await desk.visit(old.link)), /A newer order.*latest letter/);
  });

  it('without SMS the PIN of the representative opens it, and the page says whom to ask', async () => {
    const dumb = await openDesk(pool, { sms: false });
    try {
      const { link, pin = '' } = await dumb.ordered({ pin: 'representative' });
      const first = await dumb.visit(link);
      assert.match(wordsOf(first), /PIN-koden av den som beställde/);
      assert.ok(!first.text.includes('/pin?'));
      assert.equal((await dumb.askForPin(link)).status, 200);
      assert.ok(passwordOn(await dumb.open(link, pin)));
      const none = await dumb.ordered();
      assert.match(wordsOf(await dumb.visit(none.link)), /kan ingen PIN-kod skickas/);
    } finally {
      await dumb.close();
    }
    // A representative's PIN is not thrown away by whoever has only the link.
    const told = await desk.ordered({ pin: 'representative' });
    await desk.askForPin(told.link);
    assert.equal(desk.sent.length, 0);
    assert.ok(passwordOn(await desk.open(told.link, told.pin ?? '')));
  });

  it('an order that awaits approval shows its codes, and says that they must wait', async () => {
    const { link } = await desk.ordered({ approval: true });
    await desk.askForPin(link);
    const page = await desk.open(link, desk.lastPin());
    assert.ok(passwordOn(page));
    assert.match(wordsOf(page), /väntar på att godkännas/);
  });

  it('wrong links and PINs are counted for the network they come from', async () => {
    const strict = await openDesk(pool, { guesses: 6 });
    try {
      const { link } = await strict.ordered();
      const { link: other } = await strict.ordered();
      await strict.askForPin(other);
      for (let i = 0; i < 3; i++) assert.equal((await strict.visit('x'.repeat(43))).status, 404);
      for (let i = 0; i < 3; i++) assert.equal((await strict.open(other, wrong(strict.lastPin()))).status, 403);
      const refused = await strict.visit(link);
      assert.equal(refused.status, 429);
      assert.match(wordsOf(refused), /För många fel.*om \d+ min/);
      assert.ok(Number(refused.headers.get('retry-after')) > 0);
      assert.equal(passwordOn(await strict.open(other, strict.lastPin())), undefined);
      assert.equal(strict.sent.length, 1);
    } finally {
      await strict.close();
    }
  });

  it('speaks the language of the contact, or the one that is chosen, and is kept from everything else', async () => {
    const { link } = await desk.ordered({
      contact: { ...anna, language: 'en' },
      description: '<script>alert(1)</script>',
    });
    const page = await desk.visit(link, { headers: { 'accept-language': 'sv' } });
    assert.match(page.text, /<html lang="en">/);
    assert.ok(!page.text.includes('<script'));
    assert.match((await desk.visit(link, { query: '?lang=sv' })).text, /<html lang="sv">/);
    assert.match(
      (await desk.visit('nothing', { headers: { 'accept-language': 'en' } })).text,
      /<html lang="en">.*leads nowhere/s,
    );
    assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(page.headers.get('cache-control'), 'no-store');
    assert.match(
      page.headers.get('content-security-policy') ?? '',
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
    );
    assert.ok(!/(?:src|href)="(?!\/orders\/)/.test(page.text));
    await desk.askForPin(link, '?lang=sv');
    assert.match(desk.sent[0]?.text ?? '', /the PIN is/);
  });

  it('whatever a stranger sends, as a link or as a form, gets a clear answer and no password, and changes nothing', async () => {
    const { link, transferId } = await desk.ordered();
    await desk.askForPin(link);
    const before = await orderOf(transferId);
    const anything = oneof(
      string({ maxLength: 80 }),
      string({ unit: 'binary', maxLength: 60 }),
      constantFrom(link.slice(1), `${link}A`, `${link}%00`, '%', '..%2f..'),
    );
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    await assertProperty(
      asyncProperty(anything, uint8Array({ maxLength: 900 }), async (other, bytes) => {
        const path = other.startsWith('%') || other.includes('%00') ? other : encodeURIComponent(other.toWellFormed());
        const body = Buffer.concat([Buffer.from('pin='), bytes]);
        const pages = [
          await desk.visit(path),
          await desk.visit(path, { method: 'POST', headers: form, body }),
          await desk.visit(link, { method: 'POST', headers: form, body }),
        ];
        for (const page of pages) {
          assert.ok(page.status >= 400 && page.status < 500, `${page.status} ${path}`);
          assert.equal(passwordOn(page), undefined);
        }
      }),
      { numRuns: 100, includeErrorInReport: true },
    );
    assert.deepEqual(await orderOf(transferId), before);
  });

  it('a form of another kind, or too large, is refused', async () => {
    const { link } = await desk.ordered();
    const json = await desk.visit(link, { method: 'POST', headers: { 'content-type': 'application/json' } });
    assert.equal(json.status, 415);
    assert.equal((await desk.open(link, '1'.repeat(5_000))).status, 413);
  });
});
