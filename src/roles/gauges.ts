/** What is measured at a scrape: from the book, and of the connections of this process. */
import { laneStates } from '../domain/lane.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { PoolCounts } from '../store/pool.ts';
import { endingWithin, type Reading } from './line-reading.ts';
import { roleNames } from './parts.ts';

export interface Standing {
  readonly reading: Reading;
  readonly pools: readonly PoolCounts[];
  /** Milliseconds; undefined: connected, or role intake does not run here. */
  readonly brokerAway: number | undefined;
}

function gaugesOf(metrics: Metrics) {
  const gauge = (name: string, help: string) => {
    const set = metrics.gauge({ name, help, labels: {} });
    return (value: number | undefined) => set({}, value);
  };
  const up = gauge(
    'kuvert_postgresql_up',
    '1 when PostgreSQL answered the last time it was asked, 0 when it did not: then what is read from it is missing.',
  );
  const outboxRows = gauge(
    'kuvert_outbox_rows',
    'Answers and dead letters that the broker does not have yet; 100 000 at most are counted.',
  );
  const outboxAge = gauge(
    'kuvert_outbox_oldest_seconds',
    'How long the oldest of them has waited; 0 when there is none.',
  );
  const dueSeconds = gauge(
    'kuvert_delivery_oldest_due_seconds',
    'How long the oldest delivery that is due in a flowing lane has been due; 0 when none is. A long backlog, or a rate, makes it rise while all is well.',
  );
  const dueLanes = gauge(
    'kuvert_lanes_due',
    'Lanes in which something is due, or the next try is, that are pushed to.',
  );
  const lanes = metrics.gauge({
    name: 'kuvert_lanes',
    help: 'Lanes of addresses in use, by state.',
    labels: { state: laneStates },
  });
  const certificates = metrics.gauge({
    name: 'kuvert_certificates_ending',
    help: `Certificates at addresses in use, not withdrawn, that end within ${endingWithin} days (\`ending\`), or have ended (\`ended\`).`,
    labels: { state: ['ending', 'ended'] },
  });
  const incidents = gauge('kuvert_incidents_open', 'Incidents that are open: `kuvert incident list` says which.');
  const connections = metrics.gauge({
    name: 'kuvert_postgresql_connections',
    help: 'Connections of this process to PostgreSQL, by role and whether they are in use.',
    labels: { role: owners, state: ['busy', 'idle'] },
  });
  const waiting = metrics.gauge({
    name: 'kuvert_postgresql_connections_waited_for',
    help: 'How many wait in this process for a connection to PostgreSQL: more than none for long, and KUVERT_DATABASE_CONNECTIONS is too low.',
    labels: { role: owners },
  });
  const away = gauge(
    'kuvert_broker_away_seconds',
    'How long role `intake` of this process has had no subscription at a broker; 0 when it has.',
  );

  return {
    up,
    outboxRows,
    outboxAge,
    dueSeconds,
    dueLanes,
    lanes,
    certificates,
    incidents,
    connections,
    waiting,
    away,
  };
}

/** @returns sets all of them; what cannot be read just now is taken away */
export function createGauges(metrics: Metrics): (standing: Standing) => void {
  const gauges = gaugesOf(metrics);
  return ({ reading, pools, brokerAway }) => {
    const line = reading.kind === 'read' ? reading.line : undefined;
    gauges.up(line === undefined ? 0 : 1);
    gauges.outboxRows(line?.unsent.rows);
    gauges.outboxAge(line && (line.unsent.oldest?.age ?? 0) / 1_000);
    const flowing = line?.due.filter(({ state }) => state === 'flowing').map(({ late }) => late);
    gauges.dueSeconds(flowing && Math.max(0, ...flowing) / 1_000);
    gauges.dueLanes(line?.due.length);
    for (const state of laneStates) gauges.lanes({ state }, line && (line.lanes[state] ?? 0));
    for (const state of ['ending', 'ended'] as const) gauges.certificates({ state }, line?.certificates[state]);
    gauges.incidents(line?.openIncidents);
    for (const role of owners) {
      const own = pools.filter(({ name }) => ownerOf(name) === role);
      const sum = (of: 'busy' | 'idle' | 'waiting') =>
        own.length === 0 ? undefined : own.reduce((all, one) => all + one[of], 0);
      for (const state of ['busy', 'idle'] as const) gauges.connections({ role, state }, sum(state));
      gauges.waiting({ role }, sum('waiting'));
    }
    gauges.away(brokerAway === undefined ? undefined : brokerAway / 1_000);
  };
}

const owners = [...roleNames, 'health'] as const;
/** By the name that PostgreSQL is told too, `kuvert intake`. */
const ownerOf = (name: string) => owners.find((role) => name.split(' ')[1] === role);
