import { strict as assert } from 'node:assert';
import { brokenGateways } from '../model/broken.ts';
import { checkModel, failureText } from '../model/check.ts';
import { type LaneFacts, operated } from '../model/facts.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { sharedServers } from '../support/servers.ts';

/** `npm run model` tells as many stories as one likes; here a few that are always the same. */
const stories = { seed: 3, commands: 40, shrink: false } as const;

describe('a lane keeps its laws in any order of events', () => {
  it('in eight stories nothing is lost, left lying, sent by two at once or out of order', async () => {
    const result = await checkModel({ ...stories, servers: sharedServers(), runs: 8 });
    assert.equal(result.failure && failureText(result.failure), undefined);
    assert.equal(result.runs, 8);
  });

  it('two operators who pause a lane and resume it at once may be told in the other order than it happened', () => {
    const free = {
      id: 1,
      name: 'any',
      owner: sampleOrganisationNumber(1),
      holder: undefined,
      epoch: 0,
      forgotten: false,
    };
    const told = (paused: boolean, ...words: readonly (readonly [before: string, after: string])[]) => {
      const lane: LaneFacts = { ...free, paused, turns: [] };
      for (const [before, after] of words) operated(lane, before, after);
      return [lane.paused, lane.turns.length];
    };
    const [pause, resume, release] = [
      ['flowing', 'paused'],
      ['paused', 'flowing'],
      ['held', 'flowing'],
    ] as const;
    assert.deepEqual(told(false, pause, resume), [false, 0]);
    assert.deepEqual(told(false, resume, pause), [false, 0]);
    assert.deepEqual(told(true, pause, resume), [true, 0]);
    assert.deepEqual(told(false, release, pause), [true, 0]);
    assert.deepEqual(told(true, pause, release, resume), [true, 0]);
    // Neither saw the other: that is no order at all.
    assert.deepEqual(told(false, pause, pause), [true, 1]);
  });

  for (const name of [
    'epoch ignored',
    'armed without looking again',
    'receipt for nothing',
    'mandate not asked for at the claim',
  ] as const)
    it(`a gateway that is broken on purpose is found out: ${name}`, async () => {
      const broken = brokenGateways[name];
      const { failure } = await checkModel({ ...stories, servers: sharedServers(), runs: 20, broken });
      assert.ok(failure, `${broken.about}, and no law was broken`);
      assert.match(failure.laws.join('\n'), broken.law, failureText(failure));
    });
});
