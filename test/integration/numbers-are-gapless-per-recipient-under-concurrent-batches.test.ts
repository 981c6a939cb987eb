import { strict as assert } from 'node:assert';
import { Fault } from '../../src/domain/fault.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import type { CheckedFrame, DeadFrame, TakenFrame, Verdict } from '../../src/store/accept/frames.ts';
import { isServerTrouble } from '../../src/store/pool.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, type Line, openLine } from '../support/line.ts';

/** Reproducible pseudo-random numbers. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

describe('numbers are gapless per recipient under concurrent batches', () => {
  let line: Line;
  before(async () => {
    line = await openLine();
  });
  after(() => line.close());

  /** As intake does: trouble of the server means once more. */
  async function stored(batch: readonly TakenFrame[], seen: { again: number }): Promise<readonly Verdict[]> {
    for (;;) {
      try {
        return (await line.take(batch)).verdicts;
      } catch (error) {
        // Two that bring the same frame at once: one of them meets the other's, and finds it in the ledger next time.
        const twin = (error as { code?: unknown }).code === '23505';
        if (!isServerTrouble(error) && !twin) throw error;
        seen.again += 1;
      }
    }
  }

  const dead = (recipient: OrganisationNumber, n: number): DeadFrame => {
    const { key, document, kind: _kind, ...frame } = frameFor(recipient);
    return {
      ...frame,
      kind: 'dead-letter',
      body: document,
      messageType: key.messageType,
      documentNumber: `dead-${n}`,
      recipient,
      fault: new Fault('document-invalid'),
    };
  };

  it('crossing recipients, duplicates, conflicts, dead letters and repeats, eight batches at a time', async () => {
    const next = chance(7);
    const suppliers = await Promise.all(Array.from({ length: 6 }, () => line.addSupplier({ delivery: 'pull' })));
    const strangers = [sampleOrganisationNumber(901), sampleOrganisationNumber(902)];
    const recipients = [...suppliers.map(({ organisationNumber }) => organisationNumber), ...strangers];
    const recipient = (): OrganisationNumber => recipients[next(recipients.length)] as OrganisationNumber;
    const frame = (): CheckedFrame =>
      frameFor(recipient(), {
        // Few numbers and two contents for each: every kind of meeting happens.
        documentNumber: `N-${next(150)}`,
        content: `{"content":${next(4) === 0 ? 2 : 1}}`,
      });
    const seen = { again: 0 };
    const all: Verdict[] = [];
    const given: TakenFrame[] = [];
    const lines = Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 12; i++) {
        const batch = Array.from({ length: 20 }, (_, n): TakenFrame => {
          if (next(20) === 0) return dead(recipient(), n);
          const earlier = given[next(given.length)];
          return earlier && next(10) === 0 ? earlier : frame();
        });
        given.push(...batch);
        all.push(...(await stored(batch, seen)));
      }
    });
    await Promise.all(lines);

    const { taken, messages, duplicates, deadLetters } = await line.conserved();
    const count = (kind: Verdict['kind']) => all.filter((one) => one.kind === kind).length;
    assert.deepEqual(
      { messages, duplicates, deadLetters, taken, given: all.length },
      {
        messages: count('accepted'),
        duplicates: count('duplicate'),
        deadLetters: count('rejected'),
        taken: all.length - count('again'),
        given: 8 * 12 * 20,
      },
    );
    assert.ok(count('again') > 0 && count('duplicate') > 0 && count('rejected') > 0);
    const { rows } = await line.pool.query<{ organisation_number: string; sequences: string[] }>(
      'select organisation_number, array_agg(sequence order by number) as sequences from message group by 1',
    );
    assert.equal(rows.length, recipients.length);
    // In the order of acceptance, without a gap.
    for (const { sequences } of rows)
      assert.deepEqual(
        sequences.map(Number),
        sequences.map((_, i) => i + 1),
      );
  });

  it('a batch that is rolled back leaves no gap', async () => {
    const number = sampleOrganisationNumber(903);
    await line.take([frameFor(number)]);
    const unstorable = { ...frameFor(number), documentNumber: 'x', kaMessageId: 'k'.repeat(501) };
    await assert.rejects(line.take([frameFor(number), unstorable]), /ka_message_id/);
    const { verdicts } = await line.take([frameFor(number)]);
    assert.deepEqual(
      verdicts.map((one) => one.kind === 'accepted' && one.sequence),
      [2],
    );
  });

  it('a batch with the same recipients in the other order does not deadlock', async () => {
    const suppliers = await Promise.all(Array.from({ length: 12 }, () => line.addSupplier({ delivery: 'push' })));
    const forth = suppliers.map(({ organisationNumber }) => organisationNumber);
    const back = forth.toReversed();
    const batches = Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? forth : back).map((one) => frameFor(one)));
    // Straight, without a retry: there is nothing to retry.
    await Promise.all(batches.map((batch) => line.take(batch)));
  });

  it('the same new numbers in crossing orders do not deadlock either', async () => {
    const number = sampleOrganisationNumber(904);
    for (let round = 0; round < 5; round++) {
      const forth = Array.from({ length: 20 }, (_, n) => `X-${round}-${n}`);
      const back = forth.toReversed();
      await Promise.all(
        [forth, back, forth, back].map((numbers) =>
          line.take(numbers.map((documentNumber) => frameFor(number, { documentNumber, content: '{}' }))),
        ),
      );
    }
  });

  it('nor does intake with the drain of the same lanes, whatever duplicates and refusals it meets', async () => {
    const supplier = await line.addSupplier({
      concurrency: 4,
      behaviour: ({ body }) => (body.includes('"subject":"R-') ? 422 : 'ok'),
    });
    const { organisationNumber } = supplier;
    const role = await line.deliver();
    const lines = Array.from({ length: 4 }, async (_, k) => {
      for (let i = 0; i < 10; i++)
        await line.take(
          Array.from({ length: 12 }, (__, n) => {
            const documentNumber = n % 6 === 0 ? `R-${n}` : `P-${(i * 7 + n) % 40}`;
            return frameFor(organisationNumber, { documentNumber, content: `{"content":${n % 6 === 0 ? k : 1}}` });
          }),
        );
    });
    await Promise.all(lines);
    await eventually('nothing is on its way', async () => {
      const { waiting = 0, sending = 0 } = await line.states(supplier.lane);
      return waiting + sending === 0;
    });
    const { rows } = await line.pool.query<{ deadlocks: number }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    assert.equal(rows[0]?.deadlocks, 0);
    await role.stop();
  });
});
