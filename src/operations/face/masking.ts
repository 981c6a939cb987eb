/** Sole traders' organisation numbers are personal identity numbers: whoever may not open them sees their year only. */
import { isSoleTrader, maskNumbersIn, maskOrganisationNumber } from '../../domain/organisation-number.ts';
import { maskEmail, maskPhone } from '../../store/enrol/contacts.ts';
import type { Who } from '../access/entered.ts';
import { queryOf } from './paging.ts';
import type { Asked } from './route.ts';

export const maySeeNumber = (who: Pick<Who, 'may'>, organisationNumber: string): boolean =>
  who.may.has('open') || !isSoleTrader(organisationNumber);

/** As it is shown in lists. */
export const shownNumber = (who: Pick<Who, 'may'>, organisationNumber: string): string =>
  maySeeNumber(who, organisationNumber) ? organisationNumber : maskOrganisationNumber(organisationNumber);

/**
 * A certificate's subject; our own certificates say whose they are by number, and others may in any spelling.
 * @param organisationNumber of whom the certificate is
 */
export const shownSubject = (who: Pick<Who, 'may'>, subject: string, organisationNumber: string): string =>
  who.may.has('open')
    ? subject
    : maskNumbersIn(subject.replaceAll(organisationNumber, shownNumber(who, organisationNumber)));

/** The same where there is more of the certificate: its bytes are for who may see all that its subject says. */
export function shownCertificate<
  T extends { readonly subject: string; readonly organisationNumber: string; readonly pem?: string },
>(who: Pick<Who, 'may'>, certificate: T): T {
  const subject = shownSubject(who, certificate.subject, certificate.organisationNumber);
  return { ...certificate, subject, ...(subject === certificate.subject ? {} : { pem: undefined }) };
}

/** KA's numbers of documents are no person's, however they look; links to the next page repeat what was asked for. */
const asItIs: ReadonlySet<string> = new Set(['documentNumber', 'axis', 'paging']);

/**
 * What goes out, on a page or to a script: in no text of it is a person's number for who may not open it.
 * @param typed texts of the request itself: they come back as they were
 */
export function shownTexts<T>(who: Who | undefined, value: T, typed: ReadonlySet<string> = new Set()): T {
  const shown = (one: unknown, name: string): unknown => {
    if (asItIs.has(name)) return one;
    if (typeof one === 'string') return typed.has(one) ? one : maskNumbersIn(one);
    if (Array.isArray(one)) return one.map((each) => shown(each, name));
    if (!isPlain(one)) return one;
    return Object.fromEntries(Object.entries(one).map(([key, each]) => [maskNumbersIn(key), shown(each, key)]));
  };
  return who?.may.has('open') === true ? value : (shown(value, '') as T);
}

/** No time, no list, nothing with a nature of its own. */
function isPlain(one: unknown): one is object {
  const nature: unknown = typeof one === 'object' && one !== null ? Object.getPrototypeOf(one) : undefined;
  return nature === Object.prototype || nature === null;
}

/** What was typed by who asks, in each form in which a page may give it back. */
export const typedIn = ({ request, form }: Pick<Asked, 'request' | 'form'>): ReadonlySet<string> =>
  new Set(
    [...queryOf(request).values(), ...form.values()].flatMap((text) => [
      text,
      text.trim(),
      text.replaceAll('\r\n', '\n'),
    ]),
  );

/** A supplier's page, by its number: a person's stands in no URL, whoever may see it. */
export const pathByNumber = (organisationNumber: string): string | undefined =>
  isSoleTrader(organisationNumber) ? undefined : `/suppliers/${organisationNumber}`;

/** A person as everybody sees them: enough to be recognised by who knows them. */
export const shownPerson = <T extends { readonly name: string; readonly email: string; readonly phone: string }>(
  person: T,
): T => ({
  ...person,
  name: person.name.replaceAll(/(?<=\S)\S+/g, '***'),
  email: maskEmail(person.email),
  phone: maskPhone(person.phone),
});
