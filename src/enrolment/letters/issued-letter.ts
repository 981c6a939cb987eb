/** The letter that a certificate was issued for the codes of an order: whoever did not fetch it has it revoked. */
import type { Letter } from './facts.ts';
import { formatMoment } from './words.ts';

export const certificateIssued: Letter = {
  sv: ({ contact, organisation, description, ends, name }) => [
    `Certifikatet för ${organisation} är hämtat`,
    `Hej ${contact.name}!`,
    `Certifikatet för ”${description}” hos ${organisation} har hämtats med överföringskoderna, som bara du har fått. Det gäller till ${formatMoment(ends, 'sv')}.`,
    `Certifikatets SHA-256 är ${name}.`,
    'Var det du? Då är allt klart. Förnya det innan det går ut; glöms det bort kommer en påminnelse hit.',
    'Var det inte du? Ring genast den som beställde certifikatet, så att det spärras: någon annan har haft koderna.',
  ],
  en: ({ contact, organisation, description, ends, name }) => [
    `The certificate for ${organisation} has been fetched`,
    `Dear ${contact.name},`,
    `The certificate for “${description}” of ${organisation} was fetched with the transfer codes, which only you were given. It is good until ${formatMoment(ends, 'en')}, Swedish time.`,
    `The certificate's SHA-256 is ${name}.`,
    'That was you? Then all is done. Renew it before it ends; if that is forgotten, a reminder comes here.',
    'That was not you? Call whoever ordered the certificate at once, so that it is revoked: somebody else has had the codes.',
  ],
};
