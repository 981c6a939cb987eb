import { strict as assert } from 'node:assert';
import { judge } from '../../../src/documents/judge.ts';
import { parseDocumentRules } from '../../../src/domain/document-rules.ts';

const rules = parseDocumentRules('json/self-invoice=warn');
const finding = (rule: string) => ({ where: '/x', rule, text: 'x' });
const document = (messageType: 'self-invoice' | 'purchase-order' | undefined, ...broken: string[]) => ({
  format: 'json',
  messageType,
  findings: broken.map(finding),
});
const rejects = (...args: Parameters<typeof document>) => judge(document(...args), rules).rejecting.length;

describe('judging a document', () => {
  it('lets a breach of a business rule pass where the setting says so, and notes it', () => {
    const { rejecting, warnings } = judge(document('self-invoice', 'JSN-SUM-01'), rules);
    assert.deepEqual([rejecting, warnings.length], [[], 1]);
  });

  it('rejects it elsewhere, and where the document does not say what it is', () => {
    assert.equal(rejects('purchase-order', 'JSN-SUM-01'), 1);
    assert.equal(rejects(undefined, 'JSN-SUM-01'), 1);
  });

  it('rejects with all findings when one of them is no business rule', () => {
    assert.equal(rejects('self-invoice', 'JSN-SUM-01', 'JSN-ORG-01'), 2);
    assert.equal(rejects('self-invoice', 'JSN-SCH-01'), 1);
    assert.equal(rejects('self-invoice', 'unknown-rule'), 1);
  });
});
