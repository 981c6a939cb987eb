/** Words of the settings' page. */
import type { InEach } from '../../catalogue.ts';

export const settingWords = {
  'settings.about': {
    en: 'As they are in effect in the process that shows this page; another may have been started with others. They are changed where it is started, not here.',
    sv: 'Så som de gäller i den process som visar den här sidan; en annan kan vara startad med andra. De ändras där processen startas, inte här.',
  },
  'settings.parts': { en: 'Parts', sv: 'Delar' },
  'settings.line': { en: 'The line', sv: 'Tjänsten' },
  'settings.servers': { en: 'Servers', sv: 'Servrar' },
  'settings.intake': { en: 'Intake', sv: 'Mottagning från KA' },
  'settings.keys': { en: 'Keys and certificates', sv: 'Nycklar och certifikat' },
  'settings.delivery': { en: 'Delivery', sv: 'Leverans' },
  'settings.supplier-api': { en: 'The suppliers’ listener', sv: 'Leverantörernas lyssnare' },
  'settings.operator-api': { en: 'Operators and sign-in', sv: 'Operatörer och inloggning' },
  'settings.certificates': { en: 'Orders and notices', sv: 'Beställningar och påminnelser' },
  'settings.authority': { en: 'The issuer', sv: 'Utfärdaren' },
  'settings.audit': { en: 'Audit', sv: 'Granskningslogg' },
  'settings.health': { en: 'Metrics and probes', sv: 'Mätvärden och hälsa' },
  'settings.process': { en: 'Log and stopping', sv: 'Logg och avslut' },
  'settings.name': { en: 'Setting', sv: 'Inställning' },
  'settings.value': { en: 'Value', sv: 'Värde' },
  'settings.what': { en: 'What it does', sv: 'Vad den gör' },
  'settings.from-set': { en: 'set', sv: 'angivet' },
  'settings.from-file': { en: 'from a file', sv: 'från en fil' },
  'settings.from-default': { en: 'default', sv: 'förvalt' },
  'settings.from-not set': { en: 'not set', sv: 'inte angivet' },
  'settings.secret': { en: 'secret', sv: 'hemligt' },
} as const satisfies Readonly<Record<string, InEach>>;
