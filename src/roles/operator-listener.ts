/** The operators' listener: plain on this machine, or with a key and a certificate, which are taken into use while it runs as those of the other listeners are. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Settings } from '../platform/config/settings.ts';
import { listenTls } from '../platform/http/listen.ts';
import { listenPlain } from '../platform/http/listen-plain.ts';
import { errorText, type Log } from '../platform/log.ts';
import type { TlsCredentials } from '../platform/tls/credentials.ts';
import { inspectCredentials } from './credentials.ts';
import type { Values } from './shelf.ts';

export type ListenerSettings = Values & Pick<Settings, 'credentialsReload' | 'operatorHost' | 'operatorPort'>;

export interface OperatorListener {
  readonly port: number;
  close(): Promise<void>;
  /** Looks at once at the files of key and certificate; never fails. Plain: there are none. */
  readonly reload?: () => Promise<void>;
}

/** Connections that one network may have: nobody says who they are before their first request. */
const limits = { strangers: 200 };

/** @throws Fault `setting-invalid` if the address cannot be had */
export async function listenForOperators(
  settings: ListenerSettings,
  tls: TlsCredentials | undefined,
  { log, now }: { readonly log: Log; now(): Date },
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<OperatorListener> {
  const { operatorHost: host, operatorPort: port } = settings;
  // All come from this machine itself, or a proxy on it.
  if (tls === undefined) return listenPlain(handler, { host, port, ofOne: 500 });
  const listener = await listenTls({ log, now }, tls, handler, { host, port, requestCertificate: false, limits });
  const files = watchListenerFiles(settings, log, now, (next) => void listener.reload(next));
  return {
    port: listener.port,
    reload: files.reload,
    close: () => {
      files.stop();
      return listener.close();
    },
  };
}

/** Milliseconds between two looks at files that are not right: whoever copies a key and then its certificate is not done yet. */
const secondLook = 1_000;

interface ListenerFiles {
  /** Looks at the files now; never fails. */
  readonly reload: () => Promise<void>;
  readonly stop: () => void;
}

/**
 * Reads the files again every KUVERT_CREDENTIALS_RELOAD. What is not right changes nothing, and is logged once for as long as it is the same.
 * @param take called with others than before; when it throws they are not in use
 */
function watchListenerFiles(
  settings: ListenerSettings,
  log: Log,
  now: () => Date,
  take: (next: TlsCredentials) => void,
): ListenerFiles {
  const inspect = () => inspectCredentials(settings, ['operator-api'], now());
  let inUse = inspect().digest;
  let seen: string | undefined;
  let said: string | undefined;
  let again: NodeJS.Timeout | undefined;
  const look = (): void => {
    clearTimeout(again);
    const { credentials, findings, digest } = inspect();
    if (digest === inUse) return;
    const listener = credentials['operator-api']?.listener;
    const problems = findings.map(({ where, text }) => ({ setting: where, why: text }));
    try {
      if (problems.length === 0 && listener !== undefined) take(listener);
    } catch (error) {
      problems.push({ setting: 'KUVERT_OPERATOR_CERTIFICATE_FILE', why: errorText(error) });
    }
    if (problems.length === 0) {
      inUse = digest;
      seen = said = undefined;
      log.info('changed keys and certificates are in use', {});
      return;
    }
    const state = JSON.stringify(problems);
    if (state === said) return;
    if (state !== seen) {
      seen = state;
      again = setTimeout(look, Math.min(secondLook, settings.credentialsReload)).unref();
      return;
    }
    said = state;
    for (const problem of problems)
      log.error('changed keys or certificates cannot be used; those before stay in use', problem);
  };
  const timer = setInterval(look, settings.credentialsReload);
  return {
    reload: async () => look(),
    stop: () => {
      clearInterval(timer);
      clearTimeout(again);
    },
  };
}
