import { strict as assert } from 'node:assert';
import { parseDocumentRules, strictnessOf } from '../../../src/domain/document-rules.ts';

describe('the setting for document rules', () => {
  it('rejects where nothing is said', () => {
    assert.equal(strictnessOf(parseDocumentRules(''), 'json', 'self-invoice'), 'reject');
  });

  it('is for one message type of a format, or for all that it carries; later entries win', () => {
    const rules = parseDocumentRules(' json=warn, json/purchase-order=reject,svefaktura-1.0/self-invoice=warn,');
    assert.equal(strictnessOf(rules, 'json', 'self-invoice-credit'), 'warn');
    assert.equal(strictnessOf(rules, 'json', 'purchase-order'), 'reject');
    assert.equal(strictnessOf(rules, 'svefaktura-1.0', 'self-invoice'), 'warn');
    assert.equal(strictnessOf(rules, 'svefaktura-1.0', 'self-invoice-credit'), 'reject');
  });

  it('says what is wrong with an entry', () => {
    for (const [text, says] of [
      ['svefaktura=warn', /“svefaktura=warn” is none/],
      ['json=ignore', /reject or warn/],
      ['json', /“json” is none/],
      ['peppol-order-only-3/self-invoice=warn', /carries purchase-order/],
      ['json/invoice=warn', /carries purchase-order, self-invoice/],
    ] as const) {
      assert.throws(() => parseDocumentRules(text), says);
    }
  });
});
