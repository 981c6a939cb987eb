/** Whoever has the codes, and no request, gets no certificate, whatever else it sends; and the listener answers the next. */
import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import { certificateIn, type Enrolment, newRequest, type OpenedOrder, openEnrolment } from '../support/enrolment.ts';
import { type EstClient, estClient, issuedIn } from '../support/est-client.ts';

describe('random and changed bodies', () => {
  let stage: Enrolment;
  let est: EstClient;
  let order: OpenedOrder;
  before(async () => {
    stage = await openEnrolment();
    await stage.startCa();
    est = estClient(stage, (await stage.startApi()).port);
    order = await stage.order();
  });
  after(() => stage.close());

  const refusedAll = async (bodies: fc.Arbitrary<Buffer>, numRuns: number): Promise<void> => {
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        for (const [what, { status }] of Object.entries({
          enrol: await est.enrol(order, body),
          renew: await est.renew(undefined, body),
        }))
          assert.ok(
            what === 'enrol' ? [400, 413, 422].includes(status) : status === 401,
            `${what} of ${body.toString('hex')} was answered ${status}`,
          );
      }),
      { numRuns },
    );
    const { rows } = await stage.pool.query('select 1 from certificate union all select 1 from issuance');
    assert.equal(rows.length, 0, 'nothing was even asked of the authority');
  };

  it('that are anything at all get none', () =>
    refusedAll(
      fc.oneof(
        fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
        fc.string({ maxLength: 500 }).map((text) => Buffer.from(text)),
        fc.base64String({ maxLength: 2_000 }).map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.concat([Buffer.of(0x30, 0x82, 1, 0x90), bytes])),
      ),
      120,
    ));

  it('that were a request, and have one octet changed, lost or gained, get none', async () => {
    const requests = await Promise.all((['P-256', 'P-384', 'RSA-3072'] as const).map((kind) => newRequest(kind)));
    const changed = fc
      .record({
        which: fc.nat(2),
        at: fc.nat(100_000),
        to: fc.integer({ min: 1, max: 255 }),
        how: fc.constantFrom('change' as const, 'lose' as const, 'gain' as const),
        text: fc.boolean(),
      })
      .map(({ which, at, to, how, text }) => {
        const der = requests[which]?.der ?? Buffer.alloc(0);
        const place = at % der.length;
        const bytes = [...der];
        if (how === 'change') bytes[place] = (bytes[place] ?? 0) ^ to;
        else if (how === 'lose') bytes.splice(place, 1);
        else bytes.splice(place, 0, to);
        const broken = Buffer.from(bytes);
        return text ? Buffer.from(broken.toString('base64')) : broken;
      });
    await refusedAll(changed, 250);
  });

  it('have spent nothing: the codes fetch the certificate', async () => {
    const { der } = await newRequest();
    assert.ok(certificateIn(issuedIn(await est.enrol(order, der)).pem));
  });
});
