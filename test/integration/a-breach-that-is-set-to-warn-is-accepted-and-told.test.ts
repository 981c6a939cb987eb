import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { findMessages, readMessage } from '../../src/store/messages.ts';
import { peppolCredit, peppolOrder, peppolSelfInvoice, sampleOrganisationNumber } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';

const sample = (file: string): Buffer => readFileSync(new URL(`../samples/${file}`, import.meta.url));
const bytes = (body: Buffer) => ({ headers: {}, body, isText: false });
const wrongSum = (file: string): Buffer => sample(`${file}/broken/wrong-total.xml`);

describe('a breach that is set to warn is accepted and told', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  before(async () => {
    gateway = await openGateway({ settings: { KUVERT_DOCUMENT_RULES: 'peppol-self-billing-3/self-invoice=warn' } });
    await gateway.startIntake();
  });
  after(() => gateway.close());

  it('in the answer and on the message; where nothing is set, and for what is no business rule, it rejects', async () => {
    const otherReceiver = wrongSum('peppol').toString().replace('SE559999001601', 'SE559999002401');
    const wrongCredit = peppolCredit({ number: 'C-1' })
      .toString()
      .replace(/(PayableAmount currencyID="SEK">)\d+/, '$199');
    await gateway.ka.send([
      bytes(wrongSum('peppol')),
      bytes(wrongSum('svefaktura')),
      bytes(Buffer.from(wrongCredit)),
      bytes(Buffer.from(otherReceiver)),
    ]);
    await eventually('four answers and the one that holds', () => gateway.ka.answers().length === 5);

    const warned = gateway.ka.answers().find(({ answer }) => answer === 'accepted');
    assert.equal(warned?.documentNumber, 'PSF-2026-000310');
    assert.deepEqual(
      warned?.warnings?.map(({ rule }) => rule),
      ['BR-CO-16'],
    );
    const rejected = gateway.ka.answers().filter(({ answer }) => answer === 'rejected');
    assert.deepEqual(
      rejected.map(({ fault }) => fault?.findings?.map(({ rule }) => rule)),
      [['SVE-SUM-04'], ['BR-CO-16'], ['UBL-ORG-02', 'BR-CO-16']],
    );
    const [row] = await findMessages(gateway.pool, 'PSF-2026-000310', 2);
    const details = row && (await readMessage(gateway.pool, row.id));
    assert.deepEqual(
      details?.findings?.map(({ rule, expected, found }) => [rule, expected, found]),
      [['BR-CO-16', '6994.00', '7000.00']],
    );
  });

  it('and a document without breaches has none, in every Peppol format', async () => {
    const recipient = sampleOrganisationNumber(7);
    const documents = [peppolSelfInvoice, peppolCredit, peppolOrder].map((make, i) => {
      return bytes(make({ recipient, number: `P-${i}`, attachment: Buffer.alloc(200_000, i) }));
    });
    await gateway.ka.send(documents);
    await eventually('all are accepted', () =>
      ['P-0', 'P-1', 'P-2'].every((one) => gateway.ka.about(one).length === 2),
    );
    for (const answer of gateway.ka.answers().filter((one) => one.documentNumber?.startsWith('P-'))) {
      assert.equal(answer.warnings, undefined);
    }
    const [row] = await findMessages(gateway.pool, 'P-2', 2);
    const details = row && (await readMessage(gateway.pool, row.id));
    assert.deepEqual(
      [row?.messageType, details?.format, details?.findings],
      ['purchase-order', 'peppol-order-only-3', undefined],
    );
  });
});
