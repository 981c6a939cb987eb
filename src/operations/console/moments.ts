/** Times as people read them: Swedish local time, with the whole of it in UTC beside for who asks. */
import { type Html, html } from '../../platform/html.ts';
import { localTime } from '../../platform/moments.ts';
import type { Language } from '../catalogue.ts';

/** A `time` element: the day only where it is another than today; seconds and UTC on asking. */
export function moment(at: Date | undefined, now: Date): Html {
  if (at === undefined) return html`–`;
  const [day, time] = localTime(at).split(' ');
  const shown = day === localTime(now).split(' ')[0] ? time : `${day} ${time}`;
  return html`<time datetime="${at.toISOString()}" title="${at.toISOString().slice(0, 19).replace('T', ' ')} UTC">${shown}</time>`;
}

/** The same, of which only the day matters. */
export function day(at: Date | undefined): Html {
  if (at === undefined) return html`–`;
  return html`<time datetime="${at.toISOString()}" title="${at.toISOString().slice(0, 19).replace('T', ' ')} UTC">${localTime(at).split(' ')[0]}</time>`;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** “3 hours ago”, “in 5 minutes”, in the largest unit that fits. */
export function relative(at: Date, now: Date, language: Language): string {
  const ms = at.getTime() - now.getTime();
  const [unit, size] = units.find(([, least]) => Math.abs(ms) >= least) ?? units[3];
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.trunc(ms / size), unit);
}

const localeOf = { sv: 'sv-SE', en: 'en-GB' } as const;
const numbers = { sv: new Intl.NumberFormat(localeOf.sv), en: new Intl.NumberFormat(localeOf.en) } as const;

export const count = (n: number, language: Language): string => numbers[language].format(n);

/** A decimal number as a document writes it (`9816.31`), digit for digit, as people write it; what is none stays as it is. */
export function decimal(text: string, language: Language): string {
  const fraction = /^-?\d{1,30}(?:\.(\d{1,20}))?$/.exec(text);
  if (fraction === null) return text;
  const digits = fraction[1]?.length ?? 0;
  const how = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  // A string is formatted as it stands (ECMA-402, FormatNumericToString of an exact mathematical value): nothing is rounded.
  return new Intl.NumberFormat(localeOf[language], how).format(text as `${number}`);
}

/** “3 hours”, “1 minute”: rounded up in the largest unit of which there are two, or one. */
export function duration(milliseconds: number, language: Language): string {
  const [unit, size] = units.find(([, least]) => milliseconds >= 2 * least) ?? units[3];
  return new Intl.NumberFormat(localeOf[language], {
    style: 'unit',
    unit,
    unitDisplay: 'long',
  }).format(Math.max(1, Math.ceil(milliseconds / size)));
}
