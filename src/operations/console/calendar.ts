/** Months as the clock on the wall in Sweden has them, for what ends in them. */
import { localTime } from '../../platform/moments.ts';
import type { EndingMonth } from '../../store/operator/certificates.ts';
import type { Language } from '../catalogue.ts';

/** Months that the calendar shows. */
const months = 24;

export interface CalendarMonth {
  /** `2026-11`. */
  readonly month: string;
  readonly name: string;
  readonly ending: number;
  readonly renewed: number;
  readonly chosen: boolean;
}

/** The moment at which the calendar is over. */
export const calendarEnd = (now: Date): Date => monthsOn(startOf(localTime(now).slice(0, 7)), months);

/** The moment at which a Swedish month begins: `2026-11`. */
function startOf(month: string): Date {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const utc = Date.UTC(year, number - 1, 1);
  // Sweden is an hour before UTC in winter and two in summer, at the first of a month.
  return (
    [2, 1].map((hours) => new Date(utc - hours * 3_600_000)).find((at) => localTime(at).endsWith('-01 00:00')) ??
    new Date(utc)
  );
}

const monthsOn = (from: Date, many: number): Date => {
  const [year = 0, number = 1] = localTime(from).slice(0, 7).split('-').map(Number);
  const all = year * 12 + number - 1 + many;
  return startOf(`${Math.floor(all / 12)}-${String((all % 12) + 1).padStart(2, '0')}`);
};

export function monthOf(
  text: string | undefined,
): { readonly name: string; readonly from: Date; readonly before: Date } | undefined {
  if (text === undefined || !/^20\d\d-(0[1-9]|1[0-2])$/.test(text)) return undefined;
  const from = startOf(text);
  return { name: text, from, before: monthsOn(from, 1) };
}

/** Every month of the span, also those in which nothing ends. */
export function calendarOf(
  now: Date,
  ending: readonly EndingMonth[],
  { language, chosen }: { readonly language: Language; readonly chosen: string | undefined },
): readonly CalendarMonth[] {
  const from = startOf(localTime(now).slice(0, 7));
  const name = new Intl.DateTimeFormat(language, { month: 'short', timeZone: 'Europe/Stockholm' });
  return Array.from({ length: months }, (_, i) => {
    const at = monthsOn(from, i);
    const month = localTime(at).slice(0, 7);
    const found = ending.find((one) => one.month === month);
    return {
      month,
      name: `${name.format(at)} ${month.slice(0, 4)}`,
      ending: found?.ending ?? 0,
      renewed: found?.renewed ?? 0,
      chosen: month === chosen,
    };
  });
}
