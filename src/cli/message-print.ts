/** Messages for people. */
import type { AttemptRow, DeliveryRow, MessageDetails, MessageRow } from '../store/messages.ts';
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

export function showMessage(row: MessageRow, details: MessageDetails, why: string): string {
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
  return [head, ...details.deliveries.map(showDelivery)].join('\n\n');
}

function showDelivery(delivery: DeliveryRow): string {
  const head = facts([
    ['Delivery', `${delivery.number}${delivery.current ? '' : ' (earlier)'}`],
    ['State', [delivery.state, delivery.reason, delivery.detail].filter(Boolean).join(': ')],
    ['Address', delivery.address ?? 'none'],
    ['Since', moment(delivery.changedAt)],
    ['Next try', moment(delivery.nextTryAt)],
    ['Delivered', delivery.deliveredAt && `${moment(delivery.deliveredAt)}, ${delivery.deliveredBy ?? ''}`],
  ]);
  return delivery.attempts.length === 0 ? head : `${head}\n${attemptTable(delivery.attempts)}`;
}

function attemptTable(attempts: readonly AttemptRow[]): string {
  return table(
    [
      { title: 'ATTEMPT', value: ({ number }) => number },
      { title: 'STARTED (UTC)', value: ({ startedAt }) => moment(startedAt) },
      { title: 'MS', value: ({ totalMs }) => (totalMs === undefined ? undefined : Math.round(totalMs)) },
      { title: 'OUTCOME', value: ({ outcome }) => outcome ?? 'under way' },
      { title: 'ANSWER', value: ({ status }) => status },
      { title: 'PEER', value: ({ remoteAddress }) => remoteAddress },
      { title: 'WHAT', value: ({ fault, detail }) => [fault, detail].filter(Boolean).join(': ') || undefined },
    ],
    attempts,
  );
}
