/** The one place where the process's environment is read. */
import { readFileSync } from 'node:fs';
import { Fault, type Finding } from '../../domain/fault.ts';
import { oidcDisagreements } from './oidc-settings.ts';
import { type SettingKey, type Settings, settingsTable } from './settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says: the values that are right, and a finding for every mistake. */
export interface Inspected {
  readonly values: Partial<Settings>;
  readonly findings: readonly Finding[];
}

/** Reads the settings a command needs, and checks those it does not need too if they are given. */
export function inspectSettings(needed: readonly SettingKey[], environment: Environment): Inspected {
  const findings: Finding[] = [];
  const values: Partial<Record<SettingKey, unknown>> = {};
  for (const key of Object.keys(settingsTable) as SettingKey[]) {
    const setting: { name: string; default?: string; optional?: true; secret?: true } = settingsTable[key];
    const read = settingsTable[key].read as (value: string) => unknown;
    try {
      const given = valueOf(setting.name, setting.secret === true, environment) ?? setting.default;
      if (given !== undefined) values[key] = read(given);
      else if (setting.optional !== true && needed.includes(key))
        findings.push({
          where: setting.name,
          rule: 'required',
          text: `${setting.name} must be set: ${settingsTable[key].what}`,
        });
    } catch (error) {
      findings.push({ where: setting.name, rule: 'value', text: `${setting.name} ${(error as Error).message}` });
    }
  }
  const mistaken = new Set(findings.map(({ where }) => where));
  findings.push(
    ...disagreements(values as Partial<Settings>),
    ...oidcDisagreements(values, mistaken),
    ...unknownNames(environment),
  );
  return { values: values as Partial<Settings>, findings };
}

/**
 * The settings a command needs.
 * @throws Fault `setting-invalid` with a finding for every mistake, so that all are seen at once.
 */
export function readSettings<K extends SettingKey>(needed: readonly K[], environment: Environment): Pick<Settings, K> {
  const { values, findings } = inspectSettings(needed, environment);
  if (findings.length > 0) throw settingsFault(findings);
  return values as Pick<Settings, K>;
}

/** One mistake is a sentence; several are a list under a heading. */
export function settingsFault(findings: readonly Finding[]): Fault {
  const texts = findings.map(({ text }) => text);
  const message =
    texts.length === 1 ? texts[0] : `${texts.length} settings are not right:\n${texts.map((t) => `  ${t}`).join('\n')}`;
  return new Fault('setting-invalid', message, { findings });
}

function valueOf(name: string, secret: boolean, environment: Environment): string | undefined {
  const given = environment[name];
  if (given !== undefined && given !== '') return given;
  const path = secret ? environment[`${name}_FILE`] : undefined;
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(`could not be read from the file that ${name}_FILE names (${(error as Error).message})`, {
      cause: error,
    });
  }
}

/** What must hold between settings. */
function disagreements(values: Partial<Settings>): Finding[] {
  const { lease, pushTimeout, mailUrl, publicUrl, crlLifetime, crlInterval, signingAhead, credentialsReload } = values;
  const findings: Finding[] = [];
  // A worker must be able to finish a push and record it before another may take its lane.
  if (lease !== undefined && pushTimeout !== undefined && lease <= pushTimeout + 5_000)
    findings.push({
      where: settingsTable.lease.name,
      rule: 'lease',
      text: `${settingsTable.lease.name} must be more than ${settingsTable.pushTimeout.name} + 5s`,
    });
  if (mailUrl !== undefined && publicUrl === undefined)
    findings.push({
      where: settingsTable.publicUrl.name,
      rule: 'links',
      text: `${settingsTable.publicUrl.name} must be set where ${settingsTable.mailUrl.name} is: links in letters begin with it`,
    });
  // A process that has not looked yet would hand out a key list without the key that another signs with.
  if (signingAhead !== undefined && credentialsReload !== undefined && signingAhead < credentialsReload)
    findings.push({
      where: settingsTable.signingAhead.name,
      rule: 'signing-ahead',
      text: `${settingsTable.signingAhead.name} must not be less than ${settingsTable.credentialsReload.name}`,
    });
  // Between the end of one list and the next, outsiders would trust nobody.
  if (crlLifetime !== undefined && crlInterval !== undefined && crlLifetime <= crlInterval)
    findings.push({
      where: settingsTable.crlLifetime.name,
      rule: 'crl-lifetime',
      text: `${settingsTable.crlLifetime.name} must be more than ${settingsTable.crlInterval.name}`,
    });
  return findings;
}

/** A misspelt setting must not be a silent default. */
function unknownNames(environment: Environment): Finding[] {
  const known = new Set(
    Object.values(settingsTable).flatMap((s: { name: string; secret?: true }) =>
      s.secret ? [s.name, `${s.name}_FILE`] : [s.name],
    ),
  );
  return Object.keys(environment)
    .filter((name) => name.startsWith('KUVERT_') && !known.has(name))
    .map((name) => ({
      where: name,
      rule: 'unknown',
      text: `${name} is no setting of this program; see docs/settings.md`,
    }));
}
