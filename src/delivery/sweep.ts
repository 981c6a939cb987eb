/** What PostgreSQL says is due and Redis forgot. */
import { maskOrganisationNumber } from '../domain/organisation-number.ts';
import { errorText, type Log } from '../platform/log.ts';

export interface SweepDeps {
  /** Frees lanes whose holder is gone; returns which. */
  readonly endLapsedLeases: () => Promise<readonly number[]>;
  readonly dueLanes: () => Promise<number[]>;
  /** Principals of mandates that have begun or ended since the last sweep. */
  readonly principalsDue: () => Promise<readonly string[]>;
  readonly follow: (principal: string) => Promise<void>;
  readonly wake: (lane: number, delay: number) => Promise<void>;
  readonly log: Log;
}

/** One sweep. A lane that is due and waits its turn in the queue is woken again for nothing: the queue keeps one job for each. */
export async function sweep(deps: SweepDeps): Promise<void> {
  const freed = await deps.endLapsedLeases();
  if (freed.length > 0) deps.log.warn('leases ran out', { lanes: freed });
  const due = await deps.dueLanes();
  for (const lane of due) await deps.wake(lane, 0);
  if (due.length > 0) deps.log.debug('swept', { lanes: due.length });
  for (const principal of await deps.principalsDue())
    await deps.follow(principal).catch((error: unknown) =>
      deps.log.warn('the messages of a principal wait for the next sweep', {
        principal: maskOrganisationNumber(principal),
        error: errorText(error),
      }),
    );
}
