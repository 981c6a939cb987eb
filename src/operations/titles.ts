/** What faults are called, in every language. Pure. */
import { type FaultCode, faultTable } from '../domain/fault.ts';
import type { Language } from './catalogue.ts';

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

/** What a fault is called; one that this catalogue does not know is called by its code. */
export function titleOf(code: string, language: Language): string {
  if (language === 'sv' && code in swedishTitles) return swedishTitles[code as keyof typeof swedishTitles];
  return code in faultTable ? faultTable[code as FaultCode].title : code;
}
