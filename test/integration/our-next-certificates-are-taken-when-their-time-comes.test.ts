import { strict as assert } from 'node:assert';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { jwkThumbprint, keysOfJwks } from '../../src/envelope/keys.ts';
import { openEnvelope } from '../../src/envelope/open.ts';
import { fingerprintOf, readCertificates } from '../../src/pki/certificate.ts';
import type { CredentialFiles } from '../../src/pki/dev-certificates.ts';
import { type OwnPurpose, registerOwn } from '../../src/store/enrol/own-certificates.ts';
import { startCommand } from '../support/command.ts';
import { type DevCredential, issueDevCertificate } from '../support/dev-authority.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { mailboxEnvironment, programOf } from '../support/mailbox.ts';

const hour = 3_600_000;
const usages = { client: 'clientAuth', listener: 'serverAuth', signing: 'signing' } as const;
const certificateOf = (pem: string) => readCertificates(pem)[0] ?? assert.fail('no certificate');

describe('our next certificates, beside those of now', () => {
  let line: Line;
  let files: Record<OwnPurpose, CredentialFiles>;
  let children: ReturnType<typeof startCommand>['child'][];
  beforeEach(async () => {
    line = await openLine();
    const { client, supplierListener: listener, signing } = line.certificates;
    files = { client, listener, signing };
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await line.close();
  });

  /** `kuvert start` in a process of its own. */
  const start = async (roles: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const started = startCommand(['start', ...roles], {
      ...mailboxEnvironment(line),
      REDIS_URL: line.redisUrl,
      KUVERT_REDIS_PREFIX: line.prefix,
      KUVERT_CLIENT_KEY_FILE: files.client.keyFile,
      KUVERT_CLIENT_CERTIFICATE_FILE: files.client.certificateFile,
      KUVERT_EGRESS_ALLOW: '127.0.0.0/8',
      KUVERT_CREDENTIALS_RELOAD: '200ms',
      KUVERT_SIGNING_AHEAD: '1s',
      ...more,
    });
    const { child } = started;
    children.push(child);
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    const text = () => said.join('');
    await eventually('it runs', () => /the gateway runs/.test(text()) || child.exitCode !== null, 150_000);
    assert.equal(child.exitCode, null, text());
    return {
      child,
      port: Number(/"supplierPort":(\d+)/.exec(text())?.[1] ?? 0),
      errors: () =>
        text()
          .split('\n')
          .filter((one) => one.includes('cannot be used; those before stay in use')),
    };
  };
  const issue = (purpose: OwnPurpose, more: { notBefore?: Date; notAfter?: Date } = {}) =>
    issueDevCertificate(line.certificates.authority, {
      name: 'Arbetsförmedlingen, den nya',
      ipAddresses: ['127.0.0.1'],
      usages: [usages[purpose]],
      ...more,
    });
  const record = (purpose: OwnPurpose, { chainPem }: DevCredential, useFrom: Date) =>
    registerOwn(
      line.pool,
      { purpose, environment: 'test', pem: chainPem, certificate: certificateOf(chainPem), useFrom },
      new Date(),
    );
  const putNext = (purpose: OwnPurpose, { keyPem, chainPem }: DevCredential): void => {
    writeFileSync(`${files[purpose].keyFile}.next`, keyPem);
    writeFileSync(`${files[purpose].certificateFile}.next`, chainPem);
  };
  const fingerprint = ({ chainPem }: Pick<DevCredential, 'chainPem'>) => certificateOf(chainPem).fingerprint;
  const presentOf = (purpose: OwnPurpose) =>
    certificateOf(readFileSync(files[purpose].certificateFile, 'utf8')).fingerprint;
  const shownBy = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ca: line.certificates.authority.rootPem }, () => {
        resolve(fingerprintOf(socket.getPeerX509Certificate() ?? assert.fail('no certificate')));
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const kidOf = (jws: unknown): unknown =>
    (JSON.parse(Buffer.from(String(jws).split('.')[0] ?? '', 'base64url').toString()) as { kid: unknown }).kid;
  const pushOne = async (supplier: TestSupplier) => {
    const before = supplier.endpoint.requests.length;
    await line.take(framesFor(supplier.organisationNumber, 1));
    await eventually('it is pushed', () => supplier.endpoint.requests.length > before);
    return supplier.endpoint.requests.at(-1) ?? assert.fail();
  };
  const failed = async () =>
    (
      await line.pool.query(
        "select outcome, fault, detail, started_at from attempt where outcome <> 'delivered' order by 4",
      )
    ).rows;
  const incidents = async () =>
    (
      await line.pool.query<{ subject: string; open: boolean; findings: string[] }>(
        "select subject, closed_at is null as open, details -> 'findings' as findings from incident where kind = 'credentials-refused' order by id",
      )
    ).rows;

  it('are shown and sign from their time on, in every process, with no restart and no failed push in a stream', async () => {
    const both = ['delivery', 'supplier-api'];
    const running = await Promise.all([start(both), start(both)]);
    const ports = running.map(({ port }) => port);
    const supplier = await line.addSupplier({ concurrency: 4 });
    const [client, listener, signing] = [await issue('client'), await issue('listener'), await issue('signing')];
    const before = { client: presentOf('client'), listener: presentOf('listener') };
    const over = new AbortController();
    const feeding = (async () => {
      while (!over.signal.aborted) {
        await line.take(framesFor(supplier.organisationNumber, 1));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    const { requests } = supplier.endpoint;
    try {
      for (const [purpose, next] of Object.entries({ client, listener, signing }) as [OwnPurpose, DevCredential][]) {
        await record(purpose, next, new Date(Date.now() + hour));
        putNext(purpose, next);
      }
      await eventually('it is busy', () => requests.length > 10);
      // The files are read again many times meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      assert.deepEqual(new Set(requests.map((one) => one.clientFingerprint)), new Set([before.client]));
      assert.deepEqual(await Promise.all(ports.map(shownBy)), [before.listener, before.listener]);
      await line.pool.query("update own_certificate set use_from = now() + interval '1 second' where use_from > now()");
      await eventually('both listeners show the new one', async () =>
        (await Promise.all(ports.map(shownBy))).every((shown) => shown === fingerprint(listener)),
      );
      const kid = jwkThumbprint(certificateOf(signing.certificatePem).x509.publicKey);
      const from = requests.length;
      await eventually('pushes show the new one, and are signed with the new key', () =>
        requests
          .slice(from)
          .some(
            (one) => one.clientFingerprint === fingerprint(client) && kidOf(one.headers['x-jws-signature']) === kid,
          ),
      );
      const last = requests.length;
      await eventually('and nothing else any more', () => requests.length > last + 30);
      for (const one of requests.slice(-20)) assert.equal(one.clientFingerprint, fingerprint(client));
    } finally {
      over.abort();
      await feeding;
    }
    let far = '';
    await eventually(
      () => `all of it is through: ${far}`,
      async () => {
        const states = await line.states();
        far = JSON.stringify([states, await failed()]);
        return Object.keys(states).join() === 'delivered';
      },
      100_000,
    );
    assert.deepEqual(await failed(), []);
    const anybody = programOf(ports[0] ?? 0, line.certificates.authority.rootPem, { key: '', certificate: '' });
    const keys = keysOfJwks((await anybody.ask('GET', '/.well-known/jwks.json')).json);
    for (const { body, headers } of requests) await openEnvelope(body, String(headers['x-jws-signature']), { keys });
    for (const { child, errors } of running) assert.deepEqual([child.exitCode, errors()], [null, []]);
    assert.deepEqual(await incidents(), []);
  });

  it('are found by a process that starts after their time, wherever a move of the files was broken off', async () => {
    const supplier = await line.addSupplier();
    const next = await issue('client');
    // The old one has ended meanwhile: nobody has moved a file.
    const old = await issue('client', {
      notBefore: new Date(Date.now() - 2 * hour),
      notAfter: new Date(Date.now() - hour),
    });
    const { keyFile, certificateFile } = files.client;
    await record('client', old, new Date(Date.now() - 2 * hour));
    await record('client', next, new Date(Date.now() - hour));
    const reset = () => {
      writeFileSync(keyFile, old.keyPem);
      writeFileSync(certificateFile, old.chainPem);
      putNext('client', next);
    };
    const moves: readonly (readonly [string, readonly string[]])[] = [
      ['nothing is moved', []],
      ['the key is moved', [keyFile]],
      ['the certificate is moved', [certificateFile]],
      ['both are moved', [keyFile, certificateFile]],
    ];
    for (const [what, moved] of moves) {
      reset();
      for (const file of moved) renameSync(`${file}.next`, file);
      const { child, errors } = await start(['delivery']);
      assert.equal((await pushOne(supplier)).clientFingerprint, fingerprint(next), what);
      assert.deepEqual(errors(), []);
      child.kill('SIGTERM');
      await eventually('it stops', () => child.exitCode !== null);
    }
    // Mirrored from another machine, and what was moved there not taken away here: the older one is not taken again.
    const later = await issue('client');
    await record('client', later, new Date(Date.now() - 1_000));
    writeFileSync(keyFile, later.keyPem);
    writeFileSync(certificateFile, later.chainPem);
    putNext('client', next);
    const { errors } = await start(['delivery']);
    assert.equal((await pushOne(supplier)).clientFingerprint, fingerprint(later));
    assert.deepEqual(errors(), []);
    assert.deepEqual(await incidents(), []);
  });

  it('that cannot be used leave the present ones in use, which is said once, in the log and as an incident', async () => {
    const supplier = await line.addSupplier();
    const { keyFile, certificateFile } = files.client;
    const old = await issue('client', { notBefore: new Date(Date.now() - 24 * hour) });
    writeFileSync(keyFile, old.keyPem);
    writeFileSync(certificateFile, old.chainPem);
    const running = await start(['delivery']);
    const due = new Date(Date.now() - 1_000);
    const present = presentOf('client');
    const onRecord = async (more: Parameters<typeof issue>[1] = {}): Promise<DevCredential> => {
      const next = await issue('client', more);
      await record('client', next, due);
      return next;
    };
    const bad: readonly (readonly [string, () => Promise<void>, RegExp])[] = [
      [
        'truncated',
        async () => {
          putNext('client', await onRecord());
          writeFileSync(`${certificateFile}.next`, readFileSync(`${certificateFile}.next`).subarray(0, 300));
        },
        /\.next, the next one, cannot be used, and the present one stays: .*no certificate/,
      ],
      [
        'with the key of another certificate',
        async () => putNext('client', { ...(await onRecord()), keyPem: (await issue('client')).keyPem }),
        /made for another key than the one in .*\.next/,
      ],
      [
        'without a key',
        async () => {
          putNext('client', await onRecord());
          rmSync(`${keyFile}.next`);
        },
        /ENOENT/,
      ],
      [
        'expired',
        async () =>
          putNext(
            'client',
            await onRecord({ notBefore: new Date(Date.now() - 2 * hour), notAfter: new Date(Date.now() - hour) }),
          ),
        /expired at/,
      ],
      ['not on record', async () => putNext('client', await issue('client')), /is not on record/],
      [
        'on record for something else',
        async () => {
          const next = await issue('signing');
          await record('signing', next, due);
          putNext('client', next);
        },
        /for another purpose \(signing\)/,
      ],
      [
        'withdrawn',
        async () => {
          const next = await onRecord();
          await line.pool.query('update own_certificate set withdrawn_at = now() where fingerprint = $1', [
            fingerprint(next),
          ]);
          putNext('client', next);
        },
        /it was withdrawn at/,
      ],
    ];
    for (const [index, [what, put, why]] of bad.entries()) {
      await put();
      await eventually(`${what}: an incident is open`, async () => (await incidents()).some(({ open }) => open));
      const found = (await incidents()).at(-1);
      assert.match(found?.findings.join() ?? '', why);
      assert.equal((await pushOne(supplier)).clientFingerprint, present, what);
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(running.errors().length, index + 1, running.errors().join('\n'));
      for (const file of [keyFile, certificateFile]) rmSync(`${file}.next`, { force: true });
      await eventually('it is closed', async () => (await incidents()).every(({ open }) => !open));
    }
    assert.equal((await incidents()).length, bad.length);
    const good = await onRecord();
    putNext('client', good);
    await eventually(
      'one that is right is taken',
      async () => (await pushOne(supplier)).clientFingerprint === fingerprint(good),
    );
    assert.equal((await incidents()).filter(({ open }) => open).length, 0);
    // Nor is one that was withdrawn let go for want of another, and that is said too.
    for (const file of [keyFile, certificateFile]) renameSync(`${file}.next`, file);
    const withdraw = (at: string) =>
      line.pool.query(`update own_certificate set withdrawn_at = ${at} where fingerprint = $1`, [fingerprint(good)]);
    await withdraw('now()');
    await eventually('an incident is open', async () => (await incidents()).some(({ open }) => open));
    assert.match(
      (await incidents()).at(-1)?.findings.join() ?? '',
      /was withdrawn at .*, and no other is there to use/,
    );
    assert.equal((await pushOne(supplier)).clientFingerprint, fingerprint(good));
    await withdraw('null');
    await eventually('it is closed', async () => (await incidents()).every(({ open }) => !open));
    putNext('client', good);
    // One that is in use, from beside the old one, is no less in use.
    writeFileSync(keyFile, old.keyPem);
    writeFileSync(certificateFile, old.chainPem);
    await new Promise((resolve) => setTimeout(resolve, 500));
    writeFileSync(`${certificateFile}.next`, 'gone');
    await eventually('an incident is open', async () => (await incidents()).some(({ open }) => open));
    assert.equal((await pushOne(supplier)).clientFingerprint, fingerprint(good));
  });

  it('and those of now are looked at again at once when the process is told to (SIGHUP)', async () => {
    const seldom = { KUVERT_CREDENTIALS_RELOAD: '1d', KUVERT_SIGNING_AHEAD: '1d' };
    const { child, port } = await start(['delivery', 'supplier-api'], seldom);
    const supplier = await line.addSupplier();
    const old = await shownBy(port);
    const [client, listener] = [await issue('client'), await issue('listener')];
    writeFileSync(files.client.keyFile, client.keyPem);
    writeFileSync(files.client.certificateFile, client.chainPem);
    await record('listener', listener, new Date(Date.now() - 1_000));
    putNext('listener', listener);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    assert.equal(await shownBy(port), old);
    child.kill('SIGHUP');
    await eventually('the listener shows the next one', async () => (await shownBy(port)) === fingerprint(listener));
    await eventually(
      'pushes show the one that was put in place',
      async () => (await pushOne(supplier)).clientFingerprint === fingerprint(client),
    );
    assert.equal(child.exitCode, null);
  });
});
