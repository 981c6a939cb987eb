import { strict as assert } from 'node:assert';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCountersFile } from '../../../src/cli/read-counters.ts';
import { Fault } from '../../../src/domain/fault.ts';

const file = join(mkdtempSync(join(tmpdir(), 'kuvert-counters-')), 'counters.txt');
const read = (text: string) => {
  writeFileSync(file, text);
  return Object.fromEntries(readCountersFile(file));
};

describe('the file of counters', () => {
  it('is read as `kuvert store counters` writes it, and as people do', () => {
    assert.deepEqual(read('5560160680 4711\n5599990016 3\n'), { 5560160680: 4711, 5599990016: 3 });
    assert.deepEqual(read('# seen by KA\r\n\r\n556016-0680; 12\r\n5599990016,0'), { 5560160680: 12, 5599990016: 0 });
  });

  it('counts the highest number of a recipient, in whatever order they come', () => {
    assert.deepEqual(read('5560160680 7\n5560160680 4711\n5560160680 8'), { 5560160680: 4711 });
  });

  it('is refused whole, with every line that is wrong', () => {
    const wrong = ['5560160681 1', '5560160680', '5560160680 -1', '5560160680 1.5', '5560160680 9999999999999', 'x 1'];
    assert.throws(
      () => read(`5560160680 1\n${wrong.join('\n')}`),
      (error) => {
        assert.ok(error instanceof Fault && error.code === 'argument-invalid');
        for (const [at, line] of wrong.entries()) assert.ok(error.message.includes(`line ${at + 2}: ${line}`), line);
        return true;
      },
    );
    assert.throws(() => readCountersFile('/no/such/file'), /cannot be read/);
  });
});
