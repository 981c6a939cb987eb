/** Between the authority's intention and its record the world goes on: what cannot be finished any more is refused, and nobody waits behind it. */
import { strict as assert } from 'node:assert';
import { day, type Enrolment, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';

describe('an intention', () => {
  let stage: Enrolment;
  before(async () => {
    stage = await openEnrolment();
  });
  after(() => stage.close());

  const decided = (id: string) =>
    eventually('it is decided', async () => {
      const decision = await stage.decision(id);
      return decision.kind !== 'open' && decision;
    });
  const registered = async (organisationNumber: string): Promise<number> => {
    const { rows } = await stage.pool.query('select 1 from certificate where organisation_number = $1', [
      organisationNumber,
    ]);
    return rows.length;
  };

  it('whose address was taken out of use before it was recorded brings no certificate into the register', async () => {
    const order = await stage.order();
    const ca = await stage.startCa({
      compose: (steps) => ({
        ...steps,
        record: async (work, certificate) => {
          await stage.pool.query('update address set retired_at = now() where id = $1', [order.addressId]);
          return steps.record(work, certificate);
        },
      }),
    });
    const decision = await decided((await stage.ask({ order })).id);
    await ca.stop();
    assert.deepEqual(decision, {
      kind: 'refused',
      fault: 'order-not-open',
      detail: 'the address that the certificate was ordered for is not in use any more',
    });
    assert.equal(await registered(order.organisationNumber), 0);
    const audited = await stage.audited(order.id);
    assert.deepEqual(
      audited.map(({ action }) => action),
      ['certificate.refuse'],
    );
    assert.match(JSON.stringify(audited[0]?.details['intended']), /"serial":"[0-9A-F]{32}"/);
  });

  it('that the register does not take is refused, and those behind it are decided', async () => {
    const [first, second] = [await stage.order(), await stage.order()];
    await stage.pool.query(`create function not_this() returns trigger language plpgsql as $$
      begin raise exception 'not this one' using errcode = 'check_violation'; end $$`);
    await stage.pool.query(`create trigger not_this before insert on certificate for each row
      when (new.organisation_number = '${first.organisationNumber}') execute function not_this()`);
    const at = new Date(Date.now() - day);
    const asked = [await stage.ask({ order: first }, { at }), await stage.ask({ order: second })];
    const ca = await stage.startCa();
    const [poor, good] = await Promise.all(asked.map(({ id }) => decided(id)));
    await ca.stop();
    assert.deepEqual([poor?.kind === 'refused' && poor.fault, good?.kind], ['internal', 'issued']);
    assert.deepEqual(
      (await stage.audited(first.id)).map(({ action }) => action),
      ['certificate.refuse'],
    );
  });
});
