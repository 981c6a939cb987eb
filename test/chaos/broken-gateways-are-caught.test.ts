/**
 * A campaign that finds nothing proves something only if it finds what is there: gateways that are broken on purpose. Not a part
 * of `npm test`, since each takes some minutes: `npm run chaos:broken`.
 */
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Report {
  readonly clean: boolean;
  readonly verdict: { readonly findings: readonly { readonly claim: string }[] };
}

/** @returns the report of a campaign; it must end as one that could be held */
function campaign(broken: string | undefined, faults: number, seed: number): Report {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-chaos-'));
  try {
    const file = join(folder, 'report.json');
    const words = ['--faults', String(faults), '--seed', String(seed), '--json', file];
    const done = spawnSync(
      process.execPath,
      ['test/chaos/main.ts', ...words, ...(broken === undefined ? [] : ['--broken', broken])],
      { encoding: 'utf8' },
    );
    assert.ok(done.status === 0 || done.status === 1, `${done.status}: ${done.stderr.slice(-2_000)}`);
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const claimsOf = ({ verdict }: Report): string[] => verdict.findings.map(({ claim }) => claim);

describe('a campaign', function () {
  this.timeout(0);

  it('finds nothing in the gateway as it is', () => {
    const report = campaign(undefined, 12, 280);
    assert.deepEqual(claimsOf(report), []);
    assert.ok(report.clean);
  });

  it('catches a gateway that acknowledges before it has stored', () => {
    const report = campaign('ack-before-commit', 12, 280);
    assert.ok(!report.clean);
    assert.ok(claimsOf(report).includes('nothing is lost'), claimsOf(report).join());
  });

  it('catches a gateway that takes receipts from anybody', () => {
    const report = campaign('any-receipts', 12, 280);
    assert.ok(!report.clean);
    assert.ok(claimsOf(report).includes('nothing is collected by others'), claimsOf(report).join());
  });

  it('catches a gateway that guesses what became of a number', () => {
    const report = campaign('numbers-guessed', 12, 280);
    assert.ok(!report.clean);
    assert.deepEqual([...new Set(claimsOf(report))], ['numbers are explained']);
  });

  it('catches a gateway that does not learn of revocations', () => {
    const report = campaign('register-remembered', 12, 280);
    assert.ok(!report.clean);
    const found = new Set(claimsOf(report));
    for (const claim of ['what is revoked is ended', 'nothing is collected by others'])
      assert.ok(found.has(claim), `${claim}: ${[...found].join()}`);
  });

  it('catches a gateway that does not look whom it speaks to', () => {
    const report = campaign('no-pin', 12, 280);
    assert.ok(!report.clean);
    assert.ok(claimsOf(report).includes('nothing goes to a wrong identity'), claimsOf(report).join());
  });
});
