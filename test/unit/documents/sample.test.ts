import { strict as assert } from 'node:assert';
import { readDocument } from '../../../src/documents/read.ts';
import { sampleOrganisationNumber } from '../../../src/documents/sample.ts';
import {
  documentLimits,
  jsonCredit,
  jsonPurchaseOrder,
  jsonSelfInvoice,
  peppolCredit,
  peppolOrder,
  peppolSelfInvoice,
  svefaktura,
} from '../../support/documents.ts';

describe('sample documents', () => {
  it('pass every check, whatever the seed and the number of lines', () => {
    for (let seed = 0; seed < 40; seed++) {
      const options = { seed, lines: 1 + (seed % 9), recipient: sampleOrganisationNumber(seed) };
      for (const bytes of [
        jsonPurchaseOrder(options),
        jsonSelfInvoice(options),
        jsonCredit(options),
        svefaktura(options),
        svefaktura({ ...options, credit: true }),
        peppolSelfInvoice(options),
        peppolCredit(options),
        peppolOrder(options),
      ]) {
        const read = readDocument(bytes, documentLimits, 'text');
        assert.deepEqual(read.findings, [], bytes.toString());
        assert.equal(read.recipient, options.recipient);
      }
    }
  });

  it('are the same bytes for the same options, others for another seed', () => {
    assert.deepEqual(svefaktura({ seed: 5 }), svefaktura({ seed: 5 }));
    assert.notDeepEqual(svefaktura({ seed: 5 }), svefaktura({ seed: 6 }));
    assert.notDeepEqual(jsonPurchaseOrder({ seed: 5 }), jsonPurchaseOrder({ seed: 6 }));
  });
});
