import { strict as assert } from 'node:assert';
import { commonName, endOf } from '../../../../src/operations/face/pages/register-parts.ts';

describe('a certificate on pages', () => {
  it('is called by its common name, however its subject is written; without one, by all of it', () => {
    assert.equal(commonName('CN=Kvarn & Co, Bygg AB\nO=Kvarn\nC=SE'), 'Kvarn & Co, Bygg AB');
    assert.equal(commonName('CN=Kvarn\\, Bygg AB, O=Kvarn, C=SE'), 'Kvarn, Bygg AB');
    assert.equal(commonName('O=Kvarn, C=SE'), 'O=Kvarn, C=SE');
    assert.equal(commonName('O=Kvarn\nC=SE'), 'O=Kvarn, C=SE');
  });

  it('is marked from sixty days before its end', () => {
    const now = new Date('2026-11-22T12:00:00Z');
    const after = (days: number) => new Date(now.getTime() + days * 86_400_000);
    assert.deepEqual(
      [undefined, after(-1), after(0), after(59), after(61)].map((at) => endOf(at, now)),
      ['none', 'ended', 'ended', 'soon', 'far'],
    );
  });
});
