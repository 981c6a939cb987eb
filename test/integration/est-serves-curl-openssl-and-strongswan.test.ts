/** Programs that are not ours, as suppliers have them: nothing of this house stands between them and the listener. */
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cluster.ts';
import { certificateIn, day, type Enrolment, type OpenedOrder, openEnrolment } from '../support/enrolment.ts';
import { mustBeHere, mustHave } from '../support/installed.ts';

describe('EST serves', () => {
  let stage: Enrolment;
  let port: number;
  const clock = { shift: 0 };
  const now = () => new Date(Date.now() + clock.shift);
  before(async () => {
    stage = await openEnrolment();
    await stage.startCa({ now });
    ({ port } = await stage.startApi({ now }));
    stage.file('root.pem', stage.authority.root.certificatePem);
  });
  after(() => stage.close());
  afterEach(() => {
    clock.shift = 0;
  });

  const sh = (commands: string): Promise<string> =>
    run(commands, { cwd: stage.folder, env: { PATH: process.env['PATH'], PORT: String(port) } });
  const inFolder = (name: string) => readFileSync(join(stage.folder, name), 'utf8');
  const registered = async (order: OpenedOrder): Promise<string[]> => {
    const { rows } = await stage.pool.query<{ fingerprint: string }>(
      'select fingerprint from certificate where organisation_number = $1 order by registered_at',
      [order.organisationNumber],
    );
    return rows.map(({ fingerprint }) => fingerprint);
  };
  /** When a certificate may be renewed; what the clocks of the programs say does not matter. */
  const later = () => {
    clock.shift = 680 * day;
  };

  it('curl and openssl: a key, a request, a certificate, and the next', async () => {
    mustHave('curl');
    mustHave('openssl', 'openssl', 'version');
    const order = await stage.order();
    // The password is in a file, never on a command line, which every process of the machine can read.
    stage.file('curl.config', `user = "${order.transferId}:${order.password}"\n`);
    await sh(`
      curl -sS --fail --cacert root.pem https://localhost:$PORT/.well-known/est/cacerts |
        base64 -d | openssl pkcs7 -inform DER -print_certs -out cacerts.pem
      openssl ecparam -name prime256v1 -genkey -noout -out key.pem
      openssl req -new -key key.pem -subj /CN=us -outform DER | base64 -w0 > request.b64
      curl -sS --fail --cacert root.pem --config curl.config -H 'content-type: application/pkcs10' \\
        --data-binary @request.b64 https://localhost:$PORT/.well-known/est/simpleenroll |
        base64 -d | openssl pkcs7 -inform DER -print_certs -out certificate.pem
      openssl verify -CAfile root.pem -untrusted cacerts.pem certificate.pem`);
    const first = certificateIn(inFolder('certificate.pem'));
    assert.deepEqual(await registered(order), [first.fingerprint]);
    later();
    await sh(`
      openssl ecparam -name prime256v1 -genkey -noout -out next.key.pem
      openssl req -new -key next.key.pem -subj /CN=us -outform DER | base64 > request.b64
      curl -sS --fail --cacert root.pem --cert certificate.pem --key key.pem -H 'content-type: application/pkcs10' \\
        --data-binary @request.b64 https://localhost:$PORT/.well-known/est/simplereenroll |
        base64 -d | openssl pkcs7 -inform DER -print_certs -out next.pem`);
    assert.deepEqual(await registered(order), [first.fingerprint, certificateIn(inFolder('next.pem')).fingerprint]);
  });

  it('strongSwan’s pki --estca, --est with codes, and --est with the certificate of an endpoint', async () => {
    mustHave('pki', 'strongswan-pki', '--help');
    const plugins = spawnSync('pki', ['--help'], { encoding: 'utf8' });
    mustBeHere(
      /loaded plugins:.* openssl /.test(plugins.stdout + plugins.stderr),
      'the plugin openssl of strongSwan',
      'libstrongswan-standard-plugins',
    );
    const order = await stage.order({ type: 'push-endpoint', dnsNames: ['b2b.exempel.se'], delivery: 'push' });
    writeFileSync(
      join(stage.folder, 'enrol.options'),
      `--url https://localhost:${port} --cacert root.pem --in request.der --userpass ${order.transferId}:${order.password} --outform pem\n`,
    );
    writeFileSync(
      join(stage.folder, 'renew.options'),
      `--url https://localhost:${port} --cacert root.pem --in request.der --cert swan.pem --key swan.key.der --outform pem\n`,
    );
    await sh(`
      pki --estca --url https://localhost:$PORT --cacert root.pem --caout estca.pem --outform pem 2>&1
      pki --gen --type ecdsa --size 256 > swan.key.der
      pki --req --type ecdsa --in swan.key.der --dn 'C=SE, CN=us' > request.der
      pki --est --options enrol.options > swan.pem`);
    assert.ok(existsSync(join(stage.folder, 'estca.pem')) || existsSync(join(stage.folder, 'estca-1.pem')));
    const first = certificateIn(inFolder('swan.pem'));
    assert.deepEqual(first.dnsNames, ['b2b.exempel.se']);
    assert.deepEqual(await registered(order), [first.fingerprint]);
    later();
    await sh(`
      pki --gen --type ecdsa --size 256 > swan-next.key.der
      pki --req --type ecdsa --in swan-next.key.der --dn 'C=SE, CN=us' > request.der
      pki --est --options renew.options > swan-next.pem`);
    assert.deepEqual(await registered(order), [
      first.fingerprint,
      certificateIn(inFolder('swan-next.pem')).fingerprint,
    ]);
  });
});
