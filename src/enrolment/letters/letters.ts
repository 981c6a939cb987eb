/** Letters to technical contacts, in the words of each language. One table: a kind that is not here is not sent. */
import { certificateEnded, certificateEnding } from './end-letters.ts';
import type { Letter, LetterFacts } from './facts.ts';
import { certificateIssued } from './issued-letter.ts';
import { mandateEnding } from './mandate-letters.ts';
import { ownCertificate } from './own-letters.ts';
import { formatMoment } from './words.ts';

export interface Written {
  readonly subject: string;
  readonly text: string;
}

const order: Letter = {
  sv: ({ contact, organisation, description, ends, link, name }) => [
    `Hämta certifikatet för ${organisation}`,
    `Hej ${contact.name}!`,
    `${organisation} har beställt ett certifikat för ”${description}” och har angett dig som teknisk kontaktperson. Du hämtar certifikatet och ansvarar för att det används rätt.`,
    `Överföringskoderna (TransferID och TransferPassword) finns här:`,
    link,
    'För att läsa dem behöver du en PIN-kod. På sidan ser du om den kommer som sms eller om du får den av den som beställde. Lösenordet visas en enda gång, så öppna sidan när du är redo att hämta certifikatet.',
    `Koderna gäller till ${formatMoment(ends, 'sv')}. Har de gått ut, eller har något gått fel, ber du den som beställde att beställa på nytt.`,
    `Väntar du inget certifikat? Tala med ${organisation} innan du öppnar länken, och skicka den inte vidare. Beställningens nummer är ${name}.`,
  ],
  en: ({ contact, organisation, description, ends, link, name }) => [
    `Fetch the certificate for ${organisation}`,
    `Dear ${contact.name},`,
    `${organisation} has ordered a certificate for “${description}” and named you as its technical contact. You fetch the certificate and answer for how it is used.`,
    'The transfer codes (TransferID and TransferPassword) are here:',
    link,
    'To read them you need a PIN. The page says whether it comes by SMS or from whoever placed the order. The password is shown a single time: open the page when you are ready to fetch the certificate.',
    `The codes are good until ${formatMoment(ends, 'en')}, Swedish time. If they have expired, or something went wrong, ask whoever placed the order to order anew.`,
    `You expect no certificate? Talk to ${organisation} before you open the link, and do not pass it on. The number of the order is ${name}.`,
  ],
};

const contactNew: Letter = {
  sv: ({ contact, organisation, description, ends, name }) => [
    `Du är teknisk kontaktperson för ett certifikat hos ${organisation}`,
    `Hej ${contact.name}!`,
    `${organisation} har angett dig som teknisk kontaktperson för certifikatet för ”${description}”. Det gäller till ${formatMoment(ends, 'sv')}, och påminnelser innan det går ut kommer till dig.`,
    `Certifikatets SHA-256 är ${name}.`,
    `Stämmer det inte? Tala med ${organisation}.`,
  ],
  en: ({ contact, organisation, description, ends, name }) => [
    `You are the technical contact for a certificate of ${organisation}`,
    `Dear ${contact.name},`,
    `${organisation} has named you as the technical contact for its certificate for “${description}”. It is good until ${formatMoment(ends, 'en')}, Swedish time, and reminders before it ends come to you.`,
    `The certificate's SHA-256 is ${name}.`,
    `That is not right? Talk to ${organisation}.`,
  ],
};

const contactOld: Letter = {
  sv: ({ contact, organisation, description, name }) => [
    `Uppgifterna om kontaktpersonen för ett certifikat hos ${organisation} är ändrade`,
    `Hej ${contact.name}!`,
    `De kontaktuppgifter som du hade för certifikatet för ”${description}” hos ${organisation} är ersatta. Brev om certifikatet kommer inte längre till den här adressen med de uppgifterna.`,
    `Certifikatets SHA-256 är ${name}.`,
    `Stämmer det inte? Tala med ${organisation} genast: någon annan kan ha gjort ändringen.`,
  ],
  en: ({ contact, organisation, description, name }) => [
    `The technical contact for a certificate of ${organisation} has changed`,
    `Dear ${contact.name},`,
    `The contact details that you had for the certificate for “${description}” of ${organisation} have been replaced. Letters about it do not come to this address with those details any more.`,
    `The certificate's SHA-256 is ${name}.`,
    `That is not right? Talk to ${organisation} at once: somebody else may have made the change.`,
  ],
};

const letters = {
  order,
  'certificate-issued': certificateIssued,
  'contact-new': contactNew,
  'contact-old': contactOld,
  'certificate-ending': certificateEnding,
  'certificate-ended': certificateEnded,
  'mandate-ending': mandateEnding,
  'own-certificate': ownCertificate,
} as const;

export type LetterKind = keyof typeof letters;

export const letterKinds = Object.keys(letters) as readonly LetterKind[];

export function writeLetter(kind: LetterKind, facts: LetterFacts): Written {
  const [subject, ...paragraphs] = letters[kind][facts.language](facts);
  const farewell = {
    sv: 'Det här brevet är skickat av Kuvert och går inte att svara på.',
    en: 'This letter was sent by Kuvert and cannot be answered.',
  };
  return {
    subject: facts.environment === 'test' ? `[test] ${subject}` : subject,
    text: `${[...paragraphs, farewell[facts.language]].join('\n\n')}\n`,
  };
}
