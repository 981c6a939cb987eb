import { strict as assert } from 'node:assert';
import { isSamePerson } from '../../../src/domain/actor.ts';

describe('who did something', () => {
  it('is the same person in the console, by any token of theirs, and by a command', () => {
    for (const one of ['operator:anna', 'token:anna/nightly', 'token:anna/a/b', 'cli:anna', 'cli:Anna'])
      for (const other of ['operator:anna', 'token:anna/other', 'cli:anna'])
        assert.equal(isSamePerson(one, other), true, `${one} ${other}`);
  });

  it('is another with another name, also one that begins or ends the same', () => {
    for (const other of [
      'operator:annas',
      'token:ann/anna',
      'operator:bo-anna',
      'operator:anna@b',
      'oidc',
      'cli:berit',
    ])
      assert.equal(isSamePerson('operator:anna', other), false, other);
  });
});
