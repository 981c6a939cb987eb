/** Orders for many messages, for people. */
import type { ManyAction, ManyMoved } from '../operations/many-messages.ts';
import type { Selected, SelectedMessage, Selection } from '../store/messages-selected.ts';
import { facts, moment, span, table } from './table.ts';

export interface Many {
  readonly action: ManyAction;
  readonly selection: Selection;
  readonly selected: Selected;
  /** Messages a second. */
  readonly rate: number;
}

/** Longest list of what could not be moved; `--json` has all. */
const mostListed = 50;

/** The dry run. */
export function describeSelected({ action, selection, selected, rate }: Many): string {
  const { messages, movedBefore, supplier } = selected;
  const [first] = messages;
  const before =
    movedBefore === 0
      ? undefined
      : `${movedBefore} more: an earlier order moved them for this same reason; with another --reason they are selected too`;
  if (first === undefined)
    return [`No ${selection.state} message to ${selection.recipient} fits.`, before].filter(Boolean).join('\n');
  const oldest = messages.reduce((a, b) => (b.since < a.since ? b : a), first);
  const newest = messages.reduce((a, b) => (b.since > a.since ? b : a), first);
  return [
    `To ${action}: ${count(messages.length)}.`,
    facts([
      ['To', `${selection.recipient} ${supplier ?? '(no such supplier yet)'}`],
      ['Last at address', counts(messages.map(({ address }) => address ?? 'none'))],
      ['Types', counts(messages.map((one) => one.messageType))],
      [`Oldest ${selection.state}`, named(oldest)],
      [`Newest ${selection.state}`, named(newest)],
      ['Takes about', `${span((messages.length / rate) * 1_000)}, at ${rateText(rate)}`],
      ['Left out', before],
    ]),
    'Nothing was done. The same command with --yes does it.',
  ].join('\n');
}

export function manyTold({ order, selected, moved, notMoved, left }: ManyMoved, { action, selection }: Many): string {
  const lines = [
    left === 0
      ? `${action}: ${moved} of ${count(selected)} to ${selection.recipient}.`
      : `Stopped. ${action}: ${moved} of ${count(selected)} to ${selection.recipient}; ${left} are left, and the same command goes on with them.`,
  ];
  if (notMoved.length > 0)
    lines.push(
      `Not possible for ${count(notMoved.length)}:`,
      table(
        [
          { title: 'SEQUENCE', value: (one) => one.sequence },
          { title: 'DOCUMENT', value: (one) => one.documentNumber },
          { title: 'WHY', value: (one) => one.why },
        ],
        notMoved.slice(0, mostListed),
      ),
    );
  if (notMoved.length > mostListed) lines.push(`and ${notMoved.length - mostListed} more; --json has all of them`);
  lines.push(`In the audit: row ${order}, and a row of its own for each message.`);
  return lines.join('\n');
}

const count = (number: number): string => `${number} message${number === 1 ? '' : 's'}`;
const named = ({ since, sequence, documentNumber }: SelectedMessage): string =>
  `${moment(since)} UTC: ${documentNumber}, sequence ${sequence}`;
const rateText = (rate: number): string =>
  rate >= 1 ? `${Number(rate.toFixed(2))}/s` : `${Number((rate * 60).toFixed(2))}/m`;

/** `self-invoice 40, purchase-order 2`. */
function counts(values: readonly string[]): string {
  const groups = Map.groupBy(values, (value) => value);
  return [...groups].map(([value, members]) => `${value} ${members.length}`).join(', ');
}
