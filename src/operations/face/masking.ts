/** Sole traders' organisation numbers are personal identity numbers: whoever may not open them sees their year only. */
import { isSoleTrader, maskOrganisationNumber } from '../../domain/organisation-number.ts';
import { maskEmail, maskPhone } from '../../store/enrol/contacts.ts';
import type { Who } from '../access/entered.ts';

export const maySeeNumber = (who: Pick<Who, 'may'>, organisationNumber: string): boolean =>
  who.may.has('open') || !isSoleTrader(organisationNumber);

/** As it is shown in lists. */
export const shownNumber = (who: Pick<Who, 'may'>, organisationNumber: string): string =>
  maySeeNumber(who, organisationNumber) ? organisationNumber : maskOrganisationNumber(organisationNumber);

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
