import { strict as assert } from 'node:assert';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDevCertificates } from '../../../../src/pki/dev-certificates.ts';
import { checkTlsCredentials } from '../../../../src/platform/tls/credentials.ts';
import { createDevAuthority, issueDevCertificate } from '../../../support/dev-authority.ts';

describe('TLS credentials', () => {
  it('what is in the files can be used', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-tls-'));
    try {
      const sender = { name: 'Arbetsförmedlingen', organisationNumber: '2021002114' as never };
      const { caFile, client } = await writeDevCertificates(folder, [], sender);
      const [key, cert, ca] = [client.keyFile, client.certificateFile, caFile].map((file) =>
        readFileSync(file, 'utf8'),
      );
      assert.ok(key !== undefined && cert !== undefined);
      const read = { key, cert, ca };
      const { raw, validToDate } = new X509Certificate(client.certificatePem);
      assert.deepEqual(checkTlsCredentials(read, new Date()), {
        fingerprint: createHash('sha256').update(raw).digest('hex'),
        notAfter: validToDate,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('the dates are those of the moment that is asked about', async () => {
    const credential = await issueDevCertificate(await createDevAuthority(), { name: 'Kuvert' });
    const pem = { key: credential.keyPem, cert: credential.chainPem };
    const { validFromDate, validToDate } = new X509Certificate(credential.certificatePem);
    for (const moment of [validFromDate, validToDate]) assert.ok(checkTlsCredentials(pem, moment));
    for (const [moment, says] of [
      [validFromDate.getTime() - 1, /CN=Kuvert.*not valid before/],
      [validToDate.getTime() + 1, /CN=Kuvert.*expired/],
    ] as const)
      assert.throws(() => checkTlsCredentials(pem, new Date(moment)), { code: 'certificate-invalid', message: says });
  });
});
