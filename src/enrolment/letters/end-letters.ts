/** Letters about the end of a certificate: what ends when, what then happens, how much waits, what is to be done. */
import type { EndFacts, Letter } from './facts.ts';
import { formatMoment } from './words.ts';

export const nothing: EndFacts = { daysLeft: 1, pushed: false, fetched: false, waiting: 0 };

export const inDays = {
  sv: (days: number) => (days === 1 ? 'inom ett dygn' : `om ${days} dagar`),
  en: (days: number) => (days === 1 ? 'within a day' : `in ${days} days`),
};

/** Until there is a certificate again. */
const consequence = {
  sv: ({ pushed, fetched }: EndFacts) =>
    [
      ...(pushed ? ['Vi levererar ingenting till en mottagare som visar ett utgånget certifikat.'] : []),
      ...(fetched ? ['Ett program som visar ett utgånget certifikat släpps inte in och kan inte hämta något.'] : []),
      'Meddelandena stannar hos oss tills det finns ett giltigt certifikat.',
    ].join(' '),
  en: ({ pushed, fetched }: EndFacts) =>
    [
      ...(pushed ? ['We deliver nothing to an endpoint that shows a certificate that has ended.'] : []),
      ...(fetched ? ['A program that shows a certificate that has ended is not let in and can fetch nothing.'] : []),
      'The messages stay with us until there is a valid certificate.',
    ].join(' '),
};

export const waitingText = {
  sv: (n: number) =>
    n === 0
      ? 'Just nu väntar inget meddelande.'
      : `Just nu väntar ${n === 1 ? 'ett meddelande' : `${n} meddelanden`} på att komma fram.`,
  en: (n: number) =>
    n === 0
      ? 'No message waits at the moment.'
      : `At the moment ${n === 1 ? 'one message waits' : `${n} messages wait`} to get through.`,
};

export const certificateEnding: Letter = {
  sv: ({ contact, organisation, description, ends, name, end = nothing }) => [
    `Certifikatet för ${organisation} går ut ${inDays.sv(end.daysLeft)}`,
    `Hej ${contact.name}!`,
    `Certifikatet för ”${description}” hos ${organisation} går ut ${formatMoment(ends, 'sv')}, och inget annat certifikat tar över.`,
    `Vad du ska göra: förnya det. Ett program som förnyar sitt certifikat på egen hand borde redan ha gjort det, så se efter varför det inte har det. Annars kör du \`kuvert renew\`, som hämtar ett nytt certifikat med en ny nyckel, och tar det i bruk. Det gamla gäller tills det går ut, så du kan byta i lugn och ro.`,
    `Går det inte att förnya? Be den som beställer certifikat för ${organisation} att beställa ett nytt.`,
    `Om ingenting görs: ${consequence.sv(end)} ${waitingText.sv(end.waiting)}`,
    `Certifikatets SHA-256 är ${name}.`,
  ],
  en: ({ contact, organisation, description, ends, name, end = nothing }) => [
    `The certificate for ${organisation} ends ${inDays.en(end.daysLeft)}`,
    `Dear ${contact.name},`,
    `The certificate for “${description}” of ${organisation} ends on ${formatMoment(ends, 'en')}, Swedish time, and no other certificate takes over.`,
    'What to do: renew it. A program that renews its certificate by itself should have done so by now; find out why it has not. Otherwise run `kuvert renew`, which fetches a new certificate with a new key, and put that to use. The old one is good until it ends, so there is time to change.',
    `It cannot be renewed? Ask whoever orders certificates for ${organisation} to order a new one.`,
    `If nothing is done: ${consequence.en(end)} ${waitingText.en(end.waiting)}`,
    `The certificate's SHA-256 is ${name}.`,
  ],
};

export const certificateEnded: Letter = {
  sv: ({ contact, organisation, description, ends, name, end = nothing }) => [
    `Certifikatet för ${organisation} har gått ut`,
    `Hej ${contact.name}!`,
    `Certifikatet för ”${description}” hos ${organisation} gick ut ${formatMoment(ends, 'sv')}, och inget annat certifikat har tagit över.`,
    `${consequence.sv(end)} ${waitingText.sv(end.waiting)}`,
    `Vad du ska göra: be den som beställer certifikat för ${organisation} att beställa ett nytt. Det som har gått ut kan inte förnyas.`,
    `Certifikatets SHA-256 är ${name}.`,
  ],
  en: ({ contact, organisation, description, ends, name, end = nothing }) => [
    `The certificate for ${organisation} has ended`,
    `Dear ${contact.name},`,
    `The certificate for “${description}” of ${organisation} ended on ${formatMoment(ends, 'en')}, Swedish time, and no other certificate has taken over.`,
    `${consequence.en(end)} ${waitingText.en(end.waiting)}`,
    `What to do: ask whoever orders certificates for ${organisation} to order a new one. One that has ended cannot be renewed.`,
    `The certificate's SHA-256 is ${name}.`,
  ],
};
