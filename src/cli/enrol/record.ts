/** What a supplier's folder remembers of its enrolment and renewals: `enrolment.json`, written before anything is sent. No secrets. */
import { join } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import { readIfThere, writeDurably } from './files.ts';

/**
 * prepared: key and request are on the disk, nothing was sent · sent: the request may have been answered, and the answer lost ·
 * done: the certificate is on the disk.
 */
export type AskState = 'prepared' | 'sent' | 'done';

/** One key, and the one request that is made for it. */
export interface Ask {
  readonly state: AskState;
  /** Of key, request and certificate, within the folder. */
  readonly generation: string;
  /** SHA-256 of the key's SubjectPublicKeyInfo, lower-case hex. */
  readonly spkiSha256: string;
  /** RFC 3339, as all times here. */
  readonly preparedAt: string;
  readonly sentAt?: string;
  readonly doneAt?: string;
}

export interface EnrolmentRecord {
  readonly version: 1;
  /** Origin of the gateway's listener for suppliers. */
  readonly url: string;
  readonly transferId: string;
  readonly enrolment: Ask;
  /** One that is under way, or the last. */
  readonly renewal?: Ask & {
    /** SHA-256 of the certificate that is renewed. */
    readonly renews: string;
    /** The new certificate is in use, and what was to follow (`--run`, `--bundle`) has not been done. */
    readonly owes?: true;
  };
}

export const recordFile = (folder: string): string => join(folder, 'enrolment.json');

/** Power lost: the record is as it was before, or as it is now. @throws Fault `not-possible-now` */
export function writeRecord(folder: string, record: EnrolmentRecord): void {
  writeDurably(recordFile(folder), `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

/** @returns undefined if there is none. @throws Fault `argument-invalid` if it is none of ours */
export function readRecord(folder: string): EnrolmentRecord | undefined {
  const path = recordFile(folder);
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as Partial<EnrolmentRecord>;
    if (record.version === 1 && isAsk(record.enrolment) && (record.renewal === undefined || isAsk(record.renewal)))
      return record as EnrolmentRecord;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new Fault('argument-invalid', `${path} was not written by this program, or by a newer version of it`);
}

const isAsk = (ask: Partial<Ask> | undefined): boolean =>
  // A name and no path: it is looked for in the folder.
  typeof ask?.generation === 'string' && /^[\w-]+$/.test(ask.generation) && typeof ask.spkiSha256 === 'string';
