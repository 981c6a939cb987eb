import { strict as assert } from 'node:assert';
import { calendarEnd, calendarOf, monthOf } from '../../../../src/operations/console/calendar.ts';

describe('the calendar of what ends', () => {
  it('has months as the clock in Sweden has them, in summer and in winter', () => {
    assert.deepEqual(monthOf('2026-11'), {
      name: '2026-11',
      from: new Date('2026-10-31T23:00:00Z'),
      before: new Date('2026-11-30T23:00:00Z'),
    });
    assert.equal(monthOf('2027-07')?.from.toISOString(), '2027-06-30T22:00:00.000Z');
    // The clock is turned back on the last Sunday of October: the month begins in summer time and ends in winter time.
    const october = monthOf('2026-10');
    assert.deepEqual(
      [october?.from.toISOString(), october?.before.toISOString()],
      ['2026-09-30T22:00:00.000Z', '2026-10-31T23:00:00.000Z'],
    );
  });

  it('takes nothing for a month that is none', () => {
    for (const text of ['2026-13', '2026-00', '26-01', '2026-1', 'x', '2026-01-01', undefined])
      assert.equal(monthOf(text), undefined, text);
  });

  it('has two years of months without a gap, also when a year is over', () => {
    // In Sweden it is January already.
    const now = new Date('2026-12-31T23:30:00Z');
    const months = calendarOf(now, [{ month: '2027-03', ending: 4, renewed: 1 }], {
      language: 'sv',
      chosen: '2027-02',
    });
    assert.deepEqual(
      [months[0]?.month, months[11]?.month, months[12]?.month, months.at(-1)?.month],
      ['2027-01', '2027-12', '2028-01', '2028-12'],
    );
    assert.equal(new Set(months.map(({ month }) => month)).size, 24);
    assert.deepEqual(
      months
        .filter(({ ending, chosen }) => ending > 0 || chosen)
        .map(({ month, ending, renewed, chosen }) => [month, ending, renewed, chosen]),
      [
        ['2027-02', 0, 0, true],
        ['2027-03', 4, 1, false],
      ],
    );
    assert.equal(calendarEnd(now).toISOString(), '2028-12-31T23:00:00.000Z');
  });
});
