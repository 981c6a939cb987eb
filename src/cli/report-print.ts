/** The reconciliation of a day, for people and for spreadsheets. */
import { stringify } from 'csv-stringify/sync';
import type { DayLine, Reconciliation } from '../store/reconciliation.ts';
import { table } from './table.ts';

export function showReconciliation(found: Reconciliation, date: string, timeZone: string): string {
  const { from, to, readAt, lines, totals, lost } = found;
  const messages = lines.filter(({ verdict }) => verdict === 'message');
  const others = lines.filter(({ verdict }) => verdict !== 'message');
  const parts = [
    `Taken on ${date} (${timeZone}: ${from.toISOString()} to ${to.toISOString()}); states as of ${readAt.toISOString()}`,
  ];
  for (const one of lost)
    parts.push(
      `Not in the book: what was taken ${one.from ? `after ${one.from.toISOString()} and ` : ''}before the database was brought back, ${one.to.toISOString()}`,
    );
  if (messages.length > 0)
    parts.push(
      table<DayLine>(
        [
          { title: 'TYPE', value: ({ messageType }) => messageType },
          { title: 'RECIPIENT', value: ({ recipient }) => recipient },
          { title: 'SUPPLIER', value: ({ supplier }) => supplier },
          { title: 'STATE', value: ({ state }) => state },
          { title: 'MESSAGES', value: ({ count }) => count },
          { title: 'TOTAL', value: ({ total }) => total },
          { title: 'CURRENCY', value: ({ currency }) => currency },
        ],
        messages,
      ),
      table(
        [
          { title: 'TYPE', value: ({ messageType }) => messageType },
          { title: 'CURRENCY', value: ({ currency }) => currency },
          { title: 'MESSAGES', value: ({ messages: count }) => count },
          { title: 'TOTAL', value: ({ total }) => total },
          { title: 'DELIVERED', value: ({ delivered }) => delivered },
          { title: 'TOTAL', value: ({ deliveredTotal }) => deliveredTotal },
          { title: 'NOT DELIVERED', value: ({ notDelivered }) => notDelivered },
          { title: 'TOTAL', value: ({ notDeliveredTotal }) => notDeliveredTotal },
        ],
        totals,
      ),
    );
  if (others.length > 0)
    parts.push(
      table<DayLine>(
        [
          { title: 'NO MESSAGE', value: ({ verdict }) => verdict },
          { title: 'TYPE', value: ({ messageType }) => messageType },
          { title: 'RECIPIENT', value: ({ recipient }) => recipient },
          { title: 'FAULT', value: ({ fault }) => fault },
          { title: 'FRAMES', value: ({ count }) => count },
        ],
        others,
      ),
    );
  return [...parts, showBalance(found)].join('\n\n');
}

/** The line that must hold for the day, and where it does not. */
export function showBalance({ ledger, balanced, breaches }: Reconciliation): string {
  const { taken, messages, duplicates, deadLetters, withdrawals } = ledger;
  const sums = `taken ${taken} = messages ${messages} + duplicates ${duplicates} + dead letters ${deadLetters} + withdrawals ${withdrawals}`;
  return [
    `${balanced ? 'Balanced' : 'NOT BALANCED'}: ${sums}`,
    ...breaches.map((breach) => `  broken: ${breach}`),
  ].join('\n');
}

const columns = [
  'date',
  'verdict',
  'messageType',
  'recipient',
  'supplier',
  'state',
  'delivered',
  'count',
  'total',
  'currency',
  'fault',
];

/**
 * RFC 4180 with a header line; the columns `count` add up to the frames of the day. A supplier's name or a document's currency
 * that a spreadsheet would take for a formula is made text with an apostrophe; a sum is a number, also a negative one.
 */
export function reconciliationCsv({ lines }: Reconciliation, date: string): string {
  const rows = lines.map((line) => ({
    ...line,
    date,
    delivered: line.state === undefined ? undefined : line.state === 'delivered' ? 'yes' : 'no',
  }));
  return stringify(rows, {
    header: true,
    columns,
    escape_formulas: true,
    cast: { string: (value, { column }) => (column === 'total' ? { value, escape_formulas: false } : value) },
    eof: false,
  });
}
