import { strict as assert } from 'node:assert';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { readZip, writeZip } from '../../../../src/operations/evidence/zip.ts';

/** Twenty megabytes of nothing, in twenty kilobytes. */
const emptyBytes = 20 * 1_048_576;

async function zipped(name: string, compress: boolean, bytes = Buffer.alloc(emptyBytes)): Promise<Buffer> {
  const zip = new ZipFile();
  zip.addBuffer(bytes, name, { compress });
  zip.end();
  return buffer(zip.outputStream);
}

/** The central directory's word on how large the first file is (APPNOTE 4.3.12: 24 bytes into its header). */
function claimSize(zip: Buffer, size: number): Buffer {
  const changed = Buffer.from(zip);
  changed.writeUInt32LE(size, zip.indexOf(Buffer.from('PK\x01\x02', 'latin1')) + 24);
  return changed;
}

describe('an archive of evidence', () => {
  it('comes out as it went in, and is the same for the same files in any order', async () => {
    const files = new Map([
      ['message.json', Buffer.from('{}\n')],
      ['audit.json', Buffer.alloc(100_000, 7)],
    ]);
    const zip = await writeZip(files);
    const read = await readZip(zip);
    assert.equal(read.size, files.size);
    for (const [name, bytes] of files) assert.deepEqual(read.get(name), bytes);
    assert.deepEqual(await writeZip(new Map([...files].reverse())), zip);
  });

  it('that was packed anew by another program is read as well', async () => {
    const files = await readZip(await zipped('document.xml', true, Buffer.from('<a/>')));
    assert.equal(files.get('document.xml')?.toString(), '<a/>');
  });

  it('that says it is small and is not, or says it is huge, is refused', async () => {
    const bomb = await zipped('document.json', true);
    assert.ok(bomb.length < emptyBytes / 500);
    await assert.rejects(readZip(claimSize(bomb, 100)), { code: 'evidence-malformed' });
    await assert.rejects(readZip(claimSize(bomb, 0x7fff_ffff)), {
      code: 'evidence-malformed',
      message: /larger than 536870912 bytes/,
    });
    await assert.rejects(readZip(claimSize(await zipped('audit.json', true), 65 * 1_048_576)), {
      code: 'evidence-malformed',
      message: /audit\.json in it is larger than 67108864 bytes/,
    });
  });

  it('with a name that no evidence has is refused before its content is looked at', async () => {
    for (const name of ['readme.txt', 'a/message.json', 'MESSAGE.JSON'])
      await assert.rejects(readZip(await zipped(name, false, Buffer.alloc(0))), {
        code: 'evidence-malformed',
        message: /no part of it/,
      });
  });
});
