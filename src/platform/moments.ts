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
