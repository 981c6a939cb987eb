/** How all is, for the overview: what is asked of the book now, and the sums that are kept. */
import type { Sums } from '../store/conservation.ts';
import { countOpenIncidents, newestOpenIncidents, type OpenIncident } from '../store/enrol/incidents.ts';
import { type FlowsAgain, readFlowsAgain } from '../store/operator/lane-changes.ts';
import {
  type EndingCertificate,
  type FlowBucket,
  type OldestWaiting,
  type OutboxStanding,
  readEndingCertificates,
  readOldestWaiting,
  readOutbox,
  readServer,
  readStandingLanes,
  type StandingLane,
} from '../store/operator/overview.ts';
import { readPulses } from '../store/operator/pulses.ts';
import { readSnapshot, type Snapshot } from '../store/operator/snapshots.ts';
import type { Pool } from '../store/pool.ts';
import { type DueLane, readDueLanes } from '../store/progress.ts';
import type { Language } from './catalogue.ts';
import { isTooOld } from './renewal.ts';
import { type Servers, serversAreWell, serversOf } from './servers.ts';

/** Milliseconds that something may stand before somebody has to look: those of `/readyz`. */
export interface Patience {
  readonly delivery: number;
  readonly outbox: number;
}

/** Lanes in which something has been due for longer than it may, and nobody is at it. */
export interface LateLanes {
  readonly lanes: number;
  /** Since when the one that is latest has been. */
  readonly since: Date;
}

export interface Standing {
  readonly at: Date;
  /** Undefined: not made yet. */
  readonly sums: Snapshot<Sums> | undefined;
  readonly laws: Snapshot<readonly string[]> | undefined;
  readonly flow: Snapshot<readonly FlowBucket[]> | undefined;
  readonly oldest: OldestWaiting | undefined;
  readonly outbox: OutboxStanding;
  /** Its oldest row has waited longer than it may. */
  readonly outboxLate: boolean;
  readonly late: LateLanes | undefined;
  readonly lanes: readonly StandingLane[];
  /** How many lanes there are in each state. */
  readonly lanesByState: Readonly<Record<string, number>>;
  /** Those that stood still within the last day and flow again. */
  readonly again: readonly FlowsAgain[];
  readonly ending: readonly EndingCertificate[];
  readonly openIncidents: number;
  /** The newest of those that are open. */
  readonly incidents: readonly OpenIncident[];
  readonly servers: Servers;
}

/** One that is open, in a sentence. */
export type SayIncident = (incident: OpenIncident, language: Language) => string;

const day = 86_400_000;
/** Days ahead that the overview looks for certificates that end. */
export const endingWithin = 60;
const mostLanes = 12;
const mostAgain = 6;
const mostEnding = 8;
const mostIncidents = 8;

export async function readStanding(pool: Pool, patience: Patience, now: Date): Promise<Standing> {
  const [sums, laws, flow, oldest, outbox, due, standing, again, ending, openIncidents, incidents, pulses] =
    await Promise.all([
      readSnapshot<Sums>(pool, 'sums'),
      readSnapshot<readonly string[]>(pool, 'laws'),
      readSnapshot<readonly FlowBucket[]>(pool, 'flow'),
      readOldestWaiting(pool),
      readOutbox(pool),
      readDueLanes(pool),
      readStandingLanes(pool, mostLanes),
      readFlowsAgain(pool, new Date(now.getTime() - day), mostAgain),
      readEndingCertificates(pool, new Date(now.getTime() + endingWithin * day), mostEnding),
      countOpenIncidents(pool),
      newestOpenIncidents(pool, mostIncidents),
      readPulses(pool),
    ]);
  // By itself: how long it takes is a sign, and the others would stand in its way.
  const postgresql = await readServer(pool);
  const { lanes, all: lanesByState } = standing;
  return {
    at: now,
    sums,
    laws,
    flow,
    oldest,
    outbox,
    outboxLate: outbox.oldestAt !== undefined && now.getTime() - outbox.oldestAt.getTime() > patience.outbox,
    late: lateOf(due, patience, now),
    lanes,
    lanesByState,
    again,
    ending,
    openIncidents,
    incidents,
    servers: serversOf(pulses, postgresql),
  };
}

/** A lane that somebody is at is not late, however long its backlog. */
export function lateOf(due: readonly DueLane[], patience: Patience, now: Date): LateLanes | undefined {
  const late = due.filter((lane) => !lane.taken && lane.late > patience.delivery).map((lane) => lane.late);
  return late.length === 0 ? undefined : { lanes: late.length, since: new Date(now.getTime() - Math.max(...late)) };
}

/** What is wrong comes before what needs a look; what nobody has checked yet, or not for long, is not called well. */
export function verdictOf({
  laws,
  sums,
  lanes,
  openIncidents,
  servers,
  late,
  outboxLate,
}: Standing): 'unknown' | 'broken' | 'look' | 'well' {
  if (laws !== undefined && laws.value.length > 0) return 'broken';
  if (laws === undefined || sums === undefined) return 'unknown';
  if (isTooOld('laws', laws) || isTooOld('sums', sums)) return 'unknown';
  const still = lanes.some(({ state }) => state !== 'paused') || late !== undefined || outboxLate;
  return openIncidents > 0 || sums.value.held > 0 || still || !serversAreWell(servers) ? 'look' : 'well';
}
