/**
 * A key of our own with its certificate, out of their files: the pair of now, or the one to come that lies beside it (`.next`). Which of
 * the two, the record says and the time. No file is moved here, and every order in which somebody may move or copy them is taken: of
 * the two key files it is the one that was made for the certificate.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { settingsTable } from '../platform/config/settings.ts';
import { errorText } from '../platform/log.ts';
import type { OwnPurpose } from '../store/enrol/own-certificates.ts';
import type { FileKey, Shelf, Text } from './shelf.ts';

/** Behind the name of a key or certificate file: the one to come. */
export const nextSuffix = '.next';

export interface Pair {
  readonly key: string;
  readonly cert: string;
  readonly own: Certificate;
}

export interface PairFiles {
  readonly purpose: OwnPurpose;
  readonly keyFile: FileKey;
  readonly certificateFile: FileKey;
  /** Uses it as it will be used; throws when that cannot be. */
  readonly attempt: (pair: Pair) => void;
  /** Which file is named when that throws. */
  readonly blamed: FileKey;
}

interface Judged {
  /** Also when its key is missing. */
  readonly certificate: Certificate | undefined;
  /** Also when it is not in its dates. */
  readonly pair: Pair | undefined;
  readonly problems: readonly (readonly [file: FileKey, why: string])[];
}

/**
 * The pair that is in use now. One that is to come and is due, and cannot be used, is passed over: the present one is taken.
 * @returns undefined, with findings on the shelf, when there is none
 */
export function ownPair(shelf: Shelf, files: PairFiles): Pair | undefined {
  const { keyFile, certificateFile } = files;
  const [key, certificate] = [shelf.pathOf(keyFile), shelf.pathOf(certificateFile)];
  if (key === undefined || certificate === undefined) return undefined;
  const keys = { now: shelf.text(key), next: shelf.text(key + nextSuffix) };
  const texts = { now: shelf.text(certificate), next: shelf.text(certificate + nextSuffix) };
  const present = judge(shelf, files, texts.now, [keys.now, keys.next], settingsTable[keyFile].name);
  const coming =
    'absent' in texts.next
      ? undefined
      : comingPair(shelf, files, present, judge(shelf, files, texts.next, [keys.next, keys.now], key + nextSuffix));
  if (coming === undefined) {
    for (const [file, why] of present.problems) shelf.refuse(file, why);
    const withdrawnAt = shelf.record?.get(present.certificate?.fingerprint ?? '')?.withdrawnAt;
    if (withdrawnAt !== undefined)
      shelf.passOver(
        certificateFile,
        `the certificate in ${certificate} was withdrawn at ${withdrawnAt.toISOString()}, and no other is there to use`,
        'withdrawn',
      );
  }
  const chosen = coming ?? present.pair;
  shelf.use(keyFile, chosen?.key ?? told(keys.now));
  shelf.use(certificateFile, chosen?.cert ?? told(texts.now));
  return chosen;
}

const told = (text: Text): string => ('text' in text ? text.text : text.why);

/** @returns undefined: the present one is in use */
function comingPair(shelf: Shelf, files: PairFiles, present: Judged, coming: Judged): Pair | undefined {
  const { record, now } = shelf;
  const [shown, next] = [present.certificate, coming.certificate];
  // Moved already, and mirrored to here without its removal; or somebody has put a newer one in its place since.
  if (shown && next && (next.fingerprint === shown.fingerprint || next.notBefore < shown.notBefore)) return undefined;
  // At the start nobody can be asked yet: whoever has the record looks again before anything is shown.
  if (record === undefined)
    return present.problems.length > 0 && coming.problems.length === 0 ? coming.pair : undefined;
  const known = record.get(next?.fingerprint ?? '');
  const why = coming.problems[0]?.[1] ?? whyNot(files.purpose, known);
  if (why !== undefined) {
    const path = `${shelf.pathOf(files.certificateFile)}${nextSuffix}`;
    shelf.passOver(files.certificateFile, `${path}, the next one, cannot be used, and the present one stays: ${why}`);
    return undefined;
  }
  // One that has ended is of no use to anybody.
  const ended = shown !== undefined && shown.notAfter < now;
  return ended || (known !== undefined && known.useFrom <= now) ? coming.pair : undefined;
}

function whyNot(
  purpose: OwnPurpose,
  known: { readonly purpose: OwnPurpose; readonly withdrawnAt: Date | undefined } | undefined,
): string | undefined {
  if (known === undefined)
    return 'it is not on record, where it would say from when it is used (`kuvert own-certificate renew` writes both)';
  if (known.withdrawnAt !== undefined) return `it was withdrawn at ${known.withdrawnAt.toISOString()}`;
  return known.purpose === purpose ? undefined : `it is on record for another purpose (${known.purpose})`;
}

/** @param keyName what the first of the keys is called */
function judge(
  { now }: Shelf,
  { keyFile, certificateFile, attempt, blamed }: PairFiles,
  text: Text,
  keys: readonly Text[],
  keyName: string,
): Judged {
  const problems: [FileKey, string][] = [];
  const certificate = tried(problems, certificateFile, () => readCertificates(textOf(text))[0]);
  if (certificate !== undefined && now < certificate.notBefore)
    problems.push([
      certificateFile,
      `the certificate (${certificate.subject}) is not valid before ${certificate.notBefore.toISOString()}`,
    ]);
  if (certificate !== undefined && now > certificate.notAfter)
    problems.push([
      certificateFile,
      `the certificate (${certificate.subject}) expired at ${certificate.notAfter.toISOString()}`,
    ]);
  const fitting = keys.find((key) => certificate !== undefined && fits(key, certificate));
  if (certificate === undefined || fitting === undefined) {
    const [first = text] = keys;
    const isKey = tried(problems, keyFile, () => privateKey(textOf(first))) !== undefined;
    if (isKey && certificate !== undefined)
      problems.push([
        certificateFile,
        `the certificate (${certificate.subject}) was made for another key than the one in ${keyName}`,
      ]);
    return { certificate, pair: undefined, problems };
  }
  const pair = { key: textOf(fitting), cert: textOf(text), own: certificate };
  tried(problems, blamed, () => attempt(pair));
  return { certificate, pair, problems };
}

function tried<T>(problems: [FileKey, string][], file: FileKey, what: () => T): T | undefined {
  try {
    return what();
  } catch (error) {
    problems.push([file, error instanceof Error ? error.message : errorText(error)]);
    return undefined;
  }
}

function fits(key: Text, { x509 }: Certificate): boolean {
  try {
    return x509.checkPrivateKey(privateKey(textOf(key)));
  } catch {
    return false; // Whether it is there and is a key is said where no other fits either.
  }
}

function textOf(text: Text): string {
  if ('text' in text) return text.text;
  throw new Error(text.why);
}

function privateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error('it holds no PEM private key without a pass phrase', { cause });
  }
}
