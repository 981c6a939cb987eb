import { strict as assert } from 'node:assert';
import { conservation } from '../../src/store/conservation.ts';
import { addCertificate } from '../../src/store/suppliers-change.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

describe("a message for A can never reach B's endpoint", () => {
  let line: Line;
  before(async () => {
    line = await openLine();
    await line.deliver();
  });
  after(() => line.close());

  const held = (supplier: TestSupplier) =>
    eventually('the lane is held', async () => {
      const { state, reason } = await line.lane(supplier.lane);
      return state === 'held' ? reason : undefined;
    });

  it("not when A's address has B's URL: B's certificate is not A's", async () => {
    const b = await line.addSupplier();
    const a = await line.addSupplier({ url: b.endpoint.url });
    await line.take(framesFor(a.organisationNumber, 3));
    assert.equal(await held(a), 'endpoint-certificate');
    assert.deepEqual([b.endpoint.requests.length, b.endpoint.seen.applicationBytes], [0, 0]);
    // B's own go on, over connections of their own.
    await line.take(framesFor(b.organisationNumber, 3));
    await eventually("B's are delivered", async () => (await line.states(b.lane)).delivered === 3);
    assert.equal(b.endpoint.requests.length, 3);
  });

  it("not when B's listener takes over A's port while connections are open", async () => {
    const a = await line.addSupplier();
    const b = await line.addSupplier();
    await line.take(framesFor(a.organisationNumber, 3));
    await eventually("A's are delivered", async () => (await line.states(a.lane)).delivered === 3);
    a.endpoint.useCredential(b.credential);
    a.endpoint.dropConnections();
    const { applicationBytes } = a.endpoint.seen;
    await line.take(framesFor(a.organisationNumber, 3));
    assert.equal(await held(a), 'endpoint-certificate');
    assert.equal(a.endpoint.requests.length, 3);
    assert.equal(a.endpoint.seen.applicationBytes, applicationBytes);
  });

  it('not by registering one certificate for both: the register has it once, for one organisation', async () => {
    const a = await line.addSupplier();
    const b = await line.addSupplier();
    const { rows } = await line.pool.query<{ fingerprint: string; pem: string; not_before: Date; not_after: Date }>(
      'select fingerprint, pem, not_before, not_after from certificate where organisation_number = $1',
      [b.organisationNumber],
    );
    const [certificate] = rows;
    assert.ok(certificate);
    await assert.rejects(
      line.pool.transaction((db) =>
        addCertificate(db, a.lane, a.organisationNumber, {
          ...certificate,
          subject: 'B',
          notBefore: certificate.not_before,
          notAfter: certificate.not_after,
        }),
      ),
      /foreign key/,
    );
    await assert.rejects(
      line.pool.query('update certificate set organisation_number = $1 where fingerprint = $2', [
        a.organisationNumber,
        certificate.fingerprint,
      ]),
      /foreign key/,
    );
  });

  it("a delivery that would lead to another's address breaks a law that is always watched", async () => {
    const a = await line.addSupplier({ delivery: 'pull' });
    const b = await line.addSupplier({ delivery: 'pull' });
    await line.take(framesFor(a.organisationNumber, 1));
    const lead = (from: number, to: number) =>
      line.pool.query('update delivery set lane_id = $2 where lane_id = $1', [from, to]);
    await lead(a.lane, b.lane);
    const { breaches } = await conservation(line.pool);
    await lead(b.lane, a.lane);
    assert.deepEqual(breaches, [
      '1 deliveries that lead to the address of an organisation that may not have them',
      '1 deliveries that do not say rightly whether their address is an agent’s',
    ]);
  });

  it('with fifty suppliers and crossing traffic each gets its own and nothing else', async () => {
    const suppliers = await Promise.all(Array.from({ length: 50 }, () => line.addSupplier({ concurrency: 2 })));
    const before = (await line.states()).delivered ?? 0;
    for (let i = 0; i < 4; i++)
      await line.take(suppliers.flatMap(({ organisationNumber }) => framesFor(organisationNumber, 2)));
    await eventually('all is delivered', async () => (await line.states()).delivered === before + 400);
    for (const { endpoint, organisationNumber } of suppliers) {
      const recipients = endpoint.requests.map(
        ({ body }) => (JSON.parse(body.toString('utf8')) as { recipientorgnumber: string }).recipientorgnumber,
      );
      assert.deepEqual(recipients, Array<string>(8).fill(organisationNumber));
    }
  });
});
