/** What a representative wrote, made right or refused with all that is wrong: contacts and names. */
import { domainToASCII } from 'node:url';
import type { Finding } from '../domain/fault.ts';
import type { ContactFields } from '../store/enrol/contacts.ts';

/** Control characters, and what turns the direction of writing, have no place in a name. */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

export const textLimit = 200;
const emailLimit = 254;
const namesLimit = 20;

/** Trimmed. A finding for one that is empty, too long or cannot be printed. */
export function readText(text: string, where: string, findings: Finding[]): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > textLimit)
    findings.push({ where, rule: 'length', text: `${where} must be 1 to ${textLimit} characters` });
  if (unprintable.test(trimmed) || !trimmed.isWellFormed())
    findings.push({ where, rule: 'characters', text: `${where} has characters that cannot be printed` });
  return trimmed;
}

/** A host name in the form that certificates have (RFC 5280 §4.2.1.6): small letters, IDN as xn--. Undefined: it is none. */
export function readDnsName(text: string): string | undefined {
  const name = domainToASCII(text.trim()).toLowerCase();
  const labels = name.split('.');
  const right = labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  // A last label of digits would be read as an IP address.
  return right && name.length <= 253 && !/^\d+$/.test(labels.at(-1) ?? '') ? name : undefined;
}

/** Each once, in the order given. */
export function readDnsNames(texts: readonly string[], findings: Finding[]): string[] {
  const names = texts.map((text) => readDnsName(text) ?? { wrong: text });
  for (const name of names)
    if (typeof name === 'object')
      findings.push({
        where: 'dns',
        rule: 'dns-name',
        text: 'a host name such as b2b.exempel.se is expected, without * and not an IP address',
        found: name.wrong.slice(0, textLimit),
      });
  const unique = [...new Set(names.filter((name) => typeof name === 'string'))];
  if (unique.length > namesLimit)
    findings.push({
      where: 'dns',
      rule: 'dns-names',
      text: `at most ${namesLimit} host names`,
      found: String(unique.length),
    });
  return unique;
}

/** A mail address as people have them (of RFC 5321 §4.1.2 the part that every server takes). */
export function isEmail(text: string): boolean {
  const [local = '', domain = '', ...more] = text.split('@');
  const dotted = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
  return (
    more.length === 0 &&
    text.length <= emailLimit &&
    local.length <= 64 &&
    dotted.test(local) &&
    domain.includes('.') &&
    readDnsName(domain) === domain.toLowerCase()
  );
}

/** Spaces, hyphens and parentheses are for the eye. @returns E.164 or undefined */
export function readPhone(text: string): string | undefined {
  const phone = text
    .replaceAll('(0)', '')
    .replaceAll(/[\s().-]/g, '')
    .replace(/^00/, '+');
  return /^\+[1-9]\d{6,14}$/.test(phone) ? phone : undefined;
}

export interface WantedContact {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly language: 'sv' | 'en';
}

export function readWantedContact(wanted: WantedContact, findings: Finding[]): ContactFields {
  const name = readText(wanted.name, 'name', findings);
  const email = wanted.email.trim();
  if (!isEmail(email))
    findings.push({
      where: 'email',
      rule: 'email',
      text: 'a mail address such as anna@exempel.se is expected',
      found: email.slice(0, textLimit),
    });
  const phone = readPhone(wanted.phone);
  if (phone === undefined)
    findings.push({
      where: 'phone',
      rule: 'phone',
      text: 'a telephone number with its country code is expected, such as +46 70 123 45 67',
      found: wanted.phone.slice(0, textLimit),
    });
  return { name, email, phone: phone ?? '', language: wanted.language };
}
