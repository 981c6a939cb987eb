import { strict as assert } from 'node:assert';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usualSteps } from '../../../src/cli/enrol/enrol.ts';
import { renew } from '../../../src/cli/enrol/renew.ts';
import { run } from '../../../src/cli/run.ts';
import { readCertificates } from '../../../src/pki/certificate.ts';
import { readSigningRequest } from '../../../src/pki/request.ts';
import { type TestAuthority, testAuthority } from '../../support/authority.ts';
import {
  type Behaviour,
  certificates,
  type EstServer,
  issueFor,
  problem,
  startEst,
  startJunction,
} from '../../support/est-server.ts';

const day = 86_400_000;

describe('kuvert renew', () => {
  let folder: string;
  let out: string;
  let authority: TestAuthority;
  let est: EstServer;
  before(async () => {
    authority = await testAuthority(new Date());
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-renew-'));
    out = join(folder, 'out');
    writeFileSync(join(folder, 'password'), 'K7PXM-4QWTZ-9HJKR-3CDEF\n');
    est = await startEst(authority);
  });
  afterEach(() => {
    est.stop();
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
  /** A folder with a certificate that ends so many days from now. */
  const enrolled = async (days: number, ...more: string[]) => {
    est.behave(async ({ body }) => certificates(await issueFor(authority, body, { lifetime: days * day })));
    const password = join(folder, 'password');
    const root = authority.root.certificate.fingerprint;
    const codes = ['--transfer-id', 'K7PXM-4QWTZ', '--password-file', password, '--root-sha256', root];
    const { code, err } = await kuvert('enrol', est.url, ...codes, '--out', out, ...more);
    assert.equal(code, 0, err);
    est.asked.length = 0;
    est.behave(issues());
  };
  /** As the gateway does: the same key gets the same certificate, another key none. */
  const issues = (): Behaviour => {
    const issued = new Map<string, string>();
    return async ({ body, shown }) => {
      const key = readKey(body);
      if (issued.size > 0 && !issued.has(key)) return problem(409, 'already-renewed', `${shown} has been renewed`);
      const pem = issued.get(key) ?? (await issueFor(authority, body));
      issued.set(key, pem);
      return certificates(pem);
    };
  };
  const read = (name: string) => readFileSync(join(out, name), 'utf8');
  const inUse = () => readCertificates(read('certificate.pem'))[0]!;
  const record = () => JSON.parse(read('enrolment.json'));
  const operations = () => est.asked.map(({ path }) => path.split('/').at(-1));

  it('what is not due is left alone: nobody is asked, and with --quiet nothing is said', async () => {
    await enrolled(400);
    const loud = await kuvert('renew', out, '--if-due');
    assert.equal(loud.code, 0);
    assert.match(loud.out, /^Not due: the certificate is good until .* \(UTC\), and is renewed from .*\.\n$/);
    const quiet = await kuvert('renew', out, '--if-due', '--quiet', '--run', `touch ${folder}/ran`);
    assert.deepEqual(quiet, { code: 0, out: '', err: '' });
    const told = await kuvert('renew', out, '--if-due', '--json');
    assert.equal(JSON.parse(told.out).result, 'not-due');
    assert.deepEqual([est.asked, existsSync(join(folder, 'ran'))], [[], false]);
  });

  it('what is due gets a new key and the certificate that follows; the old ones are kept, and the programs told', async () => {
    await enrolled(59);
    const [before, key] = [inUse(), read('key.pem')];
    const {
      code,
      out: said,
      err,
    } = await kuvert(
      'renew',
      out,
      '--if-due',
      '--quiet',
      '--run',
      `openssl x509 -in ${out}/certificate.pem -noout -enddate > ${folder}/ran`,
    );
    assert.equal(code, 0, err);
    assert.deepEqual(operations(), ['cacerts', 'simplereenroll']);
    assert.deepEqual(
      est.asked.map(({ shown }) => shown),
      [undefined, before.fingerprint],
    );
    const after = inUse();
    assert.notEqual(after.fingerprint, before.fingerprint);
    assert.ok(!after.publicKeySpki.equals(before.publicKeySpki));
    assert.match(said, new RegExp(after.fingerprint));
    assert.notEqual(read('key.pem'), key);
    assert.equal(statSync(join(out, 'key.pem')).mode & 0o777, 0o600);
    const [old = ''] = readdirSync(join(out, 'old'));
    assert.equal(read(`old/${old}/key.pem`), key);
    assert.ok(lstatSync(join(out, 'key.pem')).isSymbolicLink());
    const end = new Date(readFileSync(join(folder, 'ran'), 'utf8').replace('notAfter=', ''));
    assert.deepEqual(end, after.notAfter);
    assert.equal((await kuvert('renew', out, '--if-due', '--quiet')).out, '');
    assert.deepEqual(operations(), ['cacerts', 'simplereenroll']);
  });

  it('--json says what came of it', async () => {
    await enrolled(59);
    const { out: said } = await kuvert('renew', out, '--json');
    const told = JSON.parse(said);
    assert.deepEqual([told.result, told.certificate.fingerprint], ['renewed', inUse().fingerprint]);
  });

  it('a lost answer is asked for again with the same key, and what is in use stays in use meanwhile', async () => {
    await enrolled(59);
    const [usual, before] = [issues(), inUse()];
    est.behave(async (asked) => {
      await usual(asked);
      return 'lost' as const;
    });
    const lost = await kuvert('renew', out, '--if-due', '--quiet');
    assert.equal(lost.code, 5);
    assert.deepEqual([inUse().fingerprint, record().renewal.state], [before.fingerprint, 'sent']);
    est.behave(usual);
    const again = await kuvert('renew', out, '--if-due', '--quiet');
    assert.equal(again.code, 0, again.err);
    assert.notEqual(inUse().fingerprint, before.fingerprint);
    assert.equal(new Set(est.asked.filter(({ body }) => body !== '').map(({ body }) => readKey(body))).size, 1);
  });

  it('two at once: one renews, the other comes back later or finds it done', async () => {
    await enrolled(59);
    const both = await Promise.all([kuvert('renew', out, '--if-due'), kuvert('renew', out, '--if-due')]);
    assert.deepEqual(new Set(both.map(({ code }) => code)), new Set([0, 5]));
    assert.match(
      both.find(({ code }) => code === 5)?.err ?? '',
      /another run is at work in this folder \(process \d+ on /,
    );
    assert.equal(operations().filter((one) => one === 'simplereenroll').length, 1);
  });

  it('a lock of a process that is gone keeps nobody out', async () => {
    await enrolled(59);
    writeFileSync(join(out, '.lock'), JSON.stringify({ pid: 2 ** 22 + 1, host: (await import('node:os')).hostname() }));
    assert.equal((await kuvert('renew', out, '--if-due')).code, 0);
  });

  it('a command that fails undoes nothing, is told, and is tried again by the next run', async () => {
    await enrolled(59);
    const before = inUse();
    const ran = join(folder, 'ran');
    const { code, err } = await kuvert('renew', out, '--if-due', '--run', 'exit 3');
    assert.equal(code, 4);
    assert.match(
      err,
      /the new certificate is in use, but `exit 3` ended with 3; the next run of `kuvert renew` tries it again/,
    );
    assert.notEqual(inUse().fingerprint, before.fingerprint);
    assert.equal((await kuvert('renew', out, '--if-due', '--quiet', '--run', `echo x >> ${ran}`)).code, 0);
    assert.equal((await kuvert('renew', out, '--if-due', '--quiet', '--run', `echo x >> ${ran}`)).code, 0);
    assert.equal(readFileSync(ran, 'utf8'), 'x\n');
    assert.equal(operations().filter((one) => one === 'simplereenroll').length, 1);
  });

  it('a run that ended between taking it into use and saying so owes what follows', async () => {
    await enrolled(59);
    const request = {
      folder: out,
      ifDue: { days: 60 },
      keyKind: 'P-256',
      patience: 0,
      afterwards: async () => assert.fail('too early'),
    } as const;
    const crash = (_: string, change: { renewal?: { state: string } }) => {
      if (change.renewal?.state === 'done') throw new Error('the power is gone');
      usualSteps.writeRecord(out, change as Parameters<typeof usualSteps.writeRecord>[1]);
    };
    const terminal = { out: () => undefined, err: () => undefined };
    await assert.rejects(
      renew(request, terminal, () => new Date(), { ...usualSteps, writeRecord: crash }),
      /the power is gone/,
    );
    const after = inUse();
    assert.equal((await kuvert('renew', out, '--if-due', '--run', `touch ${folder}/ran`)).code, 0);
    assert.deepEqual([inUse().fingerprint, existsSync(join(folder, 'ran'))], [after.fingerprint, true]);
    assert.equal(operations().filter((one) => one === 'simplereenroll').length, 1);
  });

  it('a renewal that the gateway finds too early is not due; asked for by hand, it says so', async () => {
    await enrolled(59);
    est.behave(() => problem(403, 'renewal-too-early', 'the certificate can be renewed from 2028-09-22'));
    const early = await kuvert('renew', out, '--if-due');
    assert.equal(early.code, 0);
    assert.match(early.out, /^Not due: .*, and the gateway does not renew it yet/);
    const asked = await kuvert('renew', out);
    assert.equal(asked.code, 4);
    assert.match(asked.err, /can be renewed from 2028-09-22/);
    est.behave(issues());
    assert.equal((await kuvert('renew', out, '--if-due')).code, 0);
  });

  it('the new key is of the kind of the old one, unless another is asked for', async () => {
    await enrolled(59, '--key-kind', 'P-384');
    assert.equal((await kuvert('renew', out)).code, 0);
    assert.equal(inUse().keyKind, 'EC secp384r1');
    est.behave(issues());
    assert.equal((await kuvert('renew', out, '--key-kind', 'P-256')).code, 0);
    assert.equal(inUse().keyKind, 'EC prime256v1');
  });

  it('a key that is refused is not asked with again', async () => {
    await enrolled(59);
    est.behave(() => problem(422, 'request-refused', 'the key is in use already'));
    assert.equal((await kuvert('renew', out)).code, 4);
    est.behave(issues());
    const { code, err } = await kuvert('renew', out);
    assert.equal(code, 0, err);
    const keys = est.asked.filter(({ body }) => body !== '').map(({ body }) => readKey(body));
    assert.equal(new Set(keys).size, 2);
  });

  it('a certificate of another organisation, or of another authority, does not take the place of the old', async () => {
    await enrolled(59);
    const before = inUse();
    est.behave(async ({ body }) => certificates(await issueFor(authority, body, { organisationNumber: '5567037485' })));
    const other = await kuvert('renew', out);
    assert.deepEqual([other.code, inUse().fingerprint], [6, before.fingerprint]);
    assert.match(other.err, /NTRSE-5567037485.*NTRSE-5560160680/s);
    est.behave(async ({ body }) => certificates(await issueFor(await testAuthority(new Date()), body)));
    assert.deepEqual([(await kuvert('renew', out)).code, inUse().fingerprint], [6, before.fingerprint]);
  });

  it('a new root is trusted when a person names it, and not before', async () => {
    const successor = await testAuthority(new Date());
    const next = await startEst(successor);
    let port = est.port;
    const junction = await startJunction(() => port);
    try {
      est.behave(async ({ body }) => certificates(await issueFor(authority, body, { lifetime: 59 * day })));
      const codes = ['--transfer-id', 'K7PXM-4QWTZ', '--password-file', join(folder, 'password'), '--out', out];
      const [old, root] = [authority, successor].map((one) => one.root.certificate.fingerprint) as [string, string];
      assert.equal((await kuvert('enrol', junction.url, '--root-sha256', old, ...codes)).code, 0);
      const before = inUse();
      port = next.port;
      assert.equal((await kuvert('renew', out, '--if-due')).code, 6);
      assert.deepEqual([inUse().fingerprint, next.asked.map(({ shown }) => shown)], [before.fingerprint, [undefined]]);
      const { code, err } = await kuvert('renew', out, '--if-due', '--root-sha256', root);
      assert.equal(code, 0, err);
      assert.equal(inUse().issuer, successor.issuing.certificate.subject);
      const trusted = readCertificates(read('ca.pem')).map(({ fingerprint }) => fingerprint);
      assert.ok([old, root].every((one) => trusted.includes(one)));
    } finally {
      junction.stop();
      next.stop();
    }
  });

  it('what another has renewed, and what has expired, needs a person', async () => {
    await enrolled(59);
    est.behave(() => problem(409, 'already-renewed', 'it has been renewed; each is renewed once'));
    const { code, err } = await kuvert('renew', out, '--if-due', '--quiet');
    assert.equal(code, 4);
    assert.match(err, /somebody else may have your key/);
    const request = {
      folder: out,
      ifDue: { days: 60 },
      keyKind: undefined,
      patience: 0,
      afterwards: undefined,
    } as const;
    const terminal = { out: () => undefined, err: () => undefined };
    await assert.rejects(
      renew(request, terminal, () => new Date(Date.now() + 61 * day)),
      /expired at .* ask whoever ordered it/,
    );
  });

  it('a folder that enrol did not write, or has not finished, is told of', async () => {
    assert.match(
      (await kuvert('renew', out)).err,
      /enrolment\.json is not there: only what `kuvert enrol` fetched is renewed/,
    );
    await enrolled(59);
    const { enrolment } = record();
    writeFileSync(
      join(out, 'enrolment.json'),
      JSON.stringify({ ...record(), enrolment: { ...enrolment, state: 'sent' } }),
    );
    assert.match(
      (await kuvert('renew', out)).err,
      /the first certificate has not been fetched; give `kuvert enrol` again/,
    );
    writeFileSync(join(out, 'enrolment.json'), '{"version": 2}');
    assert.equal((await kuvert('renew', out)).code, 2);
  });

  it('the bundle is made anew with the new key', async () => {
    writeFileSync(join(folder, 'store'), 'changeit\n');
    const bundle = ['--bundle', join(folder, 'store.p12'), '--bundle-password-file', join(folder, 'store')];
    await enrolled(59, ...bundle);
    const before = readFileSync(join(folder, 'store.p12'));
    assert.equal((await kuvert('renew', out, '--if-due', ...bundle)).code, 0);
    assert.ok(!readFileSync(join(folder, 'store.p12')).equals(before));
  });
});

/** What is the same in two requests for one key, whose signatures differ. */
const readKey = (body: string): string => readSigningRequest(Buffer.from(body)).spkiSha256.toString('hex');
