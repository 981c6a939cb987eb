import { strict as assert } from 'node:assert';
import { readDocument } from '../../../src/documents/read.ts';
import { rules } from '../../../src/documents/rules.ts';
import { Fault, type Finding } from '../../../src/domain/fault.ts';
import { faultDetailSaid, findingSaid } from '../../../src/operations/finding-said.ts';
import { rulesInSwedish } from '../../../src/operations/rule-words.ts';
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

/** Words that no Swedish sentence has, nor a name of the standards. */
const english = /\b(the|of|must|is|are|not|with|and|or|has|have|each|one|what|there|without|than|at most|row|line)\b/i;

/** What a reader says of it, and of why it is none. */
function saidOf(bytes: Buffer): { readonly findings: readonly Finding[]; readonly detail: string | undefined } {
  try {
    return { findings: readDocument(bytes, documentLimits, 'text').findings, detail: undefined };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { findings: error.findings, detail: error.message };
  }
}

/** Each value gone, twice, and what it cannot be; and a name that nobody knows. */
function* brokenXml(bytes: Buffer): Generator<Buffer> {
  const xml = bytes.toString();
  for (const found of xml.matchAll(/<([\w:]+)([^<>]*)>([^<]*)<\/\1>/g)) {
    const [whole, name, attributes] = found;
    const put = (text: string) => Buffer.from(xml.slice(0, found.index) + text + xml.slice(found.index + whole.length));
    yield put('');
    yield put(whole + whole);
    for (const value of ['', 'x', '-1', '0.123', '2026-02-30']) yield put(`<${name}${attributes}>${value}</${name}>`);
    yield put(`<unknown/>${whole}`);
    yield put(`text${whole}`);
  }
}

function* brokenJson(bytes: Buffer): Generator<Buffer> {
  const document: unknown = JSON.parse(bytes.toString());
  const paths = function* (value: unknown, path: readonly string[]): Generator<readonly string[]> {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      yield [...path, key];
      yield* paths(inner, [...path, key]);
    }
  };
  const values = [
    undefined,
    '',
    'x',
    '-1.00',
    '17.00',
    '5590000002',
    '2020-01-01',
    'E',
    12,
    null,
    [],
    {},
    'é'.repeat(3_000),
  ];
  for (const path of paths(document, []))
    for (const [value, more] of [...values.map((one) => [one, {}] as const), [1, { unknown: 1 }] as const]) {
      const broken = structuredClone(document) as Record<string, unknown>;
      const holder = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, broken);
      Object.assign(holder, { [path.at(-1) ?? '']: value }, more);
      yield Buffer.from(JSON.stringify(broken));
    }
}

describe('a finding in Swedish', () => {
  it('has a sentence for every rule, and no word of English', () => {
    assert.deepEqual(Object.keys(rulesInSwedish).sort(), Object.keys(rules).sort());
    for (const [rule, text] of Object.entries(rulesInSwedish)) assert.doesNotMatch(text, english, rule);
  });

  const documents = {
    'a purchase order in JSON': [jsonPurchaseOrder, brokenJson],
    'a self-invoice in JSON': [jsonSelfInvoice, brokenJson],
    'a credit in JSON': [jsonCredit, brokenJson],
    'a Svefaktura': [svefaktura, brokenXml],
    'a Peppol order': [peppolOrder, brokenXml],
    'a Peppol self-invoice': [peppolSelfInvoice, brokenXml],
    'a Peppol credit note': [peppolCredit, brokenXml],
  } as const;
  for (const [name, [make, broken]] of Object.entries(documents))
    it(`has a sentence for whatever is wrong with ${name}, and leaves what the document says`, () => {
      const seen = new Set<string>();
      const left: string[] = [];
      for (const bytes of broken(make({ lines: 2 }))) {
        const { findings, detail } = saidOf(bytes);
        for (const finding of findings) {
          seen.add(finding.rule);
          const said = findingSaid(finding, 'sv');
          assert.deepEqual(findingSaid(finding, 'en'), finding);
          assert.deepEqual([said.where, said.rule], [finding.where, finding.rule]);
          if (english.test(said.text)) left.push(`${finding.rule}: ${said.text}`);
          if (said.expected !== undefined && english.test(said.expected))
            left.push(`${finding.rule}, expected: ${said.expected}`);
          if (finding.found === undefined || !/^\((nothing|empty)\)$|^after it$/.test(finding.found))
            assert.equal(said.found, finding.found);
        }
        if (findings.length === 0 && detail !== undefined && english.test(faultDetailSaid(detail, 'sv')))
          left.push(detail);
      }
      assert.deepEqual([...new Set(left)], []);
      assert.ok(seen.size >= 7, `only ${[...seen].join(', ')}`);
    });

  it('leaves a sentence that an earlier version wrote, and a document’s own words that look like ours', () => {
    const finding = {
      where: '/x',
      rule: 'JSN-SUM-01',
      text: 'The sums agree',
      expected: '3.00',
      found: 'this or that',
    };
    assert.deepEqual(findingSaid(finding, 'sv'), finding);
  });
});
