/** Sole traders' organisation numbers are personal identity numbers: whoever may not open them sees their year only. */
import { isSoleTrader, maskOrganisationNumber } from '../../domain/organisation-number.ts';
import type { Who } from '../access/entered.ts';

export const maySeeNumber = (who: Pick<Who, 'may'>, organisationNumber: string): boolean =>
  who.may.has('open') || !isSoleTrader(organisationNumber);

/** As it is shown in lists. */
export const shownNumber = (who: Pick<Who, 'may'>, organisationNumber: string): string =>
  maySeeNumber(who, organisationNumber) ? organisationNumber : maskOrganisationNumber(organisationNumber);
