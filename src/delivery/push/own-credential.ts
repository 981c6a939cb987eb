/** What we show to endpoints: our client key and certificate, made ready for TLS once per version. */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { errorText } from '../../platform/log.ts';
import type { Failure } from './connect.ts';
import type { Credential, PushDeps } from './types.ts';

export type OwnContext =
  | { readonly ok: true; readonly version: string; readonly context: SecureContext }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Makes the function that gives the TLS context of the credential of now. A broken key or certificate, which Node reports
 * by throwing, is an outcome: the lane backs off, and the log says what is wrong with our own files.
 */
export function ownContext({ credential, log }: Pick<PushDeps, 'credential' | 'log'>): () => OwnContext {
  let last: { readonly version: string; readonly made: OwnContext } | undefined;
  return () => {
    let current: Credential;
    try {
      current = credential();
    } catch (error) {
      return unusable(error);
    }
    if (last?.version === current.version) return last.made;
    const made = make(current);
    if (!made.ok) log.error('our client credential cannot be used', { version: current.version, why: detailOf(made) });
    last = { version: current.version, made };
    return made;
  };
}

function make({ version, key, certificate }: Credential): OwnContext {
  try {
    const context = createSecureContext({
      key,
      cert: certificate,
      // Who we trust is decided by the judgement of the peer alone, so no list of authorities is loaded here.
      ca: [],
      minVersion: 'TLSv1.2',
      // A TLS 1.2 peer could otherwise show another certificate in the middle of a connection.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
    return { ok: true, version, context };
  } catch (error) {
    return unusable(error);
  }
}

function unusable(error: unknown): OwnContext {
  const detail = `our own client key or certificate cannot be used: ${errorText(error)}`;
  return { ok: false, failure: { kind: 'endpoint-failed', fault: 'certificate-invalid', detail } };
}

const detailOf = (made: OwnContext): string | undefined => (made.ok ? undefined : made.failure.detail);
