import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { laneStates } from '../../../src/domain/lane.ts';
import { readSuppliers } from '../../../src/suppliers/read-file.ts';
import { cliPage, withReference } from '../../support/cli-page.ts';
import { createDevAuthority, issueDevCertificate } from '../../support/dev-authority.ts';
import { metricsPage, withMetrics } from '../../support/metrics-page.ts';
import { settingsPage, withTable } from '../../support/settings-page.ts';

const page = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

describe('the pages for operators', () => {
  it('docs/settings.md has every setting as the code has it, and no other', () => {
    const text = readFileSync(settingsPage, 'utf8');
    assert.equal(text, withTable(text), 'run `node test/support/settings-page.ts` and read what has changed');
  });

  it('docs/metrics.md has every metric as a process has it, and no other', async () => {
    const text = readFileSync(metricsPage, 'utf8');
    assert.equal(text, await withMetrics(text), 'run `node test/support/metrics-page.ts` and read what has changed');
  });

  it('the alarms of docs/operations/probes-and-alarms.md ask for metrics and values of labels that there are', () => {
    const table = new Map(
      page('metrics.md')
        .split('\n')
        .flatMap((line) => {
          const [, name = '', , labels = ''] = /^\| `(kuvert_\w+)` \| (\w+) \| ([^|]*) \|/.exec(line) ?? [];
          return name === '' ? [] : [[name, labels] as const];
        }),
    );
    const asked = [...page('operations/probes-and-alarms.md').matchAll(/\b(kuvert_\w+)(?:\{(\w+)=~?"([^"]+)"\})?/g)];
    assert.ok(asked.length >= 12, `${asked.length} metrics are asked for`);
    for (const [, name = '', label, values = ''] of asked) {
      const labels = table.get(name);
      assert.ok(labels !== undefined, name);
      if (label === undefined) continue;
      assert.ok(labels.includes(`\`${label}\`:`), `${name} ${label}`);
      for (const value of values.split('|')) assert.ok(labels.includes(`\`${value}\``), `${name} ${label}=${value}`);
    }
  });

  it('docs/cli.md has every command and exit code as the program has them', () => {
    const text = readFileSync(cliPage, 'utf8');
    assert.equal(text, withReference(text), 'run `node test/support/cli-page.ts` and read what has changed');
  });

  it('the file in docs/suppliers.md can be imported', async () => {
    const pem = (await issueDevCertificate(await createDevAuthority(), { name: 'Exempel' })).certificatePem;
    const [, sample = ''] = /```json\n([\s\S]*?)\n```/.exec(page('suppliers.md')) ?? [];
    const { suppliers, warnings } = readSuppliers(JSON.parse(sample), { now: new Date(), readPem: () => pem });
    assert.deepEqual([suppliers[0]?.addresses.length, warnings], [2, []]);
  });

  it('docs/suppliers.md tells of every member of an address and every state of a lane', () => {
    const schema = JSON.parse(readFileSync(new URL('../../../schemas/supplier/1.json', import.meta.url), 'utf8')) as {
      $defs: { address: { properties: Record<string, unknown> } };
    };
    for (const member of Object.keys(schema.$defs.address.properties))
      assert.ok(page('suppliers.md').includes(`| \`${member}\` |`), member);
    for (const state of laneStates) assert.ok(page('suppliers.md').includes(`\n| ${state} |`), state);
  });
});
