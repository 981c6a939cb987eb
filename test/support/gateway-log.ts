/** The log of gateways under test. */
import { createLog, type Log, silentLog } from '../../src/platform/log.ts';

/** Quiet, unless somebody looks for a reason: `TEST_LOG=debug`. */
export function testLog(): Log {
  const level = process.env['TEST_LOG'];
  return level === undefined ? silentLog : createLog({ level: level as 'debug', pretty: true });
}
