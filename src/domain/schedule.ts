/** Retry arithmetic. Everything in milliseconds; randomness is a parameter (0 ≤ random < 1). */

export interface Schedule {
  /** Waits before try 2, 3, …; the last one repeats. */
  readonly waits: readonly number[];
  /** How long after the first failure the schedule is spent. */
  readonly total: number;
  /** Each wait is spread by ± this share. */
  readonly jitter: number;
}

const unitMilliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `30s`, `1.5h`, `7d` → milliseconds; undefined if it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  return match ? Math.round(Number(match[1]) * unitMilliseconds[match[2] as keyof typeof unitMilliseconds]) : undefined;
}

/** Milliseconds → the shortest exact duration that `parseDuration` reads back. */
export function formatDuration(milliseconds: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find(
    (u) => milliseconds > 0 && milliseconds % unitMilliseconds[u] === 0,
  );
  return unit ? `${milliseconds / unitMilliseconds[unit]}${unit}` : `${milliseconds}ms`;
}

/** The wait after failure number `failures` (1 = the first), without jitter. */
export function plainWait(schedule: Schedule, failures: number): number {
  return schedule.waits[Math.min(failures, schedule.waits.length) - 1] ?? 0;
}

/** The wait after failure number `failures`, spread by the schedule's jitter. */
export function nextWait(schedule: Schedule, failures: number, random: number): number {
  return Math.round(plainWait(schedule, failures) * (1 + schedule.jitter * (2 * random - 1)));
}

/** True if the next try would come later than the schedule's total after the first failure. */
export function isSpent(schedule: Schedule, failures: number): boolean {
  let elapsed = 0;
  for (let n = 1; n <= failures; n++) {
    elapsed += plainWait(schedule, n);
    if (elapsed > schedule.total) return true;
    // The repeating part is arithmetic, not a loop of millions.
    if (n >= schedule.waits.length) return elapsed + plainWait(schedule, n) * (failures - n) > schedule.total;
  }
  return false;
}

const month = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
/** The three forms of an HTTP-date (RFC 9110 §5.6.7), all in UTC whether they say so or not. */
const dateForms = [
  new RegExp(`^[A-Z][a-z]{2}, (?<day>\\d{2}) (?<month>${month}) (?<year>\\d{4}) (?<time>\\d{2}:\\d{2}:\\d{2}) GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>\\d{2})-(?<month>${month})-(?<year>\\d{2}) (?<time>\\d{2}:\\d{2}:\\d{2}) GMT$`),
  new RegExp(`^[A-Z][a-z]{2} (?<month>${month}) (?<day>[ \\d]\\d) (?<time>\\d{2}:\\d{2}:\\d{2}) (?<year>\\d{4})$`),
];

function parseHttpDate(text: string, now: number): number | undefined {
  const found = dateForms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (!found) return undefined;
  const { day = '', month: name = '', year = '', time = '' } = found;
  const at = (fullYear: number) => Date.parse(`${day.trim()} ${name} ${fullYear} ${time} GMT`);
  if (year.length === 4) return at(Number(year));
  // Two digits that seem more than fifty years ahead are of the century before (RFC 9110 §5.6.7).
  const thisYear = new Date(now).getUTCFullYear();
  const full = thisYear - (thisYear % 100) + Number(year);
  return at(full > thisYear + 50 ? full - 100 : full);
}

/** `Retry-After` (RFC 9110 §10.2.3), delta-seconds or HTTP-date, in milliseconds from `now`; undefined if absent or unreadable. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1_000;
  const date = parseHttpDate(text, now);
  return date === undefined || Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
