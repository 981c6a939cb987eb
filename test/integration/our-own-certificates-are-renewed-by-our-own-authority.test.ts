import { strict as assert } from 'node:assert';
import { copyFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { keysOfJwks } from '../../src/envelope/keys.ts';
import { loadSigner } from '../../src/envelope/signer.ts';
import { command } from '../support/command.ts';
import { certificateIn, day, type Enrolment, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';
import { ask } from '../support/http.ts';
import { openSsl } from '../support/openssl.ts';

interface Own {
  readonly fingerprint: string;
  readonly purpose: string;
  readonly useFrom: string;
}

describe('our own certificates', () => {
  let stage: Enrolment;
  let environment: Record<string, string>;
  let api: Awaited<ReturnType<Enrolment['startApi']>>;
  before(async () => {
    stage = await openEnrolment();
    environment = {
      ...(await stage.apiEnvironment()),
      KUVERT_CREDENTIALS_RELOAD: '200ms',
      KUVERT_SIGNING_AHEAD: '200ms',
    };
    await stage.startCa();
    api = await stage.startApi({ settings: environment });
  });
  after(() => stage.close());

  const run = async (...args: string[]) => {
    const { code, out, err } = await command(['own-certificate', ...args], environment);
    return { code, out, err };
  };
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, out, err } = await run(...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as Record<string, unknown>;
  };
  const list = async () => (await json('list')) as unknown as Own[];
  const fileOf = (name: string) => environment[name] ?? '';
  const published = async () => {
    const { body } = await ask({
      port: api.port,
      path: '/.well-known/jwks.json',
      ca: stage.authority.issuing.certificatePem,
    });
    return keysOfJwks(JSON.parse(body));
  };
  const reason = ['--reason', 'a test'];

  it('of the signing key: the next is in the key list at once, used from its time on and moved into place by the next run, and the old stays in the list', async () => {
    const [keyFile, certificateFile] = [fileOf('KUVERT_SIGNING_KEY_FILE'), fileOf('KUVERT_SIGNING_CERTIFICATE_FILE')];
    const before = [...(await published()).keys()];
    assert.equal((await json('renew', 'signing', '--dry-run', ...reason))['rehearsal'], true);
    assert.equal(existsSync(`${keyFile}.next`), false);
    const made = await json('renew', 'signing', ...reason);
    const ahead = new Date(String(made['useFrom'])).getTime() - Date.now();
    assert.ok(ahead > 59 * day && ahead <= 60 * day);
    assert.equal(statSync(`${keyFile}.next`).mode & 0o777, 0o600);
    const pem = readFileSync(`${certificateFile}.next`, 'utf8');
    const signer = loadSigner(readFileSync(`${keyFile}.next`, 'utf8'), pem);
    const { subject } = certificateIn(pem);
    assert.match(subject, /NTRSE-2021002114/);
    const kid = signer.keyThumbprint;
    await eventually('it is in the list', async () => (await published()).has(kid));
    assert.notEqual(api.signer().keyThumbprint, kid);
    const { body } = await ask({
      port: api.port,
      path: '/.well-known/kuvert/certificates.json',
      ca: stage.authority.issuing.certificatePem,
    });
    const told = (
      JSON.parse(body) as { certificates: { purpose: string; sha256: string; useFrom: string; pem: string }[] }
    ).certificates;
    assert.deepEqual(
      told.filter(({ sha256 }) => sha256 === certificateIn(pem).fingerprint),
      [{ ...told.find((one) => one.pem === pem), purpose: 'signing', useFrom: made['useFrom'] }],
    );
    assert.deepEqual(new Set(told.map(({ purpose }) => purpose)), new Set(['listener', 'signing']));
    const again = await run('renew', 'signing', ...reason);
    assert.deepEqual([again.code, /there is a next signing certificate already/.test(again.err)], [4, true]);
    const cron = ['renew', 'signing', '--if-due', ...reason];
    assert.deepEqual(await run(...cron, '--quiet'), { code: 0, out: '', err: '' });
    const next = { key: readFileSync(`${keyFile}.next`, 'utf8'), pem };
    await stage.pool.query('update own_certificate set use_from = now() where fingerprint = $1', [
      certificateIn(pem).fingerprint,
    ]);
    await eventually('it signs, where it lies', () => api.signer().keyThumbprint === kid);
    assert.equal(readFileSync(`${keyFile}.next`, 'utf8'), next.key);
    assert.deepEqual((await json(...cron, '--dry-run'))['kind'], 'moved');
    assert.equal(existsSync(`${keyFile}.next`), true);
    assert.equal((await json(...cron))['kind'], 'moved');
    assert.deepEqual([readFileSync(keyFile, 'utf8'), readFileSync(certificateFile, 'utf8')], [next.key, next.pem]);
    assert.deepEqual([existsSync(`${keyFile}.next`), existsSync(`${certificateFile}.next`)], [false, false]);
    assert.deepEqual(await run(...cron, '--quiet'), { code: 0, out: '', err: '' });
    assert.equal(api.signer().keyThumbprint, kid);
    const after = await published();
    for (const old of before) assert.ok(after.has(old));
  });

  it('whose answer was lost is the same for the same key, and is written down once', async () => {
    const certificateFile = `${fileOf('KUVERT_SUPPLIER_CERTIFICATE_FILE')}.next`;
    const useFrom = new Date(Date.now() + 5 * day).toISOString();
    await json('renew', 'listener', '--use-from', useFrom, ...reason);
    const first = certificateIn(readFileSync(certificateFile, 'utf8'));
    assert.deepEqual(first.dnsNames, ['localhost']);
    rmSync(certificateFile);
    await stage.pool.query('delete from own_certificate where fingerprint = $1', [first.fingerprint]);
    await json('renew', 'listener', '--use-from', useFrom, ...reason);
    assert.equal(certificateIn(readFileSync(certificateFile, 'utf8')).fingerprint, first.fingerprint);
    const mine = (await list()).filter(({ fingerprint }) => fingerprint === first.fingerprint);
    assert.deepEqual(
      mine.map((one) => [one.purpose, new Date(one.useFrom).toISOString()]),
      [['listener', useFrom]],
    );
    const { rows } = await stage.pool.query("select 1 from issuance where kind = 'own' and purpose = 'listener'");
    assert.equal(rows.length, 1);
    const audited = (await stage.audited(first.fingerprint)).map(({ action }) => action);
    assert.deepEqual(audited, ['certificate.issue']);
  });

  it('the first of a purpose are made where the settings want them, and OpenSSL takes them', async () => {
    const [key, certificate] = ['first.key.pem', 'first.pem'].map((name) => join(stage.folder, name)) as [
      string,
      string,
    ];
    Object.assign(environment, { KUVERT_CLIENT_KEY_FILE: key, KUVERT_CLIENT_CERTIFICATE_FILE: certificate });
    await json('renew', 'client', ...reason);
    const openssl = openSsl();
    try {
      copyFileSync(certificate, join(openssl.folder, 'client.pem'));
      openssl.write('ca.pem', Buffer.from(stage.authority.issuing.certificatePem));
      openssl.run('verify', '-purpose', 'sslclient', '-CAfile', 'ca.pem', 'client.pem');
    } finally {
      openssl.remove();
    }
    assert.equal((await list()).filter(({ purpose }) => purpose === 'client').length, 1);
  });

  it('a listener without a name is refused, with why', async () => {
    const none = {
      ...environment,
      KUVERT_SUPPLIER_KEY_FILE: join(stage.folder, 'n.key'),
      KUVERT_SUPPLIER_CERTIFICATE_FILE: join(stage.folder, 'n.pem'),
    };
    const { code, err } = await command(['own-certificate', 'renew', 'listener', ...reason], none);
    assert.notEqual(code, 0);
    assert.match(err, /there is none to put into its certificate/);
  });
});
