/** A broker that says anything, to the consumer of frames. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { parseBrokerAddress } from '../../../src/intake/broker/address.ts';
import { connect } from '../../../src/intake/broker/connection.ts';
import { consume } from '../../../src/intake/broker/consumer.ts';
import type { Frame } from '../../../src/intake/broker/frame.ts';
import type { SetAside } from '../../../src/intake/broker/read-frame.ts';
import { silentLog } from '../../../src/platform/log.ts';
import { type Script, type SentFrame, scripts, sent } from '../stomp.ts';
import { opened, type Target } from '../target.ts';

/** Larger bodies go aside. */
const bodyBytes = 8_192;

export const broker: Target = {
  name: 'broker',
  about: 'a broker that says anything, byte for byte, to the consumer of frames, which must come back each time',
  share: 3,
  limit: 10_000,
  open: async () => {
    const arrivals: Socket[] = [];
    let arrived: () => void = () => undefined;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.setNoDelay(true);
      arrivals.push(socket);
      arrived();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = parseBrokerAddress(`stomp://127.0.0.1:${(server.address() as AddressInfo).port}`);

    let script: Script | undefined;
    let taken: Frame[] = [];
    const setAside: SetAside = async (_frame, body) => {
      if (script?.aside === 'refused') throw new Error('there is no broker to set it aside');
      for await (const _chunk of body) if (script?.aside === 'half') throw new Error('the broker has gone');
    };
    const consumer = consume(
      {
        connect: () => connect(address, { heartbeat: 300, watchdog: 2_000 }),
        setAside,
        pause: async () => undefined,
        idle: 60_000,
        log: silentLog,
      },
      { queue: 'q', prefetch: 10, batch: 3, bodyBytes },
      async ({ frames }) => {
        taken.push(...frames);
      },
    );
    /** The next connection that is still there. */
    const nextConnection = async (): Promise<Socket> => {
      for (;;) {
        const socket = arrivals.shift();
        if (socket !== undefined && !socket.destroyed && !socket.readableEnded) return socket;
        if (socket === undefined)
          await new Promise<void>((resolve) => {
            arrived = resolve;
          });
      }
    };
    return opened({
      inputs: scripts,
      meet: async (one) => {
        script = one;
        taken = [];
        // One that was given up while nothing was to be said on it does not count.
        const left = new Map(one.frames?.map((frame, i) => [`ack-${i}`, sentBy(frame, i)]));
        for (let spoken = 0; spoken === 0 || (left.size > 0 && spoken < 5); )
          if (await play(await nextConnection(), one, left)) spoken += 1;
        // It has left this connection behind, with all that was under way, when it comes again.
        const again = await nextConnection();
        arrivals.unshift(again);
        return judge(one, taken);
      },
      close: async () => {
        const closing = consumer.close();
        server.close();
        for (const socket of arrivals) socket.destroy();
        await closing;
      },
    });
  },
};

type ToSay = (mark: string | undefined) => Buffer;
const sentBy =
  (frame: SentFrame, number: number): ToSay =>
  (mark) =>
    sent(frame, number, mark);

/**
 * Says what is in the script, or what is left to be acknowledged, and ends when the consumer has gone; false if it never came
 * to that.
 */
async function play(
  socket: Socket,
  { hello, says, frames, packets, ending }: Script,
  left: Map<string, ToSay>,
): Promise<boolean> {
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const write = (bytes: Buffer): void => {
    if (!socket.destroyed && bytes.length > 0) socket.write(bytes);
  };
  let heard = '';
  let spoke = false;
  const end = (): void => {
    if (ending === 'fin') socket.end();
    else if (ending === 'reset') socket.resetAndDestroy();
  };
  const speak = async (mark?: string): Promise<void> => {
    spoke = true;
    const bytes = frames === undefined ? says : [...left.values()].map((toSay) => toSay(mark));
    for (const packet of cutUp(Buffer.concat(bytes), packets)) {
      write(packet);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (frames === undefined) end();
  };
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
    for (let at = heard.indexOf('\0'); at !== -1; at = heard.indexOf('\0')) {
      const frame = heard.slice(0, at).trimStart();
      heard = heard.slice(at + 1);
      const receipt = /^receipt:(\d+)$/m.exec(frame)?.[1];
      if (frame.startsWith('CONNECT')) {
        write(hello ?? Buffer.from('CONNECTED\nversion:1.2\nheart-beat:5000,5000\n\n\0'));
        // A broker that greets wrongly is not subscribed to.
        if (hello !== undefined) void speak();
      } else if (receipt !== undefined) write(Buffer.from(`RECEIPT\nreceipt-id:${receipt}\n\n\0\n`));
      if (frame.startsWith('SUBSCRIBE')) void speak(/^transformation:(.*)$/m.exec(frame)?.[1]);
      if (frame.startsWith('ACK')) left.delete(/^id:(.*)$/m.exec(frame)?.[1] ?? '');
      if (frames !== undefined && left.size === 0) end();
    }
  });
  await gone;
  return spoke;
}

function* cutUp(bytes: Buffer, packets: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (const length of packets) {
    yield bytes.subarray(at, at + length);
    at += length;
  }
  yield bytes.subarray(at);
}

function judge({ frames }: Script, taken: readonly Frame[]): string {
  for (const { body, headers } of taken) {
    assert.ok(body.length <= Math.max(bodyBytes, 65_536));
    for (const value of Object.values(headers)) assert.equal(typeof value, 'string');
  }
  if (frames === undefined) return taken.length > 0 ? 'left, after frames that were right' : 'left';
  // What was taken and not acknowledged in time comes again.
  const came = new Map(taken.map((frame) => [frame.brokerMessageId, frame]));
  assert.deepEqual(
    [...came.keys()],
    frames.map((_frame, i) => `ID:${i}`),
    'right frames were lost, or out of order',
  );
  frames.forEach((frame, i) => judgeFrame(frame, came.get(`ID:${i}`)));
  return 'taken as they were sent';
}

function judgeFrame(frame: SentFrame, taken: Frame | undefined): void {
  assert.ok(taken !== undefined);
  if (frame.lie === undefined) assert.equal(taken.isText, frame.isText);
  if (frame.body.length > bodyBytes) assert.equal(taken.beyondLimit?.bytes, frame.body.length);
  else assert.ok(taken.body.equals(frame.body), 'the body is another');
  const first = new Map<string, string>();
  for (const [name, value] of frame.headers) if (!first.has(asRead(name))) first.set(asRead(name), asRead(value));
  for (const [name, value] of first) if (name !== '__proto__') assert.equal(taken.headers[name], value);
}

/** A lone surrogate has no UTF-8. */
const asRead = (text: string): string => text.toWellFormed();
