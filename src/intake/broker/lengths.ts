/**
 * Which lengths of bodies are true. ActiveMQ writes the length of a JMS bytes message over whatever its producer has said, but a
 * text message has none of its own, and a property that is called content-length stands in its place: a larger number takes
 * the frames behind it into its body, and if they do not come, nothing comes any more. The frame alone does not tell the two
 * apart. But if SUBSCRIBE has a header `transformation`, ActiveMQ puts that value on every message that is no bytes message
 * (StompSubscription.onMessageDispatch, ActiveMQ 5.3 and later), and with that mark it is certain.
 *
 * It is asked for only when there is doubt, and then for some minutes: ActiveMQ looks for a translator of that name for each
 * text, and writes a line in its log that it did. (Those that it has, and would find, read the Java objects of object messages.)
 * Doubt costs a new connection and nothing else, so it may come too easily: bytes are read by their number also then, and
 * no right frame is ever cut.
 */
import type { IncomingFrame } from 'stompit';
import { Fault } from '../../domain/fault.ts';
import type { Frame } from './frame.ts';
import { textMark } from './parse.ts';
import { readFrame, type SetAside } from './read-frame.ts';

export interface Lengths {
  /** For SUBSCRIBE. */
  headers(): Record<string, string>;
  areAskedFor(): boolean;
  /** As readFrame; rejects when it cannot be told whether the frame's length is true. Then the connection must be left. */
  read(setAside: SetAside, incoming: IncomingFrame, limit: number, ended: Promise<Error>): Promise<Frame>;
  /** No more doubt: the next connection is an ordinary one. */
  believe(): void;
  /** A connection is over: the frame that the doubt is about if it is new, so that it can be told. */
  left(misread: boolean): { readonly brokerMessageId: string | undefined } | undefined;
}

export function createLengths(): Lengths {
  let asked = false;
  /** The frame that is being read and has a length that nobody vouches for; with a doubt it stays. */
  let unsure: { readonly brokerMessageId: string | undefined } | undefined;
  return {
    headers: () => (asked ? { transformation: textMark } : {}),
    areAskedFor: () => asked,
    read: async (setAside, incoming, limit, ended) => {
      const { 'content-length': length, 'message-id': id } = incoming.headers;
      if (asked || length === undefined) return readFrame(setAside, incoming, limit, ended);
      unsure = { brokerMessageId: id === undefined ? id : String(id) };
      // Half of such a body would be on its way to the dead-letter queue already when it is seen that its end does not come.
      if (Number(length) > limit) throw doubt();
      const frame = await readFrame(() => Promise.reject(doubt()), incoming, limit, ended);
      if (holdsAFrame(frame.body)) throw doubt();
      unsure = undefined;
      return frame;
    },
    believe: () => {
      asked = false;
    },
    left: (misread) => {
      const doubted = unsure ?? (misread ? { brokerMessageId: undefined } : undefined);
      unsure = undefined;
      if (doubted === undefined || asked) return undefined;
      asked = true;
      return doubted;
    },
  };
}

const doubt = (): Fault => new Fault('server-unavailable', 'The length of a frame may not be true');

const commands = ['MESSAGE', 'RECEIPT', 'ERROR'].map((command) => Buffer.from(`\n${command}\n`));
/** True if the end of a frame and the beginning of another stand in it, as ActiveMQ writes them, with heart-beats between them. */
function holdsAFrame(body: Buffer): boolean {
  return commands.some((command) => {
    for (let at = body.indexOf(command); at !== -1; at = body.indexOf(command, at + 1)) {
      let before = at;
      while (body[before] === 0x0a) before -= 1;
      if (body[before] === 0) return true;
    }
    return false;
  });
}
