/** One supplier with all that is known of it, as the console and scripts see it. */
import { isSoleTrader } from '../domain/organisation-number.ts';
import { type Mandate, readMandates } from '../store/mandates.ts';
import { type LaneChange, readLaneChanges } from '../store/operator/lane-changes.ts';
import {
  type HistoryRow,
  type LaneTry,
  readHistory,
  readPlanned,
  readTries,
  readWaiting,
  type WaitingMessage,
} from '../store/operator/lane-tries.ts';
import {
  type LaneStanding,
  readContacts,
  readLanes,
  readOwner,
  readRowOwner,
  readSupplierRows,
  type SupplierContact,
  type SupplierRow,
} from '../store/operator/suppliers.ts';
import { listTestCalls, type TestCall } from '../store/operator/test-calls.ts';
import type { Db, Pool } from '../store/pool.ts';
import { type RegisteredAddress, type RegisteredSupplier, readRegister } from '../store/suppliers.ts';

export interface AddressSeen {
  readonly address: RegisteredAddress;
  readonly lane: LaneStanding;
  /** Newest first. */
  readonly tries: readonly LaneTry[];
  /** When something is to be tried, the soonest first. */
  readonly planned: readonly Date[];
  /** The oldest that wait. */
  readonly waiting: readonly WaitingMessage[];
  /** How the lane was, newest first. */
  readonly changes: readonly LaneChange[];
  /** Newest first. */
  readonly calls: readonly TestCall[];
}

export interface SupplierSeen {
  readonly supplier: RegisteredSupplier;
  /** In use. */
  readonly addresses: readonly AddressSeen[];
  readonly retired: readonly RegisteredAddress[];
  readonly contacts: readonly SupplierContact[];
  /** By which others get what is the supplier's, and by which it gets what is others'. */
  readonly given: readonly Mandate[];
  readonly held: readonly Mandate[];
  /** By which it is named in paths where its number is a person's. */
  readonly row: SupplierRow;
  /** The same of each of those others that are persons. */
  readonly rows: ReadonlyMap<string, SupplierRow>;
  /** What people did, newest first. */
  readonly history: readonly HistoryRow[];
}

const day = 86_400_000;
const most = { tries: 60, planned: 30, waiting: 10, changes: 60, calls: 3, contacts: 50, history: 40 };
/** Days back that tries are shown. */
const triesDays = 8;

/** An address of the supplier, in use or not; where it may have none, its row too. */
type By = [addressId: number] | [addressId: number | undefined, supplierId: number];

/**
 * How a supplier is named in a path: by its organisation number, or, when that is a person's, by one of its addresses, or its row.
 * A personal number has no place in histories and logs of others.
 */
export const supplierName = (organisationNumber: string, ...[addressId, supplierId]: By): string => {
  if (!isSoleTrader(organisationNumber)) return organisationNumber;
  return addressId === undefined ? `supplier-${supplierId}` : `address-${addressId}`;
};

export const supplierPath = (organisationNumber: string, ...by: By): string =>
  `/suppliers/${supplierName(organisationNumber, ...by)}`;

/** The paths of many. @returns undefined for a person who is no supplier */
export async function supplierPaths(
  db: Db,
  organisationNumbers: readonly string[],
): Promise<(organisationNumber: string) => string | undefined> {
  const persons = organisationNumbers.filter(isSoleTrader);
  const rows = persons.length === 0 ? new Map<string, SupplierRow>() : await readSupplierRows(db, persons);
  return (number) => pathIn(rows, number);
}

/** @param rows of those that are persons */
export function pathIn(rows: ReadonlyMap<string, SupplierRow>, organisationNumber: string): string | undefined {
  const { addressId, supplierId } = rows.get(organisationNumber) ?? {};
  if (supplierId !== undefined) return supplierPath(organisationNumber, addressId, supplierId);
  return isSoleTrader(organisationNumber) ? undefined : supplierPath(organisationNumber, 0);
}

/** @param named as in the path @returns its organisation number; undefined: nobody is named so */
export async function findSupplier(db: Db, named: string): Promise<string | undefined> {
  const [, what, id] = /^(address|supplier)-(\d{1,15})$/.exec(named) ?? [];
  if (id !== undefined) return (what === 'address' ? readOwner : readRowOwner)(db, Number(id));
  return /^\d{10}$/.test(named) ? named : undefined;
}

/** @returns undefined: there is no such supplier */
export async function readSupplier(
  pool: Pool,
  organisationNumber: string,
  now: Date,
): Promise<SupplierSeen | undefined> {
  const [[supplier], lanes, contacts, given, held, history] = await Promise.all([
    readRegister(pool, [organisationNumber]),
    readLanes(pool, organisationNumber),
    readContacts(pool, organisationNumber, most.contacts),
    readMandates(pool, { principal: organisationNumber, over: true }),
    readMandates(pool, { agent: organisationNumber, over: true }),
    readHistory(pool, organisationNumber, most.history),
  ]);
  if (supplier === undefined) return undefined;
  const rows = await readSupplierRows(
    pool,
    [...held.map(({ principal }) => principal), ...given.map(({ agent }) => agent)]
      .filter(isSoleTrader)
      .concat(organisationNumber),
  );
  const row = rows.get(organisationNumber);
  if (row === undefined) return undefined;
  const inUse = supplier.addresses.filter(({ retiredAt }) => retiredAt === undefined);
  const addresses = await Promise.all(
    inUse.map(async (address): Promise<AddressSeen | undefined> => {
      const lane = lanes.find(({ addressId }) => addressId === address.id);
      return lane && { address, lane, ...(await readLane(pool, organisationNumber, lane, now)) };
    }),
  );
  return {
    supplier,
    addresses: addresses.filter((one) => one !== undefined),
    retired: supplier.addresses.filter(({ retiredAt }) => retiredAt !== undefined),
    contacts,
    given,
    held,
    row,
    rows,
    history,
  };
}

async function readLane(pool: Pool, organisationNumber: string, lane: LaneStanding, now: Date) {
  const { addressId, state, nextWake } = lane;
  const since = new Date(now.getTime() - triesDays * day);
  const [tries, times, waiting, changes, calls] = await Promise.all([
    readTries(pool, addressId, { organisationNumber, since, limit: most.tries }),
    readPlanned(pool, addressId, now, most.planned),
    readWaiting(pool, addressId, most.waiting),
    readLaneChanges(pool, addressId, most.changes),
    listTestCalls(pool, addressId, most.calls),
  ]);
  // A lane that does not flow is tried when its alarm rings, whatever the times of its messages are.
  const planned = state === 'flowing' ? times : nextWake === undefined ? [] : [nextWake];
  return { tries, planned, waiting, changes, calls };
}
