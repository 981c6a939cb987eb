/** Words of the settings' page. */
import type { InEach } from '../../catalogue.ts';

export const settingWords = {
  'settings.about': {
    en: 'As they are in effect in the process that shows this page; another may have been started with others. They are changed where it is started, not here.',
    sv: 'Så som de gäller i den process som visar den här sidan; en annan kan vara startad med andra. De ändras där processen startas, inte här.',
  },
  'settings.name': { en: 'Setting', sv: 'Inställning' },
  'settings.value': { en: 'Value', sv: 'Värde' },
  'settings.what': { en: 'What it does', sv: 'Vad den gör' },
  'settings.from-set': { en: 'set', sv: 'angivet' },
  'settings.from-file': { en: 'from a file', sv: 'från en fil' },
  'settings.from-default': { en: 'as it comes', sv: 'förvalt' },
  'settings.from-not set': { en: 'not set', sv: 'inte angivet' },
  'settings.secret': { en: 'secret', sv: 'hemligt' },
} as const satisfies Readonly<Record<string, InEach>>;
