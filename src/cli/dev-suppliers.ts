/** The suppliers that `kuvert dev` makes certificates for: whoever keeps its certificates must want the same ones. */
import { sampleOrganisationNumber } from '../documents/sample.ts';
import type { DevSupplier } from '../pki/dev-certificates.ts';

/** It is pushed to. */
export const pushedTo: DevSupplier = {
  organisationNumber: sampleOrganisationNumber(1),
  name: 'Norrskenet Utbildning AB',
};
export const fetching: DevSupplier = {
  organisationNumber: sampleOrganisationNumber(2),
  name: 'Björkudden Kompetens AB',
};
