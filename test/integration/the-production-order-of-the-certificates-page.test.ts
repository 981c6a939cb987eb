import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../src/platform/local/ports.ts';
import { type Clone, openClone } from '../support/clone.ts';
import { run } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { mustHave } from '../support/installed.ts';
import { freshDatabase } from '../support/servers.ts';

/** The commands of the page, by the name that stands above them. */
const blocks = new Map(
  [
    ...readFileSync('docs/certificates.md', 'utf8').matchAll(/<!-- production: (\S+) -->\n *```sh\n([\s\S]*?) *```/g),
  ].map(([, name = '', commands = '']) => [name, commands]),
);
const block = (name: string): string => blocks.get(name) ?? assert.fail(`the page has no commands “${name}”`);

describe('the production order of the certificates page', function () {
  this.timeout(300_000);
  let clone: Clone;
  const started: ChildProcess[] = [];
  before(() => {
    mustHave('curl');
    clone = openClone();
  });
  after(async () => {
    for (const child of started) {
      const over = new Promise((done) => child.once('close', done));
      if (child.kill('SIGTERM')) await over;
    }
    clone?.remove();
  });

  it('an authority made off line, role ca, our own certificates, and a listener that whoever trusts the root alone takes', async () => {
    const { PATH = '', HOME = '' } = process.env;
    const at = (...names: string[]) => join(clone.folder, ...names);
    const databaseUrl = await freshDatabase();
    const common = { PATH: `${at('bin')}:${PATH}`, HOME, KUVERT_ENVIRONMENT: 'production', DATABASE_URL: databaseUrl };
    const serve = (commands: string, env: Record<string, string>) => {
      const child = spawn('bash', ['-c', `exec ${commands.trim()}`], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      started.push(child);
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += String(chunk)));
      return eventually(
        () => `it runs:\n${said}`,
        () => said.includes('"the gateway runs"') || (child.exitCode !== null && assert.fail(said)),
        120_000,
      );
    };

    // 1 Off line. Whoever sits there types the pass phrase.
    writeFileSync(at('phrase'), 'correct horse battery staple\n');
    const init = block('ca-init').trim();
    await run(`${init} --passphrase-file phrase`, { cwd: clone.folder, env: { PATH, HOME } });
    assert.match(readFileSync(at('ca', 'root.key.pem'), 'utf8'), /BEGIN ENCRYPTED PRIVATE KEY/);

    // 2 Each file goes to its machine.
    for (const machine of ['safe', 'machine-ca', 'machine-front']) mkdirSync(at(machine));
    for (const [file, machine] of [
      ['root.key.pem', 'safe'],
      ['issuing.key.pem', 'machine-ca'],
      ['issuing.pem', 'machine-ca'],
      ['ca.pem', 'machine-front'],
    ] as const)
      renameSync(at('ca', file), at(machine, file));
    cpSync(at('ca', 'root.pem'), at('root.pem'));

    // 3, 4 Role ca.
    const [migrate = '', ca = '', ...more] = block('ca').trim().split('\n');
    assert.deepEqual(more, []);
    const authority = {
      ...common,
      KUVERT_CA_KEY_FILE: at('machine-ca', 'issuing.key.pem'),
      KUVERT_CA_CERTIFICATE_FILE: at('machine-ca', 'issuing.pem'),
      KUVERT_CRL_URL: 'http://crl.exempel.se',
    };
    await run(migrate, { env: authority });
    await serve(ca, authority);

    // 5 Our own certificates, where they are used.
    const [port = 0] = await freePorts(1);
    const own = (name: string, file: string) => ({
      [`KUVERT_${name}_KEY_FILE`]: at('machine-front', `${file}.key.pem`),
      [`KUVERT_${name}_CERTIFICATE_FILE`]: at('machine-front', `${file}.pem`),
    });
    const front = {
      ...common,
      ...own('CLIENT', 'client'),
      ...own('SIGNING', 'signing'),
      ...own('SUPPLIER', 'listener'),
      KUVERT_CA_FILE: at('machine-front', 'ca.pem'),
      KUVERT_SUPPLIER_HOST: '127.0.0.1',
      KUVERT_SUPPLIER_PORT: String(port),
    };
    await run(block('own').replace('kuvert.exempel.se', 'localhost'), { env: front });
    assert.equal(readdirSync(at('machine-front')).length, 7);
    assert.ok(!existsSync(at('machine-front', 'issuing.key.pem')));

    // 6 The listener.
    await serve('kuvert start supplier-api', front);
    const url = `https://localhost:${port}/.well-known/jwks.json`;
    const keys = await run(`curl --silent --show-error --fail --cacert "$ROOT" ${url}`, {
      env: { PATH, ROOT: at('root.pem') },
    });
    assert.equal((JSON.parse(keys) as { keys: unknown[] }).keys.length, 1);
  });
});
