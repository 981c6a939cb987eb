/** This process's own environment, for commands. */
import { userInfo } from 'node:os';
import { describeSettings, type SettingDescription } from './describe.ts';
import { type Inspected, inspectSettings, readSettings } from './read.ts';
import type { SettingKey, Settings } from './settings.ts';

/** All of it: for what starts other things with the same settings. */
export const processEnvironment: Readonly<Record<string, string | undefined>> = process.env;

/**
 * The settings a command needs.
 * @throws Fault `setting-invalid` with everything that is wrong.
 */
export function settingsOfProcess<K extends SettingKey>(needed: readonly K[]): Pick<Settings, K> {
  return readSettings(needed, process.env);
}

/** The same without throwing: for who has more to look at before it says what is wrong. */
export function inspectProcess(needed: readonly SettingKey[]): Inspected {
  return inspectSettings(needed, process.env);
}

/** Every setting as it is in effect here; see `describeSettings`. */
export function describeProcess(): SettingDescription[] {
  return describeSettings(process.env);
}

/** The person at the keyboard: whoever called sudo, else the user that the process runs as. */
export function operatingSystemUser(): string {
  const sudoer = process.env.SUDO_USER;
  if (sudoer !== undefined && /^[\w.@-]{1,64}$/.test(sudoer)) return sudoer;
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
