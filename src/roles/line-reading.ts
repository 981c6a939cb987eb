/** What the book says of the line now, read once for all who ask within a few seconds. */
import { errorText } from '../platform/log.ts';
import { countOpenIncidents } from '../store/enrol/incidents.ts';
import type { Pool } from '../store/pool.ts';
import {
  countEndingCertificates,
  countLanes,
  type DueLane,
  type EndingCertificates,
  readDueLanes,
  readUnsent,
  type Unsent,
} from '../store/progress.ts';

export interface Line {
  readonly due: readonly DueLane[];
  readonly unsent: Unsent;
  readonly lanes: Readonly<Record<string, number>>;
  readonly certificates: EndingCertificates;
  readonly openIncidents: number;
}

export type Reading =
  /** `at`: milliseconds, of the clock that the reader was given. */
  | { readonly kind: 'read'; readonly at: number; readonly line: Line }
  /** PostgreSQL does not answer, and has not `since` then. */
  | { readonly kind: 'silent'; readonly since: number; readonly detail: string };

export interface LineReader {
  /** @param mostAge milliseconds that what is returned may be old */
  read(mostAge: number): Promise<Reading>;
}

/** Days ahead that certificates are counted as ending. */
export const endingWithin = 60;

/** Milliseconds that whoever asks waits for PostgreSQL; what it says later is for those who ask then. */
const patience = 2_000;

/** @param now milliseconds of a clock that is never set back */
export function createLineReader(read: () => Promise<Line>, now: () => number): LineReader {
  let last: Extract<Reading, { kind: 'read' }> | undefined;
  let failure: { readonly since: number; readonly detail: string } | undefined;
  let running: { readonly began: number; readonly done: Promise<Reading> } | undefined;
  const silent = (since: number, detail: string): Reading => {
    failure = { since: failure?.since ?? since, detail };
    return { kind: 'silent', ...failure };
  };
  const begin = () => {
    const began = now();
    const done = read()
      .then((line): Reading => {
        failure = undefined;
        last = { kind: 'read', at: now(), line };
        return last;
      })
      .catch((error: unknown) => silent(began, errorText(error)))
      .finally(() => {
        running = undefined;
      });
    return { began, done };
  };
  return {
    read: async (mostAge) => {
      if (failure === undefined && last !== undefined && now() - last.at <= mostAge) return last;
      // Never two at once: a server that hangs is not asked again before it has answered, or the pool has given it up.
      running ??= begin();
      const { began, done } = running;
      const { promise: late, resolve } = Promise.withResolvers<Reading>();
      const timer = setTimeout(() => resolve(silent(began, 'no answer')), patience);
      try {
        return await Promise.race([done, late]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

export async function readLine(pool: Pool): Promise<Line> {
  const [due, unsent, lanes, certificates, openIncidents] = await Promise.all([
    readDueLanes(pool),
    readUnsent(pool),
    countLanes(pool),
    countEndingCertificates(pool, endingWithin),
    countOpenIncidents(pool),
  ]);
  return { due, unsent, lanes, certificates, openIncidents };
}
