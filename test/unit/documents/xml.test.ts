import { strict as assert } from 'node:assert';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { childOf, readXml, textAt, type Vocabulary } from '../../../src/documents/xml.ts';
import { Fault } from '../../../src/domain/fault.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const limits = { bytes: 1e6, depth: 5, elements: 20 };
const vocabulary: Vocabulary = new Map([
  ['urn:a', ''],
  ['urn:b', 'b:'],
]);

function read(text: string) {
  return readXml(text, limits, () => vocabulary);
}

function fault(text: string): Fault {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('reading XML', () => {
  it('matches by namespace, whatever the prefix', () => {
    for (const text of [
      '<r xmlns="urn:a" xmlns:b="urn:b"><b:c>1</b:c></r>',
      '<x:r xmlns:x="urn:a"><c xmlns="urn:b">1</c></x:r>',
      '<a:r xmlns:a="urn:a"><a:c xmlns:a="urn:b">1</a:c></a:r>',
    ]) {
      assert.equal(textAt(read(text), 'b:c'), '1');
    }
    assert.equal(childOf(read('<r xmlns="urn:a" xmlns:b="urn:other"><b:c>1</b:c></r>'), 'b:c'), undefined);
  });

  it('joins text, CDATA and character references, and leaves comments out', () => {
    assert.equal(
      textAt(read('<r xmlns="urn:a"><c> a&amp;<![CDATA[<b>]]><!-- no -->&#229;\n c </c></r>'), 'c'),
      'a&<b>å  c',
    );
  });

  const malformed: Readonly<Record<string, string>> = {
    nothing: '',
    truncated: '<r xmlns="urn:a"><c>1</c>',
    'truncated in a tag': '<r xmlns="urn:a"><c',
    'two roots': '<r xmlns="urn:a"/><r xmlns="urn:a"/>',
    'text after the root': '<r xmlns="urn:a"/>more',
    'text before the root': 'x<r xmlns="urn:a"/>',
    'mismatched tags': '<r xmlns="urn:a"><c></d></r>',
    'crossed tags': '<r xmlns="urn:a"><c><d></c></d></r>',
    'a tag in other case': '<r xmlns="urn:a"></R>',
    'an unbound prefix': '<r xmlns="urn:a"><b:c/></r>',
    'an unbound attribute prefix': '<r xmlns="urn:a" b:c="1"/>',
    'an attribute twice': '<r xmlns="urn:a" c="1" c="2"/>',
    'an attribute twice by namespace': '<r xmlns:x="urn:a" xmlns:y="urn:a" x:c="1" y:c="2"/>',
    'an attribute without quotes': '<r xmlns="urn:a" c=1/>',
    'a bare ampersand': '<r xmlns="urn:a">a & b</r>',
    'an unknown entity': '<r xmlns="urn:a">&nbsp;</r>',
    'a bare <': '<r xmlns="urn:a">a < b</r>',
    'a control character': '<r xmlns="urn:a">\u0001</r>',
    'a control character by reference': '<r xmlns="urn:a">&#1;</r>',
    'a lone surrogate by reference': '<r xmlns="urn:a">&#xD800;</r>',
    'an unclosed comment': '<r xmlns="urn:a"><!-- </r>',
    'two hyphens in a comment': '<r xmlns="urn:a"><!-- a -- b --></r>',
    'unclosed CDATA': '<r xmlns="urn:a"><![CDATA[</r>',
    ']]> in text': '<r xmlns="urn:a">]]></r>',
    'a declaration after white space': ' <?xml version="1.0"?><r xmlns="urn:a"/>',
    'two declarations': '<?xml version="1.0"?><?xml version="1.0"?><r xmlns="urn:a"/>',
    'XML 1.1': '<?xml version="1.1"?><r xmlns="urn:a"/>',
    'the xml prefix bound anew': '<r xmlns="urn:a" xmlns:xml="urn:b"/>',
    'a prefix bound to nothing': '<r xmlns="urn:a" xmlns:b=""/>',
    'a doctype': '<!DOCTYPE r><r xmlns="urn:a"/>',
    'a doctype with entities': '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r xmlns="urn:a">&b;</r>',
    'an external entity': '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r xmlns="urn:a">&x;</r>',
  };
  for (const [claim, text] of Object.entries(malformed)) {
    it(`refuses ${claim}`, () => {
      assert.equal(fault(text).code, 'document-not-wellformed');
    });
  }

  it('says where it stopped', () => {
    const [finding] = fault('<r xmlns="urn:a"><c>\n<d></c></r>').findings;
    assert.equal(finding?.where, 'r/c');
    assert.match(finding?.found ?? '', /^2:/);
  });

  it('keeps nothing of the names that documents make up', () => {
    const inUse = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    read('<r xmlns="urn:a"/>');
    const before = inUse();
    for (let i = 0; i < 30; i++) {
      const name = `${'x'.repeat(2_000_000)}${i}`;
      read(`<r xmlns="urn:a"><${name}/></r>`);
    }
    const more = inUse() - before;
    assert.ok(more < 10_000_000, `${more} bytes more`);
  });

  it('keeps its limits on levels, elements, attributes and text', () => {
    const inside = (text: string) => `<r xmlns="urn:a">${text}</r>`;
    read(inside('<c><c><c><c/></c></c></c>'));
    assert.equal(fault(inside('<c><c><c><c><c/></c></c></c></c>')).code, 'document-limit');
    read(inside('<c/>'.repeat(19)));
    assert.equal(fault(inside('<c/>'.repeat(20))).code, 'document-limit');
    const attributes = Array.from({ length: 61 }, (_, i) => `a${i}=""`).join(' ');
    assert.equal(fault(inside(`<c ${attributes}/>`)).code, 'document-limit');
    assert.equal(fault(inside(`<c a="${'x'.repeat(100_001)}"/>`)).code, 'document-limit');
    assert.equal(fault(inside(`<c>${'x'.repeat(100_001)}</c>`)).code, 'document-limit');
    assert.equal(fault(inside(`<c>${'<![CDATA[xxxxxxxxxx]]>'.repeat(10_001)}</c>`)).code, 'document-limit');
  });
});
