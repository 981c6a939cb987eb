/** Suppliers for people. */
import type { Mandate } from '../store/mandates.ts';
import type { LaneOverview } from '../store/supplier-lanes.ts';
import type { RegisteredAddress, RegisteredSupplier } from '../store/suppliers.ts';
import type { ImportSummary } from '../suppliers/import.ts';
import { mandateTable } from './supplier-mandate-print.ts';
import { facts, moment, span, table } from './table.ts';

export function showImport({ suppliers, rehearsal }: ImportSummary): string {
  const lines = suppliers.flatMap((supplier) => [
    `${supplier.organisationNumber} ${supplier.name}: ${supplier.outcome}`,
    ...supplier.changes.filter((change) => change !== 'added').map((change) => `  ${change}`),
    ...count(supplier.released, 'held for lack of an address, on the way now'),
    ...count(supplier.rerouted, 'waiting at another address now'),
    ...count(supplier.held, 'held: no address takes them any more'),
  ]);
  return [...lines, ...(rehearsal ? ['Rehearsal: nothing was changed.'] : [])].join('\n');
}

const count = (n: number, what: string): string[] =>
  n === 0 ? [] : [`  ${n} ${n === 1 ? 'message' : 'messages'} ${what}`];

interface AddressLine {
  readonly supplier: RegisteredSupplier;
  readonly address: RegisteredAddress | undefined;
  readonly lane: LaneOverview | undefined;
}

export function supplierTable(suppliers: readonly RegisteredSupplier[], lanes: readonly LaneOverview[]): string {
  const rows = suppliers.flatMap((supplier): AddressLine[] => {
    const inUse = supplier.addresses.filter(({ retiredAt }) => retiredAt === undefined);
    return inUse.length === 0
      ? [{ supplier, address: undefined, lane: undefined }]
      : inUse.map((address) => ({ supplier, address, lane: laneAt(lanes, supplier, address) }));
  });
  if (rows.length === 0) return 'No suppliers yet; `kuvert supplier import FILE` adds them.';
  return table(
    [
      { title: 'ORGANISATION', value: ({ supplier }) => supplier.organisationNumber },
      { title: 'NAME', value: ({ supplier }) => supplier.name },
      { title: 'ADDRESS', value: ({ address }) => address?.name ?? '(none in use)' },
      { title: 'ENVIRONMENT', value: ({ address }) => address?.environment },
      { title: 'DELIVERY', value: ({ address }) => address?.delivery },
      { title: 'LANE', value: ({ lane }) => lane?.state },
      { title: 'MESSAGE TYPES', value: ({ address }) => address?.messageTypes.join(', ') },
    ],
    rows,
  );
}

/** A lane with why it is as it is, in a sentence. */
export type ToldLane = LaneOverview & { readonly why: string };

export function showSupplier(
  supplier: RegisteredSupplier,
  lanes: readonly ToldLane[],
  mandates: readonly Mandate[],
  now: Date,
): string {
  const inUse = supplier.addresses.filter(({ retiredAt }) => retiredAt === undefined);
  const retired = supplier.addresses.filter(({ retiredAt }) => retiredAt !== undefined);
  return [
    facts([
      ['Organisation number', supplier.organisationNumber],
      ['Name', supplier.name],
      ['Language', supplier.language],
      ['Retired addresses', retired.length === 0 ? undefined : retired.map(({ name }) => name).join(', ')],
    ]),
    ...inUse.map((address) => showAddress(address, laneAt(lanes, supplier, address), now)),
    ...(mandates.length === 0 ? [] : [mandateTable(mandates)]),
  ].join('\n\n');
}

function showAddress(address: RegisteredAddress, lane: ToldLane | undefined, now: Date): string {
  const summary = facts([
    ['Address', address.name],
    ['Environment', address.environment],
    ['Delivery', address.delivery],
    [address.delivery === 'push' ? 'URL' : 'URL, kept', address.url],
    ['Message types', address.messageTypes.join(', ')],
    ['Envelope', address.envelopeFormat],
    ['Order', address.ordering],
    ['At once', address.concurrency],
    ['Per second', address.ratePerSecond],
    ['Version', address.version],
    [
      'Lane',
      lane &&
        `${[lane.state, lane.reason].filter(Boolean).join(', ')} for ${span(now.getTime() - lane.since.getTime())}`,
    ],
    ['Why', lane?.state === 'flowing' ? undefined : lane?.why],
    ['Next wake', moment(lane?.nextWake)],
    ['Leased until', moment(lane?.leaseUntil)],
    [
      'Messages',
      lane &&
        `${lane.waiting} waiting, ${lane.sending} sending, ${lane.held} held, ${lane.refused} refused, ${lane.delivered} delivered`,
    ],
  ]);
  if (address.certificates.length === 0) return `${summary}\nNo certificates.`;
  return `${summary}\n${table(
    [
      { title: 'CERTIFICATE (SHA-256)', value: ({ fingerprint }) => fingerprint },
      { title: 'SUBJECT', value: ({ subject }) => subject },
      { title: 'EXPIRES', value: ({ notAfter }) => `${moment(notAfter)}${notAfter <= now ? ' EXPIRED' : ''}` },
      { title: 'REGISTERED', value: ({ registeredAt }) => moment(registeredAt) },
      { title: 'FIRST SHOWN', value: ({ firstShownAt }) => moment(firstShownAt) ?? 'not yet' },
    ],
    address.certificates,
  )}`;
}

const laneAt = <L extends LaneOverview>(
  lanes: readonly L[],
  { organisationNumber }: RegisteredSupplier,
  { name }: RegisteredAddress,
): L | undefined => lanes.find((lane) => lane.organisationNumber === organisationNumber && lane.address === name);
