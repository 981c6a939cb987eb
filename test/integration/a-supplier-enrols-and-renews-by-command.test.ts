import { strict as assert } from 'node:assert';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCertificates } from '../../src/pki/certificate.ts';
import { command, type Said, startCommand } from '../support/command.ts';
import { crashEnrol, type EnrolCrash } from '../support/crash-enrol.ts';
import { type Enrolment, type OpenedOrder, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';

describe('a supplier’s certificate by kuvert enrol and kuvert renew', function () {
  this.timeout(240_000);
  let folder: string;
  let stage: Enrolment;
  let url: string;
  let root: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-supplier-'));
    // What is issued is due at once.
    stage = await openEnrolment({ KUVERT_CERTIFICATE_LIFETIME: '30d', KUVERT_RENEWAL_FROM: '60d' });
    await stage.startCa();
    const { port } = await stage.startApi();
    url = `https://localhost:${port}`;
    root = stage.authority.root.certificate.fingerprint;
  });
  after(async () => {
    await stage?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  let orders = 0;
  const place = async (options: Parameters<Enrolment['order']>[0] = {}) => {
    const order = await stage.order(options);
    orders += 1;
    const out = join(folder, `supplier-${orders}`);
    const codes = join(folder, `codes-${orders}`);
    writeFileSync(codes, `${order.password}\n`);
    return { order, out, codes };
  };
  type Placed = Awaited<ReturnType<typeof place>>;
  const enrolArguments = ({ order, out, codes }: Placed, ...more: string[]) => [
    'enrol',
    url,
    '--transfer-id',
    order.transferId,
    '--root-sha256',
    root,
    '--password-file',
    codes,
    '--out',
    out,
    ...more,
  ];
  const kuvert = (args: readonly string[]): Promise<Said> => command(args, {});
  const ownIn = (out: string) => readCertificates(readFileSync(join(out, 'chain.pem'), 'utf8'))[0]!;
  /** What the register has of an organisation, oldest first. */
  const registered = async ({ organisationNumber }: OpenedOrder) => {
    const { rows } = await stage.pool.query<{ fingerprint: string; addresses: number }>(
      `select fingerprint, (select count(*) from address_certificate a where a.fingerprint = c.fingerprint)::int as addresses
         from certificate c where organisation_number = $1 order by registered_at`,
      [organisationNumber],
    );
    return rows;
  };

  it('from the codes to a certificate that opens the mailbox, then to the one that follows, with bundles that others open', async () => {
    const placed = await place({ type: 'both', dnsNames: ['b2b.exempel.se'] });
    const { order, out } = placed;
    writeFileSync(join(folder, 'store'), 'changeit\n');
    const bundle = ['--bundle', join(folder, 'store.p12'), '--bundle-password-file', join(folder, 'store')];
    const first = await kuvert(enrolArguments(placed, ...bundle));
    assert.equal(first.code, 0, first.err);
    const one = ownIn(out);
    assert.deepEqual(
      (await registered(order)).map(({ fingerprint }) => fingerprint),
      [one.fingerprint],
    );
    assert.match(first.out, new RegExp(`NTRSE-${order.organisationNumber}`));
    assert.doesNotMatch(
      first.out + first.err + readFileSync(join(out, 'enrolment.json'), 'utf8'),
      new RegExp(order.password),
    );
    assert.equal(await statusOf(url, out), 200);
    opensElsewhere(join(folder, 'store.p12'), join(folder, 'store'), out);

    const second = await kuvert([
      'renew',
      out,
      '--if-due',
      '--quiet',
      ...bundle,
      '--run',
      `cp ${out}/chain.pem ${folder}/reloaded.pem`,
    ]);
    assert.equal(second.code, 0, second.err);
    const two = ownIn(out);
    assert.deepEqual(
      (await registered(order)).map(({ fingerprint, addresses }) => [fingerprint, addresses]),
      [
        [one.fingerprint, 1],
        [two.fingerprint, 1],
      ],
    );
    assert.deepEqual([two.subject, two.dnsNames], [one.subject, one.dnsNames]);
    assert.equal(readCertificates(readFileSync(join(folder, 'reloaded.pem'), 'utf8'))[0]?.fingerprint, two.fingerprint);
    assert.equal(await statusOf(url, out), 200);
    opensElsewhere(join(folder, 'store.p12'), join(folder, 'store'), out);
  });

  it('a wrong password, then the right one: five guesses are the order’s, and each is told', async () => {
    const placed = await place();
    const wrong = join(folder, 'wrong');
    writeFileSync(wrong, 'AAAAA-AAAAA-AAAAA-AAAAA\n');
    const { code, err } = await kuvert(enrolArguments({ ...placed, codes: wrong }));
    assert.equal(code, 4);
    assert.match(err, /the gateway answered 401: TransferID or TransferPassword is wrong/);
    assert.equal((await kuvert(enrolArguments(placed))).code, 0);
  });

  it('another key of the same order, and an order that is past its time, are told with what to do', async () => {
    const placed = await place();
    assert.equal((await kuvert(enrolArguments(placed))).code, 0);
    const again = await kuvert(enrolArguments({ ...placed, out: `${placed.out}-other` }));
    assert.equal(again.code, 4);
    assert.match(again.err, /answered 409: .*kuvert certificate reorder/s);
    const old = await place({ orderedAt: new Date(Date.now() - 15 * 86_400_000) });
    const late = await kuvert(enrolArguments(old));
    assert.equal(late.code, 4);
    assert.match(late.err, /answered 403: .*expired at .*kuvert certificate reorder/s);
  });

  it('an order that waits for approval keeps its key until it is approved', async () => {
    const placed = await place({ approval: 'awaited' });
    const waiting = await kuvert(enrolArguments(placed, '--wait', '0s'));
    assert.equal(waiting.code, 5);
    assert.match(waiting.err, /there is no certificate yet: the order waits for approval/);
    const key = readFileSync(
      join(
        placed.out,
        JSON.parse(readFileSync(join(placed.out, 'enrolment.json'), 'utf8')).enrolment.generation,
        'key.pem',
      ),
    );
    await stage.pool.query("update certificate_order set approval = 'given', approved_by = 'test' where id = $1", [
      placed.order.id,
    ]);
    assert.equal((await kuvert(enrolArguments(placed))).code, 0);
    assert.deepEqual(readFileSync(join(placed.out, 'key.pem')), key);
  });

  const crashes: EnrolCrash[] = [
    { step: 'prepare', moment: 'after', nth: 1 },
    { step: 'writeRecord', moment: 'after', nth: 1 },
    { step: 'send', moment: 'before', nth: 1 },
    { step: 'send', moment: 'after', nth: 1 },
    { step: 'keep', moment: 'after', nth: 1 },
    { step: 'takeIntoUse', moment: 'after', nth: 1 },
    { step: 'writeRecord', moment: 'after', nth: 3 },
  ];
  for (const crash of crashes)
    it(`killed ${crash.moment} ${crash.step} (${crash.nth}) while it enrols: the same command ends with one certificate`, async () => {
      const placed = await place();
      const { order, out } = placed;
      await crashEnrol(crash, {
        command: 'enrol',
        url,
        rootSha256: root,
        transferId: order.transferId,
        password: order.password,
        folder: out,
      });
      const { code, err } = await kuvert(enrolArguments(placed));
      assert.equal(code, 0, err);
      assert.deepEqual(
        (await registered(order)).map(({ fingerprint }) => fingerprint),
        [ownIn(out).fingerprint],
      );
      assert.equal(await statusOf(url, out), 200);
    });

  for (const crash of [
    ...crashes.filter(({ nth }) => nth === 1),
    { step: 'writeRecord', moment: 'after', nth: 2 } as const,
  ])
    it(`killed ${crash.moment} ${crash.step} (${crash.nth}) while it renews: key and certificate always fit, and there is one new one`, async () => {
      const placed = await place();
      const { order, out } = placed;
      assert.equal((await kuvert(enrolArguments(placed))).code, 0);
      const one = ownIn(out).fingerprint;
      await crashEnrol(crash, { command: 'renew', folder: out });
      assert.equal(await statusOf(url, out), 200);
      // Where all was done before the end, the new one is due as well: only what was begun is finished here.
      const done = ownIn(out).fingerprint !== one;
      const { code, err } = await kuvert([
        'renew',
        out,
        '--if-due',
        '--days',
        done ? '1' : '60',
        '--run',
        `touch ${out}/ran`,
      ]);
      assert.equal(code, 0, err);
      const two = ownIn(out).fingerprint;
      assert.deepEqual(
        (await registered(order)).map(({ fingerprint }) => fingerprint),
        [one, two],
      );
      assert.equal(await statusOf(url, out), 200);
    });

  it('two runs of cron at once renew once', async () => {
    const placed = await place();
    assert.equal((await kuvert(enrolArguments(placed))).code, 0);
    const runs = await Promise.all(
      [0, 1].map(() => startCommand(['renew', placed.out, '--if-due', '--days', '29', '--quiet'], {}).over),
    );
    assert.ok(
      runs.every(({ code }) => code === 0),
      JSON.stringify(runs),
    );
    const both = await Promise.all(
      [0, 1].map(() => startCommand(['renew', placed.out, '--if-due', '--quiet'], {}).over),
    );
    for (const { code, err } of both) assert.ok(code === 0 || code === 5, err);
    assert.ok(both.some(({ code }) => code === 0));
  });

  it('a disk that takes nothing is told, and the same command goes on when it does', async () => {
    const placed = await place();
    const full = await new Promise<{ code: unknown; err: string }>((resolve) => {
      // Files of no length: what a full disk is to a program, and anybody may set it.
      const args = ['-c', 'ulimit -f 0; exec "$@"', 'sh', 'bin/kuvert', ...enrolArguments(placed)];
      execFile('sh', args, (error, _, err) => resolve({ code: error?.code, err }));
    });
    assert.equal(full.code, 4, full.err);
    assert.match(full.err, /cannot be written: .*; mend that and give the same command again/);
    const again = await kuvert(enrolArguments(placed));
    assert.equal(again.code, 0, again.err);
    assert.equal((await registered(placed.order)).length, 1);
  });

  it('the password is in no argument and no environment of the process', async () => {
    const placed = await place({ approval: 'awaited' });
    const { child, over } = startCommand(enrolArguments(placed, '--wait', '5m'), {});
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually('it waits', () => said.includes('asking again'), 60_000);
    for (const what of ['cmdline', 'environ'])
      assert.ok(!readFileSync(`/proc/${child.pid}/${what}`, 'latin1').includes(placed.order.password));
    child.kill('SIGTERM');
    await over;
    await stage.pool.query("update certificate_order set approval = 'given', approved_by = 'test' where id = $1", [
      placed.order.id,
    ]);
    assert.equal((await kuvert(enrolArguments(placed))).code, 0);
  });
});

/** As a supplier's program asks, with what is in the folder. */
function statusOf(url: string, out: string): Promise<number | undefined> {
  const read = (name: string) => readFileSync(join(out, name));
  const options = { key: read('key.pem'), cert: read('chain.pem'), ca: read('ca.pem'), agent: false };
  return new Promise((resolve, reject) => {
    request(`${url}/v1/status`, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

/** In OpenSSL and Java: key and certificate are those of the folder. */
function opensElsewhere(bundle: string, passwordFile: string, out: string): void {
  const openssl = spawnSync('openssl', ['pkcs12', '-in', bundle, '-passin', `file:${passwordFile}`, '-nodes'], {
    encoding: 'utf8',
  });
  assert.equal(openssl.status, 0, openssl.stderr);
  assert.ok(openssl.stdout.includes(readFileSync(join(out, 'key.pem'), 'utf8').trim()));
  const java = spawnSync(
    'keytool',
    [
      '-J-XX:TieredStopAtLevel=1',
      '-list',
      '-v',
      '-storetype',
      'PKCS12',
      '-keystore',
      bundle,
      '-storepass:file',
      passwordFile,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(java.status, 0, java.stdout);
  assert.match(java.stdout, /Entry type: PrivateKeyEntry\s+Certificate chain length: 2/);
}
