import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadIssuer } from '../../../src/pki/authority.ts';
import { command, type Said } from '../../support/command.ts';
import { type OpenSsl, openSsl } from '../../support/openssl.ts';

describe('kuvert ca', function () {
  // Each is several runs of the command.
  this.timeout(120_000);

  let openssl: OpenSsl;
  let passphrase: string;
  let made: Said;
  before(async () => {
    openssl = openSsl();
    passphrase = path(openssl.write('word', 'en lång hemlighet\n'));
    made = await init('ca');
  });
  after(() => openssl.remove());

  const path = (...names: string[]): string => join(openssl.folder, ...names);
  const read = (...names: string[]): string => readFileSync(path(...names), 'utf8');
  const kuvert = (...args: string[]): Promise<Said> => command(args, {});
  const init = (folder: string, ...more: string[]): Promise<Said> =>
    kuvert(
      'ca',
      'init',
      '--folder',
      path(folder),
      '--organisation',
      'Exempelmyndigheten',
      '--environment',
      'test',
      '--passphrase-file',
      passphrase,
      ...more,
    );
  const fingerprint = (...names: string[]): string =>
    openssl
      .run('x509', '-in', path(...names), '-noout', '-fingerprint', '-sha256')
      .replace(/.*=/s, '')
      .replaceAll(/[:\s]/g, '')
      .toLowerCase();

  it('init makes a root and an issuing authority that belong together, keys for their owner alone, the root’s encrypted', async () => {
    const said = made;
    assert.equal(said.code, 0, said.err);
    assert.deepEqual(readdirSync(path('ca')).sort(), [
      'ca.pem',
      'issuing.key.pem',
      'issuing.pem',
      'root.key.pem',
      'root.pem',
    ]);
    openssl.run('verify', '-x509_strict', '-CAfile', path('ca', 'root.pem'), path('ca', 'issuing.pem'));
    for (const key of ['root.key.pem', 'issuing.key.pem']) assert.equal(statSync(path('ca', key)).mode & 0o777, 0o600);
    assert.match(read('ca', 'root.key.pem'), /BEGIN ENCRYPTED PRIVATE KEY/);
    assert.ok(
      loadIssuer(
        { keyPem: read('ca', 'root.key.pem'), passphrase: 'en lång hemlighet', certificatePem: read('ca', 'root.pem') },
        new Date(),
      ),
    );
    assert.ok(
      loadIssuer({ keyPem: read('ca', 'issuing.key.pem'), certificatePem: read('ca', 'issuing.pem') }, new Date()),
    );
    // The root first: a program that reads one certificate only trusts the right one.
    assert.equal(read('ca', 'ca.pem').split(/(?<=-----END CERTIFICATE-----\n)/)[0], read('ca', 'root.pem'));
    assert.ok(said.out.includes(fingerprint('ca', 'root.pem')));
    assert.match(said.out, /root\.key\.pem off line now/);
    for (const [setting, file] of [
      ['KUVERT_CA_FILE', 'ca.pem'],
      ['KUVERT_CA_CERTIFICATE_FILE', 'issuing.pem'],
      ['KUVERT_CA_KEY_FILE', 'issuing.key.pem'],
    ] as const)
      assert.ok(said.out.includes(`${setting}=${resolve(path('ca', file))}\n`), setting);
    assert.doesNotMatch(said.out + said.err, /hemlighet/);
  });

  it('init overwrites nothing: a second one in the folder changes no file', async () => {
    const before = readdirSync(path('ca')).map((name) => read('ca', name));
    const said = await init('ca');
    assert.equal(said.code, 4);
    assert.match(said.err, /is not empty .* never overwritten/);
    assert.deepEqual(
      readdirSync(path('ca')).map((name) => read('ca', name)),
      before,
    );
    mkdirSync(path('empty'));
    assert.equal((await init('empty')).code, 0);
    assert.deepEqual(
      readdirSync(openssl.folder).filter((name) => name.includes('.new-')),
      [],
    );
  });

  it('init that cannot write leaves nothing', async () => {
    const said = await init('word/ca');
    assert.equal(said.code, 2);
    assert.match(said.err, /word\/ca/);
  });

  it('init for programs: what was made, as JSON', async () => {
    const { out } = await init('json', '--json', '--issuing-passphrase-file', passphrase);
    const made = JSON.parse(out) as {
      root: { sha256: string };
      issuing: { sha256: string; subject: string };
      settings: Record<string, string>;
    };
    assert.equal(made.root.sha256, fingerprint('json', 'root.pem'));
    assert.equal(made.issuing.sha256, fingerprint('json', 'issuing.pem'));
    assert.match(made.issuing.subject, /^C=SE, O=Exempelmyndigheten, OU=test, CN=Kuvert Issuing CA \d{4}-[0-9a-f]{6}$/);
    assert.equal(made.settings.KUVERT_CA_KEY_PASSPHRASE_FILE, passphrase);
    assert.match(read('json', 'issuing.key.pem'), /BEGIN ENCRYPTED PRIVATE KEY/);
  });

  it('a new issuing authority below the same root has another key and another name, and suppliers trust it already', async () => {
    const said = await init(
      'next',
      '--root-key',
      path('ca', 'root.key.pem'),
      '--root-certificate',
      path('ca', 'root.pem'),
    );
    assert.equal(said.code, 0, said.err);
    assert.match(said.out, /KUVERT_CA_FILE must hold that authority too/);
    assert.equal(fingerprint('next', 'root.pem'), fingerprint('ca', 'root.pem'));
    assert.deepEqual(readdirSync(path('next')).sort(), ['ca.pem', 'issuing.key.pem', 'issuing.pem', 'root.pem']);
    openssl.run('verify', '-x509_strict', '-CAfile', path('ca', 'root.pem'), path('next', 'issuing.pem'));
    const subject = (folder: string): string =>
      openssl.run('x509', '-in', path(folder, 'issuing.pem'), '-noout', '-subject');
    assert.notEqual(subject('next'), subject('ca'));
    assert.notEqual(read('next', 'issuing.key.pem'), read('ca', 'issuing.key.pem'));
    openssl.write('wrong', 'fel hemlighet\n');
    const wrong = await init(
      'wrong-ca',
      '--root-key',
      path('ca', 'root.key.pem'),
      '--root-certificate',
      path('ca', 'root.pem'),
      '--passphrase-file',
      path('wrong'),
    );
    assert.match(wrong.err, /does not open with this pass phrase/);
    assert.equal(wrong.code, 2);
  });

  it('an issuing authority that is there is taken from where it lies, if its root is beside it', async () => {
    const take = (folder: string, certificate: string, key = path('ca', 'issuing.key.pem')): Promise<Said> =>
      kuvert('ca', 'init', '--folder', path(folder), '--existing-key', key, '--existing-certificate', certificate);
    const said = await take('ours', path('ca', 'issuing.pem'));
    assert.equal(said.code, 0, said.err);
    assert.deepEqual(readdirSync(path('ours')).sort(), ['ca.pem', 'issuing.pem', 'root.pem']);
    assert.ok(said.out.includes(`KUVERT_CA_KEY_FILE=${path('ca', 'issuing.key.pem')}`));
    assert.equal(read('ours', 'ca.pem'), read('ca', 'ca.pem'));
    const [own = ''] = read('ca', 'issuing.pem').split(/(?<=-----END CERTIFICATE-----\n)/);
    assert.match((await take('rootless', path(openssl.write('own.pem', own)))).err, /the root is expected last/);
    assert.match((await take('leaf', path('ca', 'issuing.pem'), path('ca', 'root.pem'))).err, /no private key/);
    assert.match((await kuvert('ca', 'init', '--folder', path('half'), '--existing-key', 'x')).err, /go together/);
    for (const folder of ['rootless', 'leaf', 'half']) assert.ok(!existsSync(path(folder)));
  });

  it('the pass phrase is asked for twice at a keyboard, and not shown; there is no option that takes it', async () => {
    const typed = async (folder: string, ...lines: string[]): Promise<{ code: number | null; screen: string }> => {
      const line = `bin/kuvert ca init --folder ${path(folder)} --organisation X --environment test`;
      const child = spawn('script', ['-q', '-e', '-c', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
      let screen = '';
      let answered = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        screen += chunk.toString();
        while ((screen.match(/: $|: (?=.)|again: /gm)?.length ?? 0) > answered && answered < lines.length)
          child.stdin.write(`${lines[answered++]}\r`);
      });
      const code = await new Promise<number | null>((done) => child.on('close', done));
      return { code, screen };
    };
    const good = await typed('typed', 'en hemlisX\u007fghet åä', 'en hemlisghet åä');
    assert.equal(good.code, 0, good.screen);
    assert.doesNotMatch(good.screen, /hemlis/);
    openssl.write('typed-word', 'en hemlisghet åä');
    openssl.run('pkey', '-in', path('typed', 'root.key.pem'), '-passin', 'file:typed-word', '-noout');
    for (const [lines, text] of [
      [['en lång hemlighet', 'en annan hemlighet'], /the two are not the same/],
      [['kort', 'kort'], /at least 12 characters/],
      [['\u0003'], /interrupted/],
    ] as const) {
      const bad = await typed('untyped', ...lines);
      assert.match(bad.screen, text);
      assert.ok(!existsSync(path('untyped')));
    }
    const nobody = await kuvert(
      'ca',
      'init',
      '--folder',
      path('nobody'),
      '--organisation',
      'X',
      '--environment',
      'test',
    );
    assert.equal(nobody.code, 2);
    assert.match(nobody.err, /there is no keyboard to ask at; give it in a file with --passphrase-file/);
  });

  it('show says whom suppliers trust, from a folder or from the settings, and opens no key', async () => {
    const { out, err } = await kuvert('ca', 'show', '--folder', path('ca'));
    assert.ok(out.includes(fingerprint('ca', 'root.pem')) && out.includes(fingerprint('ca', 'issuing.pem')));
    assert.match(out, /\(3651 days left\)|\(3652 days left\)/);
    assert.match(err, /still lies in/);
    const shown = await command(['ca', 'show', '--json'], { KUVERT_CA_CERTIFICATE_FILE: path('ca', 'issuing.pem') });
    assert.equal((JSON.parse(shown.out) as { root: { sha256: string } }).root.sha256, fingerprint('ca', 'root.pem'));
    assert.equal((await kuvert('ca', 'show')).code, 2);
  });
});
