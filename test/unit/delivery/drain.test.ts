import { strict as assert } from 'node:assert';
import { type DrainDeps, drain } from '../../../src/delivery/drain.ts';
import { Fault } from '../../../src/domain/fault.ts';
import type { LaneView } from '../../../src/domain/lane-draft.ts';
import type { OrganisationNumber } from '../../../src/domain/organisation-number.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { settle, settleProbe } from '../../../src/domain/settle.ts';
import { silentLog } from '../../../src/platform/log.ts';
import type { DueDelivery, StoredEnvelope } from '../../../src/store/lane/due.ts';
import type { Recorded } from '../../../src/store/lane/record.ts';
import type { LaneTarget } from '../../../src/store/lane/target.ts';

const hold = { lane: 1, epoch: 5, holder: 'me', lease: 60_000 };
const target: LaneTarget = {
  lane: 1,
  url: 'https://b2b.exempel.se/in',
  envelopeFormat: 'cloudevents',
  version: 1,
  concurrency: 4,
  ratePerSecond: null,
  strict: false,
  certificates: [],
  certificate: undefined,
};
const flowing: LaneView = {
  state: 'flowing',
  reason: null,
  detail: null,
  failures: 0,
  ramp: null,
  failedRun: [],
  refusedRun: [],
  concurrency: 4,
};
const rules = {
  schedule: { waits: [5_000], total: 1e9, jitter: 0 },
  retryAfterMost: 1e6,
  heldProbe: 1e6,
  failuresBackOff: 3,
  refusalsHold: 5,
};
const delivered: Outcome = { kind: 'delivered', totalMs: 1 };
const envelope: StoredEnvelope = { format: 'cloudevents', head: '{', signature: 's', sha256: 'h', keyThumbprint: 'k' };

/** A lane in memory with `count` deliveries, and a diary of what the drain did. */
function world(count: number, more: Partial<DrainDeps> = {}, view: LaneView = flowing, at: LaneTarget = target) {
  const diary: string[] = [];
  const waiting = Array.from({ length: count }, (_, i) => dueDelivery(i + 1));
  let lane = view;
  let clock = 0;
  const deps: DrainDeps = {
    take: async () => ({ kind: 'taken', hold, lane: view, target: at, lapsed: 0 }),
    due: async (_target, limit) => waiting.slice(0, limit),
    seal: async ({ deliveryId }) => {
      diary.push(`seal ${deliveryId}`);
      return envelope;
    },
    claim: async (_hold, _target, due, sealed) => {
      diary.push(`claim ${due.map(({ deliveryId }) => deliveryId).join()}`);
      return {
        claimed: due.map(({ deliveryId }) => ({ deliveryId, attempt: 1 })),
        left: new Map(),
        astray: [],
        envelopes: new Map(sealed),
      };
    },
    push: async (_target, { deliveryId }) => {
      diary.push(`push ${deliveryId}`);
      return delivered;
    },
    follow: async (principal) => {
      diary.push(`follow ${principal}`);
    },
    probe: async () => 'passed',
    settle: (now, tried) => settle(rules, now, tried, () => 0.5),
    settleProbe: (now, outcome) => settleProbe(rules, now, outcome, () => 0.5),
    record: async (_hold, tries, { milliseconds, waits }, decide): Promise<Recorded> => {
      if (milliseconds > 0) diary.push(`pause ${milliseconds}`);
      diary.push(`record ${tries.map(({ deliveryId, outcome }) => `${deliveryId}:${outcome.kind}`).join()}`);
      const settled = decide(lane, at.version);
      lane = settled.lane;
      for (const { deliveryId, event } of settled.deliveries) {
        const at = waiting.findIndex((one) => one.deliveryId === deliveryId);
        if (['pushed', 'refuse', 'hold'].includes(event)) waiting.splice(at, 1);
      }
      if (typeof settled.wakeIn === 'number') return { kind: 'armed', wait: settled.wakeIn };
      if (waiting.length === 0) return { kind: 'idle' };
      if (milliseconds > 0 && !waits) return { kind: 'armed', wait: milliseconds };
      return { kind: 'more', lane, target: at };
    },
    rest: async () => {
      diary.push('rest');
      return { kind: 'idle' };
    },
    leave: async () => {
      diary.push('leave');
    },
    now: () => (clock += 1),
    sleep: async (milliseconds) => {
      diary.push(`sleep ${milliseconds}`);
      clock += milliseconds;
    },
    slice: 10_000,
    lease: 60_000,
    stopping: () => false,
    log: silentLog,
    ...more,
  };
  return { deps, diary, waiting };
}

function dueDelivery(deliveryId: number, stored?: StoredEnvelope): DueDelivery {
  return {
    deliveryId,
    failures: 0,
    refusedBefore: false,
    messageId: `m${deliveryId}`,
    principal: null,
    recipient: '5560160680' as OrganisationNumber,
    sequence: deliveryId,
    environment: 'test',
    messageType: 'self-invoice',
    documentNumber: `D-${deliveryId}`,
    eventTime: '2026-01-02T03:04:05Z',
    mediaType: 'application/json',
    dataSchema: 'urn:test',
    documentSha256: '',
    correlationId: null,
    traceparent: null,
    document: Buffer.from('{}'),
    envelope: stored,
  };
}

describe('drain', () => {
  it('seals and claims before a byte is on the wire, and records before it claims again', async () => {
    const { deps, diary } = world(5);
    assert.equal(await drain(deps, 1), 'done');
    assert.deepEqual(diary, [
      ...[1, 2, 3, 4].map((n) => `seal ${n}`),
      'claim 1,2,3,4',
      ...[1, 2, 3, 4].map((n) => `push ${n}`),
      'record 1:delivered,2:delivered,3:delivered,4:delivered',
      'seal 5',
      'claim 5',
      'push 5',
      'record 5:delivered',
    ]);
  });

  it('a lane that is not due, or is held by another, is left alone and its alarm set anew', async () => {
    const { deps, diary } = world(1);
    assert.deepEqual(await drain({ ...deps, take: async () => ({ kind: 'later', wait: 700 }) }, 1), { armIn: 700 });
    assert.equal(await drain({ ...deps, take: async () => ({ kind: 'idle' }) }, 1), 'done');
    assert.deepEqual(diary, []);
  });

  it('what was sealed before is sent as it was sealed', async () => {
    const sent: StoredEnvelope[] = [];
    const stored = { ...envelope, head: 'the first' };
    const { deps, diary } = world(0, {
      due: async () => (sent.length === 0 ? [dueDelivery(1, stored)] : []),
      push: async (_target, _due, given) => {
        sent.push(given);
        return delivered;
      },
    });
    await drain(deps, 1);
    assert.deepEqual(sent, [stored]);
    assert.ok(!diary.some((line) => line.startsWith('seal')));
  });

  it('where two sealed the same message, the envelope that is on record wins', async () => {
    const sent: StoredEnvelope[] = [];
    const first = { ...envelope, head: 'on record' };
    const { deps } = world(1, {
      claim: async () => ({
        claimed: [{ deliveryId: 1, attempt: 1 }],
        left: new Map(),
        astray: [],
        envelopes: new Map([['m1', first]]),
      }),
      push: async (_target, _due, given) => {
        sent.push(given);
        return delivered;
      },
    });
    await drain(deps, 1);
    assert.deepEqual(sent, [first]);
  });

  it('a message that cannot be sealed is held and the others go', async () => {
    const { deps, diary } = world(2, {
      seal: async ({ deliveryId }) => (deliveryId === 1 ? new Fault('format-not-possible') : envelope),
    });
    assert.equal(await drain(deps, 1), 'done');
    assert.deepEqual(diary, ['claim 1,2', 'push 2', 'record 1:unsendable,2:delivered']);
  });

  it('a lane that backs off claims one message, whatever its address allows', async () => {
    const { deps, diary } = world(9, {}, { ...flowing, state: 'backing-off', ramp: 1, failures: 2 });
    await drain(deps, 1);
    assert.deepEqual(
      diary.filter((line) => line.startsWith('claim')),
      ['claim 1', 'claim 2,3', 'claim 4,5,6,7', 'claim 8,9'],
    );
  });

  it('after a failure of the endpoint it goes to rest at once', async () => {
    const failed: Outcome = { kind: 'endpoint-failed', fault: 'endpoint-busy', detail: '503', totalMs: 1 };
    const { deps, diary } = world(9, {
      push: async () => failed,
      rest: async () => ({ kind: 'armed', wait: 5_000 }),
    });
    assert.deepEqual(await drain(deps, 1), { armIn: 5_000 });
    assert.equal(diary.filter((line) => line.startsWith('claim')).length, 1);
  });

  it('a lane held for its endpoint’s certificate is probed by handshake, without a message', async () => {
    for (const reason of ['endpoint-certificate', 'url-not-allowed'] as const) {
      let probes = 0;
      const still: Outcome = { kind: 'turned-away', fault: reason, detail: 'no', totalMs: 1 };
      const { deps, diary } = world(
        3,
        {
          probe: async () => {
            probes += 1;
            return still;
          },
        },
        { ...flowing, state: 'held', reason, ramp: 1 },
      );
      assert.deepEqual(await drain(deps, 1), { armIn: rules.heldProbe });
      assert.deepEqual([probes, diary], [1, ['record ']]);
    }
  });

  it('when that probe passes the messages follow in the same drain, one at first', async () => {
    const { deps, diary } = world(3, {}, { ...flowing, state: 'held', reason: 'endpoint-certificate', ramp: 1 });
    assert.equal(await drain(deps, 1), 'done');
    assert.deepEqual(
      diary.filter((line) => line.startsWith('claim')),
      ['claim 1', 'claim 2,3'],
    );
  });

  it('a lane that changed under us is left and taken anew, and nothing is pushed', async () => {
    const { deps, diary } = world(1, {
      claim: async () => ({ claimed: [], left: new Map(), astray: [], envelopes: new Map() }),
    });
    assert.deepEqual(await drain(deps, 1), { armIn: 0 });
    assert.deepEqual(diary, ['seal 1', 'leave']);
  });

  it('whose hold was superseded while pushing stops', async () => {
    const { deps, diary } = world(9, { record: async () => ({ kind: 'superseded' }) });
    assert.deepEqual(await drain(deps, 1), { armIn: 0 });
    assert.equal(diary.filter((line) => line.startsWith('claim')).length, 1);
  });

  it('what became due meanwhile is drained without leaving', async () => {
    const { deps, diary, waiting } = world(1);
    let came = false;
    const record: DrainDeps['record'] = async (...given) => {
      if (!came) waiting.push(dueDelivery(2));
      came = true;
      return deps.record(...given);
    };
    assert.equal(await drain({ ...deps, record }, 1), 'done');
    assert.deepEqual(
      diary.filter((line) => line.startsWith('push')),
      ['push 1', 'push 2'],
    );
  });

  it('a lane without anything due is left, and goes on if something is by then', async () => {
    const { deps, diary, waiting } = world(0);
    const rests: Recorded[] = [{ kind: 'more', lane: flowing, target }];
    const rest = async (): Promise<Recorded> => {
      diary.push('rest');
      waiting.push(dueDelivery(1));
      return rests.pop() ?? { kind: 'idle' };
    };
    assert.equal(await drain({ ...deps, rest }, 1), 'done');
    assert.deepEqual(diary, ['rest', 'seal 1', 'claim 1', 'push 1', 'record 1:delivered']);
  });

  it('a time slice gives the place back, with the alarm at once', async () => {
    let clock = 0;
    const { deps, diary } = world(1_000, { now: () => (clock += 400) });
    assert.deepEqual(await drain(deps, 1), { armIn: 0 });
    assert.equal(diary.at(-1), 'leave');
    assert.ok(diary.filter((line) => line.startsWith('claim')).length < 20);
  });

  it('a process that stops begins nothing more', async () => {
    let stopping = false;
    const { deps, diary } = world(9, { stopping: () => stopping });
    const push: DrainDeps['push'] = async () => {
      stopping = true;
      return delivered;
    };
    assert.deepEqual(await drain({ ...deps, push }, 1), { armIn: 0 });
    assert.deepEqual(diary.at(-1), 'leave');
    assert.equal(diary.filter((line) => line.startsWith('claim')).length, 1);
  });

  it('a short wait for the rate is slept, and the window is no more than a second of it', async () => {
    const { deps, diary } = world(8, {}, flowing, { ...target, ratePerSecond: 4 });
    await drain(deps, 1);
    assert.deepEqual(
      diary.filter((line) => line.startsWith('claim')),
      ['claim 1,2,3,4'],
    );
    const fast = world(8, {}, flowing, { ...target, ratePerSecond: 10 });
    await drain(fast.deps, 1);
    const waits = fast.diary.filter((line) => line.startsWith('sleep')).map((line) => Number(line.slice(6)));
    assert.equal(waits.length, 1);
    for (const wait of waits) assert.ok(wait > 350 && wait <= 400, String(wait));
  });

  it('for a longer wait the lane is left, with what it owes on record', async () => {
    const { deps, diary } = world(2, {}, flowing, { ...target, ratePerSecond: 0.5 });
    const drained = await drain(deps, 1);
    assert.deepEqual(
      diary.filter((line) => line.startsWith('claim') || line.startsWith('sleep')),
      ['claim 1'],
    );
    const owed = Number(diary.find((line) => line.startsWith('pause'))?.slice(6));
    assert.ok(owed > 1_900 && owed <= 2_000, String(owed));
    assert.deepEqual(drained, { armIn: owed });
  });
});

describe('drain, when something breaks', () => {
  const trouble = Object.assign(new Error('terminating connection'), { code: '57P01' });

  it('what was sent gets on record as soon as PostgreSQL is back', async () => {
    let failures = 3;
    const { deps, diary } = world(1);
    const record: DrainDeps['record'] = async (...given) => {
      if (failures-- > 0) throw trouble;
      return deps.record(...given);
    };
    assert.equal(await drain({ ...deps, record }, 1), 'done');
    assert.deepEqual(
      diary.filter((line) => /sleep|push|record/.test(line)),
      ['push 1', 'sleep 50', 'sleep 100', 'sleep 200', 'record 1:delivered'],
    );
  });

  it('it gives up when another may have the lane, and lets go of it', async () => {
    const { deps, diary } = world(1, {
      record: async () => {
        throw trouble;
      },
    });
    await assert.rejects(drain(deps, 1), trouble);
    assert.equal(diary.at(-1), 'leave');
    assert.ok(diary.filter((line) => line.startsWith('sleep')).length > 10);
  });

  it('a claim that fails lets go of the lane at once: nobody waits for the lease', async () => {
    const { deps, diary } = world(1, {
      claim: async () => {
        throw trouble;
      },
    });
    await assert.rejects(drain(deps, 1), trouble);
    assert.deepEqual(diary, ['seal 1', 'leave']);
  });

  it('a push that throws, which is a defect, is a failure of that message; the others are recorded', async () => {
    const { deps, diary } = world(2);
    let broken = false;
    const push: DrainDeps['push'] = async (...given) => {
      if (given[1].deliveryId !== 1) return deps.push(...given);
      if (broken) return delivered;
      broken = true;
      throw new Error('undefined is not a function');
    };
    await drain({ ...deps, push }, 1);
    assert.ok(diary.includes('record 1:message-failed,2:delivered'), diary.join(' | '));
  });
});
