import { strict as assert } from 'node:assert';
import { readDocument } from '../../src/documents/read.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { accept } from '../../src/store/accept/accept.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { type Reconciliation, reconcile } from '../../src/store/reconciliation.ts';
import { command, type Said } from '../support/command.ts';
import { documentLimits, sampleOrganisationNumber } from '../support/documents.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { conserved } from '../support/gateway-account.ts';
import { kaDocument, kaDocuments, withdrawalOf } from '../support/ka.ts';
import { frameFor } from '../support/line.ts';
import { freshDatabase } from '../support/servers.ts';

/** Cents, so that sums are exact. */
const cents = (decimal: string | undefined): bigint => {
  assert.match(decimal ?? '', /^-?\d+(\.\d{1,2})?$/);
  const [whole = '', part = ''] = (decimal ?? '').split('.');
  return BigInt(whole + part.padEnd(2, '0'));
};

const kuvert = (databaseUrl: string, ...args: string[]): Promise<Said> => command(args, { DATABASE_URL: databaseUrl });

/** Everything that was taken was taken then. */
async function takenAt(pool: Pool, at: string, where = 'true'): Promise<void> {
  await pool.query(`update frame set taken_at = $1 where ${where}`, [at]);
  await pool.query(`update dead_letter x set taken_at = $1 from frame where dead_letter_id = x.id and ${where}`, [at]);
  await pool.query(
    `update message m set accepted_at = $1 from frame where message_id = m.id and verdict = 'message' and ${where}`,
    [at],
  );
}

describe('a day is reconciled with the ledger', function () {
  this.timeout(120_000);

  it('to the öre: what KA sent over the queue, in every format, is counted and summed, delivered or not', async () => {
    const gateway: TestGateway = await openGateway();
    try {
      const good = await gateway.addSupplier();
      const refusing = await gateway.addSupplier(422);
      await gateway.register(good.entry(), refusing.entry());
      await gateway.start();
      const sent = [
        ...kaDocuments(good.organisationNumber, 9, 'G'),
        ...kaDocuments(refusing.organisationNumber, 3, 'R'),
      ];
      const unknown = kaDocument(sampleOrganisationNumber(98), 'U-1', 2);
      const [first] = sent;
      assert.ok(first);
      await gateway.ka.send([...sent, unknown, withdrawalOf(unknown), first, { ...first, body: Buffer.from('{') }]);
      await gateway.settled(16);
      await takenAt(gateway.pool, '2026-03-01T12:00:00Z');
      // A resend on its way does not make it undelivered.
      const { rows } = await gateway.pool.query<{ id: string }>("select id from message where document_number = 'G-1'");
      good.endpoint.behave(503);
      await moveMessage(gateway.pool, {
        action: 'resend',
        messageId: rows[0]?.id ?? '',
        actor: 'cli:test',
        reason: 'lost',
        now: new Date(),
      });

      const day = await reconcile(gateway.pool, '2026-03-01', 'Europe/Stockholm');
      assert.deepEqual(day.breaches, []);
      assert.deepEqual(day.ledger, { taken: 16, messages: 13, duplicates: 1, deadLetters: 1, withdrawals: 1 });
      assert.equal(
        day.lines.reduce((sum, { count }) => sum + count, 0),
        16,
      );
      const expected = new Map<string, [number, bigint]>();
      for (const document of [...sent, unknown]) {
        const state =
          document === unknown ? 'cancelled' : document.recipient === good.organisationNumber ? 'delivered' : 'refused';
        const { total } = readDocument(document.body, documentLimits, document.isText ? 'text' : 'bytes');
        const key = [document.messageType, document.recipient, state].join(' ');
        const [count, sum] = expected.get(key) ?? [0, 0n];
        expected.set(key, [count + 1, sum + cents(total)]);
      }
      assert.deepEqual(
        new Map(
          day.lines
            .filter(({ verdict }) => verdict === 'message')
            .map(({ messageType, recipient, state, count, total, currency }) => {
              assert.equal(currency, 'SEK');
              return [[messageType, recipient, state].join(' '), [count, cents(total)]];
            }),
        ),
        expected,
      );
      for (const { messages, total, delivered, deliveredTotal, notDelivered, notDeliveredTotal } of day.totals) {
        assert.equal(messages, delivered + notDelivered);
        assert.equal(cents(total), cents(deliveredTotal ?? '0') + cents(notDeliveredTotal ?? '0'));
      }
      good.endpoint.behave('ok');
      await conserved(gateway);
    } finally {
      await gateway.close();
    }
  });

  describe('by the command', () => {
    let url: string;
    let pool: Pool;
    const a = sampleOrganisationNumber(1);
    before(async () => {
      url = await freshDatabase();
      pool = createPool({ url, connections: 2, name: 'test' });
      // What a name in the register can be, and a sum.
      await pool.query('insert into supplier values ($1, \'=HYPERLINK("https://x";"y"), AB\', \'sv\')', [a]);
      const frames = ['-100.05', '-0.05', undefined].map((total) => ({ ...frameFor(a), total }));
      await accept(pool, frames);
      await takenAt(pool, '2026-03-28T23:00:00Z');
    });
    after(() => pool.close());
    const report = (date: string, ...more: string[]) =>
      kuvert(url, 'report', 'reconciliation', '--date', date, ...more);

    it('in a CSV that adds up to the frames taken, and in which no text is a formula', async () => {
      const { code, out, err } = await report('2026-03-29', '--csv');
      assert.equal(code, 0, err);
      assert.equal(
        out,
        [
          'date,verdict,messageType,recipient,supplier,state,delivered,count,total,currency,fault',
          `2026-03-29,message,self-invoice,${a},"'=HYPERLINK(""https://x"";""y""), AB",held,no,3,-100.10,SEK,`,
          '',
        ].join('\n'),
      );
      assert.equal(err, 'Balanced: taken 3 = messages 3 + duplicates 0 + dead letters 0 + withdrawals 0\n');
    });

    it('for people and for programs', async () => {
      const { out } = await report('2026-03-29');
      assert.match(
        out,
        /^Taken on 2026-03-29 \(Europe\/Stockholm: 2026-03-28T23:00:00.000Z to 2026-03-29T22:00:00.000Z\)/,
      );
      assert.match(out, /\nBalanced: taken 3 = /);
      const read = JSON.parse((await report('2026-03-29', '--json')).out) as Reconciliation & { date: string };
      assert.deepEqual([read.date, read.balanced, read.totals[0]?.notDeliveredTotal], ['2026-03-29', true, '-100.10']);
    });

    it('with a day that begins and ends where the time zone says, also when it has 23 hours', async () => {
      const taken = async (date: string, zone?: string) => {
        const { out } = await report(date, '--json', ...(zone ? ['--time-zone', zone] : []));
        return (JSON.parse(out) as Reconciliation).ledger.taken;
      };
      assert.deepEqual([await taken('2026-03-28'), await taken('2026-03-29')], [0, 3]);
      assert.deepEqual([await taken('2026-03-28', 'UTC'), await taken('2026-03-29', 'UTC')], [3, 0]);
    });

    it('and a wrong day, zone or form is said to be so', async () => {
      for (const wrong of [
        ['2026-02-30'],
        ['today'],
        ['2026-03-29', '--time-zone', 'XYZ5'],
        ['2026-03-29', '--csv', '--json'],
      ]) {
        const { code, err } = await report(...(wrong as [string]));
        assert.equal(code, 2, err);
      }
    });

    it('which ends with 6 when book and ledger differ', async () => {
      const { id } = (await pool.query<{ id: string }>('select id from message order by number limit 1')).rows[0] ?? {};
      await pool.query("update message set accepted_at = '2026-03-27' where id = $1", [id]);
      const { code, out } = await report('2026-03-29');
      assert.equal(code, 6);
      assert.match(
        out,
        /NOT BALANCED: taken 3 = .*\n {2}broken: the ledger took 3 frames of the day as messages, the book has 2/,
      );
      await pool.query("update message set accepted_at = '2026-03-28T23:00:00Z' where id = $1", [id]);
    });
  });
});
