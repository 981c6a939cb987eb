import { strict as assert } from 'node:assert';
import { sweep } from '../../../src/delivery/sweep.ts';
import { silentLog } from '../../../src/platform/log.ts';

describe('sweep', () => {
  it('ends what ran out first, then wakes every lane that is due, at once', async () => {
    const diary: string[] = [];
    await sweep({
      endLapsedLeases: async () => {
        diary.push('end');
        return [7];
      },
      dueLanes: async () => {
        diary.push('due');
        return [3, 1, 2];
      },
      wake: async (lane, delay) => {
        diary.push(`wake ${lane} in ${delay}`);
      },
      principalsDue: async () => {
        diary.push('principals');
        return ['5560160680', '5560160681'];
      },
      follow: async (principal) => {
        diary.push(`follow ${principal}`);
        throw new Error('its lock was not had');
      },
      log: silentLog,
    });
    const woken = ['wake 3 in 0', 'wake 1 in 0', 'wake 2 in 0'];
    // One that cannot follow now keeps no other from it.
    assert.deepEqual(diary, ['end', 'due', ...woken, 'principals', 'follow 5560160680', 'follow 5560160681']);
  });
});
