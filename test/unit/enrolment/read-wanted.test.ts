import { strict as assert } from 'node:assert';
import type { Finding } from '../../../src/domain/fault.ts';
import {
  isEmail,
  readDnsName,
  readDnsNames,
  readPhone,
  readWantedContact,
} from '../../../src/enrolment/read-wanted.ts';
import { maskEmail, maskPhone } from '../../../src/store/enrol/contacts.ts';

describe('what a representative writes of a contact', () => {
  it('a telephone number is read with what is in it for the eye, and only with its country code', () => {
    for (const typed of ['+35840 1234 567', '+358-40-1234567', '0035840 1234567', '+358 (0)40 1234567'])
      assert.equal(readPhone(typed), '+358401234567', typed);
    for (const none of ['070-123 45 67', '+0701234567', '+4670', '+46701234567890123', '+46 70 12a', ''])
      assert.equal(readPhone(none), undefined, none);
  });

  it('a mail address is one that servers take, on one line, for one person', () => {
    for (const good of ['anna@exempel.se', 'a.b+c@x-y.exempel.se', "o'neil@exempel.se"]) assert.ok(isEmail(good), good);
    for (const bad of [
      'anna',
      'anna@localhost',
      '@exempel.se',
      'anna@',
      'a@b@exempel.se',
      'a b@exempel.se',
      'anna@exempel.se\nBcc: x@y.se',
      'anna@exempel.se, bo@exempel.se',
      '<anna@exempel.se>',
      '.a@exempel.se',
      'a..b@exempel.se',
      `${'a'.repeat(65)}@exempel.se`,
      `a@${'b'.repeat(60)}.${'c.'.repeat(100)}se`,
      'anna@exempel..se',
    ])
      assert.ok(!isEmail(bad), bad);
  });

  it('a host name is written as certificates have it', () => {
    assert.equal(readDnsName('B2B.Exempel.SE'), 'b2b.exempel.se');
    assert.equal(readDnsName('räksmörgås.se'), 'xn--rksmrgs-5wao1o.se');
    assert.equal(readDnsName('localhost'), 'localhost');
    for (const none of [
      '*.exempel.se',
      '127.0.0.1',
      '[::1]',
      'a_b.se',
      '-a.se',
      'a-.se',
      '',
      'a..se',
      `${'a'.repeat(64)}.se`,
      'a b.se',
    ])
      assert.equal(readDnsName(none), undefined, none);
    const findings: Finding[] = [];
    assert.deepEqual(readDnsNames(['A.se', 'a.se', 'b.se'], findings), ['a.se', 'b.se']);
    assert.deepEqual(findings, []);
    readDnsNames(
      Array.from({ length: 21 }, (_, i) => `h${i}.se`),
      findings,
    );
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['dns-names'],
    );
  });

  it('all that is wrong is found at once', () => {
    const findings: Finding[] = [];
    readWantedContact({ name: ' ', email: 'x', phone: '070', language: 'sv' }, findings);
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['length', 'email', 'phone'],
    );
    readWantedContact({ name: 'Anna\u202Eke', email: 'a@b.se', phone: '+46701234567', language: 'sv' }, findings);
    assert.equal(findings.at(-1)?.rule, 'characters');
  });

  it('is masked where others read it', () => {
    assert.equal(maskEmail('anna.ek@exempel.se'), 'a***@exempel.se');
    assert.equal(maskPhone('+46701234567'), '+46*******67');
  });
});
