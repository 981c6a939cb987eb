/** The pages of suppliers, with what other rooms do for them. */
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { supplierRoutes } from '../operations/face/pages/suppliers.ts';
import type { Pages } from '../operations/face/pages.ts';
import type { OperatorRoute } from '../operations/face/route.ts';
import type { Pool } from '../store/pool.ts';
import { moveLane } from '../suppliers/lanes.ts';

export function registerRoutes(pool: Pool, pages: Pages): readonly OperatorRoute[] {
  return [
    ...supplierRoutes({
      pool,
      pages,
      // The register has no others.
      moveLane: (move) => moveLane(pool, { ...move, organisationNumber: move.organisationNumber as OrganisationNumber }),
    }),
  ];
}
