/** How the servers are that the line stands on, from what its processes said last. Pure. */
import type { ServerFacts } from '../store/operator/overview.ts';
import type { Pulse } from '../store/operator/pulses.ts';

export interface Servers {
  readonly broker:
    | { readonly state: 'connected'; readonly to: string }
    /** Milliseconds for which no process has had a subscription. */
    | { readonly state: 'away'; readonly for: number }
    /** No process of role intake runs. */
    | { readonly state: 'nobody' };
  /** When the oldest frame that is not stored was sent; null: none is there. Undefined: nobody is connected, so nobody knows. */
  readonly oldestFrame: Date | null | undefined;
  /** Milliseconds that the slowest answer took. */
  readonly redis: { readonly state: 'answers'; readonly took: number } | { readonly state: 'silent' | 'nobody' };
  readonly postgresql: ServerFacts;
  /** How many run. */
  readonly processes: Readonly<Record<Pulse['role'], number>>;
}

export function serversOf(pulses: readonly Pulse[], postgresql: ServerFacts): Servers {
  const brokers = pulses.flatMap(({ value }) => value.broker ?? []);
  const connected = brokers.filter(({ away }) => away === null);
  const [oldest] = connected.flatMap(({ oldest: at }) => at ?? []).toSorted();
  const pings = pulses.map(({ value }) => value.redis);
  const running = (role: Pulse['role']) => pulses.filter((pulse) => pulse.role === role).length;
  return {
    broker:
      brokers.length === 0
        ? { state: 'nobody' }
        : connected[0] === undefined
          ? { state: 'away', for: Math.min(...brokers.map(({ away }) => away ?? 0)) }
          : { state: 'connected', to: connected[0].connectedTo ?? '' },
    oldestFrame: connected.length === 0 ? undefined : oldest === undefined ? null : new Date(oldest),
    redis:
      pings.length === 0
        ? { state: 'nobody' }
        : pings.includes(null)
          ? { state: 'silent' }
          : { state: 'answers', took: Math.max(...pings.map((ms) => ms ?? 0)) },
    postgresql,
    processes: { intake: running('intake'), delivery: running('delivery') },
  };
}

/** Whether all is there that the line needs. */
export const serversAreWell = ({ broker, redis, processes }: Servers): boolean =>
  broker.state === 'connected' && redis.state === 'answers' && processes.delivery > 0;
