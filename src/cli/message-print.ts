/** Messages for people. */
import type { Language } from '../operations/catalogue.ts';
import { explainAttempt } from '../operations/explain.ts';
import { reentry } from '../operations/message-acts.ts';
import type { AuditRow } from '../store/audit.ts';
import type { AttemptRow, CollectionRow, DeliveryRow, MessageDetails, MessageRow } from '../store/messages.ts';
import { showFinding } from './document-print.ts';
import { facts, moment, table } from './table.ts';

export function messageTable(rows: readonly MessageRow[]): string {
  return table(
    [
      { title: 'NUMBER', value: ({ number }) => number },
      { title: 'ACCEPTED (UTC)', value: ({ acceptedAt }) => moment(acceptedAt) },
      { title: 'RECIPIENT', value: ({ recipient }) => recipient },
      { title: 'TYPE', value: ({ messageType }) => messageType },
      { title: 'DOCUMENT', value: ({ documentNumber }) => documentNumber },
      { title: 'SEQUENCE', value: ({ sequence }) => sequence },
      { title: 'STATE', value: ({ state }) => state },
      { title: 'REASON', value: ({ reason }) => reason },
      { title: 'TRIES', value: ({ attempts }) => attempts },
      { title: 'ID', value: ({ id }) => id },
    ],
    rows,
  );
}

export function showMessage(
  row: MessageRow,
  details: MessageDetails,
  acts: readonly AuditRow[],
  why: string,
  language: Language,
): string {
  const head = facts([
    ['Message', row.id],
    ['State', row.state],
    ['Why', why],
    ['Recipient', `${row.recipient}${row.supplier === undefined ? ' (no such supplier yet)' : ` ${row.supplier}`}`],
    ['Document', `${row.messageType} ${row.documentNumber}, version ${row.version}`],
    ['Replaces', details.replaces],
    ['Replaced by', details.replacedBy],
    ['Sequence', row.sequence],
    ['Environment', row.environment],
    ['Event time', details.eventTime],
    ['Accepted', moment(row.acceptedAt)],
    ['Entered', details.enteredFor && `by an operator, for the dead letter ${details.enteredFor}`],
    ...acts.filter(({ action }) => action === reentry).map(enteredBy),
    ['Format', `${details.format}, ${details.mediaType}, ${details.documentSize} bytes`],
    ['SHA-256', details.documentSha256],
    ['KA message id', details.kaMessageId],
    ['Correlation id', details.correlationId],
    ['Trace', details.traceparent],
    [
      'Envelope',
      details.envelope
        ? `${details.envelope.format}, sealed ${moment(details.envelope.sealedAt)}, key ${details.envelope.keyThumbprint}`
        : 'not sealed yet: it has never left the house',
    ],
    ['Envelope SHA-256', details.envelope?.sha256],
  ]);
  const noted = (details.findings ?? []).map((finding) => showFinding('', finding));
  const warnings = noted.length === 0 ? [] : [`Accepted with warnings\n${noted.join('\n')}`];
  const fetched = details.collections.length === 0 ? [] : [`Fetched\n${collectionTable(details.collections)}`];
  return [head, ...warnings, ...fetched, ...details.deliveries.map((one) => showDelivery(one, language))].join('\n\n');
}

const enteredBy = ({ at, actor, reason }: AuditRow): readonly [string, string] => [
  'Entered by',
  `${actor}, ${moment(at)}: ${reason ?? ''}`,
];

function showDelivery(delivery: DeliveryRow, language: Language): string {
  const head = facts([
    ['Delivery', `${delivery.number}${delivery.current ? '' : ' (earlier)'}`],
    ['State', [delivery.state, delivery.reason, delivery.detail].filter(Boolean).join(': ')],
    ['Address', delivery.address ?? 'none'],
    ['Agent', delivery.agent],
    ['Since', moment(delivery.changedAt)],
    ['Next try', moment(delivery.nextTryAt)],
    ['Delivered', delivery.deliveredAt && `${moment(delivery.deliveredAt)}, ${delivery.deliveredBy ?? ''}`],
    [
      'Receipt',
      delivery.receiptFingerprint &&
        `from ${delivery.receiptFrom ?? 'somewhere'}, certificate ${delivery.receiptFingerprint}`,
    ],
  ]);
  return delivery.attempts.length === 0 ? head : `${head}\n${attemptTable(delivery.attempts, language)}`;
}

function collectionTable(collections: readonly CollectionRow[]): string {
  return table(
    [
      { title: 'FIRST (UTC)', value: ({ firstAt }) => moment(firstAt) },
      { title: 'LAST (UTC)', value: ({ lastAt }) => moment(lastAt) },
      { title: 'TIMES', value: ({ times }) => times },
      { title: 'FROM', value: ({ remoteAddress }) => remoteAddress },
      { title: 'CERTIFICATE', value: ({ fingerprint }) => fingerprint },
    ],
    collections,
  );
}

/** A certificate's beginning is enough to tell it from the others of an address; `--json` has it whole. */
const beginning = (fingerprint: string | undefined) => fingerprint && `${fingerprint.slice(0, 12)}…`;

/** Milliseconds to TCP, TLS, the first byte of the answer, and its end; nothing was connected on a kept connection. */
function times({ connectMs, tlsMs, firstByteMs, totalMs }: AttemptRow): string | undefined {
  const all = [connectMs, tlsMs, firstByteMs, totalMs];
  if (totalMs === undefined) return undefined;
  return all.map((ms) => (ms === undefined ? '–' : Math.round(ms))).join('/');
}

function attemptTable(attempts: readonly AttemptRow[], language: Language): string {
  return table(
    [
      { title: 'ATTEMPT', value: ({ number }) => number },
      { title: 'STARTED (UTC)', value: ({ startedAt }) => moment(startedAt) },
      { title: 'MS TCP/TLS/ANSWER/ALL', value: times },
      { title: 'OUTCOME', value: ({ outcome }) => outcome ?? 'under way' },
      { title: 'ANSWER', value: ({ status }) => status },
      { title: 'PEER', value: ({ remoteAddress }) => remoteAddress },
      { title: 'TLS', value: ({ tlsVersion }) => tlsVersion },
      { title: 'CERTIFICATE', value: ({ peerFingerprint }) => beginning(peerFingerprint) },
      { title: 'FAULT', value: ({ fault }) => fault },
      { title: 'WHY', value: (attempt) => explainAttempt(attempt, language) },
    ],
    attempts,
  );
}
