import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOrganisationNumber } from '../../src/domain/organisation-number.ts';
import { type DevCertificates, writeDevCertificates } from '../../src/pki/dev-certificates.ts';
import { command } from '../support/command.ts';
import { jsonSelfInvoice, supplierNumber } from '../support/documents.ts';
import { addressEntry, supplierFile } from '../support/register.ts';
import { freshDatabase, freshPrefix, sharedServers } from '../support/servers.ts';

describe('the commands carry a document from the queue to a supplier', () => {
  let folder: string;
  let settings: Record<string, string>;
  let certificates: DevCertificates;
  const running: ChildProcess[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-line-'));
    const sender = parseOrganisationNumber('2021002114');
    assert.ok(sender);
    certificates = await writeDevCertificates(
      join(folder, 'certs'),
      [{ name: 'Exempel AB', organisationNumber: supplierNumber }],
      { name: 'Arbetsförmedlingen', organisationNumber: sender },
    );
    const { redisUrl, brokerUrl, brokerUser, brokerPassword } = sharedServers();
    const prefix = freshPrefix();
    const { PATH = '', HOME = '' } = process.env;
    settings = {
      PATH,
      HOME,
      DATABASE_URL: await freshDatabase(),
      REDIS_URL: redisUrl,
      KUVERT_REDIS_PREFIX: prefix,
      BROKER_URLS: brokerUrl,
      BROKER_USER: brokerUser,
      BROKER_PASSWORD: brokerPassword,
      KUVERT_QUEUE_IN: `${prefix}.in`,
      KUVERT_QUEUE_STATUS: `${prefix}.status`,
      KUVERT_QUEUE_DEAD: `${prefix}.dead`,
      KUVERT_ENVIRONMENT: 'test',
      KUVERT_EGRESS_ALLOW: '127.0.0.0/8',
      KUVERT_RETRY_SCHEDULE: '200ms,1s',
      KUVERT_CA_FILE: certificates.caFile,
      KUVERT_SIGNING_KEY_FILE: certificates.signing.keyFile,
      KUVERT_SIGNING_CERTIFICATE_FILE: certificates.signing.certificateFile,
      KUVERT_CLIENT_KEY_FILE: certificates.client.keyFile,
      KUVERT_CLIENT_CERTIFICATE_FILE: certificates.client.certificateFile,
      KUVERT_SUPPLIER_KEY_FILE: certificates.supplierListener.keyFile,
      KUVERT_SUPPLIER_CERTIFICATE_FILE: certificates.supplierListener.certificateFile,
      KUVERT_SUPPLIER_HOST: '127.0.0.1',
      KUVERT_SUPPLIER_PORT: '0',
    };
  });
  after(async () => {
    await Promise.all(running.filter((child) => child.exitCode === null).map(end));
    rmSync(folder, { recursive: true });
  });

  const start = (...args: string[]): ChildProcess => {
    const child = spawn('bin/kuvert', args, { env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
    running.push(child);
    return child;
  };
  const end = (child: ChildProcess): Promise<number | null> =>
    new Promise((resolve) => {
      child.on('close', resolve);
      child.kill('SIGTERM');
    });
  const kuvert = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await command(args, settings);
    assert.equal(code, 0, err);
    return out;
  };
  /** Resolves with the first match in what a child says on standard error. */
  const heard = (child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      let text = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const match = pattern.exec(text);
        if (match) resolve(match);
      });
      child.on('close', (code) => reject(new Error(`ended with ${code}: ${text}`)));
    });
  const states = async (): Promise<string[]> => {
    const { messages } = JSON.parse(await kuvert('message', 'list', '--json')) as { messages: { state: string }[] };
    return messages.map(({ state }) => state);
  };
  const until = async (wanted: readonly string[]): Promise<void> => {
    for (const began = Date.now(); Date.now() - began < 30_000; await new Promise((done) => setTimeout(done, 200)))
      if ((await states()).join() === wanted.join()) return;
    assert.deepEqual(await states(), wanted);
  };

  it('held without a supplier, delivered with one, dropped as a repeat, kept byte for byte', async () => {
    const gateway = start('start');
    const [, port = ''] = await heard(gateway, /"supplierPort":(\d+)/);
    const document = join(folder, 'invoice.json');
    writeFileSync(document, jsonSelfInvoice({ number: 'SF-1' }));
    const second = join(folder, 'second.json');
    writeFileSync(second, jsonSelfInvoice({ number: 'SF-2' }));
    assert.match(await kuvert('send', document, '--type', 'self-invoice'), /invoice\.json: \d+ bytes on /);
    await until(['held']);

    const supplier = certificates.suppliers.get(supplierNumber);
    assert.ok(supplier);
    const inbox = join(folder, 'inbox');
    const given = {
      cert: supplier.certificateFile,
      key: supplier.keyFile,
      ca: certificates.caFile,
      jwks: `https://127.0.0.1:${port}/.well-known/jwks.json`,
      folder: inbox,
      organisation: supplierNumber,
      status: '503',
      times: '1',
    };
    const receiver = start('receive', ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]));
    const [, endpoint = ''] = await heard(receiver, /Receiving at (https:\S+) into/);
    writeFileSync(
      join(folder, 'supplier.json'),
      JSON.stringify(
        supplierFile(supplierNumber, [
          addressEntry({ url: endpoint, certificates: [{ file: supplier.certificateFile }] }),
        ]),
      ),
    );
    assert.match(
      await kuvert('supplier', 'import', join(folder, 'supplier.json'), '--reason', 'a test'),
      /1 message held for lack of an address/,
    );
    await until(['delivered']);
    await kuvert('send', document, second);
    await until(['delivered', 'delivered']);

    const { messages, gaps } = JSON.parse(await kuvert('receive', 'list', '--folder', inbox, '--json')) as {
      messages: { sequence: string; documentNumber: string; document: string }[];
      gaps: unknown[];
    };
    assert.deepEqual(
      messages.map(({ sequence, documentNumber }) => [sequence, documentNumber]),
      [
        ['1', 'SF-1'],
        ['2', 'SF-2'],
      ],
    );
    assert.deepEqual(gaps, []);
    assert.deepEqual(readFileSync(join(inbox, messages[0]?.document ?? '')), readFileSync(document));

    await kuvert('message', 'resend', 'SF-1', '--reason', 'a test');
    await until(['delivered', 'delivered']);
    const { conservation } = JSON.parse(await kuvert('status', '--json')) as { conservation: Record<string, unknown> };
    assert.deepEqual(
      [conservation.conserved, conservation.taken, conservation.messages, conservation.duplicates],
      [true, 3, 2, 1],
    );
    assert.equal(await end(gateway), 0, 'told to stop, it ends well');
    assert.equal(await end(receiver), 0);
  }).timeout(120_000);
});
