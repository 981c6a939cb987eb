import { strict as assert } from 'node:assert';
import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509CertificateGenerator } from '@peculiar/x509';
import { Fault } from '../../../src/domain/fault.ts';
import { jwks } from '../../../src/envelope/keys.ts';
import { type DevCertificates, writeDevCertificates } from '../../../src/pki/dev-certificates.ts';
import { inspectSettings } from '../../../src/platform/config/read.ts';
import { silentLog } from '../../../src/platform/log.ts';
import { loadCredentials } from '../../../src/roles/credentials.ts';
import { prepare, settingsFor, startGateway, usualRoles } from '../../../src/roles/start.ts';
import { createDevAuthority, issueDevCertificate } from '../../support/dev-authority.ts';

describe('keys and certificates of the roles', () => {
  let folder: string;
  let made: DevCertificates;
  let right: Record<string, string>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-credentials-'));
    const sender = { name: 'Arbetsförmedlingen', organisationNumber: '2021002114' as never };
    made = await writeDevCertificates(folder, [], sender);
    right = {
      KUVERT_ENVIRONMENT: 'test',
      // Nobody listens there: whoever touches a server first fails on it.
      DATABASE_URL: 'postgres://127.0.0.1:1/none',
      REDIS_URL: 'redis://127.0.0.1:1',
      BROKER_URLS: 'stomp://127.0.0.1:1',
      KUVERT_SUPPLIER_HOST: '127.0.0.1',
      KUVERT_SUPPLIER_PORT: '0',
      KUVERT_CA_FILE: made.caFile,
      KUVERT_SIGNING_KEY_FILE: made.signing.keyFile,
      KUVERT_SIGNING_CERTIFICATE_FILE: made.signing.certificateFile,
      KUVERT_CLIENT_KEY_FILE: made.client.keyFile,
      KUVERT_CLIENT_CERTIFICATE_FILE: made.client.certificateFile,
      KUVERT_SUPPLIER_KEY_FILE: made.supplierListener.keyFile,
      KUVERT_SUPPLIER_CERTIFICATE_FILE: made.supplierListener.certificateFile,
    };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const inspect = (wrong: Record<string, string>, roles = usualRoles as readonly (typeof usualRoles)[number][]) =>
    prepare(roles, inspectSettings(settingsFor(roles), { ...right, ...wrong }), new Date());
  const told = (wrong: Record<string, string>): readonly [string, string][] => {
    try {
      inspect(wrong);
    } catch (error) {
      assert.ok(error instanceof Fault && error.code === 'setting-invalid', String(error));
      return error.findings.map(({ where, text }) => [where, text]);
    }
    return [];
  };

  it('are loaded when all is right', () => {
    const { credentials } = inspect({ BROKER_CA_FILE: made.caFile });
    assert.equal(credentials.intake?.brokerCa, readFileSync(made.caFile, 'utf8'));
    assert.equal(credentials.delivery?.client.key, made.client.keyPem);
    // The root and the issuing authority.
    assert.equal(credentials.delivery?.authorities.length, 2);
    const [key] = jwks(credentials['supplier-api']?.keyPems ?? []).keys;
    assert.equal(key?.kid, credentials.delivery?.signer.keyThumbprint);
  });

  it('every mistake is named at once, those of other settings too', () => {
    const wrong = {
      KUVERT_LEASE: 'long',
      KUVERT_CA_FILE: '/nonexist',
      KUVERT_CLIENT_CERTIFICATE_FILE: '/nonexist2',
      KUVERT_SIGNING_KEY_FILE: '/etc/passwd',
      KUVERT_SIGNING_OLD_CERTIFICATES_FILE: made.signing.keyFile,
      BROKER_CA_FILE: '/etc/passwd',
      KUVERT_SUPPLIER_KEY_FILE: made.client.keyFile,
    };
    assert.deepEqual(
      told(wrong)
        .map(([where]) => where)
        .sort(),
      [
        'BROKER_CA_FILE',
        'KUVERT_CA_FILE',
        'KUVERT_CLIENT_CERTIFICATE_FILE',
        'KUVERT_LEASE',
        'KUVERT_SIGNING_KEY_FILE',
        'KUVERT_SIGNING_OLD_CERTIFICATES_FILE',
        'KUVERT_SUPPLIER_CERTIFICATE_FILE',
      ],
    );
  });

  it('only the files of the chosen roles matter', () => {
    assert.ok(inspect({ KUVERT_CLIENT_KEY_FILE: '/nonexist', KUVERT_CA_FILE: '/nonexist' }, ['intake']));
  });

  for (const [what, setting, says] of [
    ['client key', 'KUVERT_CLIENT_KEY_FILE', /holds no PEM private key/],
    ['listener key', 'KUVERT_SUPPLIER_KEY_FILE', /holds no PEM private key/],
    ['signing certificate', 'KUVERT_SIGNING_CERTIFICATE_FILE', /holds no certificate/],
    ['bundle', 'KUVERT_CA_FILE', /holds no certificate/],
  ] as const)
    it(`a ${what} that is no PEM is refused, once`, () => {
      const found = told({ [setting]: '/etc/passwd' });
      assert.deepEqual(
        found.map(([where]) => where),
        [setting],
      );
      assert.match(found[0]?.[1] ?? '', says);
    });

  for (const [key, certificate] of [
    ['KUVERT_CLIENT_KEY_FILE', 'KUVERT_CLIENT_CERTIFICATE_FILE'],
    ['KUVERT_SUPPLIER_KEY_FILE', 'KUVERT_SUPPLIER_CERTIFICATE_FILE'],
    ['KUVERT_SIGNING_KEY_FILE', 'KUVERT_SIGNING_CERTIFICATE_FILE'],
  ] as const)
    it(`${key} must be the key of ${certificate}`, async () => {
      const other = await issueDevCertificate(made.authority, { name: 'another' });
      const [found] = told({ [key]: file('other.key.pem', other.keyPem) });
      assert.equal(found?.[0], certificate);
      assert.match(found?.[1] ?? '', new RegExp(`made for another key than the one in ${key}`));
    });

  it('a signing key that is not on P-256 is refused', async () => {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const own = await X509CertificateGenerator.createSelfSigned({
      keys,
      signingAlgorithm: algorithm,
      name: 'CN=P-384',
    });
    const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
    const [found] = told({
      KUVERT_SIGNING_KEY_FILE: file('p384.key.pem', key),
      KUVERT_SIGNING_CERTIFICATE_FILE: file('p384.pem', own.toString('pem')),
    });
    assert.equal(found?.[0], 'KUVERT_SIGNING_KEY_FILE');
    assert.match(found?.[1] ?? '', /P-256/);
  });

  it('an own certificate that has expired, or is not valid yet, is refused', async () => {
    const day = 86_400_000;
    for (const [from, says] of [
      [-10 * day, /expired/],
      [2 * day, /not valid before/],
    ] as const) {
      const validity = { notBefore: new Date(Date.now() + from), days: 1 };
      const own = await issueDevCertificate(made.authority, { name: 'old', ...validity });
      const found = told({
        KUVERT_CLIENT_KEY_FILE: file('old.key.pem', own.keyPem),
        KUVERT_CLIENT_CERTIFICATE_FILE: file('old.pem', own.chainPem),
      });
      assert.deepEqual([found.length, found[0]?.[0]], [1, 'KUVERT_CLIENT_CERTIFICATE_FILE']);
      assert.match(found[0]?.[1] ?? '', says);
    }
  });

  it("a bundle must hold an authority's certificate, and one that is in its dates; an old one may lie beside it", async () => {
    const leaf = file('leaf.pem', made.client.certificatePem);
    assert.match(told({ KUVERT_CA_FILE: leaf })[0]?.[1] ?? '', /no authority's certificate/);
    const old = await createDevAuthority({ notBefore: new Date(Date.now() - 10 * 86_400_000), days: 1 });
    const oldFile = file('old-ca.pem', old.certificatePem);
    assert.match(told({ KUVERT_CA_FILE: oldFile })[0]?.[1] ?? '', /in its dates/);
    const both = file('both.pem', old.certificatePem + readFileSync(made.caFile, 'utf8'));
    assert.deepEqual(told({ KUVERT_CA_FILE: both }), []);
  });

  it('the gateway looks at all of them before it touches a server or listens', async () => {
    const wrong = { ...right, KUVERT_CLIENT_KEY_FILE: '/etc/passwd' };
    const settings = inspectSettings(settingsFor(usualRoles), wrong).values as Parameters<typeof startGateway>[0];
    const events: string[] = [];
    const log = { ...silentLog, info: (event: string) => void events.push(event), with: () => log };
    await assert.rejects(startGateway(settings, usualRoles, log, '0'), { code: 'setting-invalid' });
    assert.deepEqual(events, []);
    assert.throws(() => loadCredentials(settings, ['delivery'], new Date()), { code: 'setting-invalid' });
  });
});
