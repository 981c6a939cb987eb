/** What endpoints answer in the model, by short names. */
import type { Outcome } from '../../src/domain/outcome.ts';

const detail = 'as the model wills';

export const outcomes = {
  delivered: { kind: 'delivered', totalMs: 1, status: 204 },
  refused: { kind: 'refused', fault: 'message-refused', detail, totalMs: 1, status: 422 },
  'message-failed': { kind: 'message-failed', fault: 'message-failed', detail, totalMs: 1, status: 500 },
  unreachable: { kind: 'endpoint-failed', fault: 'endpoint-unreachable', detail, totalMs: 1 },
  busy: { kind: 'endpoint-failed', fault: 'endpoint-busy', detail, totalMs: 1, status: 503, retryAfterMs: 120_000 },
  'turned-away': { kind: 'turned-away', fault: 'endpoint-rejects-us', detail, totalMs: 1, status: 403 },
  'wrong-peer': { kind: 'turned-away', fault: 'endpoint-certificate', detail, totalMs: 1 },
  unsendable: { kind: 'unsendable', fault: 'format-not-possible', detail, totalMs: 0 },
  'not-sent': { kind: 'not-sent', detail, totalMs: 0 },
} as const satisfies Readonly<Record<string, Outcome>>;

export type OutcomeName = keyof typeof outcomes;
export const outcomeNames = Object.keys(outcomes) as readonly OutcomeName[];

/** The same of a handshake without a message. */
export function probeOutcome(name: OutcomeName): Outcome | 'passed' {
  const outcome = outcomes[name];
  return outcome.kind === 'endpoint-failed' || outcome.kind === 'turned-away' ? outcome : 'passed';
}
