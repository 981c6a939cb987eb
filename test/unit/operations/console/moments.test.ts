import { strict as assert } from 'node:assert';
import { decimal } from '../../../../src/operations/console/moments.ts';

describe('a decimal number on a page', () => {
  const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');
  for (const [written, sv, en] of [
    ['9816.31', '9 816,31', '9,816.31'],
    ['100', '100', '100'],
    ['0.10', '0,10', '0.10'],
    ['-12943.40', '−12 943,40', '-12,943.40'],
    [
      '12345678901234567890.1234567890',
      '12 345 678 901 234 567 890,1234567890',
      '12,345,678,901,234,567,890.1234567890',
    ],
  ] as const)
    it(`has the same digits as ${written}, in the order of the language`, () => {
      assert.deepEqual([decimal(written, 'sv'), decimal(written, 'en')].map(plain), [sv, en]);
    });

  for (const written of ['', '1e3', 'NaN', '1,5', '0x10', '<b>', '٣', `1${'0'.repeat(30)}`])
    it(`stays as it is when it is none: ${JSON.stringify(written)}`, () => {
      assert.equal(decimal(written, 'sv'), written);
    });
});
