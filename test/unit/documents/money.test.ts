import { strict as assert } from 'node:assert';
import { agree, amountOf, parseDecimal, show, sum } from '../../../src/documents/money.ts';

describe('money', () => {
  it('is read as decimals, exactly', () => {
    assert.equal(sum([amountOf('0.1'), amountOf('0.2')]).toString(), '0.3');
    const large = amountOf('999999999999999.9999999999');
    const digits = 9_999_999_999_999_999_999_999_999n ** 2n;
    assert.equal(large.times(large).toFixed(20).replace('.', ''), String(digits));
    assert.equal(large.plus('0.0000000001').toFixed(), '1000000000000000');
  });

  it('is no exponent, comma, thousands separator, hexadecimal or infinity', () => {
    for (const text of [
      '',
      '1e3',
      '1,5',
      '1 000',
      '0x1f',
      'Infinity',
      'NaN',
      '--1',
      '.',
      '+',
      '1.2.3',
      '1'.repeat(16),
      `0.${'1'.repeat(11)}`,
    ]) {
      assert.equal(parseDecimal(text), undefined, text);
    }
    for (const text of ['0', '-0.5', '+1', '.5', '5.', '007.10']) assert.ok(parseDecimal(text), text);
  });

  it('agrees within the slack, its edge included', () => {
    assert.ok(agree(amountOf('1.00'), amountOf('1.02'), amountOf('0.02')));
    assert.ok(!agree(amountOf('1.00'), amountOf('1.021'), amountOf('0.02')));
  });

  it('is shown with two decimals, more only where there are more', () => {
    assert.deepEqual(
      ['1', '1.1', '1.125', '-0.5'].map((text) => show(amountOf(text))),
      ['1.00', '1.10', '1.125', '-0.50'],
    );
  });
});
