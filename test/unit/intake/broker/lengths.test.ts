/** The consumer and a broker that behaves as ActiveMQ does: it marks what is no bytes message when SUBSCRIBE asks for it. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { parseBrokerAddress } from '../../../../src/intake/broker/address.ts';
import { connect } from '../../../../src/intake/broker/connection.ts';
import { consume } from '../../../../src/intake/broker/consumer.ts';
import type { Frame } from '../../../../src/intake/broker/frame.ts';
import type { SetAside } from '../../../../src/intake/broker/read-frame.ts';
import { silentLog } from '../../../../src/platform/log.ts';
import { eventually } from '../../../support/eventually.ts';

interface Queued {
  readonly id: string;
  readonly body: string;
  readonly headers?: string;
  /** Of a text: its property content-length. */
  readonly lie?: number;
  readonly isText: boolean;
}

/** Brings what is queued, in order, to whoever subscribes, until it is acknowledged. */
async function brokerOf(queued: Queued[]) {
  /** The header `transformation` of each SUBSCRIBE. */
  const asked: (string | undefined)[] = [];
  const bring = (socket: Socket, mark: string | undefined, { id, body, headers = '', lie, isText }: Queued): void => {
    const length = isText ? lie : body.length;
    socket.write(
      `MESSAGE\nsubscription:intake\nack:${id}\nmessage-id:${id}\n${headers}${
        length === undefined ? '' : `content-length:${length}\n`
      }${isText && mark !== undefined ? `transformation:${mark}\n` : ''}\n${body}\0\n`,
      'latin1',
    );
  };
  let brought = 0;
  const bringAll = async (socket: Socket, mark: string | undefined): Promise<void> => {
    for (const one of queued.slice()) {
      bring(socket, mark, one);
      brought += 1;
      if (socket.writableNeedDrain) await once(socket, 'drain').catch(() => undefined);
    }
  };
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    const beat = setInterval(() => socket.write('\n'), 50);
    socket.on('close', () => clearInterval(beat));
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      for (let at = heard.indexOf('\0'); at !== -1; at = heard.indexOf('\0')) {
        const frame = heard.slice(0, at).trimStart();
        heard = heard.slice(at + 1);
        if (frame.startsWith('CONNECT')) socket.write('CONNECTED\nversion:1.2\nheart-beat:50,50\n\n\0\n');
        const receipt = /^receipt:(\d+)$/m.exec(frame)?.[1];
        if (receipt !== undefined) socket.write(`RECEIPT\nreceipt-id:${receipt}\n\n\0\n`);
        const acknowledged = /^ACK\n(?:.*\n)*?id:(.*)$/m.exec(frame)?.[1];
        if (acknowledged !== undefined)
          queued.splice(
            queued.findIndex(({ id }) => id === acknowledged),
            1,
          );
        if (!frame.startsWith('SUBSCRIBE')) continue;
        asked.push(/^transformation:(.*)$/m.exec(frame)?.[1]);
        void bringAll(socket, asked.at(-1));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    address: parseBrokerAddress(`stomp://127.0.0.1:${(server.address() as AddressInfo).port}`),
    brought: () => brought,
    stop: () => server.close(),
  };
}

type Behaviour = {
  readonly idle?: number;
  readonly watchdog?: number;
  readonly setAside?: SetAside;
  readonly wait?: Promise<void>;
};

function consumerOf(
  address: ReturnType<typeof parseBrokerAddress>,
  { idle = 60_000, watchdog = 500, setAside, wait }: Behaviour = {},
) {
  const frames: Frame[] = [];
  const said: unknown[] = [];
  const consumer = consume(
    {
      connect: () => connect(address, { heartbeat: 5_000, watchdog }),
      setAside: setAside ?? (() => Promise.reject(new Error('nothing is to be set aside here'))),
      pause: async () => undefined,
      idle,
      log: {
        ...silentLog,
        warn: (message, facts) => void (message.startsWith('intake asks') && said.push(facts)),
      },
    },
    { queue: 'q', prefetch: 500, batch: 10, bodyBytes: 10_000 },
    async (batch) => {
      await wait;
      frames.push(...batch.frames);
    },
  );
  return {
    frames,
    said,
    close: () => consumer.close(),
    texts: () => frames.map(({ body }) => body.toString('latin1')),
  };
}

const text = (id: string, body: string, lie?: number): Queued => ({
  id,
  body,
  isText: true,
  ...(lie === undefined ? {} : { lie }),
});

describe('a length that the producer of a text has made up', () => {
  for (const [what, lie] of [
    ['larger than what comes', 5_000],
    ['that ends in the frame behind it', 60],
    ['larger than any document', 999_999_999_999],
    ['smaller than the text, which is larger than any document', 3],
  ] as const)
    it(`and is ${what} is found out, and asked for until all is well`, async () => {
      const body = lie === 3 ? 'x'.repeat(20_000) : 'lying';
      const broker = await brokerOf([text('1', 'first'), text('2', body, lie), text('3', 'last')]);
      let aside = '';
      const taken = consumerOf(broker.address, {
        setAside: async (frame, rest) => {
          assert.equal(frame.isText, true);
          for await (const chunk of rest) aside += String(chunk);
        },
      });
      await eventually('all are taken', () => taken.frames.at(-1)?.brokerMessageId === '3');
      await taken.close();
      broker.stop();
      const came = new Map(taken.frames.map((frame) => [frame.brokerMessageId, frame]));
      assert.deepEqual([...came.keys()], ['1', '2', '3']);
      assert.equal(aside || came.get('2')?.body.toString(), body);
      assert.deepEqual(taken.said, [{ brokerMessageId: '2' }]);
      assert.deepEqual([broker.asked[0], broker.asked.at(-1)?.startsWith('text-')], [undefined, true]);
    });

  it('is asked for no longer than it is doubted', async () => {
    const broker = await brokerOf([text('1', 'lying', 999_999)]);
    const taken = consumerOf(broker.address, { idle: 300 });
    await eventually('the lie is taken', () => taken.frames.length === 1);
    await eventually('it was asked for', () => broker.asked.some((mark) => mark !== undefined));
    await eventually('it is not any more', () => broker.asked.at(-1) === undefined);
    await taken.close();
    broker.stop();
  });

  it('cannot be told by a bytes message: what looks like frames in it is its own', async () => {
    const body = 'a\0\nMESSAGE\nsubscription:intake\nack:1\nmessage-id:1\n\nb\0\n\0\0\nERROR\n\n';
    const broker = await brokerOf([
      { id: '1', body, isText: false },
      { id: '2', body, isText: false, headers: 'transformation:text-x\n' },
      { id: '3', body: 'x'.repeat(9_000), isText: false },
    ]);
    const taken = consumerOf(broker.address);
    await eventually('all are taken', () => taken.frames.length >= 3);
    await taken.close();
    broker.stop();
    assert.deepEqual(taken.texts(), [body, body, 'x'.repeat(9_000)]);
    assert.ok(taken.frames.every(({ isText }) => !isText));
  });
});

describe('frames that wait for their batch', () => {
  it('count with their headers: no more are read than there is room for', async () => {
    const headers = `large:${'x'.repeat(900_000)}\n`;
    const broker = await brokerOf(Array.from({ length: 100 }, (_, i) => ({ ...text(String(i), ''), headers })));
    const { promise: wait, resolve: go } = Promise.withResolvers<void>();
    const taken = consumerOf(broker.address, { watchdog: 30_000, wait });
    let before = 0;
    await eventually('nothing more is read', async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const isStill = broker.brought() === before && before > 0;
      before = broker.brought();
      return isStill;
    });
    // 64 MB, two bytes for a character, and what the sockets between us hold.
    assert.ok(before < 60, `${before} frames were read`);
    go();
    await eventually('all came in the end', () => taken.frames.length === 100);
    await taken.close();
    broker.stop();
  });
});
