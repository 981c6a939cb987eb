/** Words that several pages have: lists, filters, actions. */
import type { InEach } from '../../catalogue.ts';

export const sharedWords = {
  paging: { en: 'Pages', sv: 'Sidor' },
  'paging.first': { en: 'First page', sv: 'Första sidan' },
  'paging.next': { en: 'Next page', sv: 'Nästa sida' },
  'filter.show': { en: 'Show', sv: 'Visa' },
  'filter.clear': { en: 'Clear', sv: 'Rensa' },
  'filter.any': { en: 'any', sv: 'alla' },
  'action.reason': { en: 'Reason', sv: 'Skäl' },
  'action.reason-why': {
    en: 'It stands in the audit with your name.',
    sv: 'Det står i granskningsloggen med ditt namn.',
  },
  'action.reason-missing': {
    en: 'Nothing was done: it needs a reason of 1 to {most} characters.',
    sv: 'Inget har gjorts: det behövs ett skäl på 1 till {most} tecken.',
  },
  'time.zone': { en: 'Times are Swedish local time.', sv: 'Tider är svensk lokal tid.' },
  'fault.not-possible-now': {
    en: 'Nothing was done: it is in another state now',
    sv: 'Inget har gjorts: läget är ett annat nu',
  },
  'fault.not-possible-now-do': {
    en: 'Look at it again; what can be done now stands on its page.',
    sv: 'Titta på det igen; det som går att göra nu står på dess sida.',
  },
} as const satisfies Readonly<Record<string, InEach>>;
