/** Who tells of what ends, while a role runs. */
import { startLoop } from './authority-loop.ts';
import { giveMandateNotices } from './mandate-round.ts';
import { closeProvidedFor, giveNotices, type NoticeParts } from './notice-round.ts';

export interface Notices {
  /** Certificates came or went: an incident that is open may be pointless now. */
  registerChanged(): void;
  stop(): Promise<void>;
}

/** Milliseconds between two rounds. */
const lookEvery = 3_600_000;

/** A round now and each hour, until it is stopped. Any number of processes may. */
export function startNotices(parts: NoticeParts): Notices {
  const every = (work: (parts: NoticeParts) => Promise<void>, what: string) =>
    startLoop(() => work(parts), lookEvery, parts.log, what);
  const closing = every(closeProvidedFor, 'incidents that are open cannot be looked at');
  const loops = [
    every(giveNotices, 'certificates that end cannot be looked for'),
    every(giveMandateNotices, 'mandates that end cannot be looked for'),
    closing,
  ];
  return {
    registerChanged: closing.ring,
    stop: async () => {
      await Promise.all(loops.map((one) => one.stop()));
    },
  };
}
