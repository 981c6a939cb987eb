import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { keysOfJwks } from '../../src/envelope/keys.ts';
import { fingerprintOf } from '../../src/pki/certificate.ts';
import { command } from '../support/command.ts';
import { certificateIn, day, type Enrolment, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';
import { openSsl } from '../support/openssl.ts';

describe('one of our own certificates is withdrawn', () => {
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

  const run = (...args: string[]) => command(['own-certificate', ...args, '--reason', 'a test'], environment);
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, out, err } = await run(...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as Record<string, unknown>;
  };
  /** As whoever knows the listener by its name. */
  const get = (path: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const ca = stage.authority.issuing.certificatePem;
      const asking = request({ host: 'localhost', port: api.port, path, ca, agent: false }, (answer) => {
        text(answer).then((body) => resolve(JSON.parse(body)), reject);
      });
      asking.on('error', reject);
      asking.end();
    });
  const fileOf = (name: string) => certificateIn(readFileSync(environment[name] ?? '', 'utf8'));
  const nextOf = (name: string) => certificateIn(readFileSync(`${environment[name]}.next`, 'utf8'));
  const shown = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const ca = stage.authority.issuing.certificatePem;
      const socket = connect({ port: api.port, host: 'localhost', ca }, () => {
        resolve(fingerprintOf(socket.getPeerX509Certificate() ?? assert.fail('no certificate')));
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const own = async (fingerprint: string) =>
    (
      await stage.pool.query<{ useFrom: Date; withdrawnAt: Date | null; announcedAt: Date | null }>(
        'select use_from as "useFrom", withdrawn_at as "withdrawnAt", announced_at as "announcedAt" from own_certificate where fingerprint = $1',
        [fingerprint],
      )
    ).rows[0] ?? assert.fail('it is not on record');

  it('one in use only when another can follow it, which is shown from then on; lists and certificates.json name it', async () => {
    const name = 'KUVERT_SUPPLIER_CERTIFICATE_FILE';
    // One that our own authority has issued.
    await json('renew', 'listener');
    const { fingerprint, serial } = nextOf(name);
    await stage.pool.query('update own_certificate set use_from = now() where fingerprint = $1', [fingerprint]);
    await eventually('it is shown', async () => (await shown()) === fingerprint);
    const alone = await run('withdraw', fingerprint, '--as', 'keyCompromise');
    assert.equal(alone.code, 4);
    assert.match(alone.err, /is the listener certificate in use, .* First `kuvert own-certificate renew listener/);
    assert.equal((await own(fingerprint)).withdrawnAt, null);

    const asked = await json('renew', 'listener');
    assert.deepEqual([asked['kind'], asked['moved'], fileOf(name).fingerprint], ['asked', true, fingerprint]);
    const next = nextOf(name).fingerprint;
    assert.ok((await own(next)).useFrom.getTime() > Date.now() + 50 * day);
    const announcedBefore = (await own(next)).announcedAt;
    assert.ok(announcedBefore);
    const rehearsed = await json('withdraw', fingerprint, '--as', 'keyCompromise', '--dry-run');
    assert.deepEqual([rehearsed['successor'], rehearsed['rehearsal']], [next, true]);
    assert.equal((await own(fingerprint)).withdrawnAt, null);
    assert.equal(await shown(), fingerprint);

    const colons = (fingerprint.toUpperCase().match(/../g) ?? []).join(':');
    const done = await json('withdraw', colons, '--as', 'keyCompromise');
    assert.deepEqual([done['successor'], done['listed']], [next, true]);
    await eventually('the successor is shown', async () => (await shown()) === next);
    assert.ok(((await own(next)).announcedAt?.getTime() ?? 0) > announcedBefore.getTime(), 'told anew');
    const openssl = openSsl();
    try {
      await eventually('the revocation list names it', async () => {
        const { rows } = await stage.pool.query<{ der: Buffer }>(
          'select der from revocation_list order by number desc limit 1',
        );
        openssl.write('list.crl', rows[0]?.der ?? Buffer.alloc(0));
        const listed = rows[0] && openssl.run('crl', '-inform', 'DER', '-in', 'list.crl', '-noout', '-text');
        return new RegExp(`Serial Number: 0*${serial}[^]*Key Compromise`).test(listed ?? '');
      });
    } finally {
      openssl.remove();
    }
    await eventually('certificates.json says so', async () => {
      const { certificates } = (await get('/.well-known/kuvert/certificates.json')) as {
        certificates: { sha256: string; withdrawnAs?: string; useFrom: string }[];
      };
      const of = (sha256: string) => certificates.find((one) => one.sha256 === sha256);
      return of(fingerprint)?.withdrawnAs === 'keyCompromise' && new Date(of(next)?.useFrom ?? '') <= new Date();
    });
    const actions = (await stage.audited(fingerprint)).map(({ action }) => action);
    assert.equal(actions.filter((action) => action === 'own-certificate.withdraw').length, 1);
    const again = await run('withdraw', fingerprint, '--as', 'superseded');
    assert.deepEqual([again.code, /stays so/.test(again.err)], [4, true]);
    assert.equal((await run('withdraw', 'ab'.repeat(32), '--as', 'superseded')).code, 3);
    assert.equal((await json('renew', 'listener', '--if-due'))['kind'], 'moved');
    assert.equal(fileOf(name).fingerprint, next);
  });

  it('one to come is put aside, and another is asked for', async () => {
    const name = 'KUVERT_SUPPLIER_CERTIFICATE_FILE';
    await json('renew', 'listener');
    const { fingerprint } = nextOf(name);
    assert.equal((await json('withdraw', fingerprint, '--as', 'keyCompromise'))['successor'], undefined);
    assert.equal((await json('renew', 'listener'))['kind'], 'asked');
    assert.notEqual(nextOf(name).fingerprint, fingerprint);
    const { rows } = await stage.pool.query('select 1 from own_certificate where fingerprint = $1', [
      nextOf(name).fingerprint,
    ]);
    assert.equal(rows.length, 1);
  });

  it('a signing key stays in the key list when it was ours alone to the end, and leaves it at once when it was not', async () => {
    const published = async () => keysOfJwks(await get('/.well-known/jwks.json'));
    const roll = async (as: string) => {
      const { keyThumbprint: kid, certificateFingerprint: fingerprint } = api.signer();
      await json('renew', 'signing');
      const done = await json('withdraw', fingerprint, '--as', as);
      await eventually('the next one signs', () => api.signer().keyThumbprint !== kid);
      assert.equal(api.signer().certificateFingerprint, done['successor']);
      return { kid, verifies: done['verifies'] };
    };
    const superseded = await roll('superseded');
    assert.equal(superseded.verifies, true);
    const stolen = await roll('keyCompromise');
    assert.equal(stolen.verifies, false);
    await eventually('it has left', async () => !(await published()).has(stolen.kid));
    const keys = await published();
    assert.deepEqual([keys.has(superseded.kid), keys.has(api.signer().keyThumbprint)], [true, true]);
  });
});
