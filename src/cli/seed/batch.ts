/** The batches of a seeded book, in order: stories, documents, envelopes, and the frames that all came in. */
import { seal } from '../../envelope/seal.ts';
import type { Signer } from '../../envelope/signer.ts';
import type { SeedBatch } from '../../store/seed/batch.ts';
import { deadLetterRows, makeBroken } from './dead.ts';
import { makePapers, variants } from './papers.ts';
import type { Person } from './people.ts';
import { acceptedAt, batchesOf, batchSize, type Plan } from './plan.ts';
import { roll } from './roll.ts';
import {
  answerRows,
  attemptRows,
  deliveryRow,
  documentNumberOf,
  envelopeRow,
  factsOf,
  frameIdOf,
  hexOf,
  iso,
  isSealed,
  messageIdOf,
  messageRow,
  type Row,
  sha256,
  type Told,
} from './rows.ts';
import { type Story, teller } from './story.ts';

export interface Makers {
  readonly plan: Plan;
  readonly people: readonly Person[];
  /** By organisation number: the lane of its own address, and the certificate there. */
  readonly lanes: ReadonlyMap<string, { readonly lane: number; readonly fingerprint: string }>;
  readonly signer: Signer;
  readonly source: string;
  readonly sender: string;
  /** Lets others do something between two messages. */
  readonly breathe: () => Promise<void>;
}

/** One batch after the other, those from `from` on; what comes before is only counted. */
export async function* makeBatches(makers: Makers, from: number): AsyncGenerator<SeedBatch> {
  const { plan, people } = makers;
  const tell = teller(plan, people, new Map());
  const sequences = new Map<string, number>();
  const next = (index: number): { story: Story; sequence: number } => {
    const story = tell(index);
    const sequence = (sequences.get(story.person.organisationNumber) ?? 0) + 1;
    sequences.set(story.person.organisationNumber, sequence);
    return { story, sequence };
  };
  for (let index = 0; index < from * batchSize; index++) next(index);
  const told = tellers(makers);
  const broken = makeBroken(plan.documentBytes, makers.sender);
  for (let batch = from; batch < batchesOf(plan); batch++) {
    const tolds: Told[] = [];
    const sealed: Row[] = [];
    for (let index = batch * batchSize; index < Math.min(plan.messages, (batch + 1) * batchSize); index++) {
      const { story, sequence } = next(index);
      const one = told(story, sequence);
      tolds.push(one);
      if (isSealed(one)) {
        const facts = factsOf(one, makers.source, makers.sender);
        sealed.push(envelopeRow(one, await seal(makers.signer, facts, one.paper.bytes)));
      }
      if (index % 20 === 0) await makers.breathe();
    }
    yield batchOf(tolds, sealed, broken);
  }
}

function tellers({ plan, people, lanes }: Makers): (story: Story, sequence: number) => Told {
  const papers = makePapers(plan.documentBytes);
  return (story, sequence) => {
    const { person, index } = story;
    const documentNumber = documentNumberOf(story);
    const issued = iso(story.acceptedAt).slice(0, 10);
    const words = {
      recipient: person.organisationNumber,
      name: person.name,
      number: documentNumber,
      issued,
      due: iso(Date.parse(issued) + 30 * 86_400_000).slice(0, 10),
      original: `SF-${issued.slice(0, 4)}-${String(index).padStart(7, '0')}`,
    };
    const paper = papers(story.type, words, Math.floor(roll(plan.seed, index, 30) * variants));
    const at = person.way === 'unknown' ? undefined : person.way === 'agent' ? people[person.index - 1] : person;
    const there = at && lanes.get(at.organisationNumber);
    return {
      plan,
      story,
      id: messageIdOf(plan, story),
      number: plan.firstMessage + index,
      deliveryId: plan.firstDelivery + index,
      sequence,
      documentNumber,
      paper,
      sha256: sha256(paper.bytes),
      lane: there?.lane ?? null,
      at,
      fingerprint: there?.fingerprint,
    };
  };
}

function batchOf(tolds: readonly Told[], envelope: readonly Row[], broken: ReturnType<typeof makeBroken>): SeedBatch {
  let end = 1;
  const fetched = tolds.filter(({ story }) => story.fetched);
  const dead = tolds.flatMap((one) => (one.story.deadBeside ? [deadLetterRows(one, broken)] : []));
  return {
    message: tolds.map(messageRow),
    delivery: tolds.map(deliveryRow),
    envelope,
    attempt: tolds.flatMap(attemptRows),
    receipt: fetched.flatMap((one) => (one.story.state === 'delivered' ? [receiptRow(one)] : [])),
    collection: fetched.map(collectionRow),
    deadLetter: dead.map(({ letter }) => letter),
    frame: [...tolds.flatMap(frameRows), ...dead.map(({ frame }) => frame)],
    outbox: [...tolds.flatMap(answerRows), ...dead.flatMap(({ outbox }) => outbox)],
    documents: Buffer.concat(tolds.map(({ paper }) => paper.bytes)),
    places: tolds.map(({ id, paper: { bytes } }) => ({
      id,
      size: bytes.length,
      start: (end += bytes.length) - bytes.length,
    })),
    filled: [
      ...new Set(
        tolds.flatMap(({ lane, at, story }) =>
          lane !== null && story.state === 'waiting' && at?.way === 'push' && at.trouble === undefined ? [lane] : [],
        ),
      ),
    ],
  };
}

const remoteOf = ({ at }: Told): string => `198.51.100.${((at?.index ?? 0) % 250) + 1}`;

const receiptRow = (told: Told): Row => ({
  delivery_id: told.deliveryId,
  at: iso(told.story.changedAt),
  fingerprint: told.fingerprint,
  remote_address: remoteOf(told),
});

const collectionRow = (told: Told): Row => {
  const at = iso(told.story.changedAt - 5_000);
  return {
    message_id: told.id,
    fingerprint: told.fingerprint,
    first_at: at,
    last_at: at,
    times: 1,
    remote_address: remoteOf(told),
  };
};

/** The frame that it came in, the same once more, and the one that took it back. */
function frameRows({ plan, story, id, sha256: body }: Told): Row[] {
  const frame = (verdict: string, at: number, name: string, hash: string): Row => ({
    taken_at: iso(at),
    broker_message_id: name,
    body_sha256: hexOf(hash),
    verdict,
    message_id: id,
    dead_letter_id: null,
  });
  const name = frameIdOf(plan, story.index);
  return [
    frame('message', story.acceptedAt, name, body),
    ...(story.twice ? [frame('duplicate', story.acceptedAt + 40, `${name}:again`, body)] : []),
    ...(story.withdrawn ? [frame('withdrawal', story.changedAt, `${name}:withdrawn`, sha256(Buffer.alloc(0)))] : []),
  ];
}

/** When a plan's messages came, for what people did with them. */
export const momentOf = (plan: Plan, share: number): number =>
  acceptedAt(plan, Math.min(plan.messages - 1, Math.floor(plan.messages * share)));
