import { strict as assert } from 'node:assert';
import { generateKeyPairSync } from 'node:crypto';
import { revocationReasons } from '../../../src/domain/revocation.ts';
import { describeCertificate, readCertificates } from '../../../src/pki/certificate.ts';
import { certsOnly } from '../../../src/pki/certs-only.ts';
import { judgePeer } from '../../../src/pki/judge-peer.ts';
import { type CertificateProfile, environmentPolicy, issueCertificate, validityFor } from '../../../src/pki/profile.ts';
import { makeRevocationList, type Revocation } from '../../../src/pki/revocation-list.ts';
import { newSerial } from '../../../src/pki/subject.ts';
import { type TestAuthority, testAuthority } from '../../support/authority.ts';
import { type OpenSsl, openSsl } from '../../support/openssl.ts';

const now = new Date('2027-03-01T12:00:00Z');
const day = 86_400_000;
const at = (days: number): string => String(now.getTime() / 1_000 + days * 86_400);
const spkiOf = (kind: 'P-256' | 'RSA'): Buffer => {
  const { publicKey } =
    kind === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
      : generateKeyPairSync('ec', { namedCurve: kind });
  return publicKey.export({ format: 'der', type: 'spki' });
};

describe('the profile of certificates', () => {
  let openssl: OpenSsl;
  let authority: TestAuthority;
  let spki: Buffer;
  before(async () => {
    openssl = openSsl();
    authority = await testAuthority(now);
    spki = spkiOf('P-256');
    openssl.write('root.pem', authority.root.certificatePem);
    openssl.write('issuing.pem', authority.issuing.certificatePem);
  });
  after(() => openssl.remove());

  const profile = (more: Partial<CertificateProfile> = {}): CertificateProfile => ({
    spki,
    subject: { organisation: 'Exempel "Å" #1, AB', commonName: 'Fakturasystem', organisationNumber: '5560160680' },
    purpose: 'both',
    dnsNames: ['b2b.example.se'],
    environment: 'test',
    serial: newSerial(),
    ...validityFor(authority.issuing, now, 730 * day),
    crlUrl: 'http://ca.example.se/crl/1.crl',
    ...more,
  });
  const issue = async (name: string, more: Partial<CertificateProfile> = {}): Promise<string> => {
    const pem = await issueCertificate(authority.issuing, profile(more));
    openssl.write(name, pem);
    return pem;
  };
  const text = (name: string): string =>
    openssl.run('x509', '-in', name, '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus_space,esc_2253');

  it('openssl takes it strictly, for the purposes that it was issued for and no other', async () => {
    const verify = (name: string, ...more: string[]): string | undefined =>
      openssl.refusal(
        'verify',
        '-x509_strict',
        '-attime',
        at(1),
        '-CAfile',
        'root.pem',
        '-untrusted',
        'issuing.pem',
        ...more,
        name,
      );
    const wanted = {
      'push-endpoint': ['sslserver'],
      'pull-client': ['sslclient'],
      both: ['sslserver', 'sslclient'],
      client: ['sslclient'],
      listener: ['sslserver'],
    } as const;
    for (const [purpose, uses] of Object.entries(wanted) as [keyof typeof wanted, readonly string[]][]) {
      await issue(`${purpose}.pem`, { purpose });
      for (const use of ['sslserver', 'sslclient'])
        assert.equal(
          verify(`${purpose}.pem`, '-purpose', use) === undefined,
          uses.includes(use),
          `${purpose} as ${use}`,
        );
    }
    await issue('signing.pem', { purpose: 'signing', dnsNames: [] });
    assert.equal(verify('signing.pem'), undefined);
    assert.doesNotMatch(text('signing.pem'), /Extended Key Usage|Alternative Name/);
  });

  it('whose it is, what for, where its list lies and by whom it was issued stand in it', async () => {
    const pem = await issue('leaf.pem', { issuerUrl: 'http://ca.example.se/issuing.crt', ipAddresses: ['127.0.0.1'] });
    const leaf = text('leaf.pem');
    assert.match(
      leaf,
      /Subject: C=SE, O=Exempel \\"Å\\" #1\\, AB, OU=test, organizationIdentifier=NTRSE-5560160680, CN=Fakturasystem/,
    );
    assert.match(leaf, /Basic Constraints: critical\s+CA:FALSE/);
    assert.match(leaf, /X509v3 Key Usage: critical\s+Digital Signature\n/);
    assert.match(leaf, /DNS:b2b\.example\.se, IP Address:127\.0\.0\.1/);
    assert.match(leaf, /CRL Distribution Points:\s+Full Name:\s+URI:http:\/\/ca\.example\.se\/crl\/1\.crl/);
    assert.match(leaf, /CA Issuers - URI:http:\/\/ca\.example\.se\/issuing\.crt/);
    assert.match(leaf, /Signature Algorithm: ecdsa-with-SHA256/);
    const id = authority.issuing.keyIdentifier
      .toString('hex')
      .toUpperCase()
      .replaceAll(/..(?=.)/g, '$&:');
    assert.match(leaf, new RegExp(`Authority Key Identifier:\\s+${id}`));
    const [read] = readCertificates(pem);
    assert.deepEqual(read?.publicKeySpki, spki);
    assert.deepEqual(
      [read?.notBefore, read?.notAfter],
      [new Date('2027-03-01T11:55:00Z'), new Date('2029-02-28T12:00:00Z')],
    );
  });

  it('serial and dates are those that were intended, so that a second signing says the same', async () => {
    const same = { serial: newSerial(), notBefore: now, notAfter: new Date('2028-05-06T07:08:09Z') };
    const [one] = readCertificates(await issue('one.pem', same));
    const [two] = readCertificates(await issue('two.pem', same));
    for (const read of [one, two])
      assert.deepEqual({ serial: read?.serial, notBefore: read?.notBefore, notAfter: read?.notAfter }, same);
  });

  it('an RSA key may also encipher keys', async () => {
    await issue('rsa.pem', { spki: spkiOf('RSA') });
    assert.match(text('rsa.pem'), /X509v3 Key Usage: critical\s+Digital Signature, Key Encipherment\n/);
  });

  it('a certificate of the test environment is none of production, and a program can demand that', async () => {
    await issue('test.pem');
    await issue('production.pem', { environment: 'production' });
    assert.doesNotMatch(text('production.pem'), /Subject: .*OU=/);
    const demand = (name: string, policy: string): boolean =>
      openssl.refusal(
        'verify',
        '-attime',
        at(1),
        '-CAfile',
        'root.pem',
        '-untrusted',
        'issuing.pem',
        '-policy',
        policy,
        '-explicit_policy',
        name,
      ) === undefined;
    assert.ok(demand('test.pem', environmentPolicy.test));
    assert.ok(demand('production.pem', environmentPolicy.production));
    assert.ok(!demand('test.pem', environmentPolicy.production));
    assert.ok(!demand('production.pem', environmentPolicy.test));
  });

  it('the gateway’s own judgement takes it, with issuing authority and root in the bundle', async () => {
    const [leaf] = readCertificates(await issue('leaf.pem'));
    for (const authorities of [
      authority.issuing.chain,
      [authority.root.certificate],
      [authority.issuing.certificate],
    ]) {
      const judgement = judgePeer({
        shown: [leaf!.x509, authority.issuing.certificate.x509],
        authorities: authorities.map(({ x509 }) => x509),
        registered: [{ fingerprint: leaf!.fingerprint, withdrawn: false }],
        now,
        role: 'client',
      });
      assert.ok(judgement.ok, JSON.stringify(judgement));
    }
  });

  it('it never outlives its authority', async () => {
    const late = new Date(authority.issuing.certificate.notAfter.getTime() - 10 * day);
    assert.deepEqual(validityFor(authority.issuing, late, 730 * day).notAfter, authority.issuing.certificate.notAfter);
    const born = authority.issuing.certificate.notBefore;
    assert.deepEqual(validityFor(authority.issuing, born, day).notBefore, born);
    const notAfter = new Date(authority.issuing.certificate.notAfter.getTime() + 1_000);
    await assert.rejects(issue('late.pem', { notAfter }), {
      code: 'certificate-invalid',
      message: /not within the dates of its authority/,
    });
    await assert.rejects(issue('late.pem', { notAfter: new Date(now.getTime() - day) }), {
      code: 'certificate-invalid',
    });
  });

  it('names are one line of at most 64 characters, and what is no host is no DNS name', async () => {
    const organisation = `${'Ö'.repeat(70)} AB`;
    const [read] = readCertificates(
      await issue('long.pem', { subject: { organisation, commonName: 'a\nCN=b\u0000c' } }),
    );
    assert.equal(read?.subject, `C=SE, O=${'Ö'.repeat(64)}, OU=test, CN=a CN=b c`);
    for (const name of [
      'räksmörgås.se',
      'a b.se',
      'https://a.se',
      '',
      '-a.se',
      `${'a'.repeat(64)}.se`,
      'a.se\u0000.b.se',
      'a..se',
    ])
      await assert.rejects(
        issue('odd.pem', { dnsNames: [name] }),
        { code: 'certificate-invalid', message: /is no DNS name/ },
        name,
      );
    await assert.rejects(issue('odd.pem', { ipAddresses: ['1.2.3'] }), { code: 'certificate-invalid' });
    const [wild] = readCertificates(await issue('wild.pem', { dnsNames: ['*.Example.SE', 'xn--rksmrgs-5wao1o.se'] }));
    assert.deepEqual(wild?.dnsNames, ['*.example.se', 'xn--rksmrgs-5wao1o.se']);
  });

  it('a list ends what is on it, says why, and openssl follows it', async () => {
    const entries: Revocation[] = [];
    for (const reason of revocationReasons) {
      const serial = newSerial();
      await issue(`${reason}.pem`, { serial });
      entries.push({ serial, revokedAt: new Date('2027-02-28T01:02:03Z'), reason });
    }
    await issue('good.pem');
    const list = async (number: number, listed: readonly Revocation[]): Promise<void> => {
      const der = await makeRevocationList(authority.issuing, {
        number,
        thisUpdate: now,
        nextUpdate: new Date(now.getTime() + day),
        entries: listed,
      });
      openssl.write('list.crl', der);
      openssl.run('crl', '-inform', 'DER', '-in', 'list.crl', '-out', 'list.pem');
    };
    const verify = (name: string, days = 0.5): string | undefined =>
      openssl.refusal(
        'verify',
        '-x509_strict',
        '-attime',
        at(days),
        '-crl_check',
        '-CRLfile',
        'list.pem',
        '-CAfile',
        'root.pem',
        '-untrusted',
        'issuing.pem',
        name,
      );
    await list(1, []);
    for (const reason of revocationReasons) assert.equal(verify(`${reason}.pem`), undefined);
    await list(2 ** 40, entries);
    for (const reason of revocationReasons) assert.match(verify(`${reason}.pem`) ?? '', /certificate revoked/);
    assert.equal(verify('good.pem'), undefined);
    assert.match(verify('good.pem', 1.5) ?? '', /CRL has expired/);
    const shown = openssl.run('crl', '-in', 'list.pem', '-noout', '-text');
    assert.match(shown, /Version 2[\s\S]*Issuer: C = SE, O = Exempelmyndigheten, OU = test, CN = Exempel Issuing CA/);
    assert.match(shown, /X509v3 CRL Number:\s+1099511627776/);
    assert.match(shown, /Last Update: Mar {2}1 12:00:00 2027 GMT\s+Next Update: Mar {2}2 12:00:00 2027 GMT/);
    for (const { serial } of entries)
      assert.match(shown, new RegExp(`Serial Number: ${serial}\\s+Revocation Date: Feb 28 01:02:03 2027 GMT`));
    for (const reason of [
      'Key Compromise',
      'Affiliation Changed',
      'Superseded',
      'Cessation Of Operation',
      'Privilege Withdrawn',
    ])
      assert.match(shown, new RegExp(`Reason Code:\\s+${reason}`));
    assert.doesNotMatch(shown, /Unspecified/);
  });

  it('a list of years after 2049 and of two thousand is one that openssl reads', async () => {
    const entries = Array.from({ length: 2_000 }, () => ({
      serial: newSerial(),
      revokedAt: now,
      reason: 'superseded' as const,
    }));
    const nextUpdate = new Date('2050-01-01T00:00:00Z');
    openssl.write(
      'long.crl',
      await makeRevocationList(authority.issuing, { number: 255, thisUpdate: now, nextUpdate, entries }),
    );
    const shown = openssl.run('crl', '-inform', 'DER', '-in', 'long.crl', '-noout', '-text', '-CAfile', 'issuing.pem');
    assert.equal(shown.match(/Serial Number/g)?.length, 2_000);
    assert.match(shown, /Next Update: Jan {2}1 00:00:00 2050 GMT/);
    assert.equal(
      openssl.refusal('crl', '-inform', 'DER', '-in', 'long.crl', '-noout', '-CAfile', 'issuing.pem', '-verify'),
      undefined,
    );
  });

  it('certs-only is what openssl reads the same certificates from', async () => {
    const [leaf] = readCertificates(await issue('leaf.pem'));
    const print = (certificates: Parameters<typeof certsOnly>[0]): string[] => {
      openssl.write('certs.p7', certsOnly(certificates));
      return readCertificates(openssl.run('pkcs7', '-inform', 'DER', '-in', 'certs.p7', '-print_certs')).map(
        ({ fingerprint }) => fingerprint,
      );
    };
    assert.deepEqual(print([leaf!]), [leaf!.fingerprint]);
    const { chain } = authority.issuing;
    assert.deepEqual(new Set(print(chain)), new Set(chain.map(({ fingerprint }) => fingerprint)));
    assert.equal(describeCertificate(leaf!.x509).fingerprint, leaf!.fingerprint);
  });
});
