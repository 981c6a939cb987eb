/** What a document's findings come to. */
import { type DocumentRules, strictnessOf } from '../domain/document-rules.ts';
import type { Finding } from '../domain/fault.ts';
import type { MessageType } from '../domain/message.ts';
import { isBusinessRule } from './rules.ts';

export interface Judgement {
  /** Empty: the document may pass. */
  readonly rejecting: readonly Finding[];
  /** Breaches that are only noted. */
  readonly warnings: readonly Finding[];
}

/** With one finding that rejects, all do: whoever mends the document wants to see them together. */
export function judge(
  document: { format: string; messageType: MessageType | undefined; findings: readonly Finding[] },
  rules: DocumentRules,
): Judgement {
  const { format, messageType, findings } = document;
  const lenient =
    messageType !== undefined &&
    strictnessOf(rules, format, messageType) === 'warn' &&
    findings.every(({ rule }) => isBusinessRule(rule));
  return lenient ? { rejecting: [], warnings: findings } : { rejecting: findings, warnings: [] };
}
