/** How a setting's text becomes a value. A reader returns the value or throws a sentence. */
import { isIP } from 'node:net';
import { type DocumentRules, parseDocumentRules } from '../../domain/document-rules.ts';
import { type OrganisationNumber, parseOrganisationNumber } from '../../domain/organisation-number.ts';
import { formatDuration, parseDuration } from '../../domain/schedule.ts';

/** Throws an Error whose message completes “NAME …”. */
export type Reader<T> = (value: string) => T;

export const text: Reader<string> = (value) => {
  if (value.length > 4_096) throw new Error('is longer than 4096 characters');
  return value;
};

/** A path. Whether the file can be read and holds what it must is found out before anything starts, with all other mistakes. */
export const file: Reader<string> = text;

export const bool: Reader<boolean> = (value) => {
  if (/^(yes|true|1)$/i.test(value)) return true;
  if (/^(no|false|0)$/i.test(value)) return false;
  throw new Error('must be yes or no');
};

export function choice<T extends string>(values: readonly T[]): Reader<T> {
  return (value) => {
    const found = values.find((v) => v === value);
    if (found === undefined) throw new Error(`must be one of ${values.join(', ')}`);
    return found;
  };
}

export function count(least: number, most: number): Reader<number> {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most)
      throw new Error(`must be a whole number from ${least} to ${most}`);
    return number;
  };
}

export const port: Reader<number> = count(0, 65_535);

export const share: Reader<number> = (value) => {
  const number = Number(value);
  if (!/^\d*\.?\d+$/.test(value) || number > 0.9) throw new Error('must be a share from 0 to 0.9, such as 0.2');
  return number;
};

/** Durations such as `30s`, `10m`, `1h`, `7d` → milliseconds. */
export function duration(least: string, most: string): Reader<number> {
  const low = parseDuration(least) ?? 0;
  const high = parseDuration(most) ?? Number.POSITIVE_INFINITY;
  return (value) => {
    const milliseconds = parseDuration(value);
    if (milliseconds === undefined || milliseconds < low || milliseconds > high)
      throw new Error(
        `must be a duration from ${formatDuration(low)} to ${formatDuration(high)}, such as 30s, 10m or 2h`,
      );
    return milliseconds;
  };
}

export const durations: Reader<readonly number[]> = (value) => {
  const parsed = value.split(',').map(parseDuration);
  const good = parsed.filter((wait) => wait !== undefined && wait > 0) as number[];
  if (good.length !== parsed.length || good.length > 50)
    throw new Error('must be durations separated by commas, such as 5s,30s,2m');
  return good;
};

/** Whole days, `60d,30d,7d` → numbers of days, most first. */
export const days: Reader<readonly number[]> = (value) => {
  const parsed = value.split(',').map((one) => (parseDuration(one) ?? 0) / 86_400_000);
  if (parsed.length > 20 || !parsed.every((one) => Number.isInteger(one) && one >= 1 && one <= 366))
    throw new Error('must be whole days separated by commas, such as 60d,30d,7d, of 1 to 366 days each, 20 at most');
  return [...new Set(parsed)].sort((a, b) => b - a);
};

const byteUnits = { B: 1, KB: 1_024, MB: 1_048_576 } as const;
const parseBytes = (value: string): number | undefined => {
  const match = /^(\d+)(B|KB|MB)$/.exec(value.trim());
  return match ? Number(match[1]) * byteUnits[match[2] as keyof typeof byteUnits] : undefined;
};

/** Sizes such as `64KB`, `10MB` (binary multiples) → bytes. */
export function bytes(least: string, most: string): Reader<number> {
  return (value) => {
    const size = parseBytes(value);
    if (size === undefined || size < (parseBytes(least) ?? 0) || size > (parseBytes(most) ?? 0))
      throw new Error(`must be a size from ${least} to ${most}, such as 64KB or 10MB`);
    return size;
  };
}

export function url(...protocols: string[]): Reader<string> {
  return (value) => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (!parsed || !protocols.includes(parsed.protocol))
      throw new Error(`must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`);
    return value;
  };
}

export function urls(...protocols: string[]): Reader<readonly string[]> {
  const one = url(...protocols);
  return (value) => value.split(',').map((part) => one(part.trim()));
}

/** An HTTP proxy. It is a secret, so what is wrong is said without it. */
export const proxy: Reader<string> = (value) => {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol) || parsed.hostname === '')
    throw new Error('must be a URL such as http://proxy.example:3128 or https://user:password@proxy.example');
  if (parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '')
    throw new Error('must end after the port: a proxy has no path');
  try {
    decodeURIComponent(parsed.username + parsed.password);
  } catch {
    throw new Error('must have % in its user and password only as the beginning of %XX');
  }
  return value;
};

/** STOMP brokers. What they want to know of us has settings of its own, which are not shown. */
export const brokers: Reader<readonly string[]> = (value) => {
  const addresses = urls('stomp:', 'stomp+ssl:', 'tcp:', 'ssl:')(value);
  for (const address of addresses) {
    const { hostname, username, password, search } = new URL(address);
    if (hostname === '') throw new Error('must name a host in every address, such as stomp://host:61613');
    if (username !== '' || password !== '' || search !== '')
      throw new Error(
        `must carry no user, password or options (${hostname} does); use BROKER_USER and BROKER_PASSWORD`,
      );
  }
  return addresses;
};

/** An absolute URI (RFC 3986 §4.3), as CloudEvents wants of a source. */
export const uri: Reader<string> = (value) => {
  if (!/^[a-z][a-z0-9+.-]*:[\w.~:/?#[\]@!$&'()*+,;=%-]+$/i.test(value) || !URL.canParse(value) || value.length > 1_000)
    throw new Error('must be an absolute URI, such as https://example.se/ka or urn:example:ka');
  return value;
};

export const organisationNumber: Reader<OrganisationNumber> = (value) => {
  const number = parseOrganisationNumber(value);
  if (number === undefined)
    throw new Error('must be an organisation number with a right check digit, such as 202100-2114');
  return number;
};

/** Where others reach a listener of ours: scheme, host and port. @returns it without a slash at its end */
export const origin: Reader<string> = (value) => {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed?.protocol !== 'https:' || `${parsed.origin}/` !== parsed.href)
    throw new Error('must be an https URL without path, user or question, such as https://kuvert.example:8443');
  return parsed.origin;
};

/** @param hostname of a URL */
export const isOnThisMachine = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/** As above; plain HTTP is for this machine itself. */
export const anyOrigin: Reader<string> = (value) => {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  const right = parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isOnThisMachine(parsed.hostname));
  if (parsed === undefined || !right || `${parsed.origin}/` !== parsed.href)
    throw new Error(
      'must be an https URL without path, user or question, such as https://kuvert.example, or http on this machine itself',
    );
  return parsed.origin;
};

/** A folder to write into, of `file:FOLDER`; undefined: it is not of that form. */
export const folderIn = (value: string): string | undefined => /^file:(?:\/\/(?=\/))?(.+)$/.exec(value)?.[1];

/** A mail server. It is a secret, so what is wrong is said without it. */
export const mailUrl: Reader<string> = (value) => {
  if (folderIn(value) !== undefined) return value;
  const parsed = credentialed(value, ['smtp:', 'smtps:']);
  const options = [...(parsed?.searchParams.entries() ?? [])].map(([name, option]) => `${name}=${option}`);
  if (
    parsed === undefined ||
    !['', '/'].includes(parsed.pathname) ||
    options.some((one) => one !== 'starttls=optional')
  )
    throw new Error(
      'must be smtp://user:password@host:587, smtps://host:465 or file:FOLDER; after it only ?starttls=optional',
    );
  return value;
};

/** The API of an SMS provider, with what lets us in. */
export const smsUrl: Reader<string> = (value) => {
  if (folderIn(value) !== undefined) return value;
  const parsed = credentialed(value, ['https:']);
  if (parsed === undefined || parsed.username === '' || parsed.password === '')
    throw new Error('must be https://user:password@api.46elks.com/a1/sms or file:FOLDER');
  return value;
};

function credentialed(value: string, protocols: readonly string[]): URL | undefined {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed === undefined || !protocols.includes(parsed.protocol) || parsed.hostname === '') return undefined;
  try {
    decodeURIComponent(parsed.username + parsed.password);
    return parsed;
  } catch {
    return undefined;
  }
}

/** CIDR ranges; the empty text is none. */
export const cidrs: Reader<readonly string[]> = (value) => {
  const parts = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  for (const part of parts) {
    const [address = '', prefix = ''] = part.split('/');
    const family = isIP(address);
    if (family === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128))
      throw new Error(`must be CIDR ranges separated by commas, such as 10.1.0.0/16; “${part}” is none`);
  }
  return parts;
};

/** Which formats and types only note a breach of a business rule. */
export const documentRules: Reader<DocumentRules> = parseDocumentRules;
