import { strict as assert } from 'node:assert';
import { createHash, X509Certificate } from 'node:crypto';
import { Fault } from '../../../src/domain/fault.ts';
import { parseOrganisationNumber } from '../../../src/domain/organisation-number.ts';
import { namesHost, readCertificates } from '../../../src/pki/certificate.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../../support/dev-authority.ts';

describe('readCertificates', () => {
  let leaf: DevCredential;
  let pem: string;
  before(async () => {
    const ca = await createDevAuthority();
    leaf = await issueDevCertificate(ca, {
      name: 'Åkes "Plåt" & Söner, AB #1',
      organisationNumber: parseOrganisationNumber('5560160680')!,
      dnsNames: ['b2b.exempel.se', '*.exempel.se'],
      ipAddresses: ['127.0.0.1', '::1'],
      notBefore: new Date('2026-01-01T00:00:00Z'),
      days: 10,
    });
    pem = leaf.certificatePem + ca.certificatePem;
  });

  it('reads every certificate in order, whatever stands between them', () => {
    const both = readCertificates(`Subject: CN=Åke\r\n${pem.replaceAll('\n', '\r\n')}\r\ntrailing words`);
    assert.deepEqual(
      both.map((certificate) => certificate.isAuthority),
      [false, true],
    );
    assert.equal(both[0]!.issuer, both[1]!.subject);
  });

  it('says all that the register wants to know', () => {
    const [certificate] = readCertificates(pem);
    const raw = new X509Certificate(leaf.certificatePem).raw;
    assert.equal(certificate!.fingerprint, createHash('sha256').update(raw).digest('hex'));
    assert.match(
      certificate!.subject,
      /^CN=Åkes .*Plåt.* & Söner.*, organizationIdentifier=NTRSE-5560160680, O=.*, C=SE$/,
    );
    assert.equal(certificate!.notBefore.toISOString(), '2026-01-01T00:00:00.000Z');
    assert.equal(certificate!.notAfter.toISOString(), '2026-01-11T00:00:00.000Z');
    assert.deepEqual(certificate!.dnsNames, ['b2b.exempel.se', '*.exempel.se']);
    assert.deepEqual(certificate!.ipAddresses, ['127.0.0.1', '0:0:0:0:0:0:0:1']);
    assert.equal(certificate!.keyKind, 'EC prime256v1');
    assert.match(certificate!.serial, /^[4-7][0-9A-F]{31}$/);
    assert.equal(readCertificates(certificate!.pem)[0]!.fingerprint, certificate!.fingerprint);
    assert.ok(certificate!.publicKeySpki.equals(readCertificates(pem)[0]!.publicKeySpki));
  });

  it('a name is matched as TLS does, never the common name', () => {
    const { x509 } = readCertificates(pem)[0]!;
    for (const host of ['b2b.exempel.se', 'other.exempel.se', '127.0.0.1', '::1', '[::1]'])
      assert.ok(namesHost(x509, host), host);
    for (const host of ['exempel.se', 'a.b.exempel.se', '127.0.0.2', 'Åkes']) assert.ok(!namesHost(x509, host), host);
  });

  for (const [what, text, says] of [
    ['an empty text', '', /holds no certificate/],
    ['DER', '\u0030\u0082', /holds no certificate/],
    [
      'a damaged certificate',
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
      /certificate 1 in chain\.pem is damaged/,
    ],
    ['a cut-off certificate', '-----BEGIN CERTIFICATE-----\nMIIB', /holds no certificate/],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----', /private key/],
    ['an endless text', '-'.repeat(2_000_001), /longer than/],
  ] as const)
    it(`${what} is refused in words`, () => {
      assert.throws(
        () => readCertificates(text, 'chain.pem'),
        (error) => error instanceof Fault && error.code === 'certificate-invalid' && says.test(error.message),
      );
    });

  it('a private key that slipped in among certificates is refused and not repeated', () => {
    assert.throws(
      () => readCertificates(pem + leaf.keyPem, 'chain.pem'),
      (error) => error instanceof Fault && /private key/.test(error.message) && !error.message.includes('MI'),
    );
  });
});
