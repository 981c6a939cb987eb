/** A message's story as rows of the book. */
import { createHash } from 'node:crypto';
import { type AnswerFacts, type AnswerKind, answer } from '../../domain/answer.ts';
import { faultTable } from '../../domain/fault.ts';
import type { Facts } from '../../envelope/facts.ts';
import type { Sealed } from '../../envelope/seal.ts';
import type { Paper } from './papers.ts';
import type { Person } from './people.ts';
import type { Plan } from './plan.ts';
import { idAt, roll } from './roll.ts';
import type { SeedTry, Story } from './story.ts';

export type Row = Readonly<Record<string, unknown>>;

export const iso = (at: number): string => new Date(at).toISOString();
export const hexOf = (bytes: Uint8Array | string): string =>
  `\\x${typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('hex')}`;
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A message with all that is the same in each of its rows. */
export interface Told {
  readonly plan: Plan;
  readonly story: Story;
  readonly id: string;
  readonly number: number;
  readonly deliveryId: number;
  readonly sequence: number;
  readonly documentNumber: string;
  readonly paper: Paper;
  /** Hex. */
  readonly sha256: string;
  /** Null: it lies in none. */
  readonly lane: number | null;
  /** The supplier at whose address it lies. */
  readonly at: Person | undefined;
  /** Hex; of the certificate that is registered there. */
  readonly fingerprint: string | undefined;
}

const prefixes = { 'purchase-order': 'IO', 'self-invoice': 'SF', 'self-invoice-credit': 'KF' } as const;
export const documentNumberOf = ({ type, index, acceptedAt }: Story): string =>
  `${prefixes[type]}-${new Date(acceptedAt).getUTCFullYear()}-${String(index + 1).padStart(7, '0')}`;
export const messageIdOf = ({ seed }: Plan, { index, acceptedAt }: Story): string => idAt(acceptedAt, seed, index, 1);
/** The broker's name of the frame; the first of a batch says that the batch is in the book. */
export const frameIdOf = ({ seed }: Plan, index: number): string => `ID:seed-${seed}-1:1:1:1:${index + 1}`;

export function messageRow({ story, paper, ...told }: Told): Row {
  return {
    id: told.id,
    number: told.number,
    organisation_number: story.person.organisationNumber,
    sequence: told.sequence,
    environment: 'test',
    message_type: story.type,
    document_number: told.documentNumber,
    version: 1,
    format: paper.format,
    media_type: paper.mediaType,
    data_schema: paper.dataSchema,
    document_sha256: hexOf(told.sha256),
    document_size: paper.bytes.length,
    event_time: iso(story.acceptedAt - 1_500),
    event_at: iso(story.acceptedAt - 1_500),
    currency: paper.currency,
    total: paper.total,
    ka_message_id: `KA-${story.index + 1}`,
    accepted_at: iso(story.acceptedAt),
    findings: story.index % 211 === 7 ? noted : null,
  };
}

/** A breach that was only noted. */
const noted = [
  {
    where: '/lines/0/unitPrice',
    rule: 'line-amount',
    text: 'The amount is quantity × price',
    expected: '1250.00',
    found: '1250.01',
  },
];

export function deliveryRow({ story, ...told }: Told): Row {
  const delivered = story.state === 'delivered';
  return {
    id: told.deliveryId,
    message_id: told.id,
    message_number: told.number,
    number: 1,
    current: true,
    lane_id: told.lane,
    state: story.state,
    reason: story.reason,
    detail: story.detail,
    attempts: story.tries.length,
    failures: story.tries.filter(({ outcome }) => outcome === 'endpoint-failed').length,
    next_try_at: story.nextTryAt === null ? null : iso(story.nextTryAt),
    created_at: iso(story.acceptedAt),
    changed_at: iso(story.changedAt),
    delivered_at: delivered ? iso(story.changedAt) : null,
    delivered_by: delivered ? (told.at?.way === 'pull' ? 'collected' : 'pushed') : null,
    principal: told.at !== undefined && told.at !== story.person ? story.person.organisationNumber : null,
  };
}

export const attemptRows = (told: Told): Row[] =>
  told.story.tries.map((one, i) => ({
    delivery_id: told.deliveryId,
    number: i + 1,
    lane_id: told.lane,
    epoch: told.story.index + 1,
    started_at: iso(one.at),
    finished_at: iso(one.at + one.took),
    outcome: one.outcome,
    fault: one.fault,
    detail: one.detail,
    status: one.status,
    excerpt: one.excerpt,
    ...wireOf(told, one, i),
  }));

/** What was seen of the connection, where there was one. */
function wireOf({ plan, story, at, fingerprint }: Told, one: SeedTry, turn: number): Row {
  const host = (at?.index ?? 0) % 250;
  const remote = { total_ms: one.took, remote_address: `192.0.2.${host + 1}:443` };
  if (one.fault === 'endpoint-unreachable') return remote;
  const first = roll(plan.seed, story.index, 20 + turn) < 0.3;
  const connecting = first ? { connect_ms: 1.2 + host / 20, tls_ms: 4.1 + host / 10 } : {};
  const answered = one.status === null ? {} : { first_byte_ms: Math.max(1, one.took - 1) };
  const shown = one.fault === 'endpoint-certificate' ? '0'.repeat(64) : fingerprint;
  return {
    ...remote,
    ...connecting,
    ...answered,
    tls_version: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    peer_fingerprint: shown,
  };
}

export function factsOf({ story, paper, ...told }: Told, source: string, sender: string): Facts {
  return {
    id: told.id,
    source,
    messageType: story.type,
    documentNumber: told.documentNumber,
    eventTime: iso(story.acceptedAt - 1_500),
    mediaType: paper.mediaType,
    dataSchema: paper.dataSchema,
    sequence: told.sequence,
    environment: 'test',
    documentSha256: told.sha256,
    recipient: story.person.organisationNumber as Facts['recipient'],
    recipientCertificate: told.fingerprint,
    recipientUrl: told.at?.way === 'push' ? urlOf(told.at) : undefined,
    senderOrganisation: sender,
  };
}

export const urlOf = ({ host }: Person): string => `https://${host}/in`;

/** Sealed is what was shown to anybody. */
export const isSealed = ({ story }: Told): boolean => story.tries.length > 0 || story.fetched;

export const envelopeRow = ({ id, story }: Told, sealed: Sealed): Row => ({
  message_id: id,
  format: sealed.format,
  head: sealed.head,
  signature: sealed.signature,
  sha256: hexOf(sealed.sha256),
  key_thumbprint: sealed.keyThumbprint,
  sealed_at: iso(story.tries[0]?.at ?? story.changedAt),
});

/** The answers that KA was owed; all but the last few are with the broker. */
export function answerRows(told: Told): Row[] {
  const { plan, story } = told;
  const kinds: [AnswerKind, number, Partial<AnswerFacts>][] = [
    ['accepted', story.acceptedAt, { version: 1, sequence: String(told.sequence) }],
  ];
  if (story.twice) kinds.push(['duplicate', story.acceptedAt + 40, {}]);
  if (story.state !== 'waiting') {
    const fault = story.reason && { code: story.reason, detail: story.detail ?? faultTable[story.reason].title };
    kinds.push([
      story.state,
      story.changedAt,
      { version: 1, sequence: String(told.sequence), fault: fault ?? undefined },
    ]);
  }
  return kinds.map(([kind, at, more], i) => {
    const facts = { messageId: told.id, kaMessageId: `KA-${story.index + 1}`, ...keyOf(told), ...more };
    return outboxRow(
      plan,
      story.index,
      at,
      answer(kind, { ...facts, id: idAt(at, plan.seed, story.index, 2 + i), time: iso(at) }),
    );
  });
}

const keyOf = ({ story, documentNumber }: Told) => ({
  messageType: story.type,
  documentNumber,
  recipient: story.person.organisationNumber,
});

/** The last of a book are not with the broker yet. */
const unsent = 40;

export function outboxRow(plan: Plan, index: number, at: number, body: Readonly<Record<string, unknown>>): Row {
  const { id: answerId, answer: kind, documentNumber, recipient } = body;
  return {
    queue: 'status',
    body: JSON.stringify(body),
    headers: { answerId, answer: kind, documentNumber, recipient },
    created_at: iso(at),
    sent_at: index >= plan.messages - unsent ? null : iso(at + 60),
  };
}
