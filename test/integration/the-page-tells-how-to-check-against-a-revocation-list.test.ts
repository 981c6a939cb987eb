import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { revokeCertificate } from '../../src/enrolment/revoke.ts';
import { readNewestList } from '../../src/store/enrol/revocation-lists.ts';
import { run } from '../support/cluster.ts';
import { newRequest, openEnrolment } from '../support/enrolment.ts';
import { estClient, issuedIn } from '../support/est-client.ts';
import { eventually } from '../support/eventually.ts';
import { mustHave } from '../support/installed.ts';

const page = readFileSync('docs/certificates.md', 'utf8');

describe('docs/certificates.md', () => {
  it('tells how a certificate is checked against a list: good before it is revoked, and not after', async () => {
    mustHave('curl');
    mustHave('openssl', 'openssl', 'version');
    const [, section = ''] = page.split('### Revocation lists\n');
    const [, commands] = /^```sh\n([\s\S]*?)^```/m.exec(section) ?? [];
    assert.ok(commands, 'the page has these commands');
    const stage = await openEnrolment();
    try {
      await stage.startCa();
      const { port, crlPort } = await stage.startApi({
        settings: { KUVERT_CRL_HOST: '127.0.0.1', KUVERT_CRL_PORT: '0' },
      });
      const certificate = issuedIn(await estClient(stage, port).enrol(await stage.order(), (await newRequest()).der));
      const { root, issuing } = stage.authority;
      const [rootPem = ''] = root.certificatePem.split(/(?<=-----END CERTIFICATE-----\n)/);
      stage.file('root.pem', rootPem);
      stage.file('ca.pem', issuing.certificatePem);
      stage.file('certificate.pem', certificate.pem);
      const { fingerprint: authority } = issuing.certificate;
      const numberNow = async () => (await readNewestList(stage.pool, authority))?.number ?? 0;
      const before = await eventually('there is a list', async () => (await numberNow()) || undefined);
      const typed = () =>
        run(commands.replaceAll('crl.kuvert.example', `localhost:${crlPort}`), {
          cwd: stage.folder,
          env: { PATH: process.env['PATH'] },
        });
      assert.match(await typed(), /certificate\.pem: OK/);
      await revokeCertificate(stage.pool, {
        named: certificate.fingerprint,
        as: 'keyCompromise',
        actor: 'cli:test',
        reason: 'a test',
        now: new Date(),
        heldProbe: 1_000,
        rehearsal: false,
      });
      await eventually('there is another list', async () => (await numberNow()) > before);
      await assert.rejects(typed(), /certificate revoked/);
    } finally {
      await stage.close();
    }
  });
});
