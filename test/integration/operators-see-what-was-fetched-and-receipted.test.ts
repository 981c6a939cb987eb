import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readZip } from '../../src/operations/evidence/zip.ts';
import { command } from '../support/command.ts';
import { frameFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, openMailbox, type Program } from '../support/mailbox.ts';

describe('operators see what was fetched and receipted', () => {
  let line: Line;
  let mailbox: Mailbox;
  let supplier: TestSupplier;
  let program: Program;
  let id: string;
  let fingerprint: string;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-operators-'));
    line = await openLine();
    mailbox = await openMailbox(line);
    supplier = await line.addSupplier({ delivery: 'pull' });
    const { verdicts } = await line.take([frameFor(supplier.organisationNumber, { documentNumber: 'SF-7' })]);
    assert.ok(verdicts[0]?.kind === 'accepted');
    id = verdicts[0].messageId;
    program = mailbox.as(supplier);
    const { rows } = await line.pool.query<{ fingerprint: string }>('select fingerprint from certificate');
    fingerprint = String(rows[0]?.fingerprint);
  });
  after(async () => {
    await mailbox.stop();
    await line.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const show = async (...more: string[]) =>
    (await command(['message', 'show', 'SF-7', ...more], { DATABASE_URL: line.databaseUrl })).out;

  it('that it waits for the supplier, then for its receipt, then that it has it and by which certificate', async () => {
    assert.match(await show(), /Waits until the supplier fetches it/);
    await program.fetch(id);
    await program.fetch(id);
    const fetched = await show('--language', 'sv');
    assert.match(fetched, /Leverantören hämtade det .* det väntar på kvittensen/);
    assert.match(fetched, new RegExp(`Fetched\\n.*\\n.* 2 +127\\.0\\.0\\.1 +${fingerprint}`));
    await program.receipt(id);
    const received = await show();
    assert.match(received, /Delivered .*\(collected, address main\)/);
    assert.match(received, new RegExp(`Receipt +from 127\\.0\\.0\\.1, certificate ${fingerprint}`));
  });

  it('evidence holds the fetches and the receipt, the very bytes that were fetched, and verifies', async () => {
    const { bytes, headers } = await program.fetch(id);
    const file = join(folder, 'e.zip');
    const environment = {
      DATABASE_URL: line.databaseUrl,
      KUVERT_SIGNING_CERTIFICATE_FILE: line.certificates.signing.certificateFile,
    };
    const exported = await command(['evidence', 'export', 'SF-7', '--out', file], environment);
    assert.deepEqual([exported.code, exported.err], [0, '']);
    const files = await readZip(readFileSync(file));
    assert.deepEqual(files.get('envelope.json'), bytes);
    assert.equal(files.get('signature.jws')?.toString(), headers['x-jws-signature']);
    const rows = (name: string) => JSON.parse(files.get(name)?.toString() ?? '') as Record<string, unknown>[];
    const [receipt] = rows('receipts.json');
    assert.deepEqual([receipt?.['delivery'], receipt?.['fingerprint']], [1, fingerprint]);
    const [collection] = rows('collections.json');
    assert.deepEqual([collection?.['times'], collection?.['fingerprint']], [3, fingerprint]);
    const verified = await command(['evidence', 'verify', file, '--ca', line.certificates.caFile], {});
    assert.equal(verified.code, 0, verified.out + verified.err);
  });

  it('the report of the day counts it as delivered', async () => {
    const day = new Date().toISOString().slice(0, 10);
    const { out, code } = await command(['report', 'reconciliation', '--date', day, '--time-zone', 'UTC', '--json'], {
      DATABASE_URL: line.databaseUrl,
    });
    assert.equal(code, 0, out);
    const { totals } = JSON.parse(out) as { totals: { delivered: number; notDelivered: number }[] };
    assert.deepEqual(
      totals.map(({ delivered, notDelivered }) => [delivered, notDelivered]),
      [[1, 0]],
    );
  });
});
