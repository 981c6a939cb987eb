/** The files that settings name, read once each, with all that is wrong with them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Finding } from '../domain/fault.ts';
import { type SettingKey, type Settings, settingsTable } from '../platform/config/settings.ts';
import { errorText } from '../platform/log.ts';

/** Values of settings. One that is not set, or not right, is not there: who read the settings reports it. */
export type Values = Partial<Settings>;

export type FileKey = Extract<SettingKey, `${string}File`>;

/** The files that the settings name, each read once, and what is wrong with them. */
export interface Shelf {
  readonly now: Date;
  /** Undefined when the setting is not there, or the file cannot be read, which is then a finding. */
  read(key: FileKey): string | undefined;
  refuse(key: FileKey, why: string): void;
  /** Undefined when it throws, which is then a finding. */
  attempt<T>(key: FileKey, what: () => T): T | undefined;
  findings(): readonly Finding[];
  /** SHA-256 of all that was read, hex: the same for the same files. */
  digest(): string;
}

export function openShelf(settings: Values, now: Date): Shelf {
  const texts = new Map<FileKey, string | undefined>();
  // By text: roles that share a file would say the same twice.
  const found = new Map<string, Finding>();
  const shelf: Shelf = {
    now,
    read: (key) => {
      const path = settings[key];
      if (path !== undefined && !texts.has(key))
        texts.set(
          key,
          shelf.attempt(key, () => readFileSync(path, 'utf8')),
        );
      return texts.get(key);
    },
    refuse: (key, why) => {
      const where = settingsTable[key].name;
      const text = `${where} names ${settings[key]}, which cannot be used: ${why}`;
      found.set(text, { where, rule: 'file', text });
    },
    attempt: (key, what) => {
      try {
        return what();
      } catch (error) {
        shelf.refuse(key, error instanceof Error ? error.message : errorText(error));
        return undefined;
      }
    },
    findings: () => [...found.values()],
    digest: () =>
      createHash('sha256')
        .update(JSON.stringify([...texts]))
        .digest('hex'),
  };
  return shelf;
}
