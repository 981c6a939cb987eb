/** The settings as they are in effect in this process; of a secret only whether it is set. */
import type { SettingDescription } from '../../../platform/config/describe.ts';
import type { SettingKey } from '../../../platform/config/settings.ts';
import { withCode } from '../../console/with-code.ts';
import { lineSettings } from '../../console/words/settings-line.ts';
import { outsideSettings } from '../../console/words/settings-outside.ts';
import { word } from '../../console/words.ts';
import { type Pages, show } from '../pages.ts';
import type { OperatorRoute } from '../route.ts';

export interface SettingsParts {
  readonly pages: Pages;
  readonly describe: () => readonly SettingDescription[];
}

/** The parts of the page, each from this setting on, in the order of the table. */
const parts = [
  ['line', 'environment'],
  ['servers', 'databaseUrl'],
  ['intake', 'queueIn'],
  ['keys', 'signingKeyFile'],
  ['delivery', 'retrySchedule'],
  ['supplier-api', 'supplierHost'],
  ['operator-api', 'operatorHost'],
  ['certificates', 'orderApproval'],
  ['authority', 'caKeyFile'],
  ['audit', 'auditHeadInterval'],
  ['health', 'metricsHost'],
  ['process', 'logLevel'],
] as const satisfies readonly (readonly [string, SettingKey])[];

/** What each does, in Swedish; the table of the settings has it in English. */
const swedish: Readonly<Record<SettingKey, string>> = { ...lineSettings, ...outsideSettings };

export function settingsRoutes({ pages, describe }: SettingsParts): readonly OperatorRoute[] {
  return [
    {
      method: 'GET',
      path: '/settings',
      needs: 'view',
      shows: 'page',
      handle: (asked, response) => {
        const { language } = asked;
        const settings = describe().map((setting) => ({
          ...setting,
          what: withCode(language === 'sv' ? swedish[setting.key] : setting.what),
        }));
        const begins = parts.map(([, key]) => settings.findIndex((setting) => setting.key === key));
        const groups = parts.map(([name], i) => ({ name, settings: settings.slice(begins[i], begins[i + 1]) }));
        show(pages, asked, response, {
          view: 'settings',
          title: word(language, 'nav.settings'),
          place: 'settings',
          data: { groups },
        });
      },
    },
  ];
}
