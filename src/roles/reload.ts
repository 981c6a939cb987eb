/**
 * Keys and certificates are taken into use while a role runs: its files are read again now and then, and when it is told to; the next
 * ones beside them when their time has come. Whatever is not right is left alone: what was in use stays in use, the log says why, and
 * an incident is open for as long as it lasts.
 */
import type { Finding } from '../domain/fault.ts';
import { settingsFault } from '../platform/config/read.ts';
import type { Settings } from '../platform/config/settings.ts';
import { errorText, type Log } from '../platform/log.ts';
import { closeIncident, credentialsRefused, openIncident } from '../store/enrol/incidents.ts';
import { readOwnRecord, readUseFrom, registerOwn } from '../store/enrol/own-certificates.ts';
import type { Db } from '../store/pool.ts';
import { type CredentialsOf, inspectCredentials } from './credentials.ts';
import type { Values } from './shelf.ts';

type Reloaded = 'delivery' | 'supplier-api';

export interface KeptCredentials<R extends Reloaded> {
  /** What is in use now; ask each time. */
  readonly current: () => CredentialsOf[R];
  /** Looks at the files now; never fails. */
  readonly reload: () => Promise<void>;
  /** Looks at them every so many milliseconds, until it is disposed of. */
  readonly start: () => AsyncDisposable;
}

export interface KeepParts<R extends Reloaded> {
  readonly role: R;
  /** Those that name the files. */
  readonly settings: Values & Pick<Settings, 'environment' | 'credentialsReload' | 'signingAhead'>;
  /** Tried before anybody could be asked what is on record. */
  readonly first: CredentialsOf[R];
  readonly log: Log;
  readonly db: Db;
  /** Called before others are in use; when it throws they never are. */
  readonly take?: (next: CredentialsOf[R]) => void;
  /** Called after each look. */
  readonly looked?: () => Promise<void>;
  now(): Date;
}

/** Milliseconds between two looks at files that are not right: whoever copies a key and then its certificate is not done yet. */
const secondLook = 1_000;

/**
 * What is in use is on record first: its certificates, and so the keys that anybody may verify with.
 * @throws Fault `setting-invalid` when the record says that what the files hold is not to be used, and there is nothing else
 */
export async function keepCredentials<R extends Reloaded>(parts: KeepParts<R>): Promise<KeptCredentials<R>> {
  const { role, settings, log, now } = parts;
  const { environment } = settings;
  let record = await readOwnRecord(parts.db, environment);
  const inspect = () => inspectCredentials(settings, [role], now(), record);
  const atStart = inspect();
  const isRight = inspectCredentials(settings, [role], now()).findings.length === 0;
  if (isRight && atStart.findings.length > 0) throw settingsFault([...atStart.findings, ...atStart.passedOver]);
  let current = isRight ? (atStart.credentials[role] as CredentialsOf[R]) : parts.first;
  for (const own of current.own) await registerOwn(parts.db, { ...own, environment, useFrom: now() }, now());
  /** What the files say; the key that signs may be another, for a while. */
  let inFiles = current;
  let inUse = atStart.digest;
  /** Of what is in the files; another try at the next look when the store does not answer. */
  let unregistered = false;
  /** What was wrong, and in which files: when they were last looked at, and when it was last said. */
  let seen: string | undefined;
  let said: string | undefined;
  /** An earlier process may have left one open. */
  let mayBeOpen = true;
  let again: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    clearTimeout(again);
    // What was on record at the last look is true still when nobody answers: only the time goes on.
    const read = await readOwnRecord(parts.db, environment).catch((error: unknown) => {
      log.warn('the record of our own certificates cannot be read', { error: errorText(error) });
      return record;
    });
    record = read;
    const { credentials, findings, passedOver, digest, seen: files } = inspect();
    const next = credentials[role] as CredentialsOf[R] | undefined;
    // Also when they have expired meanwhile: there are no others to use.
    const refused = digest === inUse ? [] : findings;
    const blocks = refused.length > 0 || next === undefined || passedOver.some(({ rule }) => rule !== 'withdrawn');
    const wrong = [...refused, ...passedOver, ...(blocks || digest === inUse ? [] : use(next, digest))];
    if (wrong.length === 0) {
      seen = said = undefined;
      if (mayBeOpen) await closeIncident(parts.db, credentialsRefused(role), now());
      mayBeOpen = false;
      return;
    }
    const state = JSON.stringify([files, wrong]);
    if (state !== seen) {
      seen = state;
      again = setTimeout(() => void looks(), Math.min(secondLook, settings.credentialsReload)).unref();
      return;
    }
    if (state !== said)
      for (const { where, text } of wrong)
        log.error('changed keys or certificates cannot be used; those before stay in use', {
          setting: where,
          why: text,
        });
    said = state;
    mayBeOpen = true;
    await openIncident(parts.db, credentialsRefused(role), { findings: wrong.map(({ text }) => text) }, now());
  };

  const use = (next: CredentialsOf[R], digest: string): readonly Finding[] => {
    try {
      parts.take?.(next);
    } catch (error) {
      return [{ where: role, rule: 'file', text: errorText(error) }];
    }
    // The key that signs changes later: see below.
    current = { ...next, signer: current.signer };
    inFiles = next;
    inUse = digest;
    unregistered = true;
    log.info('changed keys and certificates are in use', fingerprintsOf(next));
    return [];
  };

  /**
   * A key is in the key list for a while before anything is signed with it: whoever verifies may keep the list. When the old one
   * has ended there is nothing to wait for.
   */
  const signWithTheNew = async (): Promise<void> => {
    const at = now();
    const ended = at > current.signer.notAfter;
    const ahead = new Date(at.getTime() + (ended ? 0 : settings.signingAhead));
    const { signer, own } = inFiles;
    if (unregistered)
      for (const one of own)
        await registerOwn(parts.db, { ...one, environment, useFrom: one.purpose === 'signing' ? ahead : at }, at);
    unregistered = false;
    if (signer.certificateFingerprint === current.signer.certificateFingerprint) return;
    const from = await readUseFrom(parts.db, signer.certificateFingerprint);
    if (from === undefined || (at < from && !ended)) return;
    current = { ...current, signer };
    log.info('envelopes are signed with the new key', { signing: signer.certificateFingerprint });
  };

  // One look at a time: a signal may come in the middle of another.
  let last: Promise<void> = Promise.resolve();
  const looks = (): Promise<void> => {
    last = last
      .then(look)
      .then(signWithTheNew)
      .then(parts.looked)
      .catch((error: unknown) => {
        log.warn('what was found in the files of keys and certificates could not be put on record', {
          error: errorText(error),
        });
      });
    return last;
  };

  return {
    current: () => current,
    reload: looks,
    start: () => {
      const timer = setInterval(() => void looks(), settings.credentialsReload);
      void looks();
      return {
        [Symbol.asyncDispose]: async () => {
          clearInterval(timer);
          await last;
          clearTimeout(again);
        },
      };
    },
  };
}

function fingerprintsOf(credentials: CredentialsOf[Reloaded]): Record<string, unknown> {
  const { signer } = credentials;
  const shown =
    'client' in credentials
      ? { client: credentials.client.fingerprint }
      : { listener: credentials.listener.fingerprint };
  return { ...shown, signing: signer.certificateFingerprint };
}
