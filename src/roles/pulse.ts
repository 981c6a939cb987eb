/** A role says every few seconds that it runs, and how the servers are that it works with: the overview shows it. */
import { randomUUID } from 'node:crypto';
import { errorText, type Log } from '../platform/log.ts';
import { endPulse, type PulseRole, type PulseValue, writePulse } from '../store/operator/pulses.ts';
import type { Pool } from '../store/pool.ts';

/** Milliseconds between two. */
const every = 3_000;

/** Begins at once; ends with the row taken away. @param look how all is; it does not throw */
export function startPulse(
  { pool, log, role }: { readonly pool: Pool; readonly log: Log; readonly role: PulseRole },
  look: () => Promise<PulseValue>,
): AsyncDisposable {
  const process = randomUUID();
  // Whoever else finds PostgreSQL away says it louder.
  const quietly = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => log.debug('the pulse was not written', { role, error: errorText(error) }));
  let beating: Promise<void> | undefined;
  const beat = () => {
    beating ??= quietly(look().then((value) => writePulse(pool, role, process, value))).finally(() => {
      beating = undefined;
    });
  };
  beat();
  const timer = setInterval(beat, every);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await beating;
      await quietly(endPulse(pool, role, process));
    },
  };
}
