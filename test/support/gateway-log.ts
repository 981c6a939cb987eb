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

/** A log that keeps all of its lines, as JSON. */
export function keptLog(): { readonly log: Log; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const keep = (event: string, fields = {}) => void lines.push(JSON.stringify({ event, ...fields }));
  const log: Log = { error: keep, warn: keep, info: keep, debug: keep, with: () => log };
  return { log, lines };
}
