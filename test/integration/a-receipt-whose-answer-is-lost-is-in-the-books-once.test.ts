import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { examples, joinAs, startProgram, startSupplierListener } from '../support/examples.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { conserved } from '../support/gateway-account.ts';
import { kaDocuments } from '../support/ka.ts';
import { type Fate, startMiddleman } from '../support/middleman.ts';

const receipts = 'POST /v1/receipts';

for (const [at, example] of examples.entries())
  describe(`a receipt of the pull client in ${example.language}, whose answer is lost on the way`, function () {
    this.timeout(240_000);
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-example-'));
    let gateway: TestGateway;
    let listener: Awaited<ReturnType<typeof startSupplierListener>>;
    const undo: (() => unknown)[] = [];
    before(async () => {
      await example.install(folder);
      gateway = await openGateway();
      await gateway.start();
      listener = await startSupplierListener(gateway);
      undo.push(() => listener.stop());
    });
    after(async () => {
      for (const one of undo.toReversed()) await one();
      await gateway?.close();
      rmSync(folder, { recursive: true });
    });

    /** Two messages for a new supplier, fetched by its program through a connection that loses answers. */
    async function fetchTwo(organisation: number, fate: (asked: string, times: number) => Fate, ...words: string[]) {
      const joined = await joinAs(gateway, sampleOrganisationNumber(organisation), listener.url, '');
      await gateway.register(joined.entry({ delivery: 'pull' }));
      const documents = kaDocuments(joined.organisationNumber, 2, `R${organisation}-`);
      await gateway.ka.send(documents);
      const ofIts = `from message m join delivery d on d.message_id = m.id left join receipt r on r.delivery_id = d.id
        where m.organisation_number = '${joined.organisationNumber}'`;
      await eventually('two are accepted', async () => {
        const { rows } = await gateway.pool.query(`select 1 ${ofIts}`);
        return rows.length === 2;
      });
      const between = await startMiddleman(gateway, listener.url, joined.credential, fate);
      undo.push(() => between.stop());
      const settings = { ...joined.environment, GATEWAY: between.url };
      const start = (...given: string[]) => {
        const program = startProgram([...example.command('pull', folder), ...given], settings);
        undo.push(() => program.stop());
        return program;
      };
      return {
        program: start(...words),
        start,
        /** Both are in the books and on disk, once. */
        settled: async () => {
          const { rows } = await gateway.pool.query(
            `select d.state, d.delivered_by, r.at is not null as receipted ${ofIts}`,
          );
          const one = { state: 'delivered', delivered_by: 'collected', receipted: true };
          assert.deepEqual(rows, [one, one]);
          const { rows: answers } = await gateway.pool.query(
            `select 1 from message m join outbox o on o.body::jsonb ->> 'messageId' = m.id::text
              where m.organisation_number = $1 and o.body::jsonb ->> 'answer' = 'delivered'`,
            [joined.organisationNumber],
          );
          assert.equal(answers.length, 2, 'KA hears of each once');
          assert.deepEqual(
            joined.documents(),
            documents.map(({ body }) => Buffer.from(body)),
          );
          await conserved(gateway);
        },
        /** What the gateway said to each request for receipts, whether it came through or not. */
        said: () =>
          between.answers
            .filter(({ asked }) => asked === receipts)
            .map(({ body }) =>
              (JSON.parse(body) as { results: { result: string }[] }).results.map((one) => one.result),
            ),
      };
    }

    it('is asked for again, and answered that it is there', async () => {
      const { program, settled, said } = await fetchTwo(
        350 + at,
        (asked, times) => (asked === receipts && times === 1 ? 'lost' : 'whole'),
        'once',
      );
      await program.over();
      assert.deepEqual(said(), [
        ['received', 'received'],
        ['already-received', 'already-received'],
      ]);
      assert.ok(!program.text().includes('no receipt'), program.text());
      await settled();
    });

    it('is in the books also when its answer is lost again: the messages are listed no more', async () => {
      const { program, start, settled, said } = await fetchTwo(360 + at, (asked, times) =>
        asked === receipts && times <= 2 ? 'lost' : 'whole',
      );
      await program.line(/^not now: .*$/m);
      assert.deepEqual(said(), [
        ['received', 'received'],
        ['already-received', 'already-received'],
      ]);
      await program.stop();
      const again = start('once');
      await again.over();
      assert.deepEqual(again.lines, []);
      await settled();
    });
  });
