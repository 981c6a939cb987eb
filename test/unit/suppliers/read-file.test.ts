import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../../src/domain/fault.ts';
import { createDevAuthority, issueDevCertificate } from '../../../src/pki/dev-authority.ts';
import { type ReadSuppliers, readSupplierFile, readSuppliers } from '../../../src/suppliers/read-file.ts';

const now = new Date();

describe('a supplier file', () => {
  let pem: string;
  let other: string;
  let authority: string;
  let key: string;

  before(async () => {
    const ca = await createDevAuthority();
    authority = ca.certificatePem;
    const issued = await issueDevCertificate(ca, { name: 'Ett' });
    ({ certificatePem: pem, keyPem: key } = issued);
    other = (await issueDevCertificate(ca, { name: 'Två' })).certificatePem;
  });

  const address = (more: Record<string, unknown> = {}) => ({
    environment: 'test',
    delivery: 'push',
    url: 'https://b2b.exempel.se/in',
    certificates: [pem],
    messageTypes: ['self-invoice'],
    ...more,
  });
  const supplier = (addresses: unknown[], more: Record<string, unknown> = {}) => ({
    organisationNumber: '556016-0680',
    name: 'Exempel AB',
    addresses,
    ...more,
  });
  const read = (value: unknown): ReadSuppliers =>
    readSuppliers(value, {
      now,
      readPem: (file) => {
        throw new Fault('supplier-invalid', `${file} cannot be read`);
      },
    });
  const mistakes = (value: unknown): string[] => {
    try {
      read(value);
    } catch (error) {
      assert.ok(error instanceof Fault && error.code === 'supplier-invalid');
      return error.findings.map(({ where, rule }) => `${where} ${rule}`).sort();
    }
    return [];
  };

  it('is one supplier, or several; what it leaves out has a default', () => {
    const [one] = read(supplier([address()])).suppliers;
    assert.deepEqual([one?.organisationNumber, one?.language, one?.where], ['5560160680', 'sv', '']);
    const { certificates, ...rest } = one?.addresses[0] ?? {};
    assert.equal(certificates?.length, 1);
    assert.deepEqual(rest, {
      name: 'default',
      environment: 'test',
      delivery: 'push',
      url: 'https://b2b.exempel.se/in',
      messageTypes: ['self-invoice'],
      envelopeFormat: 'cloudevents',
      ordering: 'any',
      concurrency: 1,
      ratePerSecond: undefined,
    });
    assert.equal(read([supplier([address()])]).suppliers[0]?.where, '/0');
  });

  it('says all its mistakes at once, and where each of them is', () => {
    const value = [
      supplier([address({ url: 'http://a.se/', colour: 'red' })]),
      supplier([address()], { organisationNumber: '5560160681' }),
    ];
    // Form first: what is not understood is not judged.
    assert.deepEqual(mistakes(value), ['/0/addresses/0/colour supplier/1.json']);
    assert.deepEqual(
      mistakes([
        supplier([
          address({ url: 'http://a.se/', certificates: [] }),
          address({ environment: 'production', order: 'strict', concurrency: 2 }),
          address({ name: 'pull', delivery: 'pull' }),
        ]),
        supplier([address()], { organisationNumber: '5560160681' }),
        supplier([address({ certificates: [other] })]),
      ]),
      [
        '/0/addresses/0/certificates certificate-missing',
        '/0/addresses/0/url url-https',
        '/0/addresses/1/concurrency strict-concurrency',
        '/0/addresses/1/name name-twice',
        '/0/addresses/2/messageTypes routing-ambiguous',
        '/0/addresses/2/url url-unused',
        '/1/organisationNumber organisation-number',
        '/2/organisationNumber supplier-twice',
      ],
    );
  });

  for (const [url, rule] of [
    ['http://b2b.exempel.se/', 'url-https'],
    ['ftp://b2b.exempel.se/', 'url-https'],
    ['b2b.exempel.se', 'url'],
    ['https://user@b2b.exempel.se/', 'url-user'],
    ['https://user:secret@b2b.exempel.se/', 'url-user'],
    ['https://b2b.exempel.se/#part', 'url-fragment'],
    ['https://b2b.exempel.se/#', 'url-fragment'],
    ['https://b2b.exempel.se:0/', 'url-port'],
    [`https://b2b.exempel.se/${'å'.repeat(1_000)}`, 'url-length'],
  ] as const)
    it(`refuses the URL ${url.slice(0, 50)}`, () => {
      assert.deepEqual(mistakes(supplier([address({ url })])), [`/addresses/0/url ${rule}`]);
    });

  for (const url of [
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://[::1]/',
    'https://10.1.2.3/',
    'https://[fd00::1]/',
    'https://localhost/',
    'https://printer.local/',
    'https://intranet/',
  ])
    it(`warns of ${url}: it is inside a house`, () => {
      const { warnings } = read(supplier([address({ url })]));
      assert.deepEqual(
        warnings.map(({ where, rule }) => `${where} ${rule}`),
        ['/addresses/0/url url-private'],
      );
    });

  it('takes the leaf of a chain, and nothing that is no certificate of an endpoint', () => {
    const chain = read(supplier([address({ certificates: [`${pem}\n${authority}`] })]));
    assert.equal(chain.suppliers[0]?.addresses[0]?.certificates.length, 1);
    for (const [certificate, says] of [
      [authority, /an authority's certificate/],
      [`${pem}\n${other}`, /2 certificates/],
      [`${pem}\n${key}`, /private key/],
      ['not PEM', /no certificate/],
      [{ file: 'none.pem' }, /none\.pem/],
    ] as const)
      assert.throws(() => read(supplier([address({ certificates: [certificate] })])), says);
  });

  it('a certificate under two organisations is refused, naming both', () => {
    assert.deepEqual(mistakes([supplier([address()]), supplier([address()], { organisationNumber: '2021005489' })]), [
      '/1/addresses/0/certificates certificate-owner',
    ]);
  });

  it('a private key in the file never comes back in the message', () => {
    assert.throws(
      () => read(supplier([address({ certificates: [`${pem}\n${key}`] })])),
      (error: Fault) => !error.message.includes(key.slice(40, 80)),
    );
  });

  it('reads certificate files relative to itself', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-supplier-'));
    try {
      writeFileSync(join(folder, 'a.pem'), pem);
      const path = join(folder, 'supplier.json');
      writeFileSync(path, JSON.stringify(supplier([address({ certificates: [{ file: 'a.pem' }] })])));
      assert.equal(readSupplierFile(path, now).suppliers.length, 1);
      writeFileSync(path, '{');
      assert.throws(() => readSupplierFile(path, now), /supplier\.json is no JSON/);
      assert.throws(() => readSupplierFile(join(folder, 'none.json'), now), /none\.json cannot be read/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
