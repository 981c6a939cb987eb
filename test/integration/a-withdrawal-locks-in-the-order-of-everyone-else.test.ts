import { strict as assert } from 'node:assert';
import { createHash, randomUUID } from 'node:crypto';
import { Fault } from '../../src/domain/fault.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { accept } from '../../src/store/accept/accept.ts';
import type { WithdrawalFrame } from '../../src/store/accept/frames.ts';
import { withdraw } from '../../src/store/accept/withdraw.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { verifyAudit } from '../support/audit.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

describe('a withdrawal locks in the order of everyone else', function () {
  this.timeout(60_000);
  let line: Line;
  let pool: Pool;
  let suppliers: TestSupplier[];
  before(async () => {
    line = await openLine();
    pool = createPool({ url: line.databaseUrl, connections: 16, name: 'test' });
    suppliers = [
      await line.addSupplier({ behaviour: 'ok', concurrency: 4 }),
      await line.addSupplier({ behaviour: 422, ordering: 'strict' }),
      await line.addSupplier({ behaviour: 503 }),
    ];
    await line.deliver();
  });
  after(async () => {
    await pool.close();
    await line.close();
  });

  const withdrawalOf = (recipient: OrganisationNumber, documentNumber: string, id?: string): WithdrawalFrame => ({
    kind: 'withdrawal',
    brokerMessageId: id ?? `ID:${randomUUID()}`,
    bodySha256: createHash('sha256').digest(),
    kaMessageId: undefined,
    correlationId: undefined,
    messageId: undefined,
    messageType: 'self-invoice',
    recipient,
    documentNumber,
    reason: undefined,
    body: Buffer.alloc(0),
    isText: true,
    headers: {},
  });

  it('so that batches, drains, operators and withdrawals of the same documents never wait for each other crosswise', async () => {
    const tasks = suppliers.flatMap(({ organisationNumber }) =>
      Array.from({ length: 12 }, async (_, n) => {
        const documentNumber = `L-${n}`;
        const frames = [0, 1].map((version) =>
          frameFor(organisationNumber, { documentNumber, content: `${n} ${version}` }),
        );
        const others = Array.from({ length: 5 }, () => frameFor(organisationNumber));
        const { verdicts } = await accept(pool, [...frames.slice(0, 1), ...others]);
        const messageId = verdicts[0]?.kind === 'accepted' ? verdicts[0].messageId : '';
        const order = (action: 'cancel' | 'hold' | 'release') =>
          moveMessage(pool, { action, messageId, actor: 'cli:test', reason: 'r', now: new Date() }).catch(
            (error: unknown) => {
              if (!(error instanceof Fault)) throw error;
            },
          );
        await Promise.all([
          withdraw(pool, withdrawalOf(organisationNumber, documentNumber), new Date()),
          order('hold'),
          line.take(frames.slice(1)),
          withdraw(pool, withdrawalOf(organisationNumber, documentNumber), new Date()),
          order('release'),
          order('cancel'),
        ]);
      }),
    );
    await Promise.all(tasks);
    // PostgreSQL gathers its counts with a delay.
    await eventually('everything of the good supplier is over', async () => {
      const states = await line.states(suppliers[0]?.lane);
      return (states['waiting'] ?? 0) + (states['sending'] ?? 0) === 0;
    });
    const { rows } = await pool.query<{ deadlocks: number }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    assert.equal(rows[0]?.deadlocks, 0);
    assert.equal((await verifyAudit(pool)).ok, true);
    const { withdrawals, deadLetters } = await line.conserved();
    assert.ok(withdrawals > 0);
    assert.ok(withdrawals + deadLetters >= 72);
  });

  it('and the same frame brought again, even by two at once, withdraws once', async () => {
    const [supplier] = suppliers;
    assert.ok(supplier);
    await pool.query("update lane set state = 'paused', wake_at = null where id = $1", [supplier.lane]);
    await accept(pool, [frameFor(supplier.organisationNumber, { documentNumber: 'T-1' })]);
    const frame = withdrawalOf(supplier.organisationNumber, 'T-1', `ID:${randomUUID()}`);
    const before = (await line.conserved()).withdrawals;
    const results = await Promise.allSettled([1, 2, 3].map(() => withdraw(pool, frame, new Date())));
    const again = await withdraw(pool, frame, new Date());
    assert.deepEqual(again.verdicts, [{ kind: 'again' }]);
    const heard = results.filter(
      (result) => result.status === 'fulfilled' && result.value.verdicts[0]?.kind === 'withdrawn',
    );
    assert.equal(heard.length, 1);
    assert.equal((await line.conserved()).withdrawals, before + 1);
    assert.equal((await line.answers('cancelled')).filter(({ documentNumber }) => documentNumber === 'T-1').length, 1);
  });
});
