import { strict as assert } from 'node:assert';
import { changeContact } from '../../src/enrolment/contact.ts';
import { approveOrder, cancelOrder, reorder } from '../../src/enrolment/orders.ts';
import { standingOf } from '../../src/enrolment/standing.ts';
import { countWrong } from '../../src/store/enrol/order-changes.ts';
import { listOrders, lockOrder, readOrder } from '../../src/store/enrol/orders.ts';
import { registerOwn } from '../../src/store/enrol/own-certificates.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { certificateIn } from '../support/enrolment.ts';
import {
  act,
  anna,
  day,
  faultOf,
  later,
  orderedAt,
  place,
  registerSupplier,
  supplierNumber,
} from '../support/orders.ts';
import { certificate } from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';

describe('a certificate order', () => {
  let pool: Pool;
  before(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 12, name: 'test' });
    await registerSupplier(pool);
  });
  after(async () => {
    await pool.close();
  });

  const orderOf = async (transferId: string) =>
    (await readOrder(pool, { transferId })) ?? assert.fail(`there is no order ${transferId}`);
  const rowsOf = async <R extends Record<string, unknown>>(text: string, ...values: unknown[]) =>
    (await pool.query<R>(text, values)).rows;
  const audited = (transferId: string) =>
    rowsOf(
      'select actor, action, reason, details from audit where subject = $1 order by id',
      `supplier/${supplierNumber}/order/${transferId}`,
    );
  const lettersOf = (id: string) => rowsOf('select kind, contact_id, sent_at from letter where order_id = $1', id);

  it('is written with the time of its codes, a letter to come, and an audit row that names nobody', async () => {
    const placed = await place(pool);
    const order = await orderOf(placed.transferId);
    assert.equal(order.expiresAt.getTime() - order.orderedAt.getTime(), 14 * day);
    assert.deepEqual(
      [order.state, order.approval, order.pinHash, order.passwordCheck],
      ['ordered', 'not-needed', undefined, undefined],
    );
    assert.deepEqual(order.contact, {
      id: placed.contact.id,
      organisationNumber: supplierNumber,
      ...anna,
      phone: '+46701234567',
    });
    assert.deepEqual(await lettersOf(order.id), [{ kind: 'order', contact_id: placed.contact.id, sent_at: null }]);
    const [row, more] = await audited(placed.transferId);
    assert.equal(more, undefined);
    assert.deepEqual([row?.['actor'], row?.['action'], row?.['reason']], ['cli:test', 'order.place', 'a test']);
    const told = JSON.stringify(row);
    for (const personal of ['Anna', 'anna@', '70123']) assert.ok(!told.includes(personal), told);
    assert.match(told, /"email":"a\*\*\*@exempel\.se"/);
    assert.match(told, /"contact":\d+/);
  });

  it('takes the host of the URL for an endpoint that names none, and what is named otherwise', async () => {
    assert.deepEqual((await place(pool, { address: 'push', type: 'push-endpoint' })).dnsNames, ['b2b.exempel.se']);
    const named = await place(pool, { address: 'push', type: 'both', dnsNames: ['A.exempel.se', 'b.exempel.se'] });
    assert.deepEqual(named.dnsNames, ['a.exempel.se', 'b.exempel.se']);
    // A program may fetch from any address.
    for (const address of ['push', 'manual']) assert.deepEqual((await place(pool, { address })).dnsNames, []);
  });

  it('is refused with all that is wrong, and what would be right', async () => {
    const refusals: readonly (readonly [Parameters<typeof place>[1], code: string, says: RegExp])[] = [
      [{ organisationNumber: '2021002114' }, 'not-found', /no supplier 2021002114.*supplier list/],
      [{ address: 'other' }, 'not-found', /no address other in use in test; it has push, pull, manual/],
      [{ address: undefined }, 'argument-invalid', /several addresses \(push, pull, manual\).*--address/],
      [{ environment: 'production', address: undefined }, 'not-found', /no address in use in production/],
      [
        { type: 'push-endpoint', dnsNames: ['a.se'] },
        'order-invalid',
        /nothing is pushed to the address pull.*supplier delivery/,
      ],
      [{ type: 'both' }, 'order-invalid', /needs the host name of the endpoint.*--dns/],
      [{ dnsNames: ['a.se'] }, 'order-invalid', /leave --dns out/],
      [{ address: 'push', type: 'both', dnsNames: ['*.exempel.se'] }, 'order-invalid', /“\*\.exempel\.se” is not/],
      [{ description: ' ' }, 'order-invalid', /description must be 1 to 200/],
      [{ description: 'x'.repeat(201) }, 'order-invalid', /description must be 1 to 200/],
      [
        { contact: { ...anna, phone: '070-123 45 67', email: 'anna' } },
        'order-invalid',
        /2 things.*mail address.*country code/s,
      ],
    ];
    const before = await rowsOf('select count(*) from certificate_order');
    for (const [more, code, says] of refusals) {
      const fault = await faultOf(place(pool, more));
      assert.equal(fault.code, code, fault.message);
      assert.match(fault.message, says);
    }
    assert.deepEqual(await rowsOf('select count(*) from certificate_order'), before);
  });

  it('for a name of our own listener is refused: whoever had it could stand in our place', async () => {
    const pem = await certificate('Kuvert', { dnsNames: ['kuvert.exempel.se', '*.b2b.exempel.se', 'localhost'] });
    const own = { purpose: 'listener', environment: 'test', pem, certificate: certificateIn(pem) } as const;
    await registerOwn(pool, { ...own, useFrom: orderedAt }, orderedAt);
    const wanted = { address: 'push', type: 'push-endpoint' } as const;
    for (const name of ['kuvert.exempel.se', 'Kuvert.Exempel.SE', 'other.b2b.exempel.se'])
      assert.deepEqual(
        (await faultOf(place(pool, { ...wanted, dnsNames: ['erp.exempel.se', name] }))).findings.map(
          ({ rule }) => rule,
        ),
        ['dns-ours'],
        name,
      );
    // Where everything runs on one machine.
    await place(pool, { ...wanted, dnsNames: ['localhost'] });
    await pool.query('update own_certificate set withdrawn_at = now()');
    await place(pool, { ...wanted, dnsNames: ['kuvert.exempel.se'] });
  });

  it('in a rehearsal says what would be ordered, leaves no trace and tells no PIN', async () => {
    const before = await rowsOf(
      'select (select count(*) from certificate_order) as o, (select count(*) from letter) as l, (select count(*) from audit) as a',
    );
    const rehearsed = await place(pool, { pin: 'representative' }, { rehearsal: true });
    assert.deepEqual([rehearsed.rehearsal, rehearsed.pin], [true, undefined]);
    assert.deepEqual(
      before,
      await rowsOf(
        'select (select count(*) from certificate_order) as o, (select count(*) from letter) as l, (select count(*) from audit) as a',
      ),
    );
  });

  it('without SMS has its PIN at once, told to who orders and kept as a hash', async () => {
    const placed = await place(pool, { pin: 'representative' });
    assert.match(placed.pin ?? '', /^\d{6}$/);
    const order = await orderOf(placed.transferId);
    assert.match(order.pinHash ?? '', /^\$argon2id\$/);
    assert.ok(!JSON.stringify(await audited(placed.transferId)).includes(placed.pin ?? ''));
  });

  it('that is replaced is void at once; the new one is for the same, with another telephone if wanted', async () => {
    const old = await place(pool);
    const placed = await reorder(
      pool,
      {
        transferId: old.transferId.toLowerCase().replace('-', ' '),
        contact: { phone: '+46 70 999 99 99' },
        approval: false,
        pin: 'sms',
      },
      act({ reason: 'wrong number', now: later(day) }),
    );
    assert.equal((await orderOf(old.transferId)).state, 'replaced');
    const order = await orderOf(placed.transferId);
    assert.equal(order.contact.phone, '+46709999999');
    assert.equal(order.contact.name, 'Anna Ek');
    assert.notEqual(order.contactId, old.contact.id);
    assert.equal(order.replaces, (await orderOf(old.transferId)).id);
    assert.equal(order.expiresAt.getTime(), later(15 * day).getTime());
    const again = await faultOf(
      reorder(pool, { transferId: old.transferId, contact: {}, approval: false, pin: 'sms' }, act()),
    );
    assert.equal(again.code, 'not-possible-now');
    assert.match(again.message, /newer order/);
  });

  it('that expired or was locked can be replaced, one that was cancelled cannot', async () => {
    const expired = await place(pool);
    assert.equal(standingOf(await orderOf(expired.transferId), later(14 * day - 1)), 'ordered');
    assert.equal(standingOf(await orderOf(expired.transferId), later(14 * day)), 'expired');
    await reorder(
      pool,
      { transferId: expired.transferId, contact: {}, approval: false, pin: 'sms' },
      act({ now: later(20 * day) }),
    );
    const locked = await place(pool);
    const { id } = await orderOf(locked.transferId);
    for (let left = 4; left >= 0; left--) assert.equal(await countWrong(pool, id, 'password', orderedAt), left);
    assert.equal((await orderOf(locked.transferId)).state, 'locked');
    await reorder(pool, { transferId: locked.transferId, contact: {}, approval: false, pin: 'sms' }, act());
    const cancelled = await place(pool);
    await cancelOrder(pool, cancelled.transferId, act({ reason: 'by mistake' }));
    assert.equal((await orderOf(cancelled.transferId)).reason, 'by mistake');
    assert.equal(
      (
        await faultOf(
          reorder(pool, { transferId: cancelled.transferId, contact: {}, approval: false, pin: 'sms' }, act()),
        )
      ).code,
      'not-possible-now',
    );
    assert.match((await faultOf(cancelOrder(pool, cancelled.transferId, act()))).message, /cancelled already/);
    assert.equal((await faultOf(cancelOrder(pool, 'K7PXM-4QWTZ', act()))).code, 'not-found');
    assert.equal((await faultOf(cancelOrder(pool, "x'; drop", act()))).code, 'not-found');
  });

  it('whose certificate is being made this moment can neither be taken back nor replaced', async () => {
    const placed = await place(pool);
    const { id } = await orderOf(placed.transferId);
    await pool.query(
      `insert into authority (fingerprint, kind, subject, pem, spki_sha256, not_before, not_after)
       values ($1, 'issuing', 'CN=x', 'x', sha256('x'), now(), now()) on conflict do nothing`,
      ['a'.repeat(64)],
    );
    await pool.query(
      `insert into issuance (id, kind, order_id, request, spki_sha256, state, authority, serial, not_before, not_after, intended_at)
       values (gen_random_uuid(), 'enrol', $1, 'x', sha256('y'), 'intended', $2, 'AB', now(), now(), now())`,
      [id, 'a'.repeat(64)],
    );
    for (const work of [
      cancelOrder(pool, placed.transferId, act()),
      reorder(pool, { transferId: placed.transferId, contact: {}, approval: false, pin: 'sms' }, act()),
    ])
      assert.match((await faultOf(work)).message, /being made this moment.*revoke/);
  });

  it('that awaits approval is approved once, by somebody else than who placed it', async () => {
    const placed = await place(pool, { approval: true });
    assert.equal(placed.approval, 'awaited');
    assert.match((await faultOf(approveOrder(pool, placed.transferId, act()))).message, /somebody else approves/);
    await approveOrder(pool, placed.transferId, act({ actor: 'cli:berit' }));
    const order = await orderOf(placed.transferId);
    assert.deepEqual([order.approval, order.approvedBy], ['given', 'cli:berit']);
    assert.match(
      (await faultOf(approveOrder(pool, placed.transferId, act({ actor: 'cli:cecilia' })))).message,
      /approved by cli:berit already/,
    );
    // The same person has a console, tokens and a shell.
    const hers = await place(pool, { approval: true }, { actor: 'operator:anna' });
    for (const actor of ['operator:anna', 'token:anna/nightly', 'cli:anna'])
      assert.match(
        (await faultOf(approveOrder(pool, hers.transferId, act({ actor })))).message,
        /somebody else/,
        actor,
      );
    await approveOrder(pool, hers.transferId, act({ actor: 'token:berit/anna' }));
    const without = await place(pool);
    await approveOrder(pool, without.transferId, act({ actor: 'cli:berit' }));
    assert.equal((await orderOf(without.transferId)).approval, 'given');
    const late = await place(pool, { approval: true });
    assert.match(
      (await faultOf(approveOrder(pool, late.transferId, act({ actor: 'cli:berit', now: later(14 * day) })))).message,
      /expired/,
    );
    assert.deepEqual(
      (await audited(placed.transferId)).map(({ action }) => action),
      ['order.place', 'order.approve'],
    );
  });

  it('wrong guesses are counted under the lock: twenty at once lock at the fifth, and none is lost', async () => {
    const placed = await place(pool);
    const { id } = await orderOf(placed.transferId);
    const guess = () =>
      pool.transaction(async (db) => {
        const order = await lockOrder(db, { id });
        return order?.state === 'ordered' ? await countWrong(db, id, 'pin', orderedAt) : 'locked';
      });
    const lefts = await Promise.all(Array.from({ length: 20 }, guess));
    assert.deepEqual(
      lefts.filter((one) => one !== 'locked').toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4],
    );
    const order = await orderOf(placed.transferId);
    assert.deepEqual([order.state, order.wrongPins, order.wrongPasswords], ['locked', 5, 0]);
    assert.match(order.reason ?? '', /5 wrong PINs/);
  });

  it('is listed newest first, of one supplier or of all', async () => {
    const newest = await place(pool, {}, { now: later(100 * day) });
    assert.equal((await listOrders(pool))[0]?.transferId, newest.transferId);
    assert.equal((await listOrders(pool, supplierNumber))[0]?.transferId, newest.transferId);
    assert.deepEqual(await listOrders(pool, '2021002114'), []);
  });

  it('is found by any of its links, by key', async () => {
    const placed = await place(pool);
    const hashes = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    await pool.query('update certificate_order set link_hashes = $2 where transfer_id = $1', [
      placed.transferId,
      hashes,
    ]);
    for (const linkHash of hashes) assert.equal((await readOrder(pool, { linkHash }))?.transferId, placed.transferId);
    assert.equal(await readOrder(pool, { linkHash: Buffer.alloc(32, 3) }), undefined);
  });

  it('that was fetched has a certificate, whose contact may change: the old and the new are told', async () => {
    const placed = await place(pool);
    const early = await faultOf(changeContact(pool, { named: placed.transferId, contact: { name: 'Bo' } }, act()));
    assert.match(early.message, /nobody has fetched.*reorder/);
    const order = await orderOf(placed.transferId);
    const [row] = await rowsOf<{ fingerprint: string }>('select fingerprint from certificate limit 1');
    const fingerprint = row?.fingerprint ?? '';
    await pool.query("update certificate_order set state = 'fetched', fingerprint = $2 where id = $1", [
      order.id,
      fingerprint,
    ]);
    await pool.query('update certificate set contact_id = $2 where fingerprint = $1', [fingerprint, order.contactId]);
    const now = new Date();
    const bo = { name: 'Bo Alm', email: 'bo@exempel.se' };
    const changed = await changeContact(pool, { named: placed.transferId, contact: bo }, act({ now }));
    assert.deepEqual(
      [changed.before?.name, changed.after.name, changed.after.phone],
      ['Anna Ek', 'Bo Alm', '+46701234567'],
    );
    const letters = await rowsOf(
      'select kind, contact_id from letter where fingerprint = $1 order by kind',
      fingerprint,
    );
    assert.deepEqual(letters, [
      { kind: 'contact-new', contact_id: changed.after.id },
      { kind: 'contact-old', contact_id: order.contactId },
    ]);
    const same = await faultOf(changeContact(pool, { named: fingerprint.toUpperCase(), contact: bo }, act({ now })));
    assert.match(same.message, /nothing was changed/);
    const wrong = await faultOf(changeContact(pool, { named: fingerprint, contact: { phone: '070' } }, act({ now })));
    assert.equal(wrong.code, 'order-invalid');
    const ended = await faultOf(
      changeContact(pool, { named: fingerprint, contact: { name: 'Cecilia' } }, act({ now: later(9_000 * day) })),
    );
    assert.match(ended.message, /has ended/);
    const [last] = await rowsOf('select details from audit order by id desc limit 1');
    assert.ok(!/Alm|bo@/.test(JSON.stringify(last)));
  });
});
