import { strict as assert } from 'node:assert';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { parseOrganisationNumber } from '../../../src/domain/organisation-number.ts';
import { loadIssuer } from '../../../src/pki/authority.ts';
import { makeAuthority } from '../../../src/pki/authority-files.ts';
import { readCertificates } from '../../../src/pki/certificate.ts';
import { constraintsOf } from '../../../src/pki/constraints.ts';
import { keepDevCertificates, writeDevCertificates } from '../../../src/pki/dev-certificates.ts';
import { encryptKey } from '../../../src/pki/own-key.ts';
import { openSsl } from '../../support/openssl.ts';

const supplier = { name: 'Exempel AB', organisationNumber: parseOrganisationNumber('5560160680')! };
const sender = { name: 'Arbetsförmedlingen', organisationNumber: parseOrganisationNumber('2021002114')! };

describe('development certificates', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-certs-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('every key fits its certificate, is its owner’s only, and TLS takes the pair', async () => {
    // A key file that others can read from before must not stay so.
    writeFileSync(join(folder, 'signing.key.pem'), 'old');
    chmodSync(join(folder, 'signing.key.pem'), 0o644);
    const written = await writeDevCertificates(folder, [supplier], sender);
    const pairs = [written.client, written.supplierListener, written.signing, ...written.suppliers.values()];
    assert.equal(pairs.length, 4);
    for (const { keyFile, certificateFile } of pairs) {
      const [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certificateFile, 'utf8')];
      assert.ok(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)));
      createSecureContext({ key, cert });
    }
    for (const file of readdirSync(folder))
      if (file.endsWith('.key.pem')) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file);
  });

  it('each is of the authority, for its own purpose, and says whose it is', async () => {
    const written = await writeDevCertificates(folder, [supplier], sender);
    const [root, issuing] = readCertificates(readFileSync(written.caFile, 'utf8')).map(({ x509 }) => x509);
    assert.ok(root && issuing && root.checkIssued(root) && issuing.checkIssued(root) && issuing.verify(root.publicKey));
    const read = (credential: { certificatePem: string }): X509Certificate =>
      new X509Certificate(credential.certificatePem);
    const [client, listener, signing] = [written.client, written.supplierListener, written.signing].map(read);
    const own = read(written.suppliers.get(supplier.organisationNumber)!);
    for (const certificate of [client!, listener!, signing!, own])
      assert.ok(certificate.checkIssued(issuing) && certificate.verify(issuing.publicKey) && !certificate.ca);
    assert.deepEqual(constraintsOf(client!).purposes, ['1.3.6.1.5.5.7.3.2']);
    assert.deepEqual(constraintsOf(listener!).purposes, ['1.3.6.1.5.5.7.3.1']);
    assert.equal(constraintsOf(signing!).purposes, undefined);
    assert.equal(constraintsOf(own).purposes?.length, 2);
    assert.match(own.subject, /organizationIdentifier=NTRSE-5560160680/);
    for (const host of ['localhost']) assert.ok(listener!.checkHost(host) && own.checkHost(host));
    assert.ok(listener!.checkIP('127.0.0.1') && own.checkIP('::1'));
  });

  /** Milliseconds of a day. */
  const day = 86_400_000;
  const folders = () => ({ authority: join(folder, 'ca'), certificates: join(folder, 'certificates') });
  /** In so many days from now. @returns the signing certificate */
  const keep = async (days: number, suppliers = [supplier]) => {
    const files = await keepDevCertificates(folders(), suppliers, sender, new Date(Date.now() + days * day));
    return readFileSync(files.signing.certificateFile, 'utf8');
  };

  it('kept, as long as all are there and good for a week yet; then all are made anew, below the same authority', async () => {
    const first = await keep(0);
    const authority = readdirSync(folders().authority).map((name) => readFileSync(join(folders().authority, name)));
    assert.equal(await keep(1), first);
    assert.equal(await keep(1, []), first);
    const late = await keep(360);
    assert.notEqual(late, first, 'what ends within a week is not kept');
    rmSync(join(folders().certificates, `supplier-${supplier.organisationNumber}.key.pem`));
    assert.notEqual(await keep(360), late, 'half a pair is none');
    const now = readdirSync(folders().authority).map((name) => readFileSync(join(folders().authority, name)));
    assert.deepEqual(now, authority);
    assert.ok(!readdirSync(folders().authority).includes('root.key.pem'), 'the root’s key is kept by nobody');
  });

  it('below the authority that lies there, whoever made it; a folder that has none is no place for another', async () => {
    const below = (pem: string) => readCertificates(pem)[1]?.fingerprint;
    const first = await keep(0);
    rmSync(folders().authority, { recursive: true });
    const { issuer, issuing } = await makeAuthority({ organisation: 'Egen', environment: 'test', now: new Date() });
    mkdirSync(folders().authority);
    writeFileSync(join(folders().authority, 'issuing.pem'), issuing.certificatePem);
    await assert.rejects(keep(0), {
      code: 'certificate-invalid',
      message: /in .*ca cannot be used: .*issuing\.key\.pem/,
    });
    writeFileSync(join(folders().authority, 'issuing.key.pem'), await encryptKey(issuing.keyPem, 'a long pass phrase'));
    await assert.rejects(keep(0), { code: 'certificate-invalid', message: /encrypted, and no pass phrase is given/ });
    const files = await keepDevCertificates(folders(), [], sender, new Date(), 'a long pass phrase');
    assert.equal(below(readFileSync(files.signing.certificateFile, 'utf8')), issuer.certificate.fingerprint);
    assert.notEqual(below(first), issuer.certificate.fingerprint);
  });

  it('made again, everything is new', async () => {
    const [one, two] = [await writeDevCertificates(folder, [], sender), await writeDevCertificates(folder, [], sender)];
    assert.notEqual(one.authority.certificatePem, two.authority.certificatePem);
    assert.equal(readFileSync(two.caFile, 'utf8'), two.authority.rootPem + two.authority.certificatePem);
    assert.ok(!readdirSync(folder).includes('root.key.pem'), 'the root’s key is kept by nobody');
  });

  it('what a listener shows is its certificate and the issuing authority’s: whoever trusts the root alone takes it', async () => {
    const written = await writeDevCertificates(folder, [supplier], sender);
    const openssl = openSsl();
    try {
      openssl.write('root.pem', written.authority.rootPem);
      const own = written.suppliers.get(supplier.organisationNumber);
      for (const { chainPem } of [written.client, written.supplierListener, written.signing, own!]) {
        assert.equal(readCertificates(chainPem).length, 2);
        openssl.write('shown.pem', chainPem);
        openssl.run('verify', '-x509_strict', '-CAfile', 'root.pem', '-untrusted', 'shown.pem', 'shown.pem');
      }
    } finally {
      openssl.remove();
    }
  });

  it('the issuing authority is there to be opened by the role that issues', async () => {
    const { issuing } = await writeDevCertificates(folder, [], sender);
    const [keyPem, certificatePem] = [issuing.keyFile, issuing.certificateFile].map((file) =>
      readFileSync(file, 'utf8'),
    );
    const issuer = loadIssuer({ keyPem: keyPem ?? '', certificatePem: certificatePem ?? '' }, new Date());
    assert.equal(issuer.chain.length, 2);
  });
});
