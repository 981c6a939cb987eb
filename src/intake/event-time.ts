/** When it happened at KA: RFC 3339 in, UTC out, the fraction's digits as they were written. */

const pattern = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * `2026-03-01T12:00:00.120+01:00` → `2026-03-01T11:00:00.120Z`. Undefined for anything that is not an RFC 3339 date-time
 * (§5.6) of the years 1970 to 9999, has more than nine fraction digits, or is a leap second.
 */
export function eventTimeInUtc(text: string): string | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, date = '', time = '', fraction, zone = 'Z'] = match;
  const local = Date.parse(`${date}T${time}Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(local) || !new Date(local).toISOString().startsWith(`${date}T${time}`)) return undefined;
  const utc = local - offset(zone);
  if (utc < 0 || utc > Date.UTC(9999, 11, 31, 23, 59, 59)) return undefined;
  return `${new Date(utc).toISOString().slice(0, 19)}${fraction === undefined ? '' : `.${fraction}`}Z`;
}

/** Milliseconds east of UTC. */
function offset(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}
