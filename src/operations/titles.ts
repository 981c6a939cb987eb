/** What faults are called, in every language. Pure. */
import { type FaultCode, faultTable } from '../domain/fault.ts';
import type { Language } from './catalogue.ts';

/** In Swedish, why a frame could not become a message. */
export const swedishFrameTitles = {
  'frame-empty': 'Ramen har inget innehåll',
  'frame-not-a-document':
    'Ramen är ett map-, object- eller streammeddelande i JMS; skicka ett text- eller bytesmeddelande',
  'frame-too-large': 'Ramen är större än gränsen',
  'frame-unstorable': 'Ramen gick inte att spara',
  'header-missing': 'En header saknas och framgår inte av dokumentet',
  'header-invalid': 'En header har ett värde som inte är tillåtet',
  'header-disagrees': 'En header säger något annat än dokumentet',
  'document-not-recognised': 'Dokumentet har inget format som tas emot här',
  'document-not-wellformed': 'Dokumentet är inte välformat',
  'document-encoding': 'Innehållet har inte den teckenkodning som dokumentet anger; skicka det som ett bytesmeddelande',
  'document-limit': 'Dokumentet överskrider en gräns',
  'document-invalid': 'Dokumentet bryter mot reglerna för sitt format',
  'document-wrong-type': 'Dokumentet är av en annan typ än meddelandet anger',
  'document-wrong-recipient': 'Dokumentet är till en annan organisation än meddelandet anger',
  'document-wrong-number': 'Dokumentet har ett annat nummer än det stoppade som det läggs in för',
  'document-wrong-sender': 'Köparen i dokumentet är inte den organisation som det skickas för här',
  'document-number-taken': 'Ett annat dokument är redan mottaget med det numret',
  'withdrawal-unknown': 'Det finns inget sådant meddelande att återkalla',
  'withdrawal-too-late': 'Leverantören har redan meddelandet',
  'withdrawal-not-now': 'Meddelandet skickas just nu; återkalla det igen när försöket är över',
  'withdrawal-with-body': 'En återkallelse har inget innehåll; ett dokument skickas utan headern operation',
} as const satisfies Partial<Record<FaultCode, string>>;

/** In Swedish, the titles of the faults that can be why a delivery or a lane is where it is; the English are the fault table's. */
export const swedishTitles = {
  superseded: 'En nyare version av dokumentet har tagits emot',
  'no-address': 'Ingen adress är känd för mottagaren',
  'type-not-agreed': 'Ingen av mottagarens adresser tar emot den här meddelandetypen',
  'mandate-ended': 'Fullmakten som ett ombud tog emot det med gäller inte längre',
  'format-not-possible': 'Dokumentet kan inte läggas i adressens kuvertformat',
  'schedule-spent': 'Alla planerade försök är gjorda',
  'held-by-operator': 'En operatör har stoppat det',
  'cancelled-by-operator': 'En operatör drog tillbaka det',
  'withdrawn-by-ka': 'KA drog tillbaka det',
  'endpoint-unreachable': 'Ändpunkten gick inte att nå',
  'endpoint-tls': 'TLS-handskakningen med ändpunkten misslyckades',
  'endpoint-no-answer': 'Ändpunkten svarade inte i tid',
  'endpoint-busy': 'Ändpunkten ber oss återkomma senare',
  'proxy-failed': 'Vår egen proxy öppnade ingen väg till ändpunkten',
  'message-failed': 'Ändpunkten klarade inte av meddelandet',
  'message-refused': 'Leverantören avvisade meddelandet',
  'mass-refusal':
    'Leverantören avvisar det ena meddelandet efter det andra; leveranserna är stoppade och meddelandena väntar',
  'endpoint-rejects-us': 'Ändpunkten släpper inte in oss, eller så stämmer inte URL:en (längre)',
  'endpoint-certificate': 'Ändpunkten visade ett certifikat som inte får ta emot de här meddelandena',
  'url-not-allowed': 'URL:en pekar dit vi inte får ansluta',
  'outcome-unknown': 'Tjänsten stannade innan svaret hade sparats',
  'envelope-changed': 'Det återskapade kuvertet är inte det som signerades; inget skickas',
  'certificate-invalid': 'Certifikatet går inte att använda',
  internal: 'Något gick fel i tjänsten',
} as const satisfies Partial<Record<FaultCode, string>>;

const swedish: Readonly<Record<string, string>> = { ...swedishTitles, ...swedishFrameTitles };

/** What a fault is called; one that this catalogue does not know is called by its code. */
export function titleOf(code: string, language: Language): string {
  if (language === 'sv' && Object.hasOwn(swedish, code)) return swedish[code] ?? code;
  return code in faultTable ? faultTable[code as FaultCode].title : code;
}
