/** The pages of suppliers and certificates, with what other rooms do for them. */
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { approveOrder, cancelOrder, reorder } from '../enrolment/orders.ts';
import { revokeCertificate } from '../enrolment/revoke.ts';
import { standingOf } from '../enrolment/standing.ts';
import { certificateOrderRoutes } from '../operations/face/pages/certificate-orders.ts';
import { certificateRoutes } from '../operations/face/pages/certificates.ts';
import { supplierRoutes } from '../operations/face/pages/suppliers.ts';
import type { Pages } from '../operations/face/pages.ts';
import type { OperatorRoute } from '../operations/face/route.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Pool } from '../store/pool.ts';
import { moveLane } from '../suppliers/lanes.ts';

export const registerPagesSettings = ['heldProbe', 'smsUrl', 'orderApproval'] as const satisfies readonly SettingKey[];

export function registerRoutes(
  settings: Pick<Settings, (typeof registerPagesSettings)[number]>,
  pool: Pool,
  pages: Pages,
): readonly OperatorRoute[] {
  const done = { rehearsal: false } as const;
  return [
    ...supplierRoutes({
      pool,
      pages,
      // The register has no others.
      moveLane: (move) =>
        moveLane(pool, { ...move, organisationNumber: move.organisationNumber as OrganisationNumber }),
    }),
    // Before those of one certificate: `/certificates/orders` is none.
    ...certificateOrderRoutes({
      pool,
      pages,
      approve: (transferId, act) => approveOrder(pool, transferId, { ...act, ...done }),
      cancel: (transferId, act) => cancelOrder(pool, transferId, { ...act, ...done }),
      reorder: (transferId, act) =>
        reorder(
          pool,
          {
            transferId,
            contact: {},
            approval: settings.orderApproval,
            pin: settings.smsUrl === undefined ? 'representative' : 'sms',
          },
          { ...act, ...done },
        ),
      standing: standingOf,
    }),
    ...certificateRoutes({
      pool,
      pages,
      revoke: (wanted) => revokeCertificate(pool, { ...wanted, heldProbe: settings.heldProbe }),
    }),
  ];
}
