import { strict as assert } from 'node:assert';
import { EventEmitter } from 'node:events';
import type { Response } from 'express';
import type { Who } from '../../../../src/operations/access/entered.ts';
import { createLive } from '../../../../src/operations/face/live.ts';
import type { Asked } from '../../../../src/operations/face/route.ts';
import { silentLog } from '../../../../src/platform/log.ts';
import { eventually } from '../../../support/eventually.ts';

/** A response that keeps what it is given. */
function reader() {
  const kept = { status: 200, written: '', ended: false };
  const response = Object.assign(new EventEmitter(), {
    writableNeedDrain: false,
    status: (code: number) => {
      kept.status = code;
      return response;
    },
    writeHead: (code: number) => {
      kept.status = code;
    },
    write: (text: string) => {
      assert.equal(kept.ended, false, 'nothing is written after the end');
      kept.written += text;
    },
    end: (text = '') => {
      assert.equal(kept.ended, false, 'it ends once');
      kept.written += text;
      kept.ended = true;
    },
  });
  return { kept, response: response as unknown as Response, leave: () => response.emit('close') };
}

const who = (accountId: number, may: readonly string[] = ['view']) =>
  ({ accountId, name: `n${accountId}`, may: new Set(may) }) as unknown as Who;
const asked = (one: Who) => ({ who: one }) as Asked & { readonly who: Who };

describe('what is sent to who watches', () => {
  const started: { stop(): void }[] = [];
  afterEach(() => {
    for (const live of started.splice(0)) live.stop();
  });
  const open = (more: Partial<Parameters<typeof createLive<string>>[0]> = {}) => {
    const live = createLive<string>({
      log: silentLog,
      read: () => Promise.resolve('all is well'),
      readerNow: (one) => Promise.resolve(one.who),
      every: 2,
      most: 5,
      mostOfOne: 3,
      ...more,
    });
    started.push(live);
    return live;
  };

  it('is a line of data for each line of text, however that ends', async () => {
    const live = open({ read: () => Promise.resolve('a\revent: over\r\rb\r\nc\nd') });
    const { kept, response } = reader();
    live.watch(asked(who(1)), response, (text) => text);
    await eventually('it is sent', async () => kept.written.includes('data: d'));
    assert.match(kept.written, /data: a\ndata: event: over\ndata: \ndata: b\ndata: c\ndata: d\n\n/);
    assert.ok(!kept.written.includes('\r'));
  });

  it('is what they may see at that moment, and ends when they may see nothing more', async () => {
    let now: Who | undefined = who(1, ['view', 'open']);
    const live = open({ readerNow: () => Promise.resolve(now) });
    const { kept, response } = reader();
    live.watch(asked(now), response, (text, { may }) => `${text}: ${[...may].join()}`);
    await eventually('it is sent', async () => kept.written.includes('all is well: view,open'));
    now = who(1);
    await eventually('they may less', async () => /all is well: view\n/.test(kept.written));
    now = undefined;
    await eventually('it ends', async () => kept.ended);
    assert.match(kept.written, /event: over\ndata:\n\n$/);
  });

  it('goes to no more windows of one account than it may have, and the others have theirs', async () => {
    const live = open();
    const mine = Array.from({ length: 4 }, () => reader());
    for (const { response } of mine) live.watch(asked(who(1)), response, (text) => text);
    assert.deepEqual(
      mine.map(({ kept }) => kept.status),
      [200, 200, 200, 204],
    );
    const theirs = reader();
    live.watch(asked(who(2)), theirs.response, (text) => text);
    assert.equal(theirs.kept.status, 200);
    mine[0]?.leave();
    const again = reader();
    live.watch(asked(who(1)), again.response, (text) => text);
    assert.equal(again.kept.status, 200, 'one has gone');
  });

  it('is never older than their page: who comes between two looks, or during one, has the next soon', async () => {
    let looks = 0;
    let slow: PromiseWithResolvers<void> | undefined;
    const live = open({
      every: 3_600_000,
      read: async () => {
        const value = `look ${++looks}`;
        await slow?.promise;
        return value;
      },
    });
    const [first, second, third] = [reader(), reader(), reader()];
    live.watch(asked(who(1)), first.response, (text) => text);
    await eventually('the first has it', async () => first.kept.written.includes('data: look 1'));
    slow = Promise.withResolvers();
    live.watch(asked(who(2)), second.response, (text) => text);
    await eventually('a look for the second has begun', async () => looks === 2);
    live.watch(asked(who(3)), third.response, (text) => text);
    slow.resolve();
    slow = undefined;
    await eventually('each has its own', async () => third.kept.written.includes('data: look 3'));
    assert.ok(second.kept.written.includes('data: look 2') && !second.kept.written.includes('look 1'));
    assert.ok(!third.kept.written.includes('look 2'));
  });
});
