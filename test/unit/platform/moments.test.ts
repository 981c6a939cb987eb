import { strict as assert } from 'node:assert';
import { fromLocalTime, localTime } from '../../../src/platform/moments.ts';

describe('the clock on the wall', () => {
  it('is read back to the moment that it showed, in winter and in summer', () => {
    assert.equal(fromLocalTime('2026-01-15T12:00')?.toISOString(), '2026-01-15T11:00:00.000Z');
    assert.equal(fromLocalTime('2026-07-15T12:00')?.toISOString(), '2026-07-15T10:00:00.000Z');
    assert.equal(fromLocalTime('2026-07-15')?.toISOString(), '2026-07-14T22:00:00.000Z');
  });

  it('also in the hours around those at which it is set', () => {
    for (const shown of ['2026-03-29 01:30', '2026-03-29 03:30', '2026-10-25 01:30', '2026-10-25 03:30']) {
      const at = fromLocalTime(shown);
      assert.equal(at && localTime(at), shown);
    }
  });

  it('says so when it is none', () => {
    for (const text of ['', 'yesterday', '2026-13-01', '2026-01-01T25:00', '2026-01-01T12:00Z'])
      assert.equal(fromLocalTime(text), undefined, text);
  });
});
