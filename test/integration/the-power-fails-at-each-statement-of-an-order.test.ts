/** What a failure leaves: before a transaction's last word nothing of it is there, after that all of it. */
import { strict as assert } from 'node:assert';
import { changeContact } from '../../src/enrolment/contact.ts';
import { askForPin, type Desk, lookAt, openOrder } from '../../src/enrolment/open-order.ts';
import { approveOrder, cancelOrder, placeOrder, reorder } from '../../src/enrolment/orders.ts';
import { sendNext } from '../../src/enrolment/postman.ts';
import { silentLog } from '../../src/platform/log.ts';
import { setOrderFetched } from '../../src/store/enrol/order-changes.ts';
import { readOrder } from '../../src/store/enrol/orders.ts';
import { createPool, type Db, type Pool } from '../../src/store/pool.ts';
import { act, later, orderedAt, place, registerSupplier, wantedOrder } from '../support/orders.ts';
import { freshDatabase } from '../support/servers.ts';

const minute = 60_000;
const never = new AbortController().signal;

/** A pool that ends in the middle: at its n-th statement, or just after the commit. */
function failingPool(pool: Pool, failAt: number): { readonly pool: Pool; readonly reached: () => boolean } {
  let statements = 0;
  const failing = (db: Db): Db => ({
    query: (text, values) => {
      statements += 1;
      if (statements === failAt) throw new Error('the power fails');
      return db.query(text, values);
    },
  });
  const transaction: Pool['transaction'] = async (work, lockTimeout) => {
    const result = await pool.transaction((db) => work(failing(db)), lockTimeout);
    statements += 1;
    if (statements === failAt) throw new Error('the power fails');
    return result;
  };
  return { pool: { ...pool, ...failing(pool), transaction }, reached: () => statements >= failAt };
}

describe('the power fails at each statement of an order', () => {
  let pool: Pool;
  before(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 4, name: 'test' });
    await registerSupplier(pool);
  });
  after(async () => {
    await pool.close();
  });

  const snapshot = async (): Promise<string> => {
    const tables = ['certificate_order', 'technical_contact', 'letter', 'incident', 'audit'];
    const parts = await Promise.all(
      tables.map((table) => pool.query(`select to_jsonb(t) as row from ${table} t order by 1::text`)),
    );
    return JSON.stringify(parts.map(({ rows }) => rows));
  };
  const desk = (with_: Pool, now = orderedAt): Desk => ({
    log: silentLog,
    pool: with_,
    sendSms: () => Promise.resolve({ kind: 'sent' }),
    now: () => now,
  });
  const post = (with_: Pool, sent: string[], now = orderedAt) =>
    sendNext(
      {
        log: silentLog,
        pool: with_,
        send: ({ messageId, text }) => {
          sent.push(`${messageId} ${/\/orders\/([\w-]{43})/.exec(text)?.[1]}`);
          return Promise.resolve({ kind: 'sent' });
        },
        publicUrl: 'https://kuvert.exempel.se',
        now: () => now,
        random: () => 0.5,
      },
      never,
    );

  /** Fails at the first statement, the second, … until it gets through. @returns how often it failed */
  async function failEach(prepare: () => Promise<(pool: Pool) => Promise<unknown>>): Promise<number> {
    for (let failAt = 1; ; failAt++) {
      const work = await prepare();
      const before = await snapshot();
      const failing = failingPool(pool, failAt);
      const failed = await work(failing.pool).then(
        () => false,
        (error: unknown) => {
          assert.match(String(error), /the power fails/);
          return true;
        },
      );
      if (!failing.reached()) return failAt - 1;
      assert.ok(failed, `at statement ${failAt}`);
      if ((await snapshot()) === before) continue;
      // Something is there: then it was the commit, and the very next try of the same is refused or is another.
      const next = failingPool(pool, failAt + 1);
      await (await prepare())(next.pool).catch(() => undefined);
      assert.ok(!next.reached(), `statement ${failAt} left something, and was not the last`);
      return failAt;
    }
  }

  const fetched = async () => {
    const { transferId } = await place(pool);
    const order = (await readOrder(pool, { transferId })) ?? assert.fail('an order');
    const { rows } = await pool.query<{ fingerprint: string }>('select fingerprint from certificate limit 1');
    const fingerprint = rows[0]?.fingerprint ?? '';
    await pool.query('update certificate set contact_id = $2 where fingerprint = $1', [fingerprint, order.contactId]);
    await setOrderFetched(pool, order.id, fingerprint, orderedAt);
    return transferId;
  };

  const acts: Readonly<Record<string, () => Promise<(pool: Pool) => Promise<unknown>>>> = {
    placing: () => Promise.resolve((failing) => placeOrder(failing, wantedOrder({ pin: 'representative' }), act())),
    reordering: async () => {
      const { transferId } = await place(pool);
      return (failing) =>
        reorder(failing, { transferId, contact: { name: 'Bo Alm' }, approval: false, pin: 'sms' }, act());
    },
    cancelling: async () => {
      const { transferId } = await place(pool);
      return (failing) => cancelOrder(failing, transferId, act());
    },
    approving: async () => {
      const { transferId } = await place(pool, { approval: true });
      return (failing) => approveOrder(failing, transferId, act({ actor: 'cli:other' }));
    },
    'changing the contact': async () => {
      const named = await fetched();
      let one = 0;
      return (failing) => changeContact(failing, { named, contact: { name: `Bo ${one++}` } }, act({ now: new Date() }));
    },
  };
  for (const [name, prepare] of Object.entries(acts))
    it(`${name}: all of it, or nothing`, async () => {
      assert.ok((await failEach(prepare)) >= 4);
    });

  async function withLink(): Promise<string> {
    await pool.query('update letter set next_try_at = null, given_up_at = created_at where next_try_at is not null');
    const { transferId } = await place(pool);
    const sent: string[] = [];
    assert.equal(await post(pool, sent), 'sent');
    assert.ok(await readOrder(pool, { transferId }));
    return sent[0]?.split(' ')[1] ?? '';
  }

  it('asking for a PIN: before its record nothing has happened, after it another may be had in a minute', async () => {
    let failures = 0;
    for (let failAt = 1; ; failAt++) {
      const link = await withLink();
      const failing = failingPool(pool, failAt);
      const texts: string[] = [];
      const dying: Desk = {
        ...desk(failing.pool),
        sendSms: ({ text }) => {
          texts.push(text);
          return Promise.resolve({ kind: 'sent' });
        },
      };
      await askForPin(dying, link).catch((error: unknown) => assert.match(String(error), /the power fails/));
      if (!failing.reached()) break;
      failures += 1;
      // Whatever was left: a minute later a PIN can be had, and it opens the order.
      let pin = '';
      const again: Desk = {
        ...desk(pool, later(minute)),
        sendSms: ({ text }) => {
          pin = /\b\d{6}\b/.exec(text)?.[0] ?? '';
          return Promise.resolve({ kind: 'sent' });
        },
      };
      const view = await askForPin(again, link);
      assert.ok(view.kind === 'ask' && view.notice === 'pin-sent', `${failAt}: ${JSON.stringify(view)}`);
      assert.equal((await openOrder(again, link, pin)).kind, 'codes');
      assert.ok(texts.length <= 1);
    }
    assert.ok(failures >= 4, `${failures} failures`);
  });

  it('opening: before its record it was not opened and the PIN is good, after it the page says that it was', async () => {
    const outcomes = new Set<string>();
    for (let failAt = 1; ; failAt++) {
      const link = await withLink();
      let pin = '';
      await askForPin(
        {
          ...desk(pool),
          sendSms: ({ text }) => ((pin = /\b\d{6}\b/.exec(text)?.[0] ?? ''), Promise.resolve({ kind: 'sent' })),
        },
        link,
      );
      const failing = failingPool(pool, failAt);
      await openOrder(desk(failing.pool), link, pin).catch((error: unknown) =>
        assert.match(String(error), /the power fails/),
      );
      if (!failing.reached()) break;
      const view = await lookAt(desk(pool), link);
      outcomes.add(view.kind);
      if (view.kind === 'ask') assert.equal((await openOrder(desk(pool), link, pin)).kind, 'codes');
      else assert.ok(view.kind === 'closed' && view.standing === 'opened');
    }
    assert.deepEqual([...outcomes], ['ask', 'closed']);
  });

  it('sending: the letter goes out in the end under one Message-ID, and each link that anybody got is good', async () => {
    let failures = 0;
    for (let failAt = 1; ; failAt++) {
      await pool.query('update letter set next_try_at = null, given_up_at = created_at where next_try_at is not null');
      await place(pool);
      const sent: string[] = [];
      const failing = failingPool(pool, failAt);
      await post(failing.pool, sent).catch((error: unknown) => assert.match(String(error), /the power fails/));
      if (!failing.reached()) break;
      failures += 1;
      // At once if the claim was not on record, ten minutes later if it was, not at all if all of it was.
      const again = [await post(pool, sent), await post(pool, sent, later(10 * minute))];
      assert.ok(again.includes('none'), String(again));
      assert.ok(sent.length >= 1 && sent.length <= 2, `${failAt}: ${sent.length}`);
      assert.equal(new Set(sent.map((one) => one.split(' ')[0])).size, 1);
      for (const one of sent) assert.equal((await lookAt(desk(pool), one.split(' ')[1] ?? '')).kind, 'ask');
    }
    assert.ok(failures >= 6, `${failures} failures`);
  });
});
