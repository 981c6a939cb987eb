/** What a coming end means for deliveries, in a sentence. */
import type { End } from '../store/enrol/forecast.ts';

/** `2030-03-01 12:00 UTC` */
const time = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

type Words = (end: End, now: Date) => string;

const remedy = {
  sv: ({ what }: End) =>
    what === 'mandate' ? 'en ny fullmakt eller adress tar över' : 'certifikatet förnyas eller ersätts',
  en: ({ what }: End) =>
    what === 'mandate' ? 'another mandate or address takes over' : 'the certificate is renewed or replaced',
};

const sv: Words = (end, now) => {
  const { at, waiting, perDay, principal } = end;
  const whose = principal === undefined ? '' : ` för ${principal}`;
  const more = perDay === 0 ? '' : ` Omkring ${perDay} om dagen har kommit på sistone.`;
  const these = waiting === 1 ? `1 väntande leverans${whose}` : `${waiting} väntande leveranser${whose}`;
  const lost = waiting === 0 ? 'det som kommer misslyckas' : `${these} kommer inte fram`;
  if (at === undefined) return `Det finns inget certifikat: ${lost}.${more}`;
  if (at <= now) return `Det sista certifikatet gick ut ${time(at)}: ${lost}.${more}`;
  if (waiting === 0)
    return `Inget väntar nu${whose}; det som kommer efter ${time(at)} misslyckas om inte ${remedy.sv(end)}.${more}`;
  return `${these} misslyckas ${time(at)} om inte ${remedy.sv(end)}.${more}`;
};

const en: Words = (end, now) => {
  const { at, waiting, perDay, principal } = end;
  const whose = principal === undefined ? '' : ` for ${principal}`;
  const more = perDay === 0 ? '' : ` About ${perDay} a day came lately.`;
  const these = waiting === 1 ? `1 waiting delivery${whose}` : `${waiting} waiting deliveries${whose}`;
  const lost = waiting === 0 ? 'what comes will fail' : `${these} ${waiting === 1 ? 'fails' : 'fail'}`;
  if (at === undefined) return `There is no certificate: ${lost}.${more}`;
  if (at <= now) return `The last certificate ended on ${time(at)}: ${lost}.${more}`;
  if (waiting === 0)
    return `Nothing waits now${whose}; what comes after ${time(at)} will fail unless ${remedy.en(end)}.${more}`;
  return `${these} will fail on ${time(at)} unless ${remedy.en(end)}.${more}`;
};

const words = { sv, en } as const;

export const sayEnd = (end: End, language: 'sv' | 'en', now: Date): string => words[language](end, now);
