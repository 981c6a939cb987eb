/** Evidence as one archive. */
import { buffer } from 'node:stream/consumers';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { ZipFile as ZipWriter } from 'yazl';
import { Fault } from '../../domain/fault.ts';
import { type EvidenceFiles, knownNames } from './files.ts';

/** Of a whole archive, and of all that comes out of one: more than the largest document and envelope that settings allow. */
export const mostZipBytes = 512 * 1_048_576;
const mostBytes = mostZipBytes;
/** Of a file that is read as text: lists and facts about one message are far smaller. */
const mostTextBytes = 64 * 1_048_576;

/**
 * The same files give the same bytes: sorted by name, all of one time, and not compressed, which each version of a library
 * does in its own way.
 */
export async function writeZip(files: EvidenceFiles): Promise<Buffer> {
  const zip = new ZipWriter();
  // An archive's times are local ones: the same hour in every zone. The first that the format can hold.
  const options = { mtime: new Date(1980, 0, 1), mode: 0o100644, compress: false, forceDosTimestamp: true };
  for (const [name, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) zip.addBuffer(bytes, name, options);
  zip.end();
  return buffer(zip.outputStream);
}

/**
 * Takes the files out of an archive, into memory: nothing is written anywhere, so that no name can point somewhere.
 * @throws Fault `evidence-malformed`: no archive, names or sizes that no evidence has
 */
export async function readZip(bytes: Buffer): Promise<EvidenceFiles> {
  if (bytes.length > mostZipBytes) throw malformed(`it is larger than ${mostZipBytes} bytes`);
  const files = new Map<string, Buffer>();
  let left = mostBytes;
  try {
    const zip = await fromBufferPromise(bytes, { strictFileNames: true, validateEntrySizes: true });
    for await (const entry of zip.eachEntry()) {
      refuseEntry(entry, files, left);
      const content = await readEntry(zip, entry);
      left -= content.length;
      files.set(entry.fileName, content);
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw malformed((cause as Error).message, cause);
  }
  return files;
}

function refuseEntry(entry: Entry, before: EvidenceFiles, left: number): void {
  const { fileName: name, uncompressedSize, generalPurposeBitFlag } = entry;
  if (!knownNames.has(name)) throw malformed(`it holds ${JSON.stringify(name.slice(0, 100))}, which is no part of it`);
  if (before.has(name)) throw malformed(`it holds ${name} twice`);
  // Appendix 4.4.4 of the format: bit 0, encrypted.
  if ((generalPurposeBitFlag & 1) !== 0) throw malformed(`${name} in it is encrypted`);
  if (uncompressedSize > mostTextBytes && !/^(?:envelope|document)\./.test(name))
    throw malformed(`${name} in it is larger than ${mostTextBytes} bytes`);
  if (uncompressedSize > left) throw malformed(`what it holds is larger than ${mostBytes} bytes`);
}

/** The reader itself ends with an error when more comes out than the entry says. */
async function readEntry(zip: ZipFile, entry: Entry): Promise<Buffer> {
  return buffer(await zip.openReadStreamPromise(entry));
}

const malformed = (why: string, cause?: unknown): Fault =>
  new Fault('evidence-malformed', `this is no evidence that can be read: ${why}`, { cause });
