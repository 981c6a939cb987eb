import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { readDocument } from '../../../../src/documents/read.ts';
import { documentLimits } from '../../../support/documents.ts';
import { type Loose, mutations } from './mutations.ts';

function sample(name: string): Loose {
  return JSON.parse(readFileSync(new URL(`../../../samples/json/${name}.json`, import.meta.url), 'utf8'));
}

function read(document: unknown) {
  return readDocument(Buffer.from(JSON.stringify(document)), documentLimits, 'text');
}

describe('the rules of JSON documents', () => {
  for (const [rule, cases] of Object.entries(mutations)) {
    for (const [claim, name, change, where] of cases) {
      it(`${rule} finds ${claim}`, () => {
        const document = sample(name);
        assert.deepEqual(read(document).findings, []);
        change(document);
        const { findings } = read(document);
        const own = findings.filter((finding) => finding.rule === rule);
        assert.ok(
          own.some((finding) => finding.where === where),
          `wanted ${rule} at ${where}, got ${JSON.stringify(findings, null, 1)}`,
        );
        for (const finding of own) assert.ok(finding.found && finding.text);
      });
    }
  }

  it('name every breach at once, each with both values', () => {
    const document = sample('self-invoice');
    document.lines[0].amount = 'free';
    document.currency = 'kr';
    document.totals.net = 10;
    const found = read(document).findings.map((finding) => `${finding.where} ${finding.found}`);
    assert.deepEqual(found.toSorted(), ['/currency "kr"', '/lines/0/amount "free"', '/totals/net 10']);
  });

  it('explain a pattern in words', () => {
    const document = sample('purchase-order');
    document.totals.net = '1.1';
    assert.match(read(document).findings[0]?.expected ?? '', /exactly two decimals/);
  });

  it('let a line differ by 0.02', () => {
    const document = sample('purchase-order');
    document.lines = [{ ...document.lines[0], quantity: '3', unitPrice: '33.333334', amount: '100.02' }];
    document.totals.net = '100.02';
    assert.deepEqual(read(document).findings, []);
  });

  it('hand out at most fifty findings', () => {
    const document = sample('purchase-order');
    document.lines = Array.from({ length: 500 }, () => ({}));
    assert.equal(read(document).findings.length, 50);
  });

  it('still say type, number and recipient of a document that breaks them elsewhere', () => {
    const document = sample('self-invoice-credit');
    document.lines = 'none';
    const { messageType, documentNumber, recipient } = read(document);
    assert.deepEqual([messageType, documentNumber, recipient], ['self-invoice-credit', 'SK-2026-000007', '5599990016']);
  });
});
