import { strict as assert } from 'node:assert';
import { silentLog } from '../../../../src/platform/log.ts';
import { createTeller, lanesIn, notifyStored, storedChannel } from '../../../../src/store/collect/channels.ts';
import type { Pool } from '../../../../src/store/pool.ts';

describe('telling who waits to fetch', () => {
  const said: string[][] = [];
  const pool = (query: () => Promise<void> = async () => undefined) =>
    ({
      query: async (_text: string, values: readonly unknown[]) => {
        assert.equal(values[0], storedChannel);
        said.push(values[1] as string[]);
        await query();
        return { rows: [], rowCount: 0 };
      },
    }) as unknown as Pool;
  beforeEach(() => said.splice(0));

  it('names each lane once, in as few payloads as PostgreSQL takes', async () => {
    const lanes = Array.from({ length: 3_000 }, (_, i) => 1_000_000_000_000 + i);
    await notifyStored(pool(), [...lanes, ...lanes]);
    const payloads = said[0] ?? [];
    assert.ok(payloads.length === 6 && payloads.every((one) => one.length <= 7_900), `${payloads.length}`);
    assert.deepEqual(payloads.flatMap(lanesIn), lanes);
  });

  it('says nothing when there is nothing to say; an empty payload names no lane', async () => {
    await notifyStored(pool(), []);
    assert.deepEqual(said, []);
    assert.deepEqual(lanesIn(''), []);
  });

  it('gathers what is told while a word is on its way, and is closed when all is told', async () => {
    const gates: (() => void)[] = [];
    const teller = createTeller(
      pool(() => new Promise((resolve) => gates.push(resolve))),
      silentLog,
    );
    teller.tell([1]);
    teller.tell([2]);
    teller.tell([3, 2]);
    const closed = teller.close();
    gates.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
    gates.shift()?.();
    await closed;
    assert.deepEqual(said, [['1'], ['2 3']]);
  });

  it('goes on after a word that was lost', async () => {
    let broken = true;
    const teller = createTeller(
      pool(async () => {
        if (broken) throw new Error('gone');
      }),
      silentLog,
    );
    teller.tell([1]);
    await teller.close();
    broken = false;
    teller.tell([2]);
    await teller.close();
    assert.deepEqual(said, [['1'], ['2']]);
  });
});
