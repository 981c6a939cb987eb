import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moveMessage } from '../../src/operations/messages.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import {
  examples,
  type Joined,
  joinAs,
  type Running,
  startProgram,
  startSupplierListener,
} from '../support/examples.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { conserved } from '../support/gateway-account.ts';
import { kaDocuments } from '../support/ka.ts';

for (const [at, example] of examples.entries())
  describe(`the pull client in ${example.language}`, function () {
    this.timeout(240_000);
    let folder: string;
    let gateway: TestGateway;
    let listener: Awaited<ReturnType<typeof startSupplierListener>>;
    let joined: Joined;
    const programs: Running[] = [];
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'kuvert-example-'));
      await example.install(folder);
      gateway = await openGateway();
      listener = await startSupplierListener(gateway);
      joined = await joinAs(gateway, sampleOrganisationNumber(310 + at), listener.url, '');
      await gateway.register(joined.entry({ delivery: 'pull' }));
      await gateway.start();
    });
    after(async () => {
      for (const program of programs) await program.stop();
      await listener?.stop();
      await gateway?.close();
      if (folder !== undefined) rmSync(folder, { recursive: true });
    });

    const start = (...words: readonly string[]): Running => {
      const program = startProgram([...example.command('pull', folder), ...words], joined.environment);
      programs.push(program);
      return program;
    };
    const states = async () => {
      const { rows } = await gateway.pool.query<{ sequence: number; state: string; id: string }>(
        `select m.sequence, d.state, m.id from delivery d join message m on m.id = d.message_id
          where d.current order by m.sequence`,
      );
      return rows;
    };
    const accepted = (count: number) =>
      eventually(`${count} are accepted`, async () => (await states()).length === count && (await states()));
    const move = (action: 'cancel' | 'hold' | 'release', messageId: string) =>
      moveMessage(gateway.pool, { action, messageId, actor: 'cli:test', reason: 'a test', now: new Date() });

    it('keeps everything byte for byte, sends receipts, and hears what became of the numbers that it lacks', async () => {
      const documents = kaDocuments(joined.organisationNumber, 6);
      await gateway.ka.send(documents);
      const stored = await accepted(6);
      await move('cancel', stored[1]?.id ?? '');
      await move('hold', stored[3]?.id ?? '');
      const program = start('once');
      await program.over();
      const bodies = documents.map(({ body }) => Buffer.from(body));
      assert.deepEqual(
        joined.documents(),
        [0, 2, 4, 5].map((index) => bodies[index]),
      );
      assert.deepEqual(
        (await states()).map(({ state }) => state),
        ['delivered', 'cancelled', 'delivered', 'held', 'delivered', 'delivered'],
      );
      assert.deepEqual(
        program.lines.filter((line) => line.startsWith('missing')).map((line) => line.split(' ').slice(0, 3).join(' ')),
        ['missing 2-2: cancelled', 'missing 4-4: held'],
      );
      await conserved(gateway);

      // Nothing waits now; what is released later has a lower number, and is found all the same.
      await start('once').over();
      assert.equal(joined.documents().length, 4);
      await move('release', stored[3]?.id ?? '');
      const again = start('once');
      await again.over();
      assert.deepEqual(again.lines, [`kept 4 ${stored[3]?.id}`, again.lines[1]]);
      assert.match(again.lines[1] ?? '', /^missing 2-2: cancelled/);
      assert.deepEqual(
        joined.documents(),
        [0, 2, 3, 4, 5].map((index) => bodies[index]),
      );
    });

    it('told to go on, waits for what comes', async () => {
      const program = start();
      await gateway.ka.send(kaDocuments(joined.organisationNumber, 2, 'E'));
      await program.line(/^kept 7 .*\n(?:.*\n)*kept 8 /m);
      await gateway.settled(8);
      assert.equal(joined.documents().length, 7);
      await conserved(gateway);
    });

    it('keeps nothing twice of what is given to it once more, and sends the receipt', async () => {
      for (const program of programs) await program.stop();
      await gateway.ka.send(kaDocuments(joined.organisationNumber, 1, 'F'));
      const message = (await accepted(9))[8];
      await start('once').over();
      const documents = joined.documents();
      assert.equal(documents.length, 8);
      await moveMessage(gateway.pool, {
        action: 'resend',
        messageId: message?.id ?? '',
        actor: 'cli:test',
        reason: 'a test',
        now: new Date(),
      });
      const program = start('once');
      await program.over();
      assert.deepEqual(program.lines[0], `repeat 9 ${message?.id}`);
      assert.deepEqual(joined.documents(), documents);
      assert.equal((await states())[8]?.state, 'delivered');
      await conserved(gateway);
    });

    it('is not stopped by an envelope in a format that it does not read, and gives no receipt for it', async () => {
      const before = joined.documents().length;
      await gateway.register(joined.entry({ delivery: 'pull', envelopeFormat: 'sfti' }));
      await gateway.ka.send(kaDocuments(joined.organisationNumber, 1, 'X'));
      await accepted(10);
      const reads = example.language === 'TypeScript';
      const program = start('once');
      await program.over(reads ? 0 : 1);
      assert.match(program.lines[0] ?? '', reads ? /^kept 10 / : /^turned down 503 .*ask for the format CloudEvents/);
      await gateway.register(joined.entry({ delivery: 'pull' }));
      await gateway.ka.send(kaDocuments(joined.organisationNumber, 1, 'Y'));
      await accepted(11);
      const again = start('once');
      await again.over(reads ? 0 : 1);
      assert.ok(again.lines.some((line) => line.startsWith('kept 11 ')));
      assert.equal(joined.documents().length, before + (reads ? 2 : 1));
      const [inXml, inJson] = (await states()).slice(9).map(({ state }) => state);
      assert.deepEqual([inXml, inJson], [reads ? 'delivered' : 'waiting', 'delivered']);
      await conserved(gateway);
    });
  });
