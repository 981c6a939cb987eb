import { strict as assert } from 'node:assert';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIssuing, loadIssuer } from '../../../src/pki/authority.ts';
import { readCertificates } from '../../../src/pki/certificate.ts';
import { issueCertificate } from '../../../src/pki/profile.ts';
import { makeRevocationList } from '../../../src/pki/revocation-list.ts';
import { type TestAuthority, testAuthority } from '../../support/authority.ts';
import { type OpenSsl, openSsl } from '../../support/openssl.ts';

const now = new Date('2027-03-01T12:00:00Z');
const year = 365 * 86_400_000;

describe('the authority', () => {
  let openssl: OpenSsl;
  let authority: TestAuthority;
  before(async () => {
    openssl = openSsl();
    authority = await testAuthority(now);
    openssl.write('root.pem', authority.root.certificatePem);
    openssl.write('issuing.pem', authority.issuing.certificatePem);
  });
  after(() => openssl.remove());

  const request = (commonName: string) =>
    ({
      organisation: 'Å',
      commonName,
      environment: 'test',
      notBefore: now,
      notAfter: new Date(now.getTime() + year),
    }) as const;

  it('the root is on P-384, the issuing authority on P-256 and has none below it; openssl takes the chain', () => {
    const at = String(now.getTime() / 1_000 + 60);
    openssl.run('verify', '-x509_strict', '-check_ss_sig', '-attime', at, '-CAfile', 'root.pem', 'issuing.pem');
    const root = openssl.run('x509', '-in', 'root.pem', '-noout', '-text');
    assert.match(root, /ASN1 OID: secp384r1/);
    assert.match(root, /Signature Algorithm: ecdsa-with-SHA384/);
    assert.match(root, /X509v3 Basic Constraints: critical\s+CA:TRUE\n/);
    const issuing = openssl.run('x509', '-in', 'issuing.pem', '-noout', '-text');
    assert.match(issuing, /ASN1 OID: prime256v1/);
    assert.match(issuing, /Signature Algorithm: ecdsa-with-SHA384/);
    assert.match(issuing, /X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
    for (const text of [root, issuing]) assert.match(text, /X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    assert.match(issuing, /Policy: X509v3 Any Policy/);
    assert.match(issuing, /Subject: C = SE, O = Exempelmyndigheten, OU = test, CN = Exempel Issuing CA/);
    assert.match(root, /Not After : Feb 24 11:00:00 2047 GMT/);
  });

  it('its file is the certificate and then the root, and no two are alike', async () => {
    const chain = readCertificates(authority.issuing.certificatePem);
    assert.deepEqual(
      chain.map(({ fingerprint }) => fingerprint),
      [authority.issuing.certificate.fingerprint, authority.root.certificate.fingerprint],
    );
    assert.deepEqual(
      authority.issuing.chain.map(({ fingerprint }) => fingerprint),
      chain.map(({ fingerprint }) => fingerprint),
    );
    const other = await testAuthority(now);
    const all = [authority, other].flatMap(({ root, issuing }) => [root, issuing]);
    assert.equal(new Set(all.map(({ certificate }) => certificate.serial)).size, 4);
    assert.equal(new Set(all.map(({ keyIdentifier }) => keyIdentifier.toString('hex'))).size, 4);
    for (const { certificate } of all) assert.match(certificate.serial, /^[4-7][0-9A-F]{31}$/);
  });

  it('an encrypted key opens with its pass phrase and with no other', () => {
    const { keyPem, certificatePem } = authority.issuing;
    const locked = createPrivateKey(keyPem)
      .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'rätt häst' })
      .toString();
    const load = (passphrase?: string): unknown =>
      loadIssuer({ keyPem: locked, certificatePem, ...(passphrase === undefined ? {} : { passphrase }) }, now);
    assert.ok(load('rätt häst'));
    assert.throws(() => load('fel häst'), {
      code: 'certificate-invalid',
      message: /does not open with this pass phrase/,
    });
    assert.throws(() => load(), { code: 'certificate-invalid', message: /no pass phrase is given/ });
  });

  it('the key is not handed out again', async () => {
    await assert.rejects(crypto.subtle.exportKey('pkcs8', authority.issuing.signingKey), /not extractable/);
  });

  it('no authority is opened with another’s key, past its dates, or when the links do not hold', async () => {
    const { root, issuing } = authority;
    const other = await testAuthority(now);
    const [own = ''] = issuing.certificatePem.split(/(?<=-----END CERTIFICATE-----\n)/);
    const load =
      (keyPem: string, certificatePem: string, at = now) =>
      () =>
        loadIssuer({ keyPem, certificatePem }, at);
    const refused = (call: () => unknown, message: RegExp): void =>
      assert.throws(call, { code: 'certificate-invalid', message });
    refused(load(other.issuing.keyPem, issuing.certificatePem), /private key is not that of C=SE/);
    refused(load(issuing.keyPem, own + other.root.certificatePem), /is not issued by/);
    refused(load(issuing.keyPem, own + root.certificatePem + other.root.certificatePem), /is not issued by/);
    refused(load(issuing.keyPem, issuing.certificatePem, new Date(now.getTime() + 11 * year)), /and now it is 2038/);
    refused(load(issuing.keyPem, issuing.certificatePem, new Date(now.getTime() - year)), /and now it is 2026/);
    refused(load('nothing', issuing.certificatePem), /holds no private key/);
    refused(load(issuing.keyPem, 'nothing'), /holds no certificate/);
    // A root that is elsewhere need not be in the file.
    assert.equal(loadIssuer({ keyPem: issuing.keyPem, certificatePem: own }, now).chain.length, 1);
  });

  it('what is no authority, or may not sign lists, is not opened as one', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const leaf = await issueCertificate(authority.issuing, {
      spki: publicKey.export({ format: 'der', type: 'spki' }),
      subject: request('Exempel'),
      purpose: 'both',
      dnsNames: [],
      environment: 'test',
      serial: '40',
      notBefore: now,
      notAfter: new Date(now.getTime() + year),
    });
    const keyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    assert.throws(() => loadIssuer({ keyPem, certificatePem: leaf }, now), /may not sign certificates/);
    for (const [usage, text] of [
      ['keyCertSign', /may not sign revocation lists/],
      ['cRLSign', /may not sign certificates/],
    ] as const) {
      openssl.run(
        'req',
        '-x509',
        '-nodes',
        '-newkey',
        'rsa:2048',
        '-keyout',
        'odd.key',
        '-out',
        'odd.pem',
        '-subj',
        '/CN=Udda',
        '-days',
        '9000',
        '-addext',
        `keyUsage=critical,${usage}`,
      );
      const read = (name: string): string => readFileSync(join(openssl.folder, name), 'utf8');
      assert.throws(() => loadIssuer({ keyPem: read('odd.key'), certificatePem: read('odd.pem') }, now), text);
    }
  });

  it('an authority that was there before, on RSA and with a key identifier of its own, issues and revokes', async () => {
    openssl.run(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      'rsa:3072',
      '-keyout',
      'old.key',
      '-out',
      'old.pem',
      '-subj',
      '/C=SE/O=Äldre/CN=Gammal CA',
      '-utf8',
      '-days',
      '9000',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
      '-addext',
      'subjectKeyIdentifier=0A0B0C',
      '-addext',
      'authorityKeyIdentifier=none',
    );
    const read = (name: string): string => readFileSync(join(openssl.folder, name), 'utf8');
    const old = loadIssuer({ keyPem: read('old.key'), certificatePem: read('old.pem') }, new Date());
    assert.equal(old.keyIdentifier.toString('hex'), '0a0b0c');
    const start = new Date(Math.floor(Date.now() / 1_000) * 1_000);
    const files = await createIssuing(old, {
      ...request('Ny'),
      notBefore: start,
      notAfter: new Date(start.getTime() + year),
    });
    openssl.write('new.pem', files.certificatePem);
    openssl.write(
      'old.crl',
      await makeRevocationList(old, {
        number: 1,
        thisUpdate: start,
        nextUpdate: new Date(start.getTime() + year),
        entries: [],
      }),
    );
    openssl.run('crl', '-inform', 'DER', '-in', 'old.crl', '-out', 'old.crl.pem');
    openssl.run('verify', '-crl_check', '-CRLfile', 'old.crl.pem', '-CAfile', 'old.pem', 'new.pem');
    assert.match(openssl.run('x509', '-in', 'new.pem', '-noout', '-text'), /Authority Key Identifier:\s+0A:0B:0C/);
  });
});
