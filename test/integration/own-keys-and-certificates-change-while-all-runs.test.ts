import { strict as assert } from 'node:assert';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { jwkThumbprint, keysOfJwks, type VerificationKeys } from '../../src/envelope/keys.ts';
import { openEnvelope } from '../../src/envelope/open.ts';
import { fingerprintOf, readCertificates } from '../../src/pki/certificate.ts';
import type { CredentialFiles } from '../../src/pki/dev-certificates.ts';
import type { Running } from '../../src/roles/parts.ts';
import { openConsole } from '../support/console.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../support/dev-authority.ts';
import { eventually } from '../support/eventually.ts';
import { type RememberingLog, rememberingLog } from '../support/http.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, openMailbox, programOf } from '../support/mailbox.ts';

const often = { KUVERT_CREDENTIALS_RELOAD: '100ms', KUVERT_SIGNING_AHEAD: '1s' };
/** Only when it is told to. */
const seldom = { KUVERT_CREDENTIALS_RELOAD: '1d', KUVERT_SIGNING_AHEAD: '1d' };

const fingerprint = ({ certificatePem }: Pick<DevCredential, 'certificatePem'>): string =>
  readCertificates(certificatePem)[0]?.fingerprint ?? '';

describe('our own keys and certificates', () => {
  let line: Line;
  let log: RememberingLog;
  let mailbox: Mailbox | undefined;
  beforeEach(async () => {
    log = rememberingLog();
    line = await openLine({ log });
  });
  afterEach(async () => {
    await mailbox?.stop();
    mailbox = undefined;
    await line.close();
  });

  const issue = (usages: readonly ('clientAuth' | 'serverAuth' | 'signing')[], more: { notAfter?: Date } = {}) =>
    issueDevCertificate(line.certificates.authority, {
      name: 'Arbetsförmedlingen, den nya',
      ipAddresses: ['127.0.0.1'],
      usages,
      ...more,
    });
  /** As whoever copies files does: one after the other. */
  const put = ({ keyFile, certificateFile }: CredentialFiles, { keyPem, chainPem }: DevCredential): void => {
    writeFileSync(keyFile, keyPem);
    writeFileSync(certificateFile, chainPem);
  };
  const shownBy = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ca: line.certificates.authority.rootPem }, () => {
        resolve(fingerprintOf(socket.getPeerX509Certificate() ?? assert.fail('no certificate')));
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const publishedAt = async (port: number): Promise<VerificationKeys> => {
    const anybody = programOf(port, line.certificates.authority.rootPem, { key: '', certificate: '' });
    return keysOfJwks((await anybody.ask('GET', '/.well-known/jwks.json')).json);
  };
  const incidents = async (): Promise<{ subject: string; open: boolean }[]> =>
    (
      await line.pool.query<{ subject: string; open: boolean }>(
        "select subject, closed_at is null as open from incident where kind = 'credentials-refused' order by id",
      )
    ).rows;
  const errors = (): string[] =>
    log.lines.filter(({ level }) => level === 'error').map(({ why, event }) => JSON.stringify(why ?? event));
  const pushOne = async (supplier: TestSupplier) => {
    const before = supplier.endpoint.requests.length;
    await line.take(framesFor(supplier.organisationNumber, 1));
    await eventually('it is pushed', () => supplier.endpoint.requests.length > before);
    return supplier.endpoint.requests.at(-1) ?? assert.fail();
  };

  it('are replaced under a stream of pushes and waiting fetches: none of them fails, and the other side sees the new ones', async () => {
    const { certificates } = line;
    await line.deliver(often);
    mailbox = await openMailbox(line, { log, settings: often });
    const { port } = mailbox;
    const pushed = await line.addSupplier({ concurrency: 4 });
    const pulled = await line.addSupplier({ delivery: 'pull' });
    const [client, listener, signing] = [
      await issue(['clientAuth']),
      await issue(['serverAuth']),
      await issue(['signing']),
    ];
    const fetched: { bytes: Buffer; signature: string }[] = [];
    const failures: string[] = [];
    const over = new AbortController();
    const program = mailbox.as(pulled);
    const fetching = (async () => {
      while (!over.signal.aborted) {
        const listed = await program.ask('GET', '/v1/messages?wait=1');
        if (listed.status !== 200) failures.push(`listing ${listed.status}`);
        for (const { id } of (listed.json['messages'] ?? []) as { id: string }[]) {
          const { status, bytes, headers } = await program.fetch(id);
          if (status !== 200) failures.push(`fetching ${status}`);
          fetched.push({ bytes, signature: String(headers['x-jws-signature']) });
          await program.receipt(id);
        }
      }
    })();
    const feeding = (async () => {
      while (!over.signal.aborted) {
        await line.take([...framesFor(pushed.organisationNumber, 3), ...framesFor(pulled.organisationNumber, 1)]);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const kidsOf = (signatures: readonly string[]): Set<unknown> =>
      new Set(signatures.map((jws) => JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()).kid));
    const pushedWith = () => pushed.endpoint.requests.map(({ headers }) => String(headers['x-jws-signature']));
    try {
      await eventually('both are busy', () => pushed.endpoint.requests.length > 10 && fetched.length > 3);
      put(certificates.client, client);
      await eventually('the endpoint sees the new one', () =>
        pushed.endpoint.requests.some(({ clientFingerprint }) => clientFingerprint === fingerprint(client)),
      );
      put(certificates.supplierListener, listener);
      await eventually('the program sees the new one', async () => (await shownBy(port)) === fingerprint(listener));
      put(certificates.signing, signing);
      const kid = jwkThumbprint(readCertificates(signing.certificatePem)[0]?.x509.publicKey ?? assert.fail());
      await eventually('new envelopes are signed with the new one, either way', () =>
        [pushedWith(), fetched.map(({ signature }) => signature)].every((signatures) => kidsOf(signatures).has(kid)),
      );
    } finally {
      over.abort();
      await Promise.all([fetching, feeding]);
    }
    await eventually('all of it is through', async () => {
      const states = await line.states(pushed.lane);
      return Object.keys(states).join() === 'delivered';
    });
    const { rows } = await line.pool.query("select outcome, fault, detail from attempt where outcome <> 'delivered'");
    assert.deepEqual(rows, []);
    assert.deepEqual(failures, []);
    // Those of the old key too, though no file names it any more.
    const keys = await publishedAt(port);
    const everything = [
      ...fetched,
      ...pushed.endpoint.requests.map(({ body, headers }) => ({
        bytes: body,
        signature: String(headers['x-jws-signature']),
      })),
    ];
    for (const { bytes, signature } of everything) await openEnvelope(bytes, signature, { keys });
    assert.deepEqual(errors(), []);
    assert.deepEqual(await incidents(), []);
  });

  it('of the operators’ listener change too, when they are right', async () => {
    const files = line.certificates.supplierListener;
    const console = await openConsole({
      store: line,
      settings: {
        ...often,
        KUVERT_OPERATOR_KEY_FILE: files.keyFile,
        KUVERT_OPERATOR_CERTIFICATE_FILE: files.certificateFile,
      },
      log,
    });
    try {
      const port = Number(new URL(console.api.origin).port);
      const before = await shownBy(port);
      const next = await issue(['serverAuth']);
      writeFileSync(files.keyFile, next.keyPem);
      await eventually('a key without its certificate is told of', () => errors().length > 0);
      assert.equal(await shownBy(port), before);
      writeFileSync(files.certificateFile, next.chainPem);
      await eventually('browsers see the new one', async () => (await shownBy(port)) === fingerprint(next));
      assert.equal(errors().length, 1);
    } finally {
      await console.stop();
    }
  });

  it('sign with a new key only when it has been in the key list for as long as was announced', async () => {
    const announced = { ...often, KUVERT_SIGNING_AHEAD: '90d' };
    await line.deliver(announced);
    mailbox = await openMailbox(line, { log, settings: announced });
    const { port } = mailbox;
    const supplier = await line.addSupplier();
    const [old = ''] = (await publishedAt(port)).keys();
    const signing = await issue(['signing']);
    put(line.certificates.signing, signing);
    await eventually('it is in the list', async () => (await publishedAt(port)).size === 2);
    const next = [...(await publishedAt(port)).keys()].find((kid) => kid !== old);
    for (let i = 0; i < 3; i += 1) await line.take(framesFor(supplier.organisationNumber, 1));
    await eventually('all are pushed', () => supplier.endpoint.requests.length === 3);
    const signedWith = async () =>
      (
        await line.pool.query<{ key_thumbprint: string }>('select key_thumbprint from envelope order by sealed_at')
      ).rows.map((row) => row.key_thumbprint);
    assert.deepEqual(await signedWith(), [old, old, old]);
    await line.pool.query('update own_certificate set use_from = now() where fingerprint = $1', [fingerprint(signing)]);
    const used = () => log.lines.filter(({ event }) => event === 'envelopes are signed with the new key').length;
    await eventually('its time has come, for both roles', () => used() === 2);
    await pushOne(supplier);
    assert.deepEqual(await signedWith(), [old, old, old, next]);
    // A process that starts now has nothing but the new one in its files.
    await mailbox.stop();
    mailbox = await openMailbox(line, { log, settings: announced });
    const keys = await publishedAt(mailbox.port);
    for (const { body, headers } of supplier.endpoint.requests)
      await openEnvelope(body, String(headers['x-jws-signature']), { keys });
    // The key of one that was withdrawn verifies nothing.
    await line.pool.query('update own_certificate set withdrawn_at = now() where fingerprint <> $1', [
      fingerprint(signing),
    ]);
    await eventually('it is gone from the list', async () => !(await publishedAt(mailbox?.port ?? 0)).has(old));
  });

  it('and the authorities: a supplier below a new one is pushed to and let in from then on, one below an old one no more', async () => {
    const role = await line.deliver(seldom);
    const api = await openMailbox(line, { log, settings: often });
    mailbox = api;
    const supplier = await line.addSupplier();
    await pushOne(supplier);
    assert.equal((await api.as(supplier).ask('GET', '/v1/messages')).status, 200);
    const ours = readFileSync(line.certificates.caFile, 'utf8');
    const other = await createDevAuthority({ name: 'En annan' });
    writeFileSync(line.certificates.caFile, other.certificatePem);
    await role.reload?.();
    await line.take(framesFor(supplier.organisationNumber, 1));
    await eventually(
      'nothing is pushed on the connection that was open',
      async () => (await line.lane(supplier.lane)).state === 'held',
    );
    assert.equal(supplier.endpoint.requests.length, 1);
    await eventually(
      'nobody is let in',
      async () => (await api.as(supplier).ask('GET', '/v1/messages')).status === 403,
    );
    writeFileSync(line.certificates.caFile, other.certificatePem + ours);
    await role.reload?.();
    await eventually('it is pushed', () => supplier.endpoint.requests.length > 1);
    await eventually('it is let in', async () => (await api.as(supplier).ask('GET', '/v1/messages')).status === 200);
  });

  const bad: readonly [string, (files: CredentialFiles) => void | Promise<void>, RegExp][] = [
    [
      'a truncated file',
      ({ certificateFile }) => writeFileSync(certificateFile, readFileSync(certificateFile).subarray(0, 300)),
      /KUVERT_CLIENT_CERTIFICATE_FILE names .*cannot be used/,
    ],
    [
      'a key of another certificate',
      async ({ keyFile }) => writeFileSync(keyFile, (await issue(['clientAuth'])).keyPem),
      /made for another key than the one in KUVERT_CLIENT_KEY_FILE/,
    ],
    [
      'an expired certificate',
      async (files) => put(files, await issue(['clientAuth'], { notAfter: new Date(Date.now() - 1_000) })),
      /expired at/,
    ],
  ];
  for (const [name, spoil, why] of bad)
    it(`stay in use when they are replaced by ${name}, which is said once, in the log and as an incident`, async () => {
      const { client } = line.certificates;
      const role: Running = await line.deliver(often);
      const supplier = await line.addSupplier();
      for (const file of [client.keyFile, client.certificateFile]) copyFileSync(file, `${file}.good`);
      await spoil(client);
      await eventually('an incident is open', async () => (await incidents()).some(({ open }) => open));
      for (let i = 0; i < 3; i += 1) await role.reload?.();
      assert.equal(errors().length, 1);
      assert.match(errors()[0] ?? '', why);
      assert.equal((await pushOne(supplier)).clientFingerprint, fingerprint(client));
      for (const file of [client.keyFile, client.certificateFile]) copyFileSync(`${file}.good`, file);
      await role.reload?.();
      assert.deepEqual(await incidents(), [{ subject: 'role/delivery', open: false }]);
      const next = await issue(['clientAuth']);
      put(client, next);
      await role.reload?.();
      assert.equal((await pushOne(supplier)).clientFingerprint, fingerprint(next));
      assert.deepEqual(await incidents(), [{ subject: 'role/delivery', open: false }]);
    });
});
