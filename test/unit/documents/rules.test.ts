import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { isBusinessRule, kept, rules } from '../../../src/documents/rules.ts';
import { mutations as jsonMutations } from './json/mutations.ts';
import { mutations as svefakturaMutations } from './svefaktura/mutations.ts';
import { mutations as ublMutations } from './ubl/mutations.ts';

const root = new URL('../../../', import.meta.url);
const ids = Object.keys(rules).toSorted();

describe('the table of document rules', () => {
  it('has every rule documented in docs/documents.md, with its own sentence, and no other', () => {
    const rows = readFileSync(new URL('docs/documents.md', root), 'utf8').matchAll(
      /^\| `([A-Z][A-Z\d]*-[A-Z\d-]+)` \| (.*?) \| (rejects|as set) \|$/gm,
    );
    const documented = Object.fromEntries([...rows].map(([, id = '', ...rest]) => [id, rest]));
    const known = Object.entries(rules).map(([id, text]) => [id, [text, isBusinessRule(id) ? 'as set' : 'rejects']]);
    assert.deepEqual(documented, Object.fromEntries(known));
  });

  it('has every rule used by the code', () => {
    const folder = new URL('src/documents/', root);
    const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('rules.ts'))
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('');
    for (const id of ids) assert.ok(source.includes(`'${id}'`), id);
  });

  it('has every rule broken by at least one test', () => {
    const tested = Object.entries({ ...jsonMutations, ...svefakturaMutations, ...ublMutations });
    assert.deepEqual(tested.map(([id]) => id).toSorted(), ids);
    for (const [id, cases] of tested) assert.ok(cases.length > 0, id);
  });

  it('calls no rule business that says which document it is, to whom it goes, in which currency, or what it is made of', () => {
    const always =
      /^(?:JSN-SCH|(?:JSN|SVE|UBL)-ORG|(?:SVE|UBL)-(?:STR|CUR|ATT)|SVE-(?:TYP|VAL)|PEPPOL-EN16931-(?:P|R00[1478]|R051)|PEPPOL-T01-(?:B|R003|R031|R034)|BR-0[1-5]$)/;
    for (const id of ids) assert.ok(!(always.test(id) && isBusinessRule(id)), id);
    assert.equal(isBusinessRule('no-such-rule'), false);
  });

  it('keeps what always rejects, however much else is wrong', () => {
    const finding = (rule: string) => ({ where: 'x', rule, text: 'x' });
    const many = [...Array.from({ length: 60 }, () => finding('BR-CO-10')), finding('UBL-ORG-02')];
    assert.equal(kept(many).length, 50);
    assert.equal(kept(many)[0]?.rule, 'UBL-ORG-02');
  });
});
