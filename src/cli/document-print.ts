/** Checked documents for people. */
import type { Checked } from '../documents/check-file.ts';
import type { Finding } from '../domain/fault.ts';
import { facts, printable } from './table.ts';

export function showChecked({
  file,
  accepted,
  fault,
  document,
  findings,
  warnings,
}: Checked & { file: string }): string {
  const verdict = accepted ? 'would be accepted' : `would be rejected: ${fault?.code}`;
  const parts = [printable(`${file} ${verdict}`)];
  // A fault with findings says the first of them again.
  if (fault !== undefined && findings.length === 0) parts.push(`  ${printable(fault.text)}`);
  parts.push(...findings.map((finding) => showFinding('', finding)));
  parts.push(...warnings.map((finding) => showFinding('warning: ', finding)));
  if (document !== undefined) {
    parts.push(
      facts([
        ['  Format', document.format],
        ['  Message type', document.messageType],
        ['  Recipient', document.recipient],
        ['  Buyer', document.buyer],
        ['  Document number', document.documentNumber],
        ['  Issued', document.issued],
        ['  Total', [document.total, document.currency].filter(Boolean).join(' ') || undefined],
      ]),
    );
  }
  return parts.join('\n');
}

/** `[rule] place: what must hold; expected …, found …`. */
export function showFinding(before: string, { rule, where, text, expected, found }: Finding): string {
  const values = [expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean).join(', ');
  return `  ${printable(`${before}[${rule}] ${where}: ${text}${values ? ` (${values})` : ''}`)}`;
}
