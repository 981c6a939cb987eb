import { strict as assert } from 'node:assert';
import { hearEnds } from '../../../src/roles/ends.ts';

describe('the ends of mandates that are heard of', () => {
  it('a push may begin within its term, if no end of its mandate was heard of since it was asked for', () => {
    let clock = 100;
    const ends = hearEnds(() => clock);
    const may = (from: number, to: number, principal = '5560160680') => ends.mayBegin(7, principal, { from, to });
    assert.equal(may(50, 101), true);
    assert.equal(may(50, 100), false);
    ends.heard('7 5560160680');
    assert.equal(may(100, 200), false);
    assert.equal(may(101, 200), true, 'what was asked after it knows of it');
    assert.equal(may(50, 200, '5599990016'), true);
    assert.equal(ends.mayBegin(8, '5560160680', { from: 50, to: 200 }), true);
    clock = 110;
    // Something may have been missed.
    ends.heard('');
    assert.equal(may(109, 200, '5599990016'), false);
    assert.equal(may(111, 200, '5599990016'), true);
  });

  it('so many that they are not kept apart are any of them', () => {
    let clock = 0;
    const ends = hearEnds(() => clock);
    for (let n = 0; n <= 10_000; n++) ends.heard(`1 ${n}`);
    assert.equal(ends.mayBegin(2, '1', { from: 0, to: 9 }), false);
    clock = 1;
    assert.equal(ends.mayBegin(2, '1', { from: 1, to: 9 }), true);
  });
});
