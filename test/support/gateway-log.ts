/** The log of gateways under test. */
import { createLog, type Log, silentLog } from '../../src/platform/log.ts';

/** Quiet, unless somebody looks for a reason: `TEST_LOG=debug`. */
export function testLog(): Log {
  const level = process.env['TEST_LOG'];
  return level === undefined ? silentLog : createLog({ level: level as 'debug', pretty: true });
}

/** A log that keeps what requests ended with on our side; the line of a request may come after its answer. */
export function errorLog(): { readonly log: Log; readonly errors: readonly string[] } {
  const errors: string[] = [];
  const log: Log = {
    ...silentLog,
    info: (_event, { error } = {}) => {
      if (typeof error === 'string') errors.push(error);
    },
    with: () => log,
  };
  return { log, errors };
}
