import { strict as assert } from 'node:assert';
import { type Inspection, inspect } from './inspect.ts';

describe('the house', () => {
  let inspection: Inspection;
  before(async () => {
    inspection = await inspect(process.cwd());
  });

  it('was seen whole: every file under src and of the outer world was read', () => {
    assert.ok(inspection.files.length > 0);
    assert.deepEqual(inspection.seen.toSorted(), inspection.files);
  });

  it('keeps its floors, doors, names and sizes', () => {
    assert.ok(inspection.violations.length === 0, `\n${inspection.violations.join('\n')}`);
  });
});
