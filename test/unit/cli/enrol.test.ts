import { strict as assert } from 'node:assert';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../src/cli/run.ts';
import { fingerprintOf, readCertificates } from '../../../src/pki/certificate.ts';
import { issueCertificate } from '../../../src/pki/profile.ts';
import { type TestAuthority, testAuthority } from '../../support/authority.ts';
import { startCommand } from '../../support/command.ts';
import { certificates, type EstServer, issueFor, problem, startEst, startJunction } from '../../support/est-server.ts';

const password = 'K7PXM-4QWTZ-9HJKR-3CDEF';

describe('kuvert enrol', () => {
  let folder: string;
  let authority: TestAuthority;
  let est: EstServer;
  let rootSha256: string;
  before(async () => {
    authority = await testAuthority(new Date());
    rootSha256 = authority.root.certificate.fingerprint;
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-enrol-'));
    writeFileSync(join(folder, 'password'), `${password}\n`);
    est = await startEst(authority);
  });
  afterEach(() => {
    est.stop();
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  const kuvert = async (...args: string[]) => {
    const said = { out: '', err: '' };
    const code = await run(args, {
      out: (text) => void (said.out += `${text}\n`),
      err: (text) => void (said.err += `${text}\n`),
    });
    return { code, ...said };
  };
  const out = () => join(folder, 'out');
  const enrol = (...more: string[]) => enrolAt(est.url, ...more);
  const enrolAt = (url: string, ...more: string[]) => {
    const trust = more.includes('--ca') || more.includes('--root-sha256') ? [] : ['--root-sha256', rootSha256];
    const files = ['--password-file', join(folder, 'password'), '--out', out()];
    return kuvert('enrol', url, '--transfer-id', 'K7PXM-4QWTZ', ...files, ...trust, ...more);
  };
  const paths = () => est.asked.map(({ path }) => path.split('/').at(-1));
  const read = (name: string) => readFileSync(join(out(), name), 'utf8');
  const record = () => JSON.parse(read('enrolment.json'));

  it('makes a key, proves the root, sends the codes over a second connection, and writes key, certificate, chain and authorities', async () => {
    const { code, out: said, err } = await enrol();
    assert.equal(code, 0, err);
    assert.deepEqual(paths(), ['cacerts', 'simpleenroll']);
    const [first, second] = est.asked;
    assert.equal(first?.authorization, undefined);
    assert.equal(
      Buffer.from(second?.authorization?.replace('Basic ', '') ?? '', 'base64').toString(),
      `K7PXM-4QWTZ:${password}`,
    );
    assert.match(second?.body ?? '', /^[A-Za-z0-9+/]+=*$/);
    const [own] = readCertificates(read('certificate.pem'));
    assert.match(said, /Whose .*CN=Ekonomi/);
    assert.match(said, /an endpoint that is pushed to, and a program that fetches/);
    assert.match(said, /b2b\.exempel\.se/);
    assert.match(said, new RegExp(own?.fingerprint ?? 'none'));
    assert.deepEqual(
      readCertificates(read('chain.pem')).map(fingerprint),
      [own, authority.issuing.certificate].map((one) => one?.fingerprint),
    );
    assert.deepEqual(
      readCertificates(read('ca.pem')).map(fingerprint),
      authority.issuing.chain.toReversed().map(fingerprint),
    );
    const mode = (name: string) => statSync(join(out(), name)).mode & 0o777;
    assert.deepEqual(['key.pem', 'certificate.pem', 'chain.pem', 'ca.pem'].map(mode), [0o600, 0o644, 0o644, 0o644]);
    assert.equal(mode('.'), 0o700);
    assert.equal(record().enrolment.state, 'done');
    assert.doesNotMatch(read('enrolment.json') + said + err, new RegExp(password));
  });

  it('given again it says the same, and asks nobody', async () => {
    const { out: first } = await enrol();
    const { code, out: second } = await enrol();
    assert.deepEqual([code, second], [0, first]);
    assert.deepEqual(paths(), ['cacerts', 'simpleenroll']);
  });

  it('a wrong root: nothing is sent but a question without secrets, and nothing about keys is lost', async () => {
    const wrong = 'ab'.repeat(32);
    const { code, err } = await enrol('--root-sha256', wrong);
    assert.equal(code, 6);
    assert.match(err, new RegExp(`does not know the root with the SHA-256 ${wrong}; it shows ${rootSha256}`));
    assert.deepEqual(est.asked, [
      { ...est.asked[0], path: '/.well-known/est/cacerts', authorization: undefined, body: '' },
    ]);
    assert.equal(record().enrolment.state, 'prepared');
    const key = read(`${record().enrolment.generation}/key.pem`);
    assert.equal((await enrol()).code, 0);
    assert.equal(read('key.pem'), key);
  });

  it('the SHA-256 of another certificate than a root is no root', async () => {
    const { code, err } = await enrol('--root-sha256', authority.issuing.certificate.fingerprint);
    assert.equal(code, 6, err);
    assert.match(err, /does not know the root with the SHA-256/);
    assert.deepEqual(paths(), ['cacerts']);
  });

  it('a listener that hands out the right root and is of another authority gets no password', async () => {
    const stranger = await testAuthority(new Date());
    // It knows our authorities: everybody does.
    const certificatePem = stranger.issuing.certificatePem + authority.issuing.certificatePem;
    const liar = await startEst({ root: authority.root, issuing: { ...stranger.issuing, certificatePem } });
    try {
      const { code, err } = await enrolAt(liar.url);
      assert.equal(code, 6);
      assert.match(err, /is not who it must be: .*nothing was sent to it/);
      assert.deepEqual(
        liar.asked.map(({ path, authorization }) => [path, authorization]),
        [['/.well-known/est/cacerts', undefined]],
      );
    } finally {
      liar.stop();
    }
  });

  it('a listener of our authority that has another name gets no password', async () => {
    const other = await startEst(authority, 'another.exempel.se');
    try {
      const { code, err } = await enrolAt(other.url);
      assert.equal(code, 6);
      assert.match(err, /does not name localhost/);
      assert.deepEqual(
        other.asked.map(({ path }) => path),
        ['/.well-known/est/cacerts'],
      );
    } finally {
      other.stop();
    }
  });

  it('who takes the place of the listener between the two connections gets not one byte of a request', async () => {
    const imposter = await startEst(await testAuthority(new Date()));
    const junction = await startJunction((nth) => (nth === 0 ? est : imposter).port);
    try {
      const { code, err } = await enrolAt(junction.url);
      assert.equal(code, 6, err);
      assert.match(err, /is not who it must be.*nothing was sent to it/s);
      assert.deepEqual([paths(), imposter.asked], [['cacerts'], []]);
    } finally {
      junction.stop();
      imposter.stop();
    }
  });

  it('a listener that the machine trusts may stand before the authority; what is issued is held against the root all the same', async () => {
    const publicOne = await testAuthority(new Date());
    const certificatePem = publicOne.issuing.certificatePem + authority.issuing.certificatePem;
    const listener = await startEst({ root: authority.root, issuing: { ...publicOne.issuing, certificatePem } });
    const machine = join(folder, 'machine.pem');
    writeFileSync(machine, publicOne.root.certificatePem);
    const args = ['enrol', listener.url, '--transfer-id', 'K7PXM-4QWTZ', '--root-sha256', rootSha256, '--out', out()];
    const asked = () =>
      startCommand([...args, '--password-file', join(folder, 'password')], { NODE_EXTRA_CA_CERTS: machine }).over;
    try {
      listener.behave(async ({ body }) => certificates(await issueFor(publicOne, body)));
      assert.equal((await asked()).code, 6);
      listener.behave(async ({ body }) => certificates(await issueFor(authority, body)));
      const { code, err } = await asked();
      assert.equal(code, 0, err);
    } finally {
      listener.stop();
    }
  });

  it('no variable of the environment makes it trust anybody', async () => {
    const imposter = await startEst(await testAuthority(new Date()));
    const junction = await startJunction((nth) => (nth === 0 ? est : imposter).port);
    const args = ['enrol', junction.url, '--transfer-id', 'K7PXM-4QWTZ', '--root-sha256', rootSha256, '--out', out()];
    try {
      const { code, err } = await startCommand([...args, '--password-file', join(folder, 'password')], {
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
      }).over;
      assert.equal(code, 6, err);
      assert.deepEqual([paths(), imposter.asked], [['cacerts'], []]);
    } finally {
      junction.stop();
      imposter.stop();
    }
  });

  it('--ca takes the root from a file instead, and says so when it is another', async () => {
    writeFileSync(join(folder, 'ca.pem'), authority.root.certificatePem);
    writeFileSync(join(folder, 'other.pem'), (await testAuthority(new Date())).root.certificatePem);
    assert.equal((await enrol('--ca', join(folder, 'other.pem'))).code, 6);
    assert.deepEqual(paths(), ['cacerts']);
    assert.equal((await enrol('--ca', join(folder, 'ca.pem'))).code, 0);
    const { code, err } = await kuvert('enrol', est.url, '--transfer-id', 'K7PXM-4QWTZ', '--out', join(folder, 'x'));
    assert.deepEqual([code, existsSync(join(folder, 'x'))], [2, false]);
    assert.match(err, /--root-sha256 <hex> must be given/);
  });

  it('an answer that is lost is asked for again with the same key', async () => {
    const issued: string[] = [];
    est.behave(async ({ body }) => {
      issued.push(await issueFor(authority, body));
      return 'lost' as const;
    });
    const { code, err } = await enrol();
    assert.equal(code, 5);
    assert.match(err, /does not answer/);
    assert.equal(record().enrolment.state, 'sent');
    est.behave(({ body }) => {
      assert.ok(body.length > 0);
      return certificates(issued[0] ?? '');
    });
    assert.equal((await enrol()).code, 0);
    assert.deepEqual(paths(), ['cacerts', 'simpleenroll', 'cacerts', 'simpleenroll']);
  });

  it('what the gateway puts off is asked again after as long as it says, and no longer than --wait', async () => {
    let times = 0;
    est.behave(async ({ body }) => {
      times += 1;
      if (times > 1) return certificates(await issueFor(authority, body));
      return {
        status: 202,
        headers: { 'retry-after': '1' },
        body: 'the order waits for approval; ask the same again later\n',
      };
    });
    const { code, err } = await enrol('--wait', '30s');
    assert.equal(code, 0, err);
    assert.match(err, /the order waits for approval.*; asking again in 1 s/);
    rmSync(out(), { recursive: true });
    est.behave(() => ({ status: 202, headers: { 'retry-after': '60' }, body: 'the order waits for approval\n' }));
    const late = await enrol('--wait', '30s');
    assert.equal(late.code, 5);
    assert.match(late.err, /there is no certificate yet: the order waits for approval. The request stands/);
  });

  for (const [status, fault, code, expected] of [
    [401, 'codes-wrong', 4, /wrong.*Compare both with the page.*kuvert certificate reorder/],
    [403, 'order-not-open', 4, /wrong.*kuvert certificate reorder/],
    [409, 'order-fetched', 4, /wrong.*into another folder.*kuvert certificate reorder/],
    [422, 'request-refused', 4, /wrong.*give another folder/],
    [429, 'too-many-requests', 5, /wrong.*come back in 90 s/],
    [503, 'server-unavailable', 5, /wrong/],
  ] as const)
    it(`${status} ${fault} is told with what to do next, by exit code ${code}`, async () => {
      est.behave(() => problem(status, fault, 'this is wrong', { 'retry-after': '90' }));
      const said = await enrol();
      assert.equal(said.code, code);
      assert.match(said.err, new RegExp(`the gateway answered ${status}: this is ${expected.source}`));
    });

  for (const [what, make, expected] of [
    [
      'a certificate for another key',
      async () => certificates(await anotherKeys(authority)),
      /is for another key than ours/,
    ],
    [
      'two certificates',
      async (body: string) => certificates((await issueFor(authority, body)) + (await issueFor(authority, body))),
      /holds 2 certificates where one is expected/,
    ],
    [
      'a certificate of another authority',
      async (body: string) => certificates(await issueFor(await testAuthority(new Date()), body)),
      /leads to no authority that we know|another key identifier/,
    ],
    [
      'a certificate that is out of its dates',
      async (body: string) =>
        certificates(await issueFor(authority, body, { lifetime: 1_000, from: new Date(Date.now() - 2_000) })),
      /expired at/,
    ],
    [
      'authorities and nothing else',
      async () => certificates(authority.issuing.certificatePem),
      /holds 0 certificates/,
    ],
    ['no certificate at all', async () => ({ status: 200, body: '<html>' }), /no certificates in PKCS #7/],
  ] as const)
    it(`${what} in the answer is not kept`, async () => {
      est.behave(async ({ body }) => make(body));
      const { code, err } = await enrol();
      assert.match(err, expected);
      assert.equal(code, 6);
      assert.deepEqual([existsSync(join(out(), 'certificate.pem')), record().enrolment.state], [false, 'sent']);
      est.behave(async ({ body }) => certificates(await issueFor(authority, body)));
      assert.equal((await enrol()).code, 0);
    });

  it('an answer that cannot be written is told, and comes again for the same key', async () => {
    const issued: string[] = [];
    const inTheWay = () => join(out(), record().enrolment.generation, 'certificate.pem');
    est.behave(async ({ body }) => {
      issued.push(await issueFor(authority, body));
      mkdirSync(join(inTheWay(), 'x'), { recursive: true });
      return certificates(issued[0] ?? '');
    });
    const { code, err } = await enrol();
    assert.equal(code, 4);
    assert.match(err, /certificate\.pem cannot be written: .*it goes on where it was/);
    assert.deepEqual([record().enrolment.state, existsSync(join(out(), 'key.pem'))], ['sent', false]);
    rmSync(inTheWay(), { recursive: true });
    est.behave(() => certificates(issued[0] ?? ''));
    assert.equal((await enrol()).code, 0);
    assert.equal(readCertificates(read('certificate.pem'))[0]?.pem, readCertificates(issued[0] ?? '')[0]?.pem);
  });

  it('a folder with a key of another program, or of another order, is left alone', async () => {
    assert.equal((await enrol()).code, 0);
    const key = read('key.pem');
    const again = await kuvert(
      'enrol',
      est.url,
      '--transfer-id',
      'ZZZZZ-ZZZZZ',
      '--root-sha256',
      rootSha256,
      '--out',
      out(),
      '--password-file',
      join(folder, 'password'),
    );
    assert.deepEqual([again.code, read('key.pem')], [4, key]);
    assert.match(again.err, /holds the certificate of the order K7PXM-4QWTZ/);
    rmSync(out(), { recursive: true });
    writeFileSync(join(folder, 'key.pem'), 'mine');
    const other = await enrol('--out', folder);
    assert.equal(other.code, 4);
    assert.match(other.err, /has key\.pem already, which this command did not make/);
    assert.equal(readFileSync(join(folder, 'key.pem'), 'utf8'), 'mine');
  });

  it('a bundle is written on request, and its password asked for first', async () => {
    writeFileSync(join(folder, 'store'), 'changeit\n');
    const bundle = join(folder, 'store.p12');
    const missing = await enrol('--bundle', bundle, '--bundle-password-file', join(folder, 'nowhere'));
    assert.deepEqual([missing.code, est.asked.length], [2, 0]);
    const { code, out: said } = await enrol(
      '--bundle',
      bundle,
      '--bundle-password-file',
      join(folder, 'store'),
      '--json',
    );
    assert.equal(code, 0);
    assert.equal(JSON.parse(said).files.bundle, bundle);
    assert.equal(statSync(bundle).mode & 0o777, 0o600);
  });

  it('leaves no drafts and no lock behind', async () => {
    await enrol();
    assert.deepEqual(
      readdirSync(out())
        .filter((name) => !/^\d{4}-/.test(name))
        .toSorted(),
      ['ca.pem', 'certificate.pem', 'chain.pem', 'current', 'enrolment.json', 'key.pem'],
    );
  });
});

const fingerprint = (one: { readonly x509: Parameters<typeof fingerprintOf>[0] }) => fingerprintOf(one.x509);

async function anotherKeys(authority: TestAuthority): Promise<string> {
  return issueCertificate(authority.issuing, {
    spki: authority.issuing.certificate.publicKeySpki,
    subject: { organisation: 'Exempel AB', commonName: 'Ekonomi', organisationNumber: '5560160680' },
    purpose: 'both',
    dnsNames: ['b2b.exempel.se'],
    environment: 'test',
    serial: '0A',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  });
}
