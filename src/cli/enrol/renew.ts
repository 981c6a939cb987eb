/** What `kuvert renew` does: a certificate that follows the one in use, with a new key. Ended anywhere, the same again goes on. */
import { resolve } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { takeIssued } from '../../pki/issued.ts';
import type { KeyKind } from '../../pki/key-kinds.ts';
import type { Terminal } from '../terminal.ts';
import { type Steps, usualSteps } from './enrol.ts';
import { type Credentials, credentialsIn, inUse, keyOf, putAside } from './generation.ts';
import { alone } from './lock.ts';
import { obtain } from './obtain.ts';
import { type EnrolmentRecord, readRecord, recordFile } from './record.ts';
import { isRoot, learnTrust } from './trust.ts';

export interface RenewRequest {
  readonly folder: string;
  /** Undefined: whether it is due or not. */
  readonly ifDue: { readonly days: number } | undefined;
  /** A root to trust beside those that are trusted already: that of an authority which takes over. */
  readonly rootSha256?: string | undefined;
  /** Undefined: as the present key. */
  readonly keyKind: KeyKind | undefined;
  /** Milliseconds. */
  readonly patience: number;
  /** When another certificate has been taken into use, and again until it succeeds: a bundle, a command. */
  readonly afterwards: ((credentials: Credentials) => Promise<void>) | undefined;
}

export interface Renewed {
  readonly result: 'renewed' | 'not-due';
  readonly credentials: Credentials;
  /** When it is not due: from when on it is; undefined: it is, and the gateway finds it too early. */
  readonly dueAt?: Date | undefined;
}

const day = 86_400_000;

/** @returns what is in use now */
export async function renew(
  request: RenewRequest,
  terminal: Terminal,
  now: () => Date,
  steps: Steps = usualSteps,
): Promise<Renewed> {
  const folder = resolve(request.folder);
  if (recordIn(folder).enrolment.state !== 'done')
    throw new Fault(
      'not-possible-now',
      `${folder}: the first certificate has not been fetched; give \`kuvert enrol\` again`,
    );
  return alone(folder, async () => {
    // 1 Where did the last run come to?
    const record = tidied(folder, recordIn(folder), now, steps);
    const credentials = credentialsIn(folder);
    const dueAt = new Date(credentials.certificate.notAfter.getTime() - (request.ifDue?.days ?? 0) * day);
    const pending = pendingOf(record, credentials.certificate);
    const due = pending !== undefined || request.ifDue === undefined || now() >= dueAt;
    const renewed = due && (await follow({ folder, record, credentials, pending }, request, terminal, now, steps));
    await afterwards(folder, request, steps);
    const standing = { credentials: credentialsIn(folder), dueAt: due ? undefined : dueAt };
    return { result: renewed ? 'renewed' : 'not-due', ...standing };
  });
}

function recordIn(folder: string): EnrolmentRecord {
  const record = readRecord(folder);
  if (record !== undefined) return record;
  throw new Fault(
    'argument-invalid',
    `${recordFile(folder)} is not there: only what \`kuvert enrol\` fetched is renewed`,
  );
}

/** A run that ended between taking the new certificate into use and saying so. */
function tidied(folder: string, record: EnrolmentRecord, now: () => Date, steps: Steps): EnrolmentRecord {
  const { renewal } = record;
  if (renewal === undefined || renewal.state === 'done' || renewal.generation !== inUse(folder)) return record;
  const done = { ...record, renewal: { ...renewal, state: 'done', doneAt: now().toISOString(), owes: true } } as const;
  steps.writeRecord(folder, done);
  putAside(folder, [renewal.generation]);
  return done;
}

/** A renewal of this very certificate that was begun. */
function pendingOf({ renewal }: EnrolmentRecord, certificate: Certificate): EnrolmentRecord['renewal'] {
  const begun = renewal !== undefined && renewal.state !== 'done' && renewal.renews === certificate.fingerprint;
  return begun ? renewal : undefined;
}

interface Found {
  readonly folder: string;
  readonly record: EnrolmentRecord;
  readonly credentials: Credentials;
  readonly pending: EnrolmentRecord['renewal'];
}

/** @returns false: the gateway says that it is too early, and only what is due was to be renewed */
async function follow(
  { folder, record, credentials, pending }: Found,
  { keyKind, patience, ifDue, rootSha256, afterwards }: RenewRequest,
  terminal: Terminal,
  now: () => Date,
  steps: Steps,
): Promise<boolean> {
  const { certificate } = credentials;
  if (now() > certificate.notAfter)
    throw new Fault(
      'not-possible-now',
      `the certificate expired at ${certificate.notAfter.toISOString()} and cannot be renewed any more: ask whoever ordered it for a new order, and fetch that with \`kuvert enrol\` into another folder`,
    );
  // 2 A new key, on the disk and on record; or that of the run before: each certificate is renewed once.
  const begun = pending ?? {
    ...(await steps.prepare(folder, keyKind ?? kindOf(certificate), 'kuvert', now())),
    renews: certificate.fingerprint,
  };
  const key = await keyOf(folder, begun);
  // 3 Who is there?
  const url = new URL(record.url);
  const roots = credentials.authorities.filter(isRoot);
  const known = { rootSha256, authorities: roots.length === 0 ? credentials.authorities : roots };
  const { authorities, listenerCa } = await learnTrust(url, known, now());
  // 4 On record before it is sent.
  const sent = { ...begun, state: 'sent', sentAt: now().toISOString() } as const;
  steps.writeRecord(folder, { ...record, renewal: sent });
  const trust = { ca: listenerCa, key: credentials.keyPem, cert: credentials.chainPem };
  const wanted = { url, operation: 'simplereenroll', request: key.request, trust, patience } as const;
  try {
    const answered = await obtain(wanted, steps.send, terminal);
    // 5 Looked at, kept beside the old, and then taken into use.
    const issued = takeIssued(answered, { keyPem: key.keyPem, authorities, renews: certificate, now: now() });
    steps.keep(folder, sent, issued, authorities);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.code === 'renewal-too-early' && ifDue !== undefined) return false;
    // The next run makes another key.
    if (error.code === 'request-refused') steps.writeRecord(folder, record);
    throw error;
  }
  steps.takeIntoUse(folder, sent);
  const owes = afterwards === undefined ? {} : { owes: true as const };
  const renewal = { ...sent, state: 'done', doneAt: now().toISOString(), ...owes } as const;
  steps.writeRecord(folder, { ...record, renewal });
  putAside(folder, [sent.generation]);
  return true;
}

/** What read the old key reads another of its kind. */
function kindOf({ keyKind }: Certificate): KeyKind {
  if (keyKind.startsWith('RSA')) return 'RSA-3072';
  return keyKind === 'EC secp384r1' ? 'P-384' : 'P-256';
}

/** After a switch, and never before one. What fails undoes nothing, and is done again by the next run. */
async function afterwards(folder: string, { afterwards: act }: RenewRequest, steps: Steps): Promise<void> {
  const record = recordIn(folder);
  if (act === undefined || record.renewal?.owes === undefined) return;
  await act(credentialsIn(folder));
  const { owes: _, ...renewal } = record.renewal;
  steps.writeRecord(folder, { ...record, renewal });
}
