/** Mandates for people. */
import type { Mandate } from '../store/mandates.ts';
import type { MandateChange } from '../suppliers/mandates.ts';
import { moment, table } from './table.ts';

export function showMandateChange(change: MandateChange): string {
  const { mandate, released, rerouted, held, stopped, sending, rehearsal } = change;
  const { id, principal, agent, address, environment, messageTypes, from, to, endedAt } = mandate;
  const span = endedAt ? `ended ${moment(endedAt)}` : `from ${moment(from)} to ${moment(to)}`;
  return [
    `Mandate${rehearsal && endedAt === undefined ? '' : ` ${id}`}: ${agent}, address ${address} (${environment}), for ${principal}, ${span}: ${messageTypes.join(', ')}`,
    ...count(released, 'held for lack of an address, on the way now'),
    ...count(rerouted, 'waiting at another address now'),
    ...count(held, 'held: nobody takes them any more'),
    ...count(
      stopped,
      'refused or held before, at no address now: `kuvert message release` sends them where they belong then',
    ),
    ...(endedAt ? count(sending, 'being sent to the agent this moment, and ending as it does') : []),
    ...(rehearsal ? ['Rehearsal: nothing was changed.'] : []),
  ].join('\n');
}

const count = (n: number, what: string): string[] =>
  n === 0 ? [] : [`  ${n} ${n === 1 ? 'message' : 'messages'} ${what}`];

export function mandateTable(mandates: readonly Mandate[]): string {
  if (mandates.length === 0) return 'No mandates; `kuvert supplier mandate add` gives one.';
  return table(
    [
      { title: 'MANDATE', value: ({ id }) => id },
      { title: 'STATE', value: ({ state }) => state },
      { title: 'PRINCIPAL', value: ({ principal, principalName }) => named(principal, principalName) },
      { title: 'AGENT', value: ({ agent, agentName }) => named(agent, agentName) },
      { title: 'ADDRESS', value: ({ address, environment }) => `${address} (${environment})` },
      { title: 'FROM', value: ({ from }) => moment(from) },
      { title: 'TO', value: ({ to, endedAt }) => `${moment(endedAt ?? to)}${endedAt ? ' (ended early)' : ''}` },
      { title: 'MESSAGE TYPES', value: ({ messageTypes }) => messageTypes.join(', ') },
      { title: 'EVIDENCE', value: ({ evidence }) => evidence },
    ],
    mandates,
  );
}

const named = (number: string, name: string | undefined): string => (name === undefined ? number : `${number} ${name}`);
