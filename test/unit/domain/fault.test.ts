import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { Fault, faultCodes, faultTable } from '../../../src/domain/fault.ts';
import { faultsPage, withTable } from '../../support/faults-page.ts';

describe('faults', () => {
  const page = readFileSync(faultsPage, 'utf8');

  it('docs/faults.md has every code, its disposition, status and title, and no other', () => {
    assert.equal(page, withTable(page), 'run `node test/support/faults-page.ts` and read what has changed');
  });

  it('the page says what to do about each that waits for a person', () => {
    const advice = page.slice(page.indexOf('## What an operator does'));
    for (const code of faultCodes.filter((one) => faultTable[one].disposition === 'operator'))
      assert.ok(advice.includes(`\`${code}\``), `${code} has no advice`);
  });

  it('codes are words with hyphens, titles are sentences without a full stop, statuses are errors', () => {
    for (const code of faultCodes) {
      const { title, status } = faultTable[code];
      assert.match(code, /^[a-z]+(-[a-z]+)*$/);
      assert.match(title, /^[A-Z].*[^.]$/);
      assert.ok(status >= 400 && status <= 599, code);
    }
  });

  it('a Fault says its title unless it has a sentence of its own, and keeps its cause', () => {
    assert.equal(new Fault('no-address').message, faultTable['no-address'].title);
    const cause = new Error('why');
    const fault = new Fault('not-found', 'there is no message 7', { cause });
    assert.deepEqual([fault.message, fault.cause, fault.disposition], ['there is no message 7', cause, 'final']);
    assert.equal('cause' in new Fault('internal'), false);
  });
});
