/** Settings for people: what is in effect, and where it comes from. Secrets are never shown. */
import { type SettingKey, settingsTable } from './settings.ts';

export interface SettingDescription {
  readonly key: SettingKey;
  readonly name: string;
  /** As it would be written; undefined when it is not set, or secret. */
  readonly value: string | undefined;
  readonly from: 'set' | 'file' | 'default' | 'not set';
  readonly secret: boolean;
  readonly what: string;
}

interface Row {
  readonly name: string;
  readonly default?: string;
  readonly what: string;
  readonly secret?: true;
}

/** Every setting in the order of the table. Whether the values are right is `readSettings`' to say. */
export function describeSettings(environment: Readonly<Record<string, string | undefined>>): SettingDescription[] {
  return (Object.keys(settingsTable) as SettingKey[]).map((key) => {
    const setting: Row = settingsTable[key];
    const secret = setting.secret === true;
    const given = environment[setting.name] || undefined;
    const file = secret ? environment[`${setting.name}_FILE`] || undefined : undefined;
    const from =
      given !== undefined ? 'set' : file !== undefined ? 'file' : setting.default === undefined ? 'not set' : 'default';
    return {
      key,
      name: setting.name,
      value: secret ? undefined : withoutPassword(given ?? setting.default),
      from,
      secret,
      what: setting.what,
    };
  });
}

/** A broker's URL could carry one, against the advice. */
function withoutPassword(value: string | undefined): string | undefined {
  return value?.replaceAll(/(\/\/[^/\s:@,]*):[^/\s@,]*@/g, '$1:…@');
}
