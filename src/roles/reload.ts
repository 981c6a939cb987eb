/**
 * Keys and certificates are taken into use while a role runs: its files are read again now and then, and when it is told to. Whatever is
 * not right is left alone: what was in use stays in use, the log says why, and an incident is open for as long as it lasts.
 */
import type { Finding } from '../domain/fault.ts';
import { errorText, type Log } from '../platform/log.ts';
import { closeIncident, credentialsRefused, openIncident } from '../store/enrol/incidents.ts';
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
  readonly settings: Values & { readonly credentialsReload: number };
  /** In use from the beginning. */
  readonly first: CredentialsOf[R];
  readonly log: Log;
  readonly db: () => Db;
  /** Called before others are in use; when it throws they never are. */
  readonly take?: (next: CredentialsOf[R]) => void;
  now(): Date;
}

/** Milliseconds between two looks at files that are not right: whoever copies a key and then its certificate is not done yet. */
const secondLook = 1_000;

export function keepCredentials<R extends Reloaded>(parts: KeepParts<R>): KeptCredentials<R> {
  const { role, settings, log, now } = parts;
  let current = parts.first;
  let inUse = inspectCredentials(settings, [role], now()).digest;
  /** Digests of files that are not right: when they were last looked at, and when it was last said. */
  let seen: string | undefined;
  let said: string | undefined;
  /** An earlier process may have left one open. */
  let mayBeOpen = true;
  let again: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    clearTimeout(again);
    const { credentials, findings, digest } = inspectCredentials(settings, [role], now());
    const next = credentials[role] as CredentialsOf[R] | undefined;
    // Also when they have expired meanwhile: there are no others to use.
    const wrong = digest === inUse ? [] : next === undefined || findings.length > 0 ? findings : use(next, digest);
    if (wrong.length === 0) {
      seen = said = undefined;
      if (mayBeOpen) await closeIncident(parts.db(), credentialsRefused(role), now());
      mayBeOpen = false;
      return;
    }
    if (digest !== seen) {
      seen = digest;
      again = setTimeout(() => void looks(), Math.min(secondLook, settings.credentialsReload)).unref();
      return;
    }
    if (digest !== said)
      for (const { where, text } of wrong)
        log.error('changed keys or certificates cannot be used; those before stay in use', {
          setting: where,
          why: text,
        });
    said = digest;
    mayBeOpen = true;
    await openIncident(parts.db(), credentialsRefused(role), { findings: wrong.map(({ text }) => text) }, now());
  };

  const use = (next: CredentialsOf[R], digest: string): readonly Finding[] => {
    try {
      parts.take?.(next);
    } catch (error) {
      return [{ where: role, rule: 'file', text: errorText(error) }];
    }
    current = next;
    inUse = digest;
    log.info('changed keys and certificates are in use', fingerprintsOf(next));
    return [];
  };

  // One look at a time: a signal may come in the middle of another.
  let last: Promise<void> = Promise.resolve();
  const looks = (): Promise<void> => {
    last = last.then(look).catch((error: unknown) => {
      log.warn('an incident could not be written down', { error: errorText(error) });
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
