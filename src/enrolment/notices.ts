/** Which notice of a certificate's end it is time for. Pure: days ahead, and one after it. */

/** The notice that it has ended, where the others have their days ahead. */
export const ended = -1;

export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const day = 86_400_000;

/**
 * The nearest of these days ahead that has come; `ended` from the end on; undefined: it is not time yet.
 * A certificate that never had so many days before it is not told of them: one for a week would begin with a reminder.
 */
export function noticeAt(
  daysAhead: readonly number[],
  { notBefore, notAfter }: Lifetime,
  now: Date,
): number | undefined {
  const left = notAfter.getTime() - now.getTime();
  if (left <= 0) return ended;
  const whole = notAfter.getTime() - notBefore.getTime();
  const come = daysAhead.filter((days) => left <= days * day && days * day < whole);
  return come.length === 0 ? undefined : Math.min(...come);
}

/**
 * What is to be told now: after a long stop the nearest notice, not all that were missed; nothing when that, or a nearer one, was
 * given (a clock was set back, or the setting has other days now).
 */
export function noticeDue(
  daysAhead: readonly number[],
  lifetime: Lifetime,
  given: readonly number[],
  now: Date,
): number | undefined {
  const days = noticeAt(daysAhead, lifetime, now);
  return days === undefined || given.some((one) => one <= days) ? undefined : days;
}
