/** The letter about a certificate of our own that takes over: which, from when, where to see it, what to do. */
import type { Letter, OwnLetterFacts } from './facts.ts';
import { formatMoment } from './words.ts';

const none: OwnLetterFacts = { purpose: 'client', useFrom: new Date(0), isUsed: true, list: '' };

const which = {
  sv: {
    client: 'klientcertifikat, det som vi visar när vi lämnar meddelanden till er mottagare',
    listener: 'servercertifikat, det som era program ser när de hämtar meddelanden eller förnyar certifikat hos oss',
    signing: 'signeringscertifikat, det vars nyckel signerar kuverten',
  },
  en: {
    client: 'client certificate, the one that we show when we push messages to your endpoint',
    listener: 'server certificate, the one that your programs see when they fetch messages or renew certificates',
    signing: 'signing certificate, the one whose key signs envelopes',
  },
} as const;

/** For who compares fingerprints, and for who does not. */
const todo = {
  sv: {
    client:
      'Litar er mottagare på vår utfärdare behöver du inte göra någonting. Jämför den certifikatets fingeravtryck lägger du till det nya före den tiden, och låter det gamla stå kvar tills det nya används.',
    listener:
      'Litar era program på vår utfärdare behöver du inte göra någonting. Jämför de certifikatets fingeravtryck lägger du till det nya före den tiden, och låter det gamla stå kvar tills det nya används.',
    signing:
      'Hämtar era program nycklarna från vår nyckellista (/.well-known/jwks.json) behöver du inte göra någonting: den nya nyckeln finns där. Har ni sparat nyckeln eller certifikatet lägger du till det nya före den tiden. Det gamla behövs för det som redan är signerat.',
  },
  en: {
    client:
      'If your endpoint trusts our authority there is nothing to do. If it compares the fingerprint of the certificate, add the new one before that time, and leave the old one until the new one is in use.',
    listener:
      'If your programs trust our authority there is nothing to do. If they compare the fingerprint of the certificate, add the new one before that time, and leave the old one until the new one is in use.',
    signing:
      'If your programs read the keys from our key list (/.well-known/jwks.json) there is nothing to do: the new key is in it. If you have kept the key or the certificate, add the new one before that time. The old one is needed for what is signed already.',
  },
} as const;

export const ownCertificate: Letter = {
  sv: ({ contact, organisation, description, ends, name, own = none }) => [
    own.isUsed ? 'Vi har bytt certifikat' : `Vi byter certifikat ${formatMoment(own.useFrom, 'sv')}`,
    `Hej ${contact.name}!`,
    `Du får det här brevet som teknisk kontaktperson hos ${organisation}. Vi ${own.isUsed ? 'har bytt' : 'byter'} ${which.sv[own.purpose]}. Det nya används från och med ${formatMoment(own.useFrom, 'sv')} och gäller till ${formatMoment(ends, 'sv')}.`,
    `Det nya certifikatet är ${description}, och dess SHA-256 är ${name}.`,
    `Det finns, med alla andra certifikat som vi använder eller kommer att använda, här: ${own.list}`,
    `Vad du ska göra: ${todo.sv[own.purpose]}`,
  ],
  en: ({ contact, organisation, description, ends, name, own = none }) => [
    own.isUsed
      ? 'We have changed a certificate'
      : `We change a certificate on ${formatMoment(own.useFrom, 'en')}, Swedish time`,
    `Dear ${contact.name},`,
    `You get this letter as a technical contact of ${organisation}. We ${own.isUsed ? 'have changed' : 'are changing'} our ${which.en[own.purpose]}. The new one is used from ${formatMoment(own.useFrom, 'en')}, Swedish time, and is good until ${formatMoment(ends, 'en')}.`,
    `The new certificate is ${description}, and its SHA-256 is ${name}.`,
    `It is listed, with every other certificate that we use or are going to use, here: ${own.list}`,
    `What to do: ${todo.en[own.purpose]}`,
  ],
};
