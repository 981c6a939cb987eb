import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { egressJudge } from '../../../src/delivery/push/egress.ts';
import { Fault } from '../../../src/domain/fault.ts';
import type { OrganisationNumber } from '../../../src/domain/organisation-number.ts';
import { type ReadSuppliers, readSupplierFile, readSuppliers } from '../../../src/suppliers/read-file.ts';
import { createDevAuthority, issueDevCertificate } from '../../support/dev-authority.ts';

const now = new Date();

describe('a supplier file', () => {
  let pem: string;
  let other: string;
  let authority: string;
  let foreignPem: string;
  let key: string;

  before(async () => {
    const ca = await createDevAuthority();
    authority = ca.certificatePem;
    const issued = await issueDevCertificate(ca, { name: 'Ett' });
    ({ certificatePem: pem, keyPem: key } = issued);
    other = (await issueDevCertificate(ca, { name: 'Två' })).certificatePem;
    const organisationNumber = '2021005489' as OrganisationNumber;
    foreignPem = (await issueDevCertificate(ca, { name: 'Tre', organisationNumber })).certificatePem;
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
  const read = (value: unknown, allow: readonly string[] = []): ReadSuppliers =>
    readSuppliers(value, {
      now,
      whyNoPush: (ip) => {
        const verdict = egressJudge(allow)(ip);
        return verdict.ok ? undefined : verdict.why;
      },
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

  it('says mistakes of form and of content at once: what the schema has against one part hides nothing of another', () => {
    assert.deepEqual(
      mistakes([
        supplier([address({ url: 'http://a.se/', colour: 'red', certificates: [] })]),
        supplier([address({ environment: 'prod', certificates: [other, 5] })], { organisationNumber: '5560160681' }),
        supplier([address({ delivery: undefined, url: 'ftp://a.se/', certificates: ['no PEM'] }), 'x'], {
          name: 'a\nb',
        }),
        { organisationNumber: '5560160680', name: 'X' },
        7,
      ]),
      [
        '/0/addresses/0/colour supplier/1.json',
        '/0/addresses/0/url url-https',
        '/1/addresses/0/certificates/1 supplier/1.json',
        '/1/addresses/0/environment supplier/1.json',
        '/1/organisationNumber organisation-number',
        '/2/addresses/0/certificates/0 certificate',
        '/2/addresses/0/delivery supplier/1.json',
        '/2/addresses/0/url url-https',
        '/2/addresses/1 supplier/1.json',
        '/2/name supplier/1.json',
        '/2/organisationNumber supplier-twice',
        '/3/addresses supplier/1.json',
        '/3/organisationNumber supplier-twice',
        '/4 supplier/1.json',
      ],
    );
  });

  it('has one finding for one mistake: what the schema refuses is no missing URL, certificate or name besides', () => {
    for (const [more, where] of [
      [{ url: 5 }, 'url'],
      [{ certificates: 'pem' }, 'certificates'],
      [{ certificates: [5] }, 'certificates/0'],
      [{ certificates: [{ file: '' }] }, 'certificates/0/file'],
      [{ name: '-' }, 'name'],
      [{ messageTypes: ['invoice'] }, 'messageTypes/0'],
      [{ order: 'strict', concurrency: 65 }, 'concurrency'],
    ] as const)
      assert.deepEqual(mistakes(supplier([address(more), address({ environment: 'production', name: 'two' })])), [
        `/addresses/0/${where} supplier/1.json`,
      ]);
  });

  it('tells all of a thousand mistakes, and prints as many as can be read', () => {
    const many = Array.from({ length: 1_000 }, () => ({ ...supplier([address()]), organisationNumber: 5 }));
    assert.throws(
      () => read(many),
      (error: Fault) =>
        error.message.startsWith('1000 mistakes;') &&
        error.message.endsWith('\n… and 800 more') &&
        // One for each, and none of the rules' that numbers are judged by.
        error.findings.length === 1_000,
    );
  });

  it('says what must be in sentences, not in regular expressions', () => {
    const said = (value: unknown) => {
      try {
        read(value);
      } catch (error) {
        return (error as Fault).message.split('\n').slice(1);
      }
      return [];
    };
    assert.deepEqual(
      said(
        supplier(
          [
            address({
              name: 'a b',
              environment: 'prod',
              messageTypes: ['self-invoice', 'self-invoice'],
              concurrency: 0,
              ratePerSecond: 0,
              colour: 'red',
            }),
          ],
          { name: 'Exempel\nAB', language: 5 },
        ),
      ),
      [
        '/name: must be written otherwise: One line of text, without control characters (found "Exempel\\nAB")',
        '/language: must be "sv" or "en" (found 5)',
        '/addresses/0/colour: is no name that is known here: name, environment, delivery, url, certificates, messageTypes, envelopeFormat, order, concurrency, ratePerSecond (found "colour")',
        '/addresses/0/name: must be written otherwise: A letter or digit, then letters, digits, points, hyphens and underscores (found "a b")',
        '/addresses/0/environment: must be "test" or "production" (found "prod")',
        '/addresses/0/messageTypes: must not have the same item twice, as numbers 1 and 2 are (found ["self-invoice","self-invoice"])',
        '/addresses/0/concurrency: must be at least 1 (found 0)',
        '/addresses/0/ratePerSecond: must be more than 0 (found 0)',
      ],
    );
    assert.deepEqual(said({}), [
      '/organisationNumber: must be given, and is missing',
      '/name: must be given, and is missing',
      '/addresses: must be given, and is missing',
    ]);
    assert.deepEqual(said([]), ['/: must have something in it (found [])']);
    assert.deepEqual(said('x'), ['/: must be an object (found "x")']);
  });

  it('says all mistakes of content at once, and where each of them is', () => {
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

  it('warns of no address that the settings of this shell allow', () => {
    const warned = (url: string, allow: readonly string[]) => read(supplier([address({ url })]), allow).warnings.length;
    assert.deepEqual(
      [warned('https://127.0.0.1:9443/', ['127.0.0.0/8']), warned('https://127.0.0.1/', ['10.0.0.0/8'])],
      [0, 1],
    );
    assert.equal(warned('https://localhost/', ['127.0.0.0/8']), 0);
    assert.equal(warned('https://169.254.169.254/', ['169.254.0.0/16']), 1);
  });

  it('refuses a certificate that names another organisation, and takes one that names its own or none', async () => {
    const named = async (organisationNumber: string) =>
      (
        await issueDevCertificate(undefined, {
          name: 'X',
          organisationNumber: organisationNumber as OrganisationNumber,
        })
      ).certificatePem;
    for (const own of ['5560160680', '556016-0680'])
      assert.deepEqual(mistakes(supplier([address({ certificates: [await named(own)] })])), []);
    for (const foreign of ['2021005489', 'rubbish'])
      assert.deepEqual(mistakes(supplier([address({ certificates: [pem, await named(foreign)] })])), [
        '/addresses/0/certificates/1 certificate-holder',
      ]);
    assert.throws(
      () => read(supplier([address({ certificates: [foreignPem] })])),
      /names NTRSE-2021005489, and the supplier is 5560160680/,
    );
  });

  it('refuses a certificate that is not for a TLS server where we push, nor for a client where they fetch', async () => {
    const forUse = async (...usages: ('clientAuth' | 'serverAuth' | 'signing')[]) =>
      (await issueDevCertificate(undefined, { name: 'X', usages })).certificatePem;
    const refused = (certificate: string, more: Record<string, unknown> = {}) =>
      mistakes(supplier([address({ certificates: [certificate], ...more })]));
    const pull = { delivery: 'pull', url: undefined };
    assert.deepEqual(refused(await forUse('clientAuth')), ['/addresses/0/certificates/0 certificate-usage']);
    assert.deepEqual(refused(await forUse('serverAuth'), pull), ['/addresses/0/certificates/0 certificate-usage']);
    assert.deepEqual(refused(await forUse('serverAuth')), []);
    assert.deepEqual(refused(await forUse('clientAuth'), pull), []);
    // Without extended key usage it is for any purpose.
    assert.deepEqual(refused(await forUse('signing')), []);
  });

  it("takes the certificate of a program that fetches beside the endpoint's own, but not instead of it", async () => {
    const forUse = async (usage: 'clientAuth' | 'serverAuth') =>
      (await issueDevCertificate(undefined, { name: usage, usages: [usage] })).certificatePem;
    const [client, server] = [await forUse('clientAuth'), await forUse('serverAuth')];
    const refused = (certificates: string[], more: Record<string, unknown> = {}) =>
      mistakes(supplier([address({ certificates, ...more })]));
    assert.deepEqual(refused([client, server]), []);
    assert.deepEqual(refused([client, server], { delivery: 'pull', url: undefined }), []);
    assert.deepEqual(refused([client, await forUse('clientAuth')]), [
      '/addresses/0/certificates/0 certificate-usage',
      '/addresses/0/certificates/1 certificate-usage',
    ]);
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

  it('a file with lists in lists in lists is refused in one sentence, however deep', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    for (const value of [deep, { name: deep }, [supplier([address({ url: deep })])]])
      assert.throws(
        () => read(value),
        (error: unknown) =>
          error instanceof Fault && error.code === 'supplier-invalid' && /levels of lists/.test(error.message),
      );
  });

  it('a device in the place of a file is read to the limit and no further', () => {
    assert.throws(() => readSupplierFile('/dev/zero', { now }), /\/dev\/zero cannot be read: larger than/);
  });

  it('reads certificate files relative to itself', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-supplier-'));
    try {
      writeFileSync(join(folder, 'a.pem'), pem);
      const path = join(folder, 'supplier.json');
      writeFileSync(path, JSON.stringify(supplier([address({ certificates: [{ file: 'a.pem' }] })])));
      assert.equal(readSupplierFile(path, { now }).suppliers.length, 1);
      writeFileSync(path, '{');
      assert.throws(() => readSupplierFile(path, { now }), /supplier\.json is no JSON/);
      assert.throws(() => readSupplierFile(join(folder, 'none.json'), { now }), /none\.json cannot be read/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
