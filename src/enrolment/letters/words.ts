/** Times as people read them: in Swedish time, whatever the machine is set to. */

const locale = { sv: 'sv-SE', en: 'en-GB' } as const;

/** `14 mars 2030 kl. 13:00`, `14 March 2030 at 13:00`. */
export function formatMoment(at: Date, language: 'sv' | 'en'): string {
  const format = new Intl.DateTimeFormat(locale[language], {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'Europe/Stockholm',
  });
  return format.format(at);
}
