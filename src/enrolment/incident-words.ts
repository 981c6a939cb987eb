/** An incident in a sentence for operators. */
import type { Incident } from '../store/enrol/incidents.ts';
import type { LetterKind } from './letters/letters.ts';
import { ended } from './notices.ts';

type Language = 'sv' | 'en';
type Details = Incident['details'];

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '?');
const list = (value: unknown): string => (Array.isArray(value) ? value.map(text).join(', ') : text(value));
/** `2030-03-01 12:00 UTC` */
const time = (value: unknown): string => `${text(value).slice(0, 16).replace('T', ' ')} UTC`;

function certificate(details: Details, language: Language): string {
  const over = details['days'] === ended;
  const at = time(details['notAfter']);
  const about = `${text(details['organisation'])} (${text(details['organisationNumber'])}), ${list(details['addresses'])}`;
  const name = text(details['description'] ?? details['subject']);
  const { waiting, contact } = details;
  if (language === 'sv')
    return `${about}: certifikatet för ”${name}” ${over ? 'gick ut' : 'går ut'} ${at} och inget följer det. ${waiting === 0 ? 'Inga leveranser väntade' : `${text(waiting)} leveranser väntade`} när detta skrevs. ${
      contact === null
        ? 'Ingen är underrättad: certifikatet saknar teknisk kontaktperson (`kuvert certificate contact`).'
        : `Kontaktperson ${text(contact)} är underrättad.`
    }`;
  return `${about}: the certificate for “${name}” ${over ? 'ended' : 'ends'} on ${at} and nothing follows it. ${waiting === 0 ? 'No deliveries' : text(waiting)} waited when this was written. ${
    contact === null
      ? 'Nobody was told: the certificate has no technical contact (`kuvert certificate contact`).'
      : `Contact ${text(contact)} was told.`
  }`;
}

/** What a letter is about. */
const letterWords: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  order: { sv: 'en beställning', en: 'an order' },
  'certificate-issued': { sv: 'ett utfärdat certifikat', en: 'a certificate that was issued' },
  'contact-new': { sv: 'ny kontaktperson', en: 'a new contact' },
  'contact-old': { sv: 'tidigare kontaktperson', en: 'a former contact' },
  'certificate-ending': { sv: 'ett certifikat som går ut', en: 'a certificate that ends' },
  'certificate-ended': { sv: 'ett certifikat som har gått ut', en: 'a certificate that ended' },
  'mandate-ending': { sv: 'en fullmakt som upphör', en: 'a mandate that ends' },
  'own-certificate': { sv: 'vårt nästa certifikat', en: 'our next certificate' },
} satisfies Readonly<Record<LetterKind, Readonly<Record<Language, string>>>>;

const sentences: Readonly<Record<string, (details: Details, language: Language) => string>> = {
  'certificate-expiring': certificate,
  'own-certificate-expiring': (details, language) => {
    const over = details['days'] === ended;
    const about = `${text(details['subject'])} (${text(details['purpose'])})`;
    return language === 'sv'
      ? `Vårt eget certifikat ${about} ${over ? 'gick ut' : 'går ut'} ${time(details['notAfter'])} och inget följer det.`
      : `Our own certificate ${about} ${over ? 'ended' : 'ends'} on ${time(details['notAfter'])} and nothing follows it.`;
  },
  'mandate-ending': (details, language) => {
    const { waiting, contacts } = details;
    const told = Array.isArray(contacts) ? contacts.length : 0;
    const name = (number: unknown, of: unknown) => (of === undefined ? text(number) : `${text(of)} (${text(number)})`);
    const agent = name(details['agent'], details['agentName']);
    const principal = name(details['principal'], details['principalName']);
    return language === 'sv'
      ? `Fullmakten med vilken ${agent} tar emot åt ${principal} upphör ${time(details['to'])} och ingen följer den för ${list(details['unfollowed'])}. ${waiting === 0 ? 'Inga leveranser väntade' : `${text(waiting)} leveranser väntade`} när detta skrevs. ${told === 0 ? 'Ingen är underrättad: varken ombudet eller huvudmannen har en teknisk kontaktperson.' : `Underrättade kontaktpersoner: ${list(contacts)}.`}`
      : `The mandate by which ${agent} receives for ${principal} ends on ${time(details['to'])} and none follows it for ${list(details['unfollowed'])}. ${waiting === 0 ? 'No deliveries' : text(waiting)} waited when this was written. ${told === 0 ? 'Nobody was told: neither the agent nor the principal has a technical contact.' : `Contacts told: ${list(contacts)}.`}`;
  },
  'contact-unreachable': ({ organisation, organisationNumber, contact, kind, why }, language) => {
    const whose = `${text(organisation)} (${text(organisationNumber)})`;
    const about = letterWords[text(kind)]?.[language] ?? text(kind);
    return language === 'sv'
      ? `${whose}: ett brev till kontaktperson ${text(contact)} (${about}) gick inte att lämna: ${text(why)}`
      : `${whose}: a letter to contact ${text(contact)} (${about}) could not be delivered: ${text(why)}`;
  },
  'authority-ending': (details, language) =>
    language === 'sv'
      ? `Utfärdaren ${text(details['subject'])} går ut ${time(details['notAfter'])}: inget certifikat från den gäller längre än så. Gör en ny utfärdare (\`kuvert ca init --root-key\`, docs/operations/own-certificates.md).`
      : `The issuing authority ${text(details['subject'])} ends on ${time(details['notAfter'])}: no certificate from it lives longer. Make the next one (\`kuvert ca init --root-key\`, docs/operations/own-certificates.md).`,
  'credentials-refused': (details, language) =>
    language === 'sv'
      ? `Ändrade nycklar eller certifikat kan inte användas, de gamla används: ${list(details['findings'])}`
      : `Changed keys or certificates cannot be used, the old ones are: ${list(details['findings'])}`,
};

/** One of a kind that this version does not know is shown as it is kept. */
export const sayIncident = ({ kind, details }: Pick<Incident, 'kind' | 'details'>, language: Language): string =>
  sentences[kind]?.(details, language) ?? JSON.stringify(details);
