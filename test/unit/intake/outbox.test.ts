import { strict as assert } from 'node:assert';
import type { OutgoingFrame } from '../../../src/intake/broker/frame.ts';
import { type OutboxDeps, runOutbox, sendOutbox } from '../../../src/intake/outbox.ts';
import { silentLog } from '../../../src/platform/log.ts';
import type { UnsentRow } from '../../../src/store/outbox.ts';

const createdAt = new Date(0);
const status = (id: number): UnsentRow => ({
  queue: 'status',
  id,
  createdAt,
  body: `{"n":${id}}`,
  headers: { correlationId: 'c' },
});

function outbox(rows: UnsentRow[], send: OutboxDeps['send'] = async () => undefined) {
  const sent: OutgoingFrame[] = [];
  const deps: OutboxDeps = {
    alone: async (work) => {
      const marked: number[] = [];
      const result = await work({
        take: async (limit) => rows.slice(0, limit),
        mark: async (ids) => void marked.push(...ids),
      });
      for (const id of marked)
        rows.splice(
          rows.findIndex((row) => row.id === id),
          1,
        );
      return result;
    },
    send: async (frames) => {
      await send(frames);
      sent.push(...frames);
    },
    queues: { status: 's', dead: 'd' },
    batch: 2,
    log: silentLog,
  };
  return { sent, deps };
}

describe('the outbox', () => {
  it('is sent in order until nothing is left', async () => {
    const rows = [1, 2, 3, 4, 5].map(status);
    const { sent, deps } = outbox(rows);
    assert.equal(await sendOutbox(deps), 5);
    assert.deepEqual(
      sent.map((frame) => frame.body.toString()),
      ['{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}', '{"n":5}'],
    );
    assert.deepEqual(sent[0]?.headers, {
      'content-type': 'application/json',
      correlationId: 'c',
      'correlation-id': 'c',
    });
    assert.deepEqual(rows, []);
  });

  it('keeps what the broker did not confirm', async () => {
    const rows = [1, 2, 3].map(status);
    const { deps } = outbox(rows, () => Promise.reject(new Error('gone')));
    await assert.rejects(sendOutbox(deps), /gone/);
    assert.equal(rows.length, 3);
  });

  it('leaves the work to the other process that has it', async () => {
    const { deps } = outbox([status(1)]);
    assert.equal(await sendOutbox({ ...deps, alone: async () => undefined }), 0);
  });

  it('does not send again what was streamed to the queue already', async () => {
    const dead = {
      queue: 'dead',
      createdAt,
      deadLetterId: 'x',
      detail: '',
      isText: true,
      body: Buffer.from('b'),
      headers: {},
    } as const;
    const rows: UnsentRow[] = [
      { ...dead, id: 1, fault: 'frame-too-large' },
      { ...dead, id: 2, fault: 'frame-empty' },
    ];
    const { sent, deps } = outbox(rows);
    await sendOutbox(deps);
    assert.deepEqual(
      sent.map((frame) => frame.headers['fault']),
      ['frame-empty'],
    );
    assert.deepEqual(rows, []);
  });

  it('is looked at when woken, and again after a failure', async () => {
    const rows: UnsentRow[] = [];
    let broken = true;
    let arrived: () => void = () => undefined;
    const { sent, deps } = outbox(rows, async () => {
      if (broken) {
        broken = false;
        throw new Error('gone');
      }
      arrived();
    });
    const all = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const loop = runOutbox(deps, 10, 1);
    rows.push(status(1));
    loop.wake();
    await all;
    await loop.close();
    assert.equal(sent.length, 1);
  });
});
