import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSchema } from '../../src/platform/schema/schema.ts';
import { runJava } from '../support/broker.ts';
import { jsonPurchaseOrder, sampleOrganisationNumber, svefaktura } from '../support/documents.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { conserved } from '../support/gateway-account.ts';
import type { Answer } from '../support/ka.ts';
import { sharedServers } from '../support/servers.ts';

const programs = 'docs/ka-producer';
const guide = readFileSync('docs/ka-guide.md', 'utf8');
const schema = loadSchema('status/1.json', 'status');

describe('the programs of the guide for KA', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let folder: string;
  before(async () => {
    gateway = await openGateway();
    // The program is KA here: nobody else reads the answers.
    await gateway.ka.close();
    folder = mkdtempSync(join(tmpdir(), 'kuvert-guide-'));
  });
  after(async () => {
    await conserved(gateway);
    await gateway.close();
    rmSync(folder, { recursive: true });
  });

  const java = (program: string, ...args: string[]): Promise<string> => {
    const { openwireUrl, brokerUser, brokerPassword } = sharedServers();
    const { queueIn, queueStatus } = gateway.settings;
    return runJava(join(programs, program), [openwireUrl, ...args], {
      BROKER_USER: brokerUser,
      BROKER_PASSWORD: brokerPassword,
      KUVERT_QUEUE_IN: queueIn,
      KUVERT_QUEUE_STATUS: queueStatus,
    });
  };
  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  const kept = (): Answer[] =>
    readdirSync(join(folder, 'answers')).map((name) => {
      const answer = JSON.parse(readFileSync(join(folder, 'answers', name), 'utf8')) as Answer;
      assert.equal(name, `${answer.id}.json`);
      assert.deepEqual(schema.check(answer), []);
      return answer;
    });
  const read = async (): Promise<string[]> => lines(await java('ReadAnswers.java', join(folder, 'answers'), '3'));

  it('send documents in any encoding, hear what became of them, withdraw one, and drop answers that come again', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry());
    await gateway.start();
    const nobody = sampleOrganisationNumber(99);
    const files = {
      'invoice.xml': svefaktura({ recipient: supplier.organisationNumber, number: 'SF-1', encoding: 'ISO-8859-1' }),
      'order.json': jsonPurchaseOrder({ recipient: nobody, number: 'IO-1' }),
    };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    assert.match(files['invoice.xml'].toString('latin1'), /ISO-8859-1/);
    const send = (type: string, recipient: string, name: string) =>
      java('SendDocument.java', type, recipient, join(folder, name));
    const [sent] = lines(await send('self-invoice', supplier.organisationNumber, 'invoice.xml'));
    await send('inkopsorder', nobody, 'order.json');
    assert.deepEqual((await read()).sort(), ['accepted IO-1', 'accepted SF-1', 'delivered SF-1', 'held IO-1']);
    assert.equal(kept().find(({ documentNumber }) => documentNumber === 'SF-1')?.kaMessageId, sent);
    assert.deepEqual(Buffer.from((await supplier.received())[0]?.document ?? ''), files['invoice.xml']);

    const [withdrawal] = lines(
      await java('WithdrawDocument.java', 'inkopsorder', nobody, 'IO-1', 'beställd två gånger'),
    );
    await java('WithdrawDocument.java', 'self-invoice', supplier.organisationNumber, 'SF-1');
    assert.deepEqual((await read()).sort(), ['cancelled IO-1', 'rejected SF-1']);
    const cancelled = kept().find(({ answer }) => answer === 'cancelled');
    assert.deepEqual([cancelled?.kaMessageId, cancelled?.fault?.detail], [withdrawal, 'beställd två gånger']);
    assert.equal(kept().find(({ answer }) => answer === 'rejected')?.fault?.code, 'withdrawal-too-late');

    // As a gateway leaves them that ends between the broker's receipt and its own note of it.
    await gateway.pool.query("update outbox set sent_at = null where queue = 'status'");
    assert.deepEqual(await read(), []);
    assert.equal(kept().length, 6);
  });

  it('are what the guide shows', () => {
    const source = readdirSync(programs)
      .map((name) => readFileSync(join(programs, name), 'utf8'))
      .join('\n');
    const known = new Set(source.split('\n').map((line) => line.trim()));
    const shown = [...guide.matchAll(/```java\n([^`]*)```/g)].flatMap(([, text = '']) => lines(text));
    assert.ok(shown.length > 10);
    for (const line of shown) assert.ok(known.has(line.trim()), `in the guide, but in no program: ${line}`);
  });

  it('and what it says of faults and answers is what the gateway says', () => {
    const contract = readFileSync('docs/ka-contract.md', 'utf8');
    const named = [...guide.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code = '']) => code);
    const known = readFileSync('docs/faults.md', 'utf8') + contract + readFileSync('src/domain/message.ts', 'utf8');
    for (const code of named) assert.ok(known.includes(code), code);
    for (const [, target = ''] of guide.matchAll(/\]\(([^)#]+\.(?:md|java|json))\)/g))
      assert.ok(readFileSync(join('docs', target)).length > 0, target);
  });
});
