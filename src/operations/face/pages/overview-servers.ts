/** The servers that the line stands on, as the overview shows them: how each is, in words. Pure. */
import type { Language } from '../../catalogue.ts';
import { duration, relative } from '../../console/moments.ts';
import { type Word, word } from '../../console/words.ts';
import type { Servers } from '../../servers.ts';

export interface ServerShown {
  readonly name: string;
  readonly said: string;
  readonly good: boolean;
}

/** The least of 1, 2, 5, 10, 20 … that it is within: a number that does not change at each look. */
function within(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, ms)));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= ms) ?? 10 * power;
}

export function serversShown(servers: Servers, language: Language): readonly ServerShown[] {
  const { broker, redis, postgresql, processes } = servers;
  const w = (key: Word, facts: Readonly<Record<string, string | number>> = {}) => word(language, key, facts);
  const brokerSaid =
    broker.state === 'connected'
      ? w('servers.broker', { broker: broker.to })
      : broker.state === 'away'
        ? w('servers.broker-away', { for: duration(broker.for, language) })
        : w('servers.no-intake');
  const redisSaid =
    redis.state === 'answers'
      ? w('servers.within', { ms: within(redis.took) })
      : w(redis.state === 'silent' ? 'servers.silent' : 'servers.nobody');
  return [
    { name: w('servers.broker-name'), said: brokerSaid, good: broker.state === 'connected' },
    { name: 'Redis', said: redisSaid, good: redis.state === 'answers' },
    {
      name: `PostgreSQL ${postgresql.version}`,
      said: w('servers.within', { ms: within(postgresql.took) }),
      good: true,
    },
    {
      name: w('servers.processes'),
      said: w('servers.running', { ...processes }),
      good: processes.intake > 0 && processes.delivery > 0,
    },
  ];
}

/** How old the oldest frame is that lies on the broker and is not stored; or that there is none; or that nobody knows. */
export function oldestFrameShown(
  { oldestFrame }: Servers,
  now: Date,
  language: Language,
): { readonly said: string; readonly big: boolean } {
  if (oldestFrame === undefined) return { said: word(language, 'overview.frame-unknown'), big: false };
  return oldestFrame === null
    ? { said: word(language, 'overview.frame-none'), big: false }
    : { said: relative(oldestFrame, now, language), big: true };
}
