import { strict as assert } from 'node:assert';
import { type MailboxCrash, startCrashingMailbox } from '../support/crash-mailbox.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, mailboxEnvironment, opened, openMailbox, programAt } from '../support/mailbox.ts';

describe('gateway killed at each step of a fetch and a receipt: nothing is shown that is not on record', () => {
  let line: Line;
  let mailbox: Mailbox;
  before(async () => {
    line = await openLine();
    mailbox = await openMailbox(line);
  });
  after(async () => {
    await mailbox.stop();
    await line.close();
  });

  async function stored(): Promise<{ supplier: TestSupplier; id: string }> {
    const supplier = await line.addSupplier({ delivery: 'pull' });
    const { verdicts } = await line.take(framesFor(supplier.organisationNumber, 1));
    assert.ok(verdicts[0]?.kind === 'accepted');
    return { supplier, id: verdicts[0].messageId };
  }

  async function onRecord(id: string): Promise<Record<string, unknown> | undefined> {
    const { rows } = await line.pool.query(
      `select d.state, (select count(*) from envelope where message_id = $1) as envelopes,
              (select count(*) from collection where message_id = $1) as collections,
              (select count(*) from receipt r where r.delivery_id = d.id) as receipts
         from delivery d where message_id = $1`,
      [id],
    );
    return rows[0];
  }

  /** Asks a gateway that dies of it; nothing may come back. */
  async function dies(
    crash: MailboxCrash,
    ask: (program: ReturnType<typeof programAt>) => Promise<unknown>,
    supplier: TestSupplier,
  ) {
    const dying = await startCrashingMailbox(mailboxEnvironment(line), crash);
    try {
      await assert.rejects(ask(programAt(dying.port, line, supplier)), /socket hang up|ECONNRESET/);
      await dying.crashed;
    } finally {
      dying.kill();
    }
  }

  const fetches: readonly (readonly [...MailboxCrash, written: 0 | 1])[] = [
    ['seal', 'before', 0],
    ['seal', 'after', 0],
    ['bytes', 'after', 0],
    ['transaction', 'before', 0],
    ['transaction', 'during', 0],
    ['transaction', 'after', 1],
  ];
  for (const [step, moment, written] of fetches)
    it(`a fetch, ${moment} its ${step}: ${written === 1 ? 'on record, and fetched again the same' : 'as if it had not been asked for'}`, async () => {
      const { supplier, id } = await stored();
      await dies([step, moment], (program) => program.fetch(id), supplier);
      assert.deepEqual(await onRecord(id), { state: 'waiting', envelopes: written, collections: written, receipts: 0 });
      const program = mailbox.as(supplier);
      const { rows } = await line.pool.query<{ sha256: string }>(
        "select encode(sha256, 'hex') as sha256 from envelope where message_id = $1",
        [id],
      );
      const fetched = await program.fetch(id);
      assert.equal((await opened(line, fetched)).id, id);
      if (written === 1) assert.equal(fetched.headers['etag'], `"${rows[0]?.sha256}"`);
      assert.equal((await program.receipt(id)).json['result'], 'received');
      await line.conserved();
    });

  const receipts: readonly (readonly [MailboxCrash[1], state: string, again: string])[] = [
    ['before', 'waiting', 'received'],
    ['during', 'waiting', 'received'],
    ['after', 'delivered', 'already-received'],
  ];
  for (const [moment, state, again] of receipts)
    it(`a receipt, ${moment} its transaction: said again it is ${again}, and KA hears of it once`, async () => {
      const { supplier, id } = await stored();
      const program = mailbox.as(supplier);
      await program.fetch(id);
      await dies(['transaction', moment], (dying) => dying.receipt(id), supplier);
      assert.equal((await onRecord(id))?.['state'], state);
      assert.equal((await program.receipt(id)).json['result'], again);
      assert.equal((await line.answers('delivered')).filter(({ messageId }) => messageId === id).length, 1);
      assert.deepEqual(await onRecord(id), { state: 'delivered', envelopes: 1, collections: 1, receipts: 1 });
      await line.conserved();
    });
});
