/** Numbers that were seen outside the database: what `kuvert store counters` prints, or a list of one's own. */
import { Fault } from '../domain/fault.ts';
import { parseOrganisationNumber } from '../domain/organisation-number.ts';
import { readText } from './read-text.ts';

/** A slip of the finger must not give up numbers that no sender could use in a thousand years. */
const mostNumber = 1e12;

/**
 * One recipient a line, `5560160680 4711`, also with a comma or semicolon between; of several lines the highest number counts.
 * Empty lines and those that begin with # are left out.
 * @throws Fault `argument-invalid` with a finding for every line that cannot be read
 */
export function readCountersFile(file: string): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  const wrong: string[] = [];
  for (const [at, line] of readText(file).split(/\r?\n/).entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const [, organisation = '', digits = ''] = /^([\d-]{10,11})[\s,;]+(\d{1,15})$/.exec(text) ?? [];
    const number = parseOrganisationNumber(organisation);
    if (number === undefined || Number(digits) > mostNumber) wrong.push(`line ${at + 1}: ${text.slice(0, 60)}`);
    else seen.set(number, Math.max(seen.get(number) ?? 0, Number(digits)));
  }
  if (wrong.length > 0)
    throw new Fault(
      'argument-invalid',
      `${file}: lines such as “5560160680 4711” are expected, a number at most ${mostNumber}; wrong are\n${wrong.slice(0, 20).join('\n')}`,
    );
  return seen;
}
