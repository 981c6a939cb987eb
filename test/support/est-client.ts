/** EST as a test asks it: the body as it is, the answer as it came, the certificate out of it. */
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { type Certificate, readCertificates } from '../../src/pki/certificate.ts';
import { type Credential, certificateIn, type Enrolment, type OpenedOrder } from './enrolment.ts';
import { type Answered, programOf } from './mailbox.ts';

export interface EstClient {
  enrol(
    order: Pick<OpenedOrder, 'transferId' | 'password'>,
    body: string | Buffer,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answered>;
  renew(
    credential: Pick<Credential, 'keyPem' | 'certificatePem'> | undefined,
    body: string | Buffer,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answered>;
  ask(method: string, path: string): Promise<Answered>;
}

export const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

export function estClient(stage: Pick<Enrolment, 'authority'>, port: number): EstClient {
  const ca = stage.authority.root.certificatePem;
  const as = (credential: Pick<Credential, 'keyPem' | 'certificatePem'> | undefined) =>
    programOf(port, ca, { key: credential?.keyPem ?? '', certificate: credential?.certificatePem ?? '' });
  const type = { 'content-type': 'application/pkcs10' };
  return {
    enrol: ({ transferId, password }, body, headers = {}) =>
      as(undefined).ask('POST', '/.well-known/est/simpleenroll', {
        headers: { ...type, authorization: basic(transferId, password), ...headers },
        body,
      }),
    renew: (credential, body, headers = {}) =>
      as(credential).ask('POST', '/.well-known/est/simplereenroll', { headers: { ...type, ...headers }, body }),
    ask: (method, path) => as(undefined).ask(method, path),
  };
}

/** The one certificate of a good answer, as OpenSSL reads it. */
export function issuedIn(answer: Answered): Certificate {
  assert.equal(answer.status, 200, answer.bytes.toString('utf8'));
  assert.equal(answer.headers['content-type'], 'application/pkcs7-mime; smime-type=certs-only');
  const certificates = certificatesIn(answer.bytes);
  assert.equal(certificates.length, 1);
  return certificateIn(certificates[0]?.pem ?? '');
}

/** Base64 of a certs-only message → its certificates. */
export function certificatesIn(bytes: Buffer): Certificate[] {
  assert.match(bytes.toString('latin1'), /^[A-Za-z0-9+/]+=*$/, 'base64 in one line');
  const { status, stdout, stderr } = spawnSync('openssl', ['pkcs7', '-inform', 'DER', '-print_certs'], {
    input: Buffer.from(bytes.toString('latin1'), 'base64'),
  });
  assert.equal(status, 0, stderr.toString());
  return readCertificates(stdout.toString());
}
