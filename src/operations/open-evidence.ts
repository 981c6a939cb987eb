/** All that proves a message, as one archive: opened with a reason, like the document that is in it. */
import type { Certificate } from '../pki/certificate.ts';
import type { Pool } from '../store/pool.ts';
import { readOwnSigning } from './envelope-check.ts';
import { collectEvidence } from './evidence/collect.ts';
import { writeZip } from './evidence/zip.ts';
import { type OpenOrder, openDocument } from './open-document.ts';

export interface Prover {
  /** Certificates of our signing keys that the settings name, beside those on record. */
  readonly signing: () => readonly (readonly Certificate[])[];
  /** The program's version. */
  readonly version: string;
}

/** @returns a ZIP archive @throws Fault as `openDocument` and `collectEvidence` */
export async function openEvidence(
  pool: Pool,
  { messageId, actor, reason, now }: Omit<OpenOrder, 'how'>,
  { signing, version }: Prover,
): Promise<Buffer> {
  await openDocument(pool, { messageId, actor, reason, how: 'evidence', now });
  const own = await readOwnSigning(pool, signing());
  const { files } = await collectEvidence(pool, { messageId, ...own, madeBy: actor, version, now });
  return writeZip(files);
}
