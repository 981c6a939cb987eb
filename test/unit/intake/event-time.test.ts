import { strict as assert } from 'node:assert';
import { eventTimeInUtc } from '../../../src/intake/event-time.ts';

describe('event time', () => {
  it('becomes UTC with its fraction digits kept', () => {
    const times = {
      '2026-03-01T12:00:00Z': '2026-03-01T12:00:00Z',
      '2026-03-01T12:00:00.120+01:00': '2026-03-01T11:00:00.120Z',
      '2026-03-01t00:30:00.123456789+02:00': '2026-02-28T22:30:00.123456789Z',
      '2026-12-31T23:59:59.9-00:01': '2027-01-01T00:00:59.9Z',
      '2024-02-29 10:00:00.0z': '2024-02-29T10:00:00.0Z',
    };
    for (const [text, utc] of Object.entries(times)) assert.equal(eventTimeInUtc(text), utc, text);
  });

  it('is nothing else than RFC 3339', () => {
    for (const text of [
      '',
      '2026-03-01',
      '2026-03-01T12:00Z',
      '2026-03-01T12:00:00',
      '2026-02-30T12:00:00Z',
      '2026-03-01T24:00:00Z',
      '2026-03-01T12:00:60Z',
      '2026-03-01T12:00:00.Z',
      '2026-03-01T12:00:00.1234567890Z',
      '2026-03-01T12:00:00+24:00',
      '2026-03-01T12:00:00+01:60',
      '1969-12-31T23:59:59Z',
      '9999-12-31T23:59:59-01:00',
      '+12026-03-01T12:00:00Z',
      '2026-03-01T12:00:00Z\0',
    ]) {
      assert.equal(eventTimeInUtc(text), undefined, text);
    }
  });
});
