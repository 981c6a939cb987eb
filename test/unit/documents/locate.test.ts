import { strict as assert } from 'node:assert';
import { lineIn, locate } from '../../../src/documents/locate.ts';

describe('the place of a finding', () => {
  const at = (text: string, where: string): string | undefined => {
    const [found] = locate(text, [where]);
    return found && text.slice(found.from, found.to);
  };
  const xml =
    '<?xml version="1.0"?>\r\n<x:Invoice xmlns:x="u" xmlns="v"><Line><ID>1</ID></Line><Line a="å>"><ID>2</ID></Line></x:Invoice>';

  it('in XML is the element of that path, whatever its prefix', () => {
    assert.equal(at(xml, 'Invoice/Line/ID'), '<ID>1</ID>');
    assert.equal(at(xml, 'Invoice/Line[2]/ID'), '<ID>2</ID>');
    assert.equal(at(xml, 'Invoice/Line[2]'), '<Line a="å>">', 'of what has elements in it, its beginning');
  });

  it('of what is missing is what it should be in', () => {
    assert.equal(at(xml, 'Invoice/Line[2]/Price/Amount'), '<Line a="å>">');
    assert.equal(at(xml, 'Invoice/Line[3]'), '<x:Invoice xmlns:x="u" xmlns="v">');
  });

  it('in JSON is the name and the beginning of its value', () => {
    const json = '{ "a": [ {"b/c": 1}, {"b/c": "x\\"y"} ], "d": true }';
    assert.equal(at(json, '/a/1/b~1c'), '"b/c": "x\\"y"');
    assert.equal(at(json, '/d'), '"d": true');
    assert.equal(at(json, '/a/0/z'), '{');
  });

  it('is nowhere when it is not of the document', () => {
    assert.equal(at(xml, 'recipient'), undefined);
    assert.equal(at('neither', '/a'), undefined);
  });

  it('before the place where a document breaks off is still found', () => {
    assert.equal(at('<a><b>1</b><c>', 'a/b'), '<b>1</b>');
    assert.equal(at('<a><b>1</b><c>', 'a/c'), '<c>');
  });

  it('is a line where the reader named one', () => {
    const found = lineIn('one\ntwo\nthree', 'The XML is not well-formed: 2:5: unexpected close tag.');
    assert.deepEqual(found, { from: 4, to: 7 });
    assert.equal(lineIn('one', 'nothing of a line'), undefined);
    assert.equal(lineIn('one', '9:1: beyond'), undefined);
  });
});
