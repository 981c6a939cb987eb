/** How all is, for the overview: what is asked of the book now, and the sums that are kept. */
import type { Sums } from '../store/conservation.ts';
import { readBreaches, readSums, sumBreaches } from '../store/conservation.ts';
import { countOpenIncidents } from '../store/enrol/incidents.ts';
import { type FlowsAgain, readFlowsAgain } from '../store/operator/lane-changes.ts';
import {
  type EndingCertificate,
  type FlowBucket,
  type OldestWaiting,
  type OutboxStanding,
  readEndingCertificates,
  readFlow,
  readOldestWaiting,
  readOutbox,
  readServer,
  readStandingLanes,
  type StandingLane,
} from '../store/operator/overview.ts';
import { forgetPulses, readPulses } from '../store/operator/pulses.ts';
import { readSnapshot, renewSnapshot, type Snapshot } from '../store/operator/snapshots.ts';
import type { Pool } from '../store/pool.ts';
import { type Servers, serversAreWell, serversOf } from './servers.ts';

export interface Standing {
  readonly at: Date;
  /** Undefined: not made yet. */
  readonly sums: Snapshot<Sums> | undefined;
  readonly laws: Snapshot<readonly string[]> | undefined;
  readonly flow: Snapshot<readonly FlowBucket[]> | undefined;
  readonly oldest: OldestWaiting | undefined;
  readonly outbox: OutboxStanding;
  readonly lanes: readonly StandingLane[];
  /** How many lanes there are in each state. */
  readonly lanesByState: Readonly<Record<string, number>>;
  /** Those that stood still within the last day and flow again. */
  readonly again: readonly FlowsAgain[];
  readonly ending: readonly EndingCertificate[];
  readonly openIncidents: number;
  readonly servers: Servers;
}

const day = 86_400_000;
/** Days ahead that the overview looks for certificates that end. */
export const endingWithin = 60;
/** Minutes that the chart shows. */
export const flowMinutes = 120;
const mostLanes = 12;
const mostAgain = 6;
const mostEnding = 8;

export async function readStanding(pool: Pool, now: Date): Promise<Standing> {
  const [sums, laws, flow, oldest, outbox, standing, again, ending, openIncidents, pulses] = await Promise.all([
    readSnapshot<Sums>(pool, 'sums'),
    readSnapshot<readonly string[]>(pool, 'laws'),
    readSnapshot<readonly FlowBucket[]>(pool, 'flow'),
    readOldestWaiting(pool),
    readOutbox(pool),
    readStandingLanes(pool, mostLanes),
    readFlowsAgain(pool, new Date(now.getTime() - day), mostAgain),
    readEndingCertificates(pool, new Date(now.getTime() + endingWithin * day), mostEnding),
    countOpenIncidents(pool),
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
    lanes,
    lanesByState,
    again,
    ending,
    openIncidents,
    servers: serversOf(pulses, postgresql),
  };
}

/** What is wrong comes before what needs a look; what nobody has checked yet is not called well. */
export function verdictOf({
  laws,
  sums,
  lanes,
  openIncidents,
  servers,
}: Standing): 'unknown' | 'broken' | 'look' | 'well' {
  if (laws === undefined || sums === undefined) return 'unknown';
  if (laws.value.length > 0) return 'broken';
  const still = lanes.some(({ state }) => state !== 'paused') || !serversAreWell(servers);
  return openIncidents > 0 || sums.value.held > 0 || still ? 'look' : 'well';
}

/** Milliseconds between two makings at least; a sum that is dear is made more seldom, so that it never takes more than a twentieth of the time. */
const ages = { sums: 10_000, flow: 10_000, laws: 300_000 } as const;
const share = 20;

/**
 * Makes anew what is old.
 * @param pool one that may read whole tables
 * @returns whether anything was made
 */
export async function renewStanding(pool: Pool, now: Date): Promise<boolean> {
  const age = async (kind: keyof typeof ages): Promise<number> =>
    Math.max(ages[kind], share * ((await readSnapshot(pool, kind))?.tookMs ?? 0));
  const made = [
    await renewSnapshot(pool, 'flow', await age('flow'), (db) =>
      readFlow(db, { until: now, seconds: 60, buckets: flowMinutes }),
    ),
    await renewSnapshot(pool, 'sums', await age('sums'), readSums),
    await renewSnapshot(pool, 'laws', await age('laws'), async (db) => [
      ...sumBreaches(await readSums(db)),
      ...(await readBreaches(db)),
    ]),
  ];
  if (made.includes(true)) await forgetPulses(pool);
  return made.includes(true);
}
