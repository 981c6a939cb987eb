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
import { startMiddleman } from '../support/middleman.ts';

for (const [at, example] of examples.entries())
  describe(`the pull client in ${example.language}, when one fetch always breaks off`, function () {
    this.timeout(240_000);
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-example-'));
    let gateway: TestGateway;
    const undo: (() => unknown)[] = [];
    before(async () => {
      await example.install(folder);
      gateway = await openGateway();
      await gateway.start();
    });
    after(async () => {
      for (const one of undo.toReversed()) await one();
      await gateway?.close();
      rmSync(folder, { recursive: true });
    });

    it('takes those behind it, tries it again in the next round, and ends by saying that it waits', async () => {
      const listener = await startSupplierListener(gateway);
      undo.push(() => listener.stop());
      const joined = await joinAs(gateway, sampleOrganisationNumber(340 + at), listener.url, '');
      await gateway.register(joined.entry({ delivery: 'pull' }));
      const documents = kaDocuments(joined.organisationNumber, 3);
      await gateway.ka.send(documents);
      const ids = await eventually('three are accepted', async () => {
        const { rows } = await gateway.pool.query<{ id: string }>('select id from message order by sequence');
        return rows.length === 3 && rows.map(({ id }) => id);
      });
      let broken: string | undefined = `GET /v1/messages/${ids[0]}`;
      const between = await startMiddleman(gateway, listener.url, joined.credential, (asked) =>
        asked === broken ? 'half' : 'whole',
      );
      undo.push(() => between.stop());
      const settings = { ...joined.environment, GATEWAY: between.url };
      const start = () => {
        const program = startProgram([...example.command('pull', folder), 'once'], settings);
        undo.push(() => program.stop());
        return program;
      };

      const program = start();
      await program.over(1);
      const words = program.lines.map((line) => line.split(' ').slice(0, 2).join(' '));
      // Python's requests gives half a body for a whole one, which the signature then tells.
      const trouble = words[0] ?? '';
      assert.match(trouble, example.language === 'Python' ? /^(not now|turned down)$/ : /^not now$/);
      assert.deepEqual(words.slice(0, 5), [trouble, 'kept 2', 'kept 3', 'missing 1-1:', trouble]);
      assert.match(program.text(), /1 still wait: see above/);
      const lists = between.asked.filter((asked) => asked === 'GET /v1/messages').length;
      assert.equal(lists, 2, 'once with something to take, and once without');
      const bodies = documents.map(({ body }) => Buffer.from(body));
      assert.deepEqual(joined.documents(), bodies.slice(1));

      broken = undefined;
      await start().over();
      assert.deepEqual(joined.documents(), bodies);
      const { rows } = await gateway.pool.query<{ receipts: number }>('select count(*)::int as receipts from receipt');
      assert.deepEqual(rows, [{ receipts: 3 }]);
      await conserved(gateway);
    });
  });
