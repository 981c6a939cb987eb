/** The files that settings name, read once each, with all that is wrong with them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Finding } from '../domain/fault.ts';
import { type SettingKey, type Settings, settingsTable } from '../platform/config/settings.ts';
import { errorText } from '../platform/log.ts';
import type { OwnRecord } from '../store/enrol/own-certificates.ts';

/** Values of settings. One that is not set, or not right, is not there: who read the settings reports it. */
export type Values = Partial<Settings>;

export type FileKey = Extract<SettingKey, `${string}File`>;

export type Text =
  | { readonly text: string }
  | { readonly why: string }
  /** There is no such file. */
  | { readonly why: string; readonly absent: true };

/** The files that the settings name, each read once, and what is wrong with them. */
export interface Shelf {
  readonly now: Date;
  /** Undefined: it could not be asked for yet. */
  readonly record: OwnRecord | undefined;
  /** Undefined when the setting is not there, or the file cannot be read, which is then a finding. */
  read(key: FileKey): string | undefined;
  pathOf(key: FileKey): string | undefined;
  /** Of any file; whether it is in use is said by `use`. */
  text(path: string): Text;
  use(key: FileKey, text: string): void;
  refuse(key: FileKey, why: string): void;
  /** What is wrong, while another is used. `withdrawn`: it is used all the same, for want of another. */
  passOver(key: FileKey, why: string, rule?: 'withdrawn'): void;
  /** Undefined when it throws, which is then a finding. */
  attempt<T>(key: FileKey, what: () => T): T | undefined;
  findings(): readonly Finding[];
  passedOver(): readonly Finding[];
  /** SHA-256 of all that is in use, hex: the same for the same keys and certificates, in whichever files they lie. */
  digest(): string;
  /** SHA-256 of all that was read. */
  seen(): string;
}

export function openShelf(settings: Values, now: Date, record: OwnRecord | undefined): Shelf {
  const texts = new Map<string, Text>();
  const used = new Map<FileKey, string>();
  // By text: roles that share a file would say the same twice.
  const found = new Map<string, Finding>();
  const passed = new Map<string, Finding>();
  const note = (into: Map<string, Finding>, key: FileKey, text: string, rule = 'file') =>
    into.set(text, { where: settingsTable[key].name, rule, text });
  const shelf: Shelf = {
    now,
    record,
    pathOf: (key) => settings[key],
    text: (path) => {
      const text = texts.get(path) ?? readText(path);
      texts.set(path, text);
      return text;
    },
    read: (key) => {
      const path = shelf.pathOf(key);
      if (path === undefined) return undefined;
      const text = shelf.text(path);
      shelf.use(key, 'text' in text ? text.text : text.why);
      if ('text' in text) return text.text;
      shelf.refuse(key, text.why);
      return undefined;
    },
    use: (key, text) => void used.set(key, text),
    refuse: (key, why) => {
      const { name } = settingsTable[key];
      note(found, key, `${name} names ${settings[key]}, which cannot be used: ${why}`);
    },
    passOver: (key, why, rule) => void note(passed, key, `${settingsTable[key].name}: ${why}`, rule),
    attempt: (key, what) => {
      try {
        return what();
      } catch (error) {
        shelf.refuse(key, error instanceof Error ? error.message : errorText(error));
        return undefined;
      }
    },
    findings: () => [...found.values()],
    passedOver: () => [...passed.values()],
    digest: () => sha256(JSON.stringify([...used])),
    seen: () => sha256(JSON.stringify([...texts])),
  };
  return shelf;
}

function readText(path: string): Text {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    const { message: why, code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { why, absent: true } : { why };
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
