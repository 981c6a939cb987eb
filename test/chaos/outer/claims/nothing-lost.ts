/** Every frame that KA sent is in the books, as often as it can have arrived; and nothing else is. */
import { type Evidence, grouped, type SentFrame } from '../evidence.ts';
import { keyOf } from '../world.ts';
import type { Breach, Claim } from './claim.ts';

/** How often each frame is in the books: as a message, a dead letter, a duplicate or a withdrawal that was carried out. */
interface Arrivals {
  readonly messages: number;
  readonly letters: readonly string[];
  readonly duplicates: number;
  readonly withdrawals: number;
}

export const nothingLost: Claim = (evidence) => {
  const { sent, books } = evidence;
  const arrivals = arrivalsOf(evidence);
  const rivals = grouped([...sent.values()], ({ line }) => line.key);
  const breaches = [...sent].flatMap(([ka, frame]): Breach[] => {
    const found = arrivals(ka);
    const key = frame.line.key;
    return [...numbers(frame, found), ...nature(frame, found, rivals.get(key) ?? [])].map((what) => ({
      what,
      ka,
      key,
    }));
  });
  const foreign = [
    ...books.messages
      .filter(({ ka }) => ka === null || !sent.has(ka))
      .map(({ id }) => ({ what: `message ${id} is in the books and nobody sent it`, id })),
    ...books.letters
      .filter(({ ka }) => ka === null || !sent.has(ka))
      .map(({ id }) => ({ what: `dead letter ${id} is in the books and nobody sent it`, id })),
  ];
  return [...breaches, ...foreign, ...changed(evidence), ...unsettled(evidence)];
};

function arrivalsOf({ books }: Evidence): (ka: string) => Arrivals {
  const messages = grouped(books.messages, ({ ka }) => ka);
  const letters = grouped(books.letters, ({ ka }) => ka);
  const answers = grouped(books.answers, ({ answer }) => answer.kaMessageId);
  const firsts = new Set(books.messages.map(({ ka }) => ka));
  return (ka) => {
    const about = answers.get(ka) ?? [];
    return {
      messages: messages.get(ka)?.length ?? 0,
      letters: (letters.get(ka) ?? []).map(({ fault }) => fault),
      duplicates: about.filter(({ answer }) => answer.answer === 'duplicate').length,
      // An operator's cancel is answered under the document's own name.
      withdrawals: firsts.has(ka) ? 0 : about.filter(({ answer }) => answer.answer === 'cancelled').length,
    };
  };
}

function numbers({ tries, receipts }: SentFrame, found: Arrivals): string[] {
  const total = found.messages + found.letters.length + found.duplicates + found.withdrawals;
  if (total < receipts)
    return [`LOST: the broker had it ${receipts} times, the books have it ${total === 0 ? 'never' : `${total} times`}`];
  if (total > tries) return [`it was sent ${tries} times at most, and is in the books ${total} times`];
  return [];
}

/** What the contract makes of it. With several documents under one number the first that comes has it, and the others are refused for that. */
function nature(
  { line }: SentFrame,
  { messages, letters, duplicates }: Arrivals,
  rivals: readonly SentFrame[],
): string[] {
  const contested =
    new Set(rivals.filter((one) => one.line.expects === 'message').map((one) => one.line.sha256)).size > 1;
  switch (line.expects) {
    case 'dead-letter':
      return messages + duplicates > 0 ? [`it is broken (${line.broken}) and was accepted`] : [];
    case 'message':
      return letters.flatMap((fault) =>
        contested && fault === 'document-number-taken' ? [] : [`it is right and was rejected: ${fault}`],
      );
    case 'withdrawal':
      return [
        ...(messages + duplicates > 0 ? ['it is a withdrawal and became a message'] : []),
        ...letters
          .filter((fault) => !fault.startsWith('withdrawal-'))
          .map((fault) => `it is a withdrawal and was rejected: ${fault}`),
      ];
  }
}

/** What is kept is what was sent. */
function changed({ books, sent }: Evidence): Breach[] {
  return [
    ...books.messages.flatMap(({ id, ka, sha256, type, org, document }): Breach[] => {
      const line = sent.get(ka ?? '')?.line;
      if (!line || (line.sha256 === sha256 && line.key === keyOf(type, org, document))) return [];
      return [{ what: `message ${id} is not what KA sent: ${keyOf(type, org, document)}`, id, key: line.key }];
    }),
    ...books.letters.flatMap(({ id, ka, sha256, fault }): Breach[] => {
      const line = sent.get(ka ?? '')?.line;
      if (!line || line.sha256 === sha256 || fault === 'frame-too-large') return [];
      return [{ what: `dead letter ${id} has not the bytes that KA sent`, id, key: line.key }];
    }),
  ];
}

/** Milliseconds that an alarm may lie in the past before it counts as forgotten. */
const overdue = 60_000;

/** Once all has settled, what is neither delivered nor refused, held or cancelled waits in a lane that says why it waits. */
function unsettled({ books }: Evidence): Breach[] {
  const lanes = new Map(books.lanes.map((lane) => [lane.id, lane]));
  return books.deliveries.flatMap(({ message: id, state, lane: number, current }): Breach[] => {
    if (state === 'sending') return [{ what: `message ${id} is being sent and nobody is sending`, id }];
    if (state !== 'waiting') return [];
    const lane = lanes.get(number ?? -1);
    if (!current || !lane || lane.retired !== null) return [{ what: `message ${id} waits where nothing leaves`, id }];
    if (lane.state === 'flowing') return [{ what: `message ${id} waits in a lane that flows and did not go`, id }];
    if (lane.state === 'backing-off' && (lane.wake === null || lane.wake < books.now - overdue))
      return [{ what: `message ${id} waits in a lane that backs off and has no alarm`, id }];
    return [];
  });
}
