import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustHave } from '../../support/installed.ts';

const passwords = ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'BROKER_PASSWORD'];
const compose = readFileSync('docker-compose.yml', 'utf8');

/** `docker-compose config` with these lines as .env. It wants no engine. */
function config(lines: readonly string[], ...flags: string[]): { status: number | null; said: string } {
  mustHave('docker-compose');
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-compose-'));
  try {
    const file = join(folder, 'env');
    writeFileSync(file, `${lines.join('\n')}\n`);
    const { status, stdout, stderr } = spawnSync(
      'docker-compose',
      ['--env-file', file, '--file', 'docker-compose.yml', 'config', ...flags],
      { encoding: 'utf8', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } },
    );
    return { status, said: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('docker-compose.yml', () => {
  it('is right for docker-compose 1.29 and later', () => {
    const result = config(
      passwords.map((name) => `${name}=secret`),
      '--quiet',
    );
    assert.deepEqual(result, { status: 0, said: '' });
  });

  it('refuses to start with a password missing', () => {
    for (const missing of passwords) {
      const given = passwords.filter((name) => name !== missing).map((name) => `${name}=secret`);
      const result = config(given, '--quiet');
      assert.notEqual(result.status, 0);
      assert.match(result.said, /put it in \.env/);
    }
  });

  it('has what is wanted: a health check for each that stays, volumes, no password written down', () => {
    const result = config(passwords.map((name) => `${name}=secret-${name}`));
    const services = /^services:\n([\s\S]*?)^\S/m.exec(result.said)?.[1] ?? '';
    const names = [...services.matchAll(/^ {2}(\S+):$/gm)].map(([, name]) => String(name));
    assert.deepEqual(names.sort(), ['broker', 'gateway', 'migrate', 'postgres', 'redis', 'sample-supplier']);
    for (const kept of ['broker-data', 'postgres-data', 'redis-data']) assert.ok(services.includes(kept));
    // The gateway's health check is the image's.
    assert.match(readFileSync('Dockerfile', 'utf8'), /^HEALTHCHECK /m);
    assert.equal([...services.matchAll(/^ {4}healthcheck:$/gm)].length, names.length - 1);
    for (const [, value] of compose.matchAll(/PASSWORD: (.*)/g)) assert.match(value ?? '', /^\$\{\w+:\?/);
  });
});

describe('Dockerfile', () => {
  it('runs Node 24 slim, not as root, and takes only what the image is made of', () => {
    const lines = readFileSync('Dockerfile', 'utf8').split('\n');
    for (const from of lines.filter((line) => line.startsWith('FROM '))) assert.match(from, /^FROM node:24-slim( |$)/);
    assert.equal(
      lines.findLast((line) => line.startsWith('USER ')),
      'USER node',
    );
    const copied = lines
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(' ').slice(1, -1));
    const sent = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    assert.deepEqual([...new Set(copied)].sort(), sent.sort());
  });
});
