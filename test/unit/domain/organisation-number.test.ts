import { strict as assert } from 'node:assert';
import {
  checkDigitIsRight,
  isSoleTrader,
  maskNumbersIn,
  maskOrganisationNumber,
  parseOrganisationNumber,
} from '../../../src/domain/organisation-number.ts';

describe('organisation numbers', () => {
  it('are read in every usual spelling, as ten digits', () => {
    for (const text of [
      '5560160680',
      '556016-0680',
      ' 556016-0680 ',
      '165560160680',
      '16556016-0680',
      'SE556016068001',
    ])
      assert.equal(parseOrganisationNumber(text), '5560160680', text);
  });

  it("a sole trader's is read with and without the century, and over a hundred years with a plus", () => {
    for (const text of ['8112189876', '811218-9876', '19811218-9876', '198112189876', '811218+9876'])
      assert.equal(parseOrganisationNumber(text), '8112189876', text);
  });

  it('one that begins like a century is not cut', () => {
    assert.equal(parseOrganisationNumber('1612189871'), checkDigitIsRight('1612189871') ? '1612189871' : undefined);
    const odd = Array.from({ length: 10 }, (_, last) => `201218987${last}`).find(checkDigitIsRight);
    assert.equal(parseOrganisationNumber(odd ?? ''), odd);
  });

  it('what is none is not read as one', () => {
    for (const text of [
      '',
      '556016068',
      '55601606800',
      '5560160681',
      '55 60160680',
      '5560-160680',
      'SE5560160680',
      'SE556016068002',
      'se556016068001',
      '175560160680',
      '٥٥٦٠١٦٠٦٨٠',
      '５５６０１６０６８０',
      '5560160680\n5560160680',
    ])
      assert.equal(parseOrganisationNumber(text), undefined, JSON.stringify(text));
  });

  it('any one digit wrong, and most neighbours exchanged, are found by the check digit', () => {
    const good = '5560160680';
    for (let at = 0; at < 10; at++)
      for (let digit = 0; digit < 10; digit++) {
        const changed = good.slice(0, at) + digit + good.slice(at + 1);
        assert.equal(checkDigitIsRight(changed), changed === good, changed);
      }
    assert.equal(checkDigitIsRight('5506160680'), false);
  });

  it('exactly one check digit fits each nine digits', () => {
    for (let n = 0; n < 1_000; n++) {
      const nine = String(200_000_000 + n * 799_999).slice(0, 9);
      const fits = Array.from({ length: 10 }, (_, digit) => nine + digit).filter(checkDigitIsRight);
      assert.equal(fits.length, 1);
    }
  });

  it("in logs a sole trader's is masked and a company's is not", () => {
    assert.equal(isSoleTrader('8112189876'), true);
    assert.equal(maskOrganisationNumber('8112189876'), '81********');
    assert.equal(maskOrganisationNumber('5560160680'), '5560160680');
  });

  it("in a text every spelling of a sole trader's is masked, and what only looks like one is not", () => {
    for (const text of ['8001010118', '800101-0118', '800101+0118', '198001010118', 'SE800101011801'])
      assert.equal(maskNumbersIn(`of “${text}”: no`), 'of “80********”: no', text);
    for (const subject of [
      '2.5.4.97=NTRSE-8001010118,CN=x',
      'serialNumber=PNOSE-198001010118',
      '2.5.4.97=VATSE-SE800101011801',
    ])
      assert.match(maskNumbersIn(subject), /SE-80\*{8}/, subject);
    // What only ends like such a prefix; a document's number.
    for (const text of [
      'XNTRSE-8001010118',
      'A-NTRSE-8001010118',
      'NTRSE-5560160680',
      'NTRSE-8001010118-1',
      'PO-8001010118',
    ])
      assert.equal(maskNumbersIn(text), text);
    // A company's, a wrong check digit, part of something longer, an id.
    for (const text of ['5560160680', '8001010117', '80010101180', 'x8001010118', '3f2c8001010118-8001010118'])
      assert.equal(maskNumbersIn(text), text);
  });
});
