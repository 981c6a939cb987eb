import { strict as assert } from 'node:assert';
import { readDocument } from '../../../../src/documents/read.ts';
import type { OrganisationNumber } from '../../../../src/domain/organisation-number.ts';
import { frameFacts } from '../../../../src/intake/broker/frame.ts';
import { check } from '../../../../src/intake/check.ts';
import { silentLog } from '../../../../src/platform/log.ts';
import { breakages } from '../../../chaos/outer/documents/break.ts';
import { formats } from '../../../chaos/outer/documents/write.ts';
import { type PlannedFrame, planFrames, usualMix } from '../../../chaos/outer/plan.ts';
import type { World } from '../../../chaos/outer/world.ts';
import { documentLimits } from '../../../support/documents.ts';
import { buyer, easy, strict } from './campaign.ts';

const types = ['purchase-order', 'self-invoice', 'self-invoice-credit'] as const;
const world = {
  sender: buyer,
  suppliers: [
    { org: easy, format: 'cloudevents', messageTypes: types },
    { org: strict, format: 'sfti', messageTypes: types },
  ],
} as unknown as World;

/** What the gateway makes of a frame: the kind of thing, and the fault of a dead letter. */
function fate({ headers, body, isText }: PlannedFrame): string {
  const all = { 'message-id': 'ID:1', timestamp: '1767225600123', ...headers };
  const taken = check(
    {
      read: (bytes, transport) => readDocument(bytes, documentLimits, transport),
      environment: 'test',
      sender: buyer as OrganisationNumber,
      now: () => new Date(0),
      log: silentLog,
    },
    { headers: all, body, isText, ...frameFacts(all), beyondLimit: undefined },
  );
  return taken.kind === 'dead-letter' ? `dead-letter ${taken.fault.code}` : taken.kind;
}

describe('what KA sends in a campaign', () => {
  const frames = planFrames(world, 1, 1_500);

  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(planFrames(world, 1, 1_500), frames);
    assert.notDeepEqual(planFrames(world, 2, 1_500), frames);
  });

  it('has every format for every type, every way to break one, and every odd frame', () => {
    const lines = frames.map(({ line }) => line);
    const seen = new Set(
      lines.filter(({ expects }) => expects === 'message').map(({ type, format }) => `${type} ${format}`),
    );
    const missing = types
      .flatMap((type) => formats.map((format) => `${type} ${format}`))
      .filter((one) => !seen.has(one));
    assert.deepEqual(missing, ['purchase-order svefaktura', 'purchase-order svefaktura-latin-1']);
    assert.deepEqual(new Set(lines.flatMap(({ broken }) => broken ?? [])), new Set(breakages));
    for (const mark of ['doubled', 'reordered', 'unknown', 'reused'] as const)
      assert.ok(
        lines.some((line) => line[mark]),
        mark,
      );
    assert.ok(lines.some(({ kind }) => kind === 'withdrawal'));
  });

  it('is taken by the gateway where it is right, and becomes a dead letter where it is broken', () => {
    const wrong = frames.flatMap((frame) => {
      const found = fate(frame);
      const { expects, broken, format, type } = frame.line;
      const right = { message: 'document', 'dead-letter': 'dead-letter', withdrawal: 'withdrawal' }[expects];
      return found.startsWith(right) ? [] : [`${type} ${format} ${broken ?? ''}: ${found}`];
    });
    assert.deepEqual([...new Set(wrong)], []);
  });

  it('names what it says it names: the same number with other bytes is another document', () => {
    const byKey = new Map<string, Set<string>>();
    for (const { line } of planFrames(world, 3, 400, { ...usualMix, broken: 0, withdrawn: 0 }))
      byKey.set(line.key, (byKey.get(line.key) ?? new Set()).add(line.sha256));
    const contested = [...byKey.values()].filter((documents) => documents.size > 1).length;
    assert.ok(contested > 0 && contested < byKey.size / 4, `${contested} of ${byKey.size}`);
  });
});
