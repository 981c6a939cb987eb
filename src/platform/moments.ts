/** Times as the clock on the wall in Sweden shows them. */

const parts = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Stockholm',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
});

/** `2026-11-22 14:03`. */
export const localTime = (at: Date): string => parts.format(at);

const seconds = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Stockholm', timeStyle: 'medium' });

/**
 * Both ends with their seconds; the day of the second only where it is another: `2026-11-22 14:03:02` and `14:03:31`.
 * @param now what is of this day needs no day at all
 */
export function span(from: Date, to: Date | undefined, now?: Date): readonly [string, string | undefined] {
  const day = (at: Date) => localTime(at).slice(0, 10);
  const of = (at: Date, known: Date | undefined) =>
    known !== undefined && day(at) === day(known) ? seconds.format(at) : `${day(at)} ${seconds.format(at)}`;
  return [of(from, now), to && of(to, from)];
}

/**
 * The other way, as forms send it: `2026-11-22T14:03`, or a day, which begins at midnight.
 * @returns undefined for what is none
 */
export function fromLocalTime(text: string): Date | undefined {
  const [, day, time = '00:00'] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::\d\d)?)?$/.exec(text) ?? [];
  const said = Date.parse(`${day}T${time}:00Z`);
  if (Number.isNaN(said)) return undefined;
  let at = said;
  // What the wall shows then tells how far it is ahead; once more for the nights on which it is set.
  for (let look = 0; look < 2; look++) at += said - Date.parse(`${localTime(new Date(at)).replace(' ', 'T')}:00Z`);
  return new Date(at);
}
