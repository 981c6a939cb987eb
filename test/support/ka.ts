/** The KA system for tests: puts documents on the queue as KA does, and reads what comes back on the status and dead-letter queues. */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import type { AnswerKind } from '../../src/domain/answer.ts';
import type { MessageType } from '../../src/domain/message.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import type { Frame, OutgoingFrame } from '../../src/intake/broker/frame.ts';
import type { Settings } from '../../src/platform/config/settings.ts';
import { loadSchema } from '../../src/platform/schema/schema.ts';
import { collect, testBroker } from './broker.ts';
import { jsonCredit, jsonPurchaseOrder, svefaktura } from './documents.ts';
import { eventually } from './eventually.ts';

/** One frame as KA sends it. */
export interface KaFrame {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly isText: boolean;
}

/** One that is right. */
export interface KaDocument extends KaFrame {
  readonly messageType: MessageType;
  readonly recipient: OrganisationNumber;
  readonly number: string;
}

export interface Answer {
  readonly id: string;
  readonly answer: AnswerKind;
  readonly messageId?: string;
  readonly sequence?: string;
  readonly deadLetterId?: string;
  readonly kaMessageId?: string;
  readonly correlationId?: string;
  readonly documentNumber?: string;
  readonly recipient?: string;
  readonly lane?: { readonly address: string; readonly waiting: number };
  readonly warnings?: readonly { readonly where: string; readonly rule: string; readonly text: string }[];
  readonly fault?: {
    readonly code: string;
    readonly detail: string;
    readonly findings?: readonly { readonly where: string; readonly rule: string; readonly text: string }[];
  };
}

export interface Ka {
  /** In the order given; again if the broker is away, so that a frame may come twice only then. */
  send(frames: readonly KaFrame[]): Promise<void>;
  /** All that were sent, in order. */
  readonly sent: readonly KaFrame[];
  /** What came on the status queue, in order, repeats dropped by id as KA is told to. Each is right by its schema. */
  answers(): Answer[];
  /** How many frames came on it, repeats too. */
  frames(): number;
  /** Kinds of the answers about a document, in order. */
  about(documentNumber: string): AnswerKind[];
  /** What came on the dead-letter queue, repeats dropped by their id. */
  deadLetters(): Frame[];
  close(): Promise<void>;
}

const schema = loadSchema('status/1.json', 'status');

export function openKa(
  settings: Pick<
    Settings,
    'brokerUrls' | 'brokerUser' | 'brokerPassword' | 'queueIn' | 'queueStatus' | 'queueDead' | 'documentBytes'
  >,
): Ka {
  const broker = testBroker(settings.brokerUrls, {
    user: settings.brokerUser ?? '',
    password: settings.brokerPassword ?? '',
  });
  const sender = broker.createSender();
  const status = collect(broker, settings.queueStatus);
  const dead = collect(broker, settings.queueDead, { bodyBytes: 10 * settings.documentBytes });
  const sent: KaFrame[] = [];
  const answers = new Map<string, Answer>();
  let read = 0;
  const readAnswers = (): Answer[] => {
    for (const frame of status.frames.slice(read)) {
      read += 1;
      const value = JSON.parse(frame.body.toString('utf8')) as Answer;
      assert.deepEqual(schema.check(value), [], `an answer that is not as its schema says: ${frame.body.toString()}`);
      assert.equal(frame.isText, true, 'an answer is a text message');
      const before = answers.get(value.id);
      if (before) assert.deepEqual(value, before, 'an answer that comes again is the same');
      else answers.set(value.id, value);
    }
    return [...answers.values()];
  };
  return {
    sent,
    send: async (frames) => {
      sent.push(...frames);
      const out = frames.map((frame): OutgoingFrame => ({ queue: settings.queueIn, ...frame }));
      let last: unknown;
      const trySend = async (): Promise<boolean> => {
        try {
          await sender.send(out);
          return true;
        } catch (error) {
          last = error;
          return false;
        }
      };
      await eventually(() => `the broker takes what KA sends: ${String(last)}`, trySend);
    },
    answers: readAnswers,
    frames: () => status.frames.length,
    about: (documentNumber) =>
      readAnswers().flatMap((one) => (one.documentNumber === documentNumber ? [one.answer] : [])),
    deadLetters: () => {
      const unique = new Map(dead.frames.map((frame, i) => [frame.headers['dead-letter-id'] ?? `none-${i}`, frame]));
      return [...unique.values()];
    },
    close: async () => {
      await Promise.all([status.consumer.close(), dead.consumer.close(), sender.close()]);
    },
  };
}

/** Purchase orders as text, self-invoices as bytes and credits as text, in turn: `PREFIX-1`, `PREFIX-2` … */
export function kaDocuments(recipient: OrganisationNumber, count: number, prefix = 'D', from = 1): KaDocument[] {
  return Array.from({ length: count }, (_, i) => kaDocument(recipient, `${prefix}-${from + i}`, from + i));
}

export function kaDocument(recipient: OrganisationNumber, number: string, seed = 1): KaDocument {
  const options = { recipient, number, seed };
  const make = [
    { messageType: 'purchase-order', body: jsonPurchaseOrder(options), isText: true },
    { messageType: 'self-invoice', body: svefaktura(options), isText: false },
    { messageType: 'self-invoice-credit', body: jsonCredit(options), isText: true },
  ] as const;
  const { messageType, body, isText } = make[seed % 3] ?? make[0];
  const eventTime = new Date(Date.UTC(2026, 3, 2) + seed).toISOString();
  return {
    headers: { messageType, recipient, eventTime, correlationId: `about ${number}` },
    body,
    isText,
    messageType,
    recipient,
    number,
  };
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The frame that withdraws a document. */
export function withdrawalOf(
  { messageType, recipient, number }: KaDocument,
  more: Readonly<Record<string, string>> = {},
): KaFrame {
  const correlationId = `about ${number}`;
  const named = { messageType, recipient, documentNumber: number, kaMessageId: `KA:${number}` };
  return { headers: { operation: 'withdraw', ...named, correlationId, ...more }, body: Buffer.alloc(0), isText: true };
}
