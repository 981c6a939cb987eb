import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { appendHeads, readHeadLines } from '../../../../src/operations/audit/head-file.ts';

const part = fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/);
const jws = fc.tuple(part, part, part).map((parts) => parts.join('.'));
const several = fc.uniqueArray(jws, { minLength: 1, maxLength: 8 });
const bytesOf = (heads: readonly string[]) => Buffer.from(heads.map((one) => `${one}\n`).join(''));
const read = (bytes: Uint8Array) => {
  const { heads, damaged, torn } = readHeadLines(bytes);
  return { heads: heads.map((one) => one.jws), damaged, torn };
};

describe('the file of heads', () => {
  it('whatever its bytes are, it is read, and every line is a head, damaged, torn or empty', () => {
    const pieces = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      jws.map((one) => Buffer.from(one)),
      fc.constantFrom('\n', '\r\n', '.', '\0\0', '..', '\u2028').map((one) => Buffer.from(one)),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (chunks) => {
        const bytes = Buffer.concat(chunks);
        const { heads, damaged, torn } = readHeadLines(bytes);
        const lines = [...heads.map(({ line }) => line), ...damaged, ...torn];
        const filled = bytes
          .toString('latin1')
          .split('\n')
          .flatMap((one, at) => (one === '' || one === '\r' ? [] : [at + 1]));
        assert.deepEqual(
          lines.sort((a, b) => a - b),
          filled,
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('what was written is read as it was, also with another line end', () => {
    fc.assert(
      fc.property(several, (heads) => {
        assert.deepEqual(read(bytesOf(heads)), { heads, damaged: [], torn: [] });
        const windows = Buffer.from(heads.map((one) => `${one}\r\n`).join(''));
        assert.deepEqual(read(windows), { heads, damaged: [], torn: [] });
      }),
    );
  });

  it('cut anywhere, its last line is torn and nothing is damaged', () => {
    fc.assert(
      fc.property(several, fc.nat(), fc.nat(50), (heads, at, zeros) => {
        const whole = bytesOf(heads);
        const cut = whole.subarray(0, at % (whole.length + 1));
        const { heads: left, damaged, torn } = read(Buffer.concat([cut, Buffer.alloc(zeros)]));
        assert.deepEqual(damaged, []);
        assert.ok(torn.length <= 1);
        assert.deepEqual(left, heads.slice(0, left.length));
        assert.equal(left.length, cut.toString('latin1').split('\n').length - 1);
      }),
    );
  });

  it('a line that was changed is not passed over in silence', () => {
    fc.assert(
      fc.property(several, fc.nat(), (heads, at) => {
        const bytes = bytesOf(heads);
        const where = at % bytes.length;
        bytes[where] = bytes[where] === 0x21 ? 0x22 : 0x21;
        const { heads: left, damaged, torn } = read(bytes);
        assert.notDeepEqual(left, heads);
        assert.equal(damaged.length + torn.length, 1);
      }),
    );
  });

  describe('on disk', () => {
    let folder: string;
    const path = (name: string) => join(folder, name);
    const add = (file: string, heads: readonly string[]) =>
      appendHeads(file, async (there) => heads.filter((one) => !there.has(one)).map((one) => ({ jws: one })));
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'kuvert-heads-'));
    });
    after(() => rmSync(folder, { recursive: true }));

    it('only what it lacks is added', async () => {
      const file = path('plain');
      assert.equal((await add(file, ['a.b.c', 'd.e.f'])).length, 2);
      assert.equal((await add(file, ['a.b.c', 'd.e.f'])).length, 0);
      assert.equal((await add(file, ['a.b.c', 'd.e.f', 'g.h.i'])).length, 1);
      assert.equal(readFileSync(file, 'utf8'), 'a.b.c\nd.e.f\ng.h.i\n');
    });

    it('wherever the power failed in a line, that head is written whole on the next and the tear is said', async () => {
      const heads = ['aaa.bbb.ccc', 'ddd.eee.fff'];
      for (let cut = 0; cut <= 12; cut++)
        for (const zeros of [0, 3]) {
          const file = path(`torn-${cut}-${zeros}`);
          const torn = `${heads[1]}\n`.slice(0, cut);
          writeFileSync(file, `${heads[0]}\n${torn}${'\0'.repeat(zeros)}`);
          await add(file, heads);
          const found = read(readFileSync(file));
          assert.deepEqual([...new Set(found.heads)], heads, `cut at ${cut}`);
          assert.deepEqual(found.damaged, [], `cut at ${cut}`);
        }
    });

    it('what lies further back than the end that is looked at may be written once more, and nothing is lost', async () => {
      const file = path('long');
      const many = Array.from({ length: 30_000 }, (_, n) => `head${n}.${'x'.repeat(40)}.s`);
      writeFileSync(file, bytesOf(many));
      assert.deepEqual(
        (await add(file, many.slice(-100).concat('new.head.s'))).map((one) => one.jws),
        ['new.head.s'],
      );
    });

    it('a folder that is not there, or a folder instead of a file, is an error and not a crash', async () => {
      await assert.rejects(add(path('none/heads'), ['a.b.c']), { code: 'ENOENT' });
      await assert.rejects(add(folder, ['a.b.c']), { code: 'EISDIR' });
    });
  });
});
