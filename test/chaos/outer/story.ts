/** The story of one message: what every file and the books say about it, in the order of time. */
import type { Breach } from './claims/claim.ts';
import type { Evidence } from './evidence.ts';
import { keyOf } from './world.ts';

/** Lines at most; from the middle of a longer story some are left out. */
const longest = 40;

interface Told {
  readonly at: number;
  readonly text: string;
}

/** @returns one line each: seconds since the first, who says it, what. Empty for a breach that is about no message. */
export function storyOf(evidence: Evidence, { id, ka, key }: Breach): string[] {
  const { books } = evidence;
  const row = id === undefined ? undefined : evidence.message.get(id);
  const letter = books.letters.find((one) => one.id === id);
  const name = ka ?? row?.ka ?? letter?.ka ?? undefined;
  const document = key ?? (row && keyOf(row.type, row.org, row.document)) ?? evidence.sent.get(name ?? '')?.line.key;
  const ids = new Set(
    [
      id,
      ...books.messages
        .filter((one) => (name !== undefined && one.ka === name) || keyOf(one.type, one.org, one.document) === document)
        .map((one) => one.id),
    ].filter((one) => one !== undefined),
  );
  const told = [
    ...sent(evidence, name, document),
    ...stored(evidence, ids, name),
    ...tried(evidence, ids),
    ...said(evidence, ids, name),
    ...collecting(evidence, ids),
  ];
  const ordered = told.toSorted((a, b) => a.at - b.at);
  const start = ordered[0]?.at ?? 0;
  const lines = ordered.map(({ at, text }) => `${((at - start) / 1_000).toFixed(3).padStart(9)} s  ${text}`);
  if (lines.length <= longest) return lines;
  const [head, tail] = [lines.slice(0, longest / 2), lines.slice(-longest / 2)];
  return [...head, `            … ${lines.length - longest} lines left out …`, ...tail];
}

function sent({ produced, sent: frames }: Evidence, name: string | undefined, document: string | undefined): Told[] {
  const names = new Set([name]);
  for (const [ka, { line }] of frames) if (document !== undefined && line.key === document) names.add(ka);
  return produced.flatMap((line): Told[] => {
    if (!names.has(line.ka)) return [];
    const text =
      line.event === 'intent'
        ? `${line.kind} ${line.key} as ${line.ka}, ${line.sha256.slice(0, 12)}…${line.broken ? `, broken: ${line.broken}` : ''}`
        : line.ka;
    return [{ at: line.at, text: `KA        ${line.event} ${text}` }];
  });
}

function stored({ books, deliveriesOf }: Evidence, ids: ReadonlySet<string>, name: string | undefined): Told[] {
  const messages = books.messages.filter(({ id }) => ids.has(id));
  const letters = books.letters.filter(({ id, ka }) => ids.has(id) || (name !== undefined && ka === name));
  const dead = new Set(letters.map(({ id }) => id));
  return [
    ...books.frames
      .filter(({ message, letter }) => ids.has(message ?? '') || dead.has(letter ?? ''))
      .map(({ at, verdict, message, letter }) => ({ at, text: `store     a frame: ${verdict} ${message ?? letter}` })),
    ...messages.map(({ at, id, sequence, version }) => ({
      at,
      text: `store     message ${id}, sequence ${sequence}, version ${version}`,
    })),
    ...letters.map(({ at, id, fault }) => ({ at, text: `store     dead letter ${id}: ${fault}` })),
    ...messages.flatMap(({ id }) =>
      (deliveriesOf.get(id) ?? []).map((row) => ({
        at: row.at,
        text: `store     delivery ${row.number} is ${row.state}${row.reason === null ? '' : ` (${row.reason})`}, lane ${row.lane ?? 'none'}, ${row.attempts} attempts`,
      })),
    ),
    ...books.actions
      .filter(({ message }) => ids.has(message))
      .map(({ at, action }) => ({ at, text: `store     ${action}` })),
  ];
}

function tried({ attemptsOf, receivedOf, answered }: Evidence, ids: ReadonlySet<string>): Told[] {
  return [...ids].flatMap((id) => [
    ...(attemptsOf.get(id) ?? []).flatMap(({ at, number, finished, outcome, status, fault }): Told[] => [
      { at, text: `store     attempt ${number} begins` },
      ...(finished === null
        ? []
        : [{ at: finished, text: `store     attempt ${number}: ${outcome} ${status ?? ''} ${fault ?? ''}`.trimEnd() }]),
    ]),
    ...(receivedOf.get(id) ?? []).flatMap((line): Told[] => {
      const end = answered.get(line.request);
      const what = `${line.whole ? 'gets' : 'gets the beginning of'} attempt ${line.attempt} on connection ${line.connection}`;
      const then = `${line.kept ? 'keeps it' : 'keeps nothing'}, answers ${line.answers}`;
      return [
        { at: line.at, text: `supplier  ${line.org} shows ${line.identity.slice(0, 12)}…, ${what}, ${then}` },
        ...(end
          ? [{ at: end.at, text: `supplier  ${line.org} has answered attempt ${line.attempt}: ${end.answered}` }]
          : []),
      ];
    }),
  ]);
}

function collecting({ collected, books, deliveriesOf }: Evidence, ids: ReadonlySet<string>): Told[] {
  const own = new Set([...ids].flatMap((id) => (deliveriesOf.get(id) ?? []).map((row) => row.id)));
  return [
    ...collected.flatMap((line): Told[] => {
      const about = 'id' in line ? [line.id] : 'ids' in line ? line.ids : [];
      if (!about.some((id) => ids.has(id))) return [];
      const result = line.event === 'receipted' ? `: ${line.result}` : '';
      return [
        { at: line.at, text: `program   ${line.org}, showing ${line.identity.slice(0, 12)}…, ${line.event}${result}` },
      ];
    }),
    ...books.receipts
      .filter(({ delivery }) => own.has(delivery))
      .map(({ at, fingerprint }) => ({ at, text: `store     a receipt by ${fingerprint.slice(0, 12)}…` })),
  ];
}

function said({ status, dead }: Evidence, ids: ReadonlySet<string>, name: string | undefined): Told[] {
  return [
    ...status
      .filter(
        ({ answer }) =>
          ids.has(answer.messageId ?? '') ||
          ids.has(answer.deadLetterId ?? '') ||
          (name !== undefined && answer.kaMessageId === name),
      )
      .map(({ at, answer }) => ({
        at,
        text: `KA        hears ${answer.answer}${answer.fault ? ` (${answer.fault.code})` : ''}, answer ${answer.id}`,
      })),
    ...dead
      .filter(
        ({ headers }) =>
          ids.has(headers['dead-letter-id'] ?? '') || (name !== undefined && headers['original-kaMessageId'] === name),
      )
      .map(({ at, headers }) => ({
        at,
        text: `KA        finds dead letter ${headers['dead-letter-id']}: ${headers['fault']}`,
      })),
  ];
}
