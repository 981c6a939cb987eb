import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { readCertificates } from '../../../src/pki/certificate.ts';
import { makeKeyBundle } from '../../../src/pki/key-bundle.ts';
import { type KeyKind, keyKinds } from '../../../src/pki/key-kinds.ts';
import { encryptKey, makeKey, makeSigningRequest } from '../../../src/pki/own-key.ts';
import { issueCertificate, validityFor } from '../../../src/pki/profile.ts';
import { readSigningRequest } from '../../../src/pki/request.ts';
import { newSerial } from '../../../src/pki/subject.ts';
import { type TestAuthority, testAuthority } from '../../support/authority.ts';
import { type OpenSsl, openSsl } from '../../support/openssl.ts';

const now = new Date();

describe('own keys', function () {
  // Keys of RSA are found by chance, and guessing a password is made slow.
  this.timeout(60_000);

  let openssl: OpenSsl;
  let authority: TestAuthority;
  before(async () => {
    openssl = openSsl();
    authority = await testAuthority(now);
  });
  after(() => openssl.remove());

  /** A key of this kind, with the chain that was issued for a request for it. */
  const enrolled = async (kind: KeyKind): Promise<{ keyPem: string; certificatePem: string }> => {
    const keyPem = await makeKey(kind);
    const { spki } = readSigningRequest((await makeSigningRequest(keyPem, 'Exempel')).der);
    const leaf = await issueCertificate(authority.issuing, {
      spki,
      subject: { organisation: 'Exempel AB', commonName: 'Exempel AB', organisationNumber: '5560160680' },
      purpose: 'both',
      dnsNames: ['localhost'],
      environment: 'test',
      serial: newSerial(),
      ...validityFor(authority.issuing, now, 86_400_000),
    });
    return { keyPem, certificatePem: leaf + authority.issuing.certificatePem };
  };

  it('a key, a request for it, and a certificate for that belong together, also by openssl', async () => {
    const names = {
      'P-256': /ASN1 OID: prime256v1/,
      'P-384': /ASN1 OID: secp384r1/,
      'RSA-3072': /Public-Key: \(3072 bit\)/,
    };
    for (const kind of keyKinds) {
      const { keyPem, certificatePem } = await enrolled(kind);
      createSecureContext({ key: keyPem, cert: certificatePem });
      const { pem } = await makeSigningRequest(keyPem, 'Räksmörgås AB, "x"');
      openssl.write('request.pem', pem);
      const text = openssl.run(
        'req',
        '-in',
        'request.pem',
        '-verify',
        '-noout',
        '-text',
        '-nameopt',
        'utf8,sep_comma_plus,esc_2253',
      );
      assert.match(text, names[kind]);
      assert.match(text, /Subject: CN=Räksmörgås AB\\, \\"x\\"/);
      for (const [line = ''] of pem.matchAll(/.+/g)) assert.ok(line.length <= 64);
    }
    assert.notEqual(await makeKey(), await makeKey());
  });

  it('an encrypted key opens with its pass phrase, in Node and in openssl, and each guess is made slow', async () => {
    const keyPem = await makeKey();
    const locked = await encryptKey(keyPem, 'rätt häst');
    assert.match(locked, /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    assert.equal(
      createPrivateKey({ key: locked, passphrase: 'rätt häst' }).export({ format: 'pem', type: 'pkcs8' }),
      keyPem,
    );
    openssl.write('locked.pem', locked);
    openssl.write('word', 'rätt häst\n');
    assert.equal(openssl.run('pkey', '-in', 'locked.pem', '-passin', 'file:word'), keyPem);
    openssl.write('word', 'fel häst\n');
    assert.match(
      openssl.refusal('pkey', '-in', 'locked.pem', '-passin', 'file:word') ?? '',
      /bad decrypt|maybe wrong password/i,
    );
    assert.match(
      openssl.run('asn1parse', '-in', 'locked.pem'),
      /:PBKDF2[\s\S]*INTEGER +:0927C0[\s\S]*:hmacWithSHA256[\s\S]*:aes-256-cbc/,
    );
  });

  it('a bundle holds key and chain; openssl and Node open it with its password and no other', async () => {
    for (const kind of keyKinds) {
      const { keyPem, certificatePem } = await enrolled(kind);
      const bundle = await makeKeyBundle({ keyPem, certificatePem, password: 'hemligt 1', name: 'Exempel åäö' });
      openssl.write('bundle.p12', bundle);
      const open = (password: string): string[] => [
        'pkcs12',
        '-in',
        'bundle.p12',
        '-passin',
        `pass:${password}`,
        '-nodes',
      ];
      const shown = openssl.run(...open('hemligt 1'));
      const keys = /-----BEGIN PRIVATE KEY-----[^-]*-----END PRIVATE KEY-----\n/.exec(shown);
      assert.equal(keys?.[0], keyPem);
      const certificates = readCertificates(shown.replace(keys[0], ''));
      assert.deepEqual(
        certificates.map(({ fingerprint }) => fingerprint),
        readCertificates(certificatePem).map(({ fingerprint }) => fingerprint),
      );
      assert.equal(shown.match(/localKeyID/g)?.length, 2);
      assert.match(openssl.refusal(...open('hemligt 2')) ?? '', /invalid password/);
      createSecureContext({ pfx: bundle, passphrase: 'hemligt 1' });
    }
  });

  it('Java takes a bundle as a key store', async () => {
    for (const kind of keyKinds) {
      const { keyPem, certificatePem } = await enrolled(kind);
      openssl.write(
        'bundle.p12',
        await makeKeyBundle({ keyPem, certificatePem, password: 'hemligt 1', name: 'exempel' }),
      );
      const { error, status, stdout } = spawnSync(
        'keytool',
        [
          '-J-XX:TieredStopAtLevel=1',
          '-list',
          '-v',
          '-storetype',
          'PKCS12',
          '-keystore',
          join(openssl.folder, 'bundle.p12'),
          '-storepass',
          'hemligt 1',
        ],
        { encoding: 'utf8' },
      );
      assert.equal(error, undefined, 'Java’s keytool, which the servers of the tests bring, does not start');
      assert.equal(status, 0, stdout);
      assert.match(stdout, /Alias name: exempel\n[\s\S]*Entry type: PrivateKeyEntry\nCertificate chain length: 3/);
    }
  });

  it('no bundle is made of what does not belong together, or with a password that programs write in different ways', async () => {
    const [one, other] = [await enrolled('P-256'), await enrolled('P-256')];
    await assert.rejects(makeKeyBundle({ ...one, keyPem: other.keyPem, password: 'x', name: 'x' }), {
      code: 'certificate-invalid',
    });
    for (const password of ['', 'häst', 'a\n'])
      await assert.rejects(makeKeyBundle({ ...one, password, name: 'x' }), { code: 'argument-invalid' });
  });
});
