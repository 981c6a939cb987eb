/** One message as a story: everything that is on record about it, in the order in which it happened. Pure. */
import type { Finding } from '../domain/fault.ts';
import type { AuditRow } from '../store/audit.ts';
import type { AttemptRow, CollectionRow, DeliveryRow, MessageDetails, MessageRow } from '../store/messages.ts';

export type Chapter =
  | { readonly kind: 'taken'; readonly at: Date; readonly enteredFor?: string | undefined }
  | { readonly kind: 'checked'; readonly at: Date; readonly findings: readonly Finding[] }
  | { readonly kind: 'sealed'; readonly at: Date; readonly envelope: NonNullable<MessageDetails['envelope']> }
  | { readonly kind: 'again'; readonly at: Date; readonly delivery: DeliveryRow }
  | { readonly kind: 'attempt'; readonly at: Date; readonly delivery: DeliveryRow; readonly attempt: AttemptRow }
  | { readonly kind: 'collected'; readonly at: Date; readonly collection: CollectionRow }
  | { readonly kind: 'receipt'; readonly at: Date; readonly delivery: DeliveryRow }
  | { readonly kind: 'acted'; readonly at: Date; readonly row: AuditRow }
  | { readonly kind: 'planned'; readonly at: Date };

/** Of two at the same moment, which comes first. */
const order = ['taken', 'checked', 'acted', 'again', 'sealed', 'collected', 'attempt', 'receipt', 'planned'] as const;

/** Oldest first. @param audit what people did with it */
export function storyOf(row: MessageRow, details: MessageDetails, audit: readonly AuditRow[]): readonly Chapter[] {
  const { deliveries, envelope, collections, findings = [] } = details;
  const chapters: Chapter[] = [
    { kind: 'taken', at: row.acceptedAt, enteredFor: details.enteredFor },
    { kind: 'checked', at: row.acceptedAt, findings },
    ...(envelope === undefined ? [] : [{ kind: 'sealed' as const, at: envelope.sealedAt, envelope }]),
    ...deliveries.flatMap(chaptersOf),
    ...collections.map((collection) => ({ kind: 'collected' as const, at: collection.firstAt, collection })),
    ...audit.map((one) => ({ kind: 'acted' as const, at: one.at, row: one })),
  ];
  const place = ({ kind }: Chapter): number => order.indexOf(kind);
  return chapters.sort((a, b) => a.at.getTime() - b.at.getTime() || place(a) - place(b));
}

function chaptersOf(delivery: DeliveryRow): Chapter[] {
  const { attempts, number, createdAt, deliveredAt, deliveredBy, nextTryAt, current, state } = delivery;
  return [
    ...(number > 1 ? [{ kind: 'again' as const, at: createdAt, delivery }] : []),
    ...attempts.map((attempt) => ({ kind: 'attempt' as const, at: attempt.startedAt, delivery, attempt })),
    ...(deliveredBy === 'collected' && deliveredAt !== undefined
      ? [{ kind: 'receipt' as const, at: deliveredAt, delivery }]
      : []),
    ...(current && state === 'waiting' && delivery.delivery === 'push' && nextTryAt !== undefined
      ? plannedAt(delivery, nextTryAt)
      : []),
  ];
}

/** Its own next try, or its lane's if that is later; a lane that waits for a person plans nothing. */
function plannedAt({ laneState, laneWakeAt }: DeliveryRow, nextTryAt: Date): Chapter[] {
  if (laneState === 'paused' || laneWakeAt === undefined) return [];
  return [{ kind: 'planned', at: laneWakeAt > nextTryAt ? laneWakeAt : nextTryAt }];
}

export interface Span {
  readonly name: 'connect' | 'tls' | 'answer' | 'rest';
  /** Milliseconds from the attempt's beginning. */
  readonly from: number;
  readonly ms: number;
}

/** What an attempt's time went to, in the order of the wire. What it ended in the middle of has the rest. Empty: nothing was measured. */
export function spansOf({ connectMs, tlsMs, firstByteMs, totalMs }: AttemptRow): readonly Span[] {
  const measured = [
    ['connect', connectMs],
    ['tls', tlsMs],
    ['answer', firstByteMs],
  ] as const;
  const reached = measured.findIndex(([, end]) => end === undefined);
  const whole = reached < 0 ? measured : measured.slice(0, reached);
  const last = [measured[reached]?.[0] ?? 'rest', totalMs] as const;
  let from = 0;
  return [...whole, last].flatMap(([name, end]) => {
    if (end === undefined || end <= from) return [];
    const span = { name, from, ms: end - from };
    from = end;
    return [span];
  });
}

/** What may be done with it now: what the deliveries' table of states lets an operator do. */
export function actionsFor(delivery: Pick<DeliveryRow, 'state' | 'reason'>, replaced: boolean) {
  const { state, reason } = delivery;
  const stopped = state === 'held' || state === 'refused';
  return [
    ...(stopped && !replaced ? ['release' as const] : []),
    ...(state === 'delivered' && !replaced ? ['resend' as const] : []),
    ...((state === 'waiting' || state === 'refused' || (state === 'held' && reason !== 'held-by-operator')) && !replaced
      ? ['hold' as const]
      : []),
    ...(state === 'waiting' || stopped ? ['cancel' as const] : []),
  ];
}
