import { strict as assert } from 'node:assert';
import { ended, noticeAt, noticeDue } from '../../../src/enrolment/notices.ts';
import { readSettings } from '../../../src/platform/config/read.ts';

const day = 86_400_000;
const steps = [60, 30, 14, 7, 3, 1];
const notAfter = new Date('2030-06-01T12:00:00Z');
const long = { notBefore: new Date(notAfter.getTime() - 730 * day), notAfter };
/** So many days before the end. */
const before = (days: number): Date => new Date(notAfter.getTime() - days * day);

describe('notices of the end of a certificate', () => {
  it('are each due once, at their time and not before, when somebody looks every hour for 70 days', () => {
    const given: number[] = [];
    const times: number[] = [];
    for (let left = 70; left >= -10; left -= 1 / 24) {
      const due = noticeDue(steps, long, given, before(left));
      if (due === undefined) continue;
      given.push(due);
      times.push(Math.round(left * 24) / 24);
    }
    assert.deepEqual(given, [60, 30, 14, 7, 3, 1, ended]);
    assert.deepEqual(times, [60, 30, 14, 7, 3, 1, 0]);
  });

  it('are due to the millisecond', () => {
    for (const days of steps) {
      assert.equal(noticeAt([days], long, new Date(before(days).getTime() - 1)), undefined);
      assert.equal(noticeAt([days], long, before(days)), days);
    }
    assert.equal(noticeAt(steps, long, new Date(notAfter.getTime() - 1)), 1);
    assert.equal(noticeAt(steps, long, notAfter), ended);
  });

  it('are the nearest one only after a long stop, and none that was given before a clock was set back', () => {
    assert.equal(noticeDue(steps, long, [60], before(5)), 7);
    assert.equal(noticeDue(steps, long, [60], before(-400)), ended);
    assert.equal(noticeDue(steps, long, [60, 7], before(20)), undefined);
    assert.equal(noticeDue([60, 45, 30], long, [60, 30], before(40)), undefined);
    assert.equal(noticeDue(steps, long, [ended], before(20)), undefined);
  });

  it('do not begin on the day that a short-lived certificate is issued', () => {
    const week = { notBefore: before(7), notAfter };
    assert.equal(noticeAt(steps, week, before(7)), undefined);
    assert.equal(noticeAt(steps, week, before(3)), 3);
    assert.equal(noticeAt(steps, { notBefore: before(0.5), notAfter }, before(0.25)), undefined);
  });

  it('have their days in a setting: whole days, in any order', () => {
    const read = (value: string) => readSettings(['expiryNotices'], { KUVERT_EXPIRY_NOTICES: value }).expiryNotices;
    assert.deepEqual(read('7d,60d,30d,7d'), [60, 30, 7]);
    assert.deepEqual(readSettings(['expiryNotices'], {}).expiryNotices, steps);
    for (const wrong of ['0d', '12h', '400d', '60d,', 'soon', '-1d'])
      assert.throws(() => read(wrong), /whole days/, wrong);
  });
});
