/** The log: one JSON object per line on standard error, wide events, no document content. */
import winston from 'winston';
import { maskNumbersIn } from '../domain/organisation-number.ts';

export { errorText } from './error-text.ts';

export type Level = 'error' | 'warn' | 'info' | 'debug';
export type Fields = Readonly<Record<string, unknown>>;

/** `log.info('message stored', { id })`: a fixed event text, the particulars as fields. */
export interface Log {
  error(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  debug(event: string, fields?: Fields): void;
  /** A log whose every line carries these fields. */
  with(fields: Fields): Log;
}

export function createLog(options: { level: Level; pretty: boolean }): Log {
  const { combine, timestamp, json, printf } = winston.format;
  const readable = printf(({ level, message, timestamp: time, ...fields }) =>
    [String(time).slice(11, 23), level.padEnd(5), String(message), ...readableFields(fields)].join(' '),
  );
  const logger = winston.createLogger({
    level: options.level,
    format: combine(timestamp(), options.pretty ? readable : json({ replacer: masked })),
    transports: [new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })],
  });
  const make = (base: Fields): Log => ({
    error: (event, fields) => void logger.error(event, { ...base, ...fields }),
    warn: (event, fields) => void logger.warn(event, { ...base, ...fields }),
    info: (event, fields) => void logger.info(event, { ...base, ...fields }),
    debug: (event, fields) => void logger.debug(event, { ...base, ...fields }),
    with: (fields) => make({ ...base, ...fields }),
  });
  return make({});
}

/** Who writes a line masks what it knows to be a number; this is for texts of others: an error, a certificate's name, a path. */
const masked = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? maskNumbersIn(value) : typeof value === 'bigint' ? String(value) : value;

/** `key=value` for each field that has a value, as JSON leaves out those that have none. */
export function readableFields(fields: Fields): string[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => `${key}=${typeof value === 'string' ? maskNumbersIn(value) : JSON.stringify(value, masked)}`,
    );
}

/** A log that keeps nothing; for tests and for commands that speak for themselves. */
export const silentLog: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  with: () => silentLog,
};
