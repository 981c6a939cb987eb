import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inPlaceOf, writeDurably, writeNew } from '../../../src/platform/durable.ts';

describe('files that are whole or not there', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-durable-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const modeOf = (path: string): number => statSync(path).mode & 0o777;

  it('a new content takes the place of the old, with the mode that is asked for, and leaves nothing beside it', () => {
    const path = join(folder, 'key.pem');
    writeFileSync(path, 'old', { mode: 0o644 });
    writeDurably(path, 'new', 0o600);
    assert.equal(readFileSync(path, 'utf8'), 'new');
    assert.equal(modeOf(path), 0o600);
    assert.deepEqual(readdirSync(folder), ['key.pem']);
  });

  it('what stands behind a link is not written to', () => {
    const other = join(folder, 'other');
    writeFileSync(other, 'somebody’s');
    symlinkSync(other, join(folder, 'key.pem'));
    writeDurably(join(folder, 'key.pem'), 'mine', 0o600);
    assert.equal(readFileSync(other, 'utf8'), 'somebody’s');
    assert.equal(readFileSync(join(folder, 'key.pem'), 'utf8'), 'mine');
  });

  it('what cannot be made leaves the old as it was, and no draft', () => {
    const path = join(folder, 'key.pem');
    writeDurably(path, 'old', 0o600);
    assert.throws(
      () =>
        inPlaceOf(path, (draft) => {
          writeNew(draft, 'half', 0o600);
          throw new Error('the disk is full');
        }),
      /the disk is full/,
    );
    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(readdirSync(folder), ['key.pem']);
  });

  it('a new file is never one that is there', () => {
    const path = join(folder, 'root.key.pem');
    writeNew(path, 'first', 0o600);
    assert.throws(() => writeNew(path, 'second', 0o600), /EEXIST/);
    assert.equal(readFileSync(path, 'utf8'), 'first');
  });
});
