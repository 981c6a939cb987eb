/** KA was told everything, once, and what it was told is so. */
import { type Evidence, grouped } from '../evidence.ts';
import type { AnswerBody } from '../lines.ts';
import type { Breach, Claim } from './claim.ts';

export const answersTrue: Claim = (evidence) => [
  ...onTheQueues(evidence),
  ...aboutMessages(evidence),
  ...aboutLetters(evidence),
];

/** What the books say was written to KA is what KA got: all of it, and nothing else. At least once: repeats are dropped by id. */
function onTheQueues({ books, status, dead }: Evidence): Breach[] {
  const breaches: Breach[] = [];
  const owed = new Map(books.answers.map((row) => [row.answer.id, row]));
  const got = grouped(status, ({ answer }) => answer.id);
  for (const [id, row] of owed) {
    const about = row.answer.messageId ?? row.answer.deadLetterId;
    const came = got.get(id) ?? [];
    if (came.length === 0) breaches.push({ what: `KA never got the answer ${id} (${row.answer.answer})`, id: about });
    if (came.some(({ raw }) => raw !== row.body))
      breaches.push({ what: `KA got other words than the books have in answer ${id}`, id: about });
    if (row.sent === null) breaches.push({ what: `answer ${id} is still owed`, id: about });
  }
  for (const [id, lines] of got)
    if (!owed.has(id))
      breaches.push({
        what: `KA got an answer that is not in the books: ${id} (${lines[0]?.answer.answer})`,
        id: lines[0]?.answer.messageId,
      });
  const letters = grouped(dead, ({ headers }) => headers['dead-letter-id']);
  for (const { id, sha256, fault } of books.letters) {
    // Those went to the queue on their way in, whole, and have no such header.
    if (fault === 'frame-too-large') continue;
    const came = letters.get(id) ?? [];
    if (came.length === 0) breaches.push({ what: `KA never got dead letter ${id}`, id });
    if (came.some(({ bodySha256 }) => bodySha256 !== sha256))
      breaches.push({ what: `dead letter ${id} came with other bytes`, id });
  }
  const known = new Set(books.letters.map(({ id }) => id));
  for (const [id] of letters)
    if (id !== undefined && !known.has(id))
      breaches.push({ what: `KA got a dead letter that is not in the books: ${id}`, id });
  for (const { letter, sent } of books.outbox)
    if (sent === null) breaches.push({ what: `dead letter ${letter} is still owed`, id: letter ?? undefined });
  return breaches;
}

/** Those two are about another frame, and only name the message. */
const isAboutIt = ({ answer }: AnswerBody): boolean => answer !== 'duplicate' && answer !== 'rejected';

/** The last word on a message must be its state; `waiting` may have been anything before, but not over. */
function aboutMessages({ books, deliveriesOf, status }: Evidence): Breach[] {
  const words = grouped(
    books.answers.filter(({ answer }) => isAboutIt(answer)),
    ({ answer }) => answer.messageId,
  );
  const firstWord = new Map<string, AnswerBody>();
  for (const { answer } of status)
    if (answer.messageId !== undefined && isAboutIt(answer) && !firstWord.has(answer.messageId))
      firstWord.set(answer.messageId, answer);
  return books.messages.flatMap((row): Breach[] => {
    const { id } = row;
    const said = (words.get(id) ?? []).map(({ answer }) => answer);
    const own = deliveriesOf.get(id) ?? [];
    const count = (kind: string): number => said.filter(({ answer }) => answer === kind).length;
    const found: string[] = [];
    const accepted = said.find(({ answer }) => answer === 'accepted');
    if (count('accepted') !== 1) found.push(`message ${id} was answered accepted ${count('accepted')} times`);
    else if (
      accepted?.sequence !== String(row.sequence) ||
      accepted.version !== row.version ||
      accepted.messageType !== row.type ||
      accepted.documentNumber !== row.document ||
      accepted.recipient !== row.org
    )
      found.push(`what was accepted as ${id} is not what the books have`);
    const first = firstWord.get(id);
    if (first && first.answer !== 'accepted') found.push(`KA heard ${first.answer} of message ${id} before accepted`);
    const delivered = own.filter(({ state }) => state === 'delivered').length;
    if (count('delivered') !== delivered)
      found.push(`message ${id} was delivered ${delivered} times and answered so ${count('delivered')} times`);
    const last = said.at(-1)?.answer;
    const state = delivered > 0 ? 'delivered' : own.find(({ current }) => current)?.state;
    const isOver = state === 'delivered' || state === 'refused' || state === 'held' || state === 'cancelled';
    if (isOver && last !== state)
      found.push(`message ${id} is ${state}, and the last that KA was told is ${last ?? 'nothing'}`);
    if (!isOver && last === 'cancelled') found.push(`message ${id} is ${state}, and KA was told that it is cancelled`);
    return found.map((what) => ({ what, id }));
  });
}

function aboutLetters({ books }: Evidence): Breach[] {
  const rejected = grouped(
    books.answers.filter(({ answer }) => answer.answer === 'rejected'),
    ({ answer }) => answer.deadLetterId,
  );
  const queued = grouped(books.outbox, ({ letter }) => letter);
  const duplicates = books.frames.filter(({ verdict }) => verdict === 'duplicate').length;
  const answered = books.answers.filter(({ answer }) => answer.answer === 'duplicate').length;
  return [
    ...books.letters.flatMap(({ id, fault }): Breach[] => {
      const said = rejected.get(id) ?? [];
      if (said.length !== 1) return [{ what: `dead letter ${id} was answered rejected ${said.length} times`, id }];
      if (said[0]?.answer.fault?.code !== fault)
        return [{ what: `dead letter ${id} is ${fault}, and KA was told ${said[0]?.answer.fault?.code}`, id }];
      return queued.get(id)?.length === 1
        ? []
        : [{ what: `dead letter ${id} was put out ${queued.get(id)?.length ?? 0} times`, id }];
    }),
    ...(duplicates === answered
      ? []
      : [{ what: `${duplicates} frames were duplicates, and ${answered} were answered so` }]),
  ];
}
