/** What `kuvert enrol` does: from the codes of an order to a certificate in a folder. Ended anywhere, the same again goes on. */
import { resolve } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import { takeIssued } from '../../pki/issued.ts';
import type { KeyKind } from '../../pki/key-kinds.ts';
import type { Terminal } from '../terminal.ts';
import { makeFolder, namesIn } from './files.ts';
import {
  type Credentials,
  credentialsIn,
  inUse,
  keep,
  keyOf,
  names,
  prepare,
  putAside,
  takeIntoUse,
} from './generation.ts';
import { alone } from './lock.ts';
import { obtain, send } from './obtain.ts';
import { type EnrolmentRecord, readRecord, recordFile, writeRecord } from './record.ts';
import { type Known, learnTrust } from './trust.ts';

export interface EnrolRequest {
  readonly url: URL;
  readonly known: Known;
  readonly transferId: string;
  /** Asked for when it is needed. */
  password(): Promise<string>;
  readonly folder: string;
  readonly keyKind: KeyKind;
  /** Milliseconds. */
  readonly patience: number;
  /** With the certificate in use: a bundle. */
  readonly afterwards?: ((credentials: Credentials) => Promise<void>) | undefined;
}

/** What touches the disk and the network, in order. A test ends the process before and after each. */
export const usualSteps = { prepare, writeRecord, send, keep, takeIntoUse };
export type Steps = typeof usualSteps;

/** @returns what is in use now */
export function enrol(
  request: EnrolRequest,
  terminal: Terminal,
  now: () => Date,
  steps: Steps = usualSteps,
): Promise<Credentials> {
  const folder = resolve(request.folder);
  makeFolder(folder);
  return alone(folder, async () => {
    const record = await begun(folder, request, now, steps);
    if (record.enrolment.state !== 'done') await fetch(folder, record, request, terminal, now, steps);
    const credentials = credentialsIn(folder);
    await request.afterwards?.(credentials);
    return credentials;
  });
}

/** 1 A key, its request, and what will be asked, on the disk; or those of an earlier run. */
async function begun(folder: string, request: EnrolRequest, now: () => Date, steps: Steps): Promise<EnrolmentRecord> {
  const { url, transferId } = request;
  const before = readRecord(folder);
  if (before !== undefined) return theSame(before, request);
  const taken = namesIn(folder).filter((name) => name === 'current' || (names as readonly string[]).includes(name));
  if (taken.length > 0)
    throw new Fault(
      'not-possible-now',
      `${folder} has ${taken.join(', ')} already, which this command did not make; nothing is overwritten: name another folder`,
    );
  const enrolment = await steps.prepare(folder, request.keyKind, transferId, now());
  const record: EnrolmentRecord = { version: 1, url: url.origin, transferId, enrolment };
  steps.writeRecord(folder, record);
  // A key of a run that ended before it was on record.
  putAside(folder, [enrolment.generation]);
  return record;
}

function theSame(before: EnrolmentRecord, { url, transferId, folder }: EnrolRequest): EnrolmentRecord {
  if (plain(before.transferId) === plain(transferId) && before.url === url.origin) return before;
  const what = before.enrolment.state === 'done' ? 'the certificate' : 'an unfinished enrolment';
  throw new Fault(
    'not-possible-now',
    `${folder} holds ${what} of the order ${before.transferId} at ${before.url} (${recordFile(folder)}); for another order name another folder`,
  );
}

const plain = (transferId: string): string => transferId.replaceAll(/[\s-]/g, '').toUpperCase();

async function fetch(
  folder: string,
  record: EnrolmentRecord,
  request: EnrolRequest,
  terminal: Terminal,
  now: () => Date,
  steps: Steps,
): Promise<void> {
  const { url, known, transferId, patience } = request;
  const key = await keyOf(folder, record.enrolment);
  // 2 Who is there? Nothing secret is sent for this.
  const { authorities, listenerCa } = await learnTrust(url, known, now());
  const codes = `${transferId}:${await request.password()}`;
  // 3 On record before it is sent: from here on the answer may be lost.
  const sent = { ...record.enrolment, state: 'sent', sentAt: now().toISOString() } as const;
  steps.writeRecord(folder, { ...record, enrolment: sent });
  // 4 Over a new connection, verified.
  const wanted = {
    url,
    operation: 'simpleenroll',
    request: key.request,
    trust: { ca: listenerCa },
    codes,
    patience,
  } as const;
  const answered = await obtain(wanted, steps.send, terminal);
  // 5 Looked at, and then kept.
  const issued = takeIssued(answered, { keyPem: key.keyPem, authorities, now: now() });
  steps.keep(folder, sent, issued, authorities);
  steps.takeIntoUse(folder, sent);
  steps.writeRecord(folder, { ...record, enrolment: { ...sent, state: 'done', doneAt: now().toISOString() } });
  putAside(folder, [inUse(folder)]);
}
