/** What the outer world wrote down, beside the gateway's books, and both put in order for looking up. */
import { type AttemptRow, type Books, type DeliveryRow, type MessageRow, readBooks, type Store } from './books.ts';
import type { ConnectionLine, EnrolledLine, FaultLine, ListLine, RegisterLine } from './certificate-lines.ts';
import { readJournal } from './journal.ts';
import type {
  AnsweredLine,
  At,
  CollectedLine,
  DeadLine,
  EnvelopeClaims,
  FetchedLine,
  IntentLine,
  ProducedLine,
  ReceivedLine,
  StatusLine,
} from './lines.ts';
import { readWorld, type World } from './world.ts';

/** A frame that KA sent, once or several times. */
export interface SentFrame {
  readonly line: At<IntentLine>;
  /** How often it was tried: so many may be on the queue. */
  readonly tries: number;
  /** How often the broker said that it has it: so many must be. */
  readonly receipts: number;
}

/** A whole envelope, whichever way it came. */
export interface Arrival {
  readonly id: string;
  readonly org: string;
  readonly bodySha256: string | undefined;
  readonly documentSha256: string | undefined;
  readonly signature: string | undefined;
  readonly claims: EnvelopeClaims | undefined;
}

export interface Evidence {
  readonly world: World;
  readonly books: Books;
  readonly produced: readonly At<ProducedLine>[];
  readonly received: readonly At<ReceivedLine>[];
  readonly answered: ReadonlyMap<number, At<AnsweredLine>>;
  readonly status: readonly At<StatusLine>[];
  readonly dead: readonly At<DeadLine>[];
  readonly register: readonly At<RegisterLine>[];
  readonly enrolled: readonly At<EnrolledLine>[];
  readonly connections: readonly At<ConnectionLine>[];
  readonly faults: readonly At<FaultLine>[];
  readonly lists: readonly At<ListLine>[];
  /** By `kaMessageId`. */
  readonly sent: ReadonlyMap<string, SentFrame>;
  readonly message: ReadonlyMap<string, MessageRow>;
  readonly deliveriesOf: ReadonlyMap<string, readonly DeliveryRow[]>;
  readonly attemptsOf: ReadonlyMap<string, readonly AttemptRow[]>;
  readonly receivedOf: ReadonlyMap<string, readonly At<ReceivedLine>[]>;
  readonly collected: readonly At<CollectedLine>[];
  /** What suppliers were given, pushed or fetched, by id. */
  readonly arrivals: readonly Arrival[];
}

export async function readEvidence(folder: string, store: Store): Promise<Evidence> {
  const lines = readJournal<ReceivedLine | AnsweredLine>(folder, 'received.jsonl');
  return gather({
    world: readWorld(folder),
    books: await readBooks(store),
    produced: readJournal<ProducedLine>(folder, 'produced.jsonl'),
    lines,
    status: readJournal<StatusLine>(folder, 'status.jsonl'),
    dead: readJournal<DeadLine>(folder, 'dead.jsonl'),
    register: readJournal<RegisterLine>(folder, 'register.jsonl'),
    collected: readJournal<CollectedLine>(folder, 'collected.jsonl'),
    enrolled: readJournal<EnrolledLine>(folder, 'enrolled.jsonl'),
    connections: readJournal<ConnectionLine>(folder, 'connections.jsonl'),
    faults: readJournal<FaultLine>(folder, 'faults.jsonl'),
    lists: readJournal<ListLine>(folder, 'lists.jsonl'),
  });
}

function gather({
  lines,
  ...plain
}: Omit<
  Evidence,
  'received' | 'answered' | 'sent' | 'message' | 'deliveriesOf' | 'attemptsOf' | 'receivedOf' | 'arrivals'
> & {
  readonly lines: readonly At<ReceivedLine | AnsweredLine>[];
}): Evidence {
  const { books, produced } = plain;
  const received = lines.flatMap((line) => (line.event === 'received' ? [line] : []));
  const answered = lines.flatMap((line): [number, At<AnsweredLine>][] =>
    line.event === 'answered' ? [[line.request, line]] : [],
  );
  const messageOf = new Map(books.deliveries.map(({ id, message }) => [id, message]));
  return {
    ...plain,
    received,
    answered: new Map(answered),
    sent: sentFrames(produced),
    message: new Map(books.messages.map((row) => [row.id, row])),
    deliveriesOf: grouped(books.deliveries, ({ message }) => message),
    attemptsOf: grouped(books.attempts, ({ delivery }) => messageOf.get(delivery) ?? ''),
    receivedOf: grouped(received, ({ id }) => id),
    arrivals: [...received.filter(({ whole }) => whole).map(arrivalOf), ...fetched(plain.collected).map(arrivalOf)],
  };
}

const arrivalOf = ({
  id,
  org,
  bodySha256,
  documentSha256,
  signature,
  claims,
}: ReceivedLine | FetchedLine): Arrival => ({
  id,
  org,
  bodySha256,
  documentSha256,
  signature,
  claims,
});

/** What programs were given. */
export function fetched(collected: readonly At<CollectedLine>[]): At<FetchedLine>[] {
  return collected.flatMap((line) => (line.event === 'fetched' ? [line] : []));
}

function sentFrames(produced: readonly At<ProducedLine>[]): Map<string, SentFrame> {
  const frames = new Map<string, SentFrame>();
  for (const line of produced) {
    const before = frames.get(line.ka);
    if (line.event === 'intent')
      frames.set(line.ka, {
        line: before?.line ?? line,
        tries: (before?.tries ?? 0) + 1,
        receipts: before?.receipts ?? 0,
      });
    else if (line.event === 'sent' && before) frames.set(line.ka, { ...before, receipts: before.receipts + 1 });
  }
  return frames;
}

export function grouped<T, K>(rows: readonly T[], key: (row: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}
