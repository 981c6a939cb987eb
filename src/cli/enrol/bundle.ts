/** `--bundle`: key and chain in one PKCS#12 file, for programs that want that. */
import { makeKeyBundle } from '../../pki/key-bundle.ts';
import { readSecret } from '../secret.ts';
import type { Terminal } from '../terminal.ts';
import { writeDurably } from './files.ts';
import type { Credentials } from './generation.ts';

export interface BundleOptions {
  readonly bundle?: string;
  readonly bundlePasswordFile?: string;
}

/** Asks for the password first of all, so that what is wrong with it is known before anything is sent. */
export async function bundleWriter(
  { bundle: path, bundlePasswordFile: file }: BundleOptions,
  terminal: Terminal,
): Promise<((credentials: Credentials) => Promise<void>) | undefined> {
  if (path === undefined) return undefined;
  const question = 'Password for the bundle';
  const password = await readSecret({ file, option: '--bundle-password-file', question, twice: true }, terminal);
  return async ({ keyPem, chainPem, certificate }) => {
    const name = /(?:^|, )CN=([^,]+)/.exec(certificate.subject)?.[1] ?? 'kuvert';
    writeDurably(path, await makeKeyBundle({ keyPem, certificatePem: chainPem, password, name }), 0o600);
  };
}
