/** A certificate authority for tests, made as `kuvert ca init` makes one. */

import type { Environment } from '../../src/domain/message.ts';
import { createIssuing, createRoot, type Issuer, loadIssuer, type NewAuthority } from '../../src/pki/authority.ts';

export interface TestAuthority {
  readonly root: Issuer & NewAuthority;
  readonly issuing: Issuer & NewAuthority;
}

const year = 365 * 86_400_000;

/** @param now an hour after it was made */
export async function testAuthority(now: Date, environment: Environment = 'test'): Promise<TestAuthority> {
  const notBefore = new Date(Math.floor(now.getTime() / 1_000) * 1_000 - 3_600_000);
  const request = { organisation: 'Exempelmyndigheten', environment, notBefore };
  const rootFiles = await createRoot({
    ...request,
    commonName: 'Exempel Root CA',
    notAfter: new Date(notBefore.getTime() + 20 * year),
  });
  const root = { ...loadIssuer(rootFiles, now), ...rootFiles };
  const files = await createIssuing(root, {
    ...request,
    commonName: 'Exempel Issuing CA',
    notAfter: new Date(notBefore.getTime() + 10 * year),
  });
  return { root, issuing: { ...loadIssuer(files, now), ...files } };
}
