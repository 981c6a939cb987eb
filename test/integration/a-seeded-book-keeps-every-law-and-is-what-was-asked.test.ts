/** `kuvert dev seed`: an invented book is a right one, wherever it was stopped, and goes into nobody's real database. */
import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SeedDeps, seedBook } from '../../src/cli/seed/seed.ts';
import { readDocument } from '../../src/documents/read.ts';
import { assemble } from '../../src/envelope/bytes.ts';
import { keysOfCertificates } from '../../src/envelope/keys.ts';
import { openEnvelope } from '../../src/envelope/open.ts';
import { loadSigner } from '../../src/envelope/signer.ts';
import { loadIssuer } from '../../src/pki/authority.ts';
import { type DevCertificates, writeDevCertificates } from '../../src/pki/dev-certificates.ts';
import { judgeChain } from '../../src/store/audit-breaks.ts';
import { chainStart, rowsAfter } from '../../src/store/audit-chain.ts';
import { type Conservation, conservation } from '../../src/store/conservation.ts';
import { readSigningPems } from '../../src/store/enrol/own-certificates.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/servers.ts';

const sender = { name: 'Arbetsförmedlingen', organisationNumber: '2021002114' as never };
const wanted = { messages: 4_500, suppliers: 260, documentBytes: 1_024, seed: 7 };
const limits = { bytes: 1_000_000, depth: 64, elements: 100_000 };

describe('a seeded book', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-seed-'));
  const now = new Date();
  const pools: Pool[] = [];
  let files: DevCertificates;
  before(async () => {
    files = await writeDevCertificates(folder, [], sender);
  });
  after(async () => {
    for (const pool of pools) await pool.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (url: string): Pool => {
    const pool = createPool({ url, connections: 2, name: 'test' });
    pools.push(pool);
    return pool;
  };
  const deps = (pool: Pool, more: Partial<SeedDeps> = {}): SeedDeps => ({
    pool,
    issuer: loadIssuer(
      { keyPem: files.authority.keyPem, certificatePem: files.authority.certificatePem + files.authority.rootPem },
      now,
    ),
    signer: loadSigner(files.signing.keyPem, files.signing.certificatePem),
    signingPem: files.signing.chainPem,
    source: 'https://ka.example/ka',
    sender: sender.organisationNumber,
    now: () => now,
    stopped: () => false,
    progress: () => undefined,
    ...more,
  });
  const lawful = async (pool: Pool): Promise<Conservation> => {
    const sums = await conservation(pool);
    assert.deepEqual(sums.breaches, []);
    return sums;
  };
  const environment = (url: string): Record<string, string> => ({
    DATABASE_URL: url,
    KUVERT_ENVIRONMENT: 'test',
    KUVERT_SIGNING_KEY_FILE: files.signing.keyFile,
    KUVERT_SIGNING_CERTIFICATE_FILE: files.signing.certificateFile,
    KUVERT_CA_KEY_FILE: files.issuing.keyFile,
    KUVERT_CA_CERTIFICATE_FILE: files.issuing.certificateFile,
  });
  let whole: { pool: Pool; sums: Conservation };

  it('has as many messages as were asked for, in every state but sending, and keeps every law', async () => {
    const pool = open(await freshDatabase());
    const seeded = await seedBook(deps(pool), wanted);
    assert.deepEqual(seeded, { messages: 4_500, suppliers: 260, written: 4_500, left: 0 });
    const sums = await lawful(pool);
    assert.equal(sums.messages, 4_500);
    assert.equal(sums.sending, 0, 'nobody holds a lease');
    for (const state of ['waiting', 'delivered', 'refused', 'held', 'cancelled', 'duplicates', 'deadLetters'] as const)
      assert.ok(sums[state] > 0, state);
    assert.ok(sums.delivered / sums.messages > 0.9);
    whole = { pool, sums };
  });

  it('is, asked for once more, left as it is', async () => {
    const again = await seedBook(deps(whole.pool), wanted);
    assert.deepEqual([again.written, again.messages, again.left], [0, 4_500, 0]);
    assert.deepEqual(await lawful(whole.pool), whole.sums);
  });

  it('keeps the laws where it was stopped, and goes on to the same sums', async () => {
    const pool = open(await freshDatabase());
    let progressed = 0;
    const first = await seedBook(
      deps(pool, { progress: (n) => void (progressed = n), stopped: () => progressed > 0 }),
      wanted,
    );
    assert.deepEqual([first.written, first.left], [2_000, 2_500]);
    assert.equal((await lawful(pool)).messages, 2_000);
    const later = new Date(now.getTime() + 60_000);
    const second = await seedBook(deps(pool, { now: () => later }), wanted);
    assert.deepEqual([second.written, second.messages, second.left], [2_500, 4_500, 0]);
    assert.deepEqual(await lawful(pool), whole.sums);
  });

  it('has documents that intake would accept, and envelopes that verify over them', async () => {
    const keys = keysOfCertificates(await readSigningPems(whole.pool));
    const { rows } = await whole.pool.query<{
      id: string;
      document: Buffer;
      head: string;
      signature: string;
      format: 'cloudevents';
      number: string;
    }>(
      `select m.id, m.document_number as number, c.document, e.head, e.signature, e.format
         from message m join content c on c.message_id = m.id join envelope e on e.message_id = m.id order by m.number`,
    );
    assert.ok(rows.length > 4_000);
    for (const { document, number, head, format, signature } of rows.filter((_, i) => i % 5 === 0)) {
      const read = readDocument(document, limits, 'bytes');
      assert.deepEqual([read.findings, read.documentNumber], [[], number]);
      await openEnvelope(assemble(head, document, format), signature, { keys });
    }
  });

  it('has an audit whose chain is whole', async () => {
    const judge = judgeChain(chainStart);
    for await (const row of rowsAfter(whole.pool, 0)) judge.take(row);
    assert.deepEqual([judge.count(), judge.breaks()], [0, []]);
    assert.ok(judge.rows() > 300);
  });

  it('is made by the command, which says what it wrote', async () => {
    const url = await freshDatabase();
    const args = ['dev', 'seed', '--messages', '2000', '--suppliers', '120', '--json'];
    const said = await command(args, environment(url));
    assert.equal(said.err, '');
    assert.deepEqual(JSON.parse(said.out), { messages: 2_000, suppliers: 120, written: 2_000, left: 0 });
    assert.equal((await lawful(open(url))).messages, 2_000);
  });

  it('does not go where another one is', async () => {
    await assert.rejects(seedBook(deps(whole.pool), { ...wanted, messages: 9_000 }), {
      code: 'not-possible-now',
      message: /4500 messages .* 260 suppliers, seed 7; .* needs an empty database/,
    });
  });

  it('does not go into a database that is not marked as a developer’s, or that leads to production', async () => {
    const url = await freshDatabase();
    const name = new URL(url).pathname.slice(1);
    await open(url).query(`alter database "${name}" set kuvert.development = 'off'`);
    await assert.rejects(seedBook(deps(open(url)), wanted), {
      code: 'not-possible-now',
      message: /is not marked as a developer's.*alter database/,
    });
    const other = await freshDatabase();
    await open(other).query(
      `insert into supplier (organisation_number, name, language) values ('5560160680', 'Riktiga AB', 'sv')`,
    );
    await open(other).query(
      `insert into address (organisation_number, name, environment, delivery, message_types, envelope_format, ordering, concurrency)
       values ('5560160680', 'main', 'production', 'pull', '{self-invoice}', 'cloudevents', 'any', 1)`,
    );
    await assert.rejects(seedBook(deps(open(other)), wanted), { message: /addresses of production/ });
    for (const one of [url, other]) assert.equal((await conservation(open(one))).messages, 0);
  });

  it('does not go where the gateway serves production', async () => {
    const url = await freshDatabase();
    const said = await command(['dev', 'seed', '--messages', '100'], {
      ...environment(url),
      KUVERT_ENVIRONMENT: 'production',
    });
    assert.notEqual(said.code, 0);
    assert.match(said.err, /KUVERT_ENVIRONMENT is production/);
    assert.equal((await conservation(open(url))).messages, 0);
  });
});
