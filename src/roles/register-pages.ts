/** The pages of suppliers and certificates, with what other rooms do for them. */
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { approveOrder, cancelOrder, reorder } from '../enrolment/orders.ts';
import { revokeCertificate } from '../enrolment/revoke.ts';
import { standingOf } from '../enrolment/standing.ts';
import { certificateOrderRoutes, type OrderParts } from '../operations/face/pages/certificate-orders.ts';
import { type CertificateParts, certificateRoutes } from '../operations/face/pages/certificates.ts';
import { type SupplierParts, supplierRoutes } from '../operations/face/pages/suppliers.ts';
import type { Pages } from '../operations/face/pages.ts';
import type { OperatorRoute } from '../operations/face/route.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Pool } from '../store/pool.ts';
import { moveLane } from '../suppliers/lanes.ts';

export const registerPagesSettings = ['heldProbe', 'smsUrl', 'orderApproval'] as const satisfies readonly SettingKey[];

export type RegisterDeeds = Pick<SupplierParts, 'moveLane'> &
  Pick<OrderParts, 'approve' | 'cancel' | 'reorder' | 'standing'> &
  Pick<CertificateParts, 'revoke'>;

/** What suppliers' and enrolment's rooms do for pages and scripts. */
export function registerDeeds(
  settings: Pick<Settings, (typeof registerPagesSettings)[number]>,
  pool: Pool,
): RegisterDeeds {
  const done = { rehearsal: false } as const;
  return {
    // The register has no others.
    moveLane: (move) => moveLane(pool, { ...move, organisationNumber: move.organisationNumber as OrganisationNumber }),
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
    revoke: (wanted) => revokeCertificate(pool, { ...wanted, heldProbe: settings.heldProbe }),
  };
}

/** @param sums connections that may read whole tables */
export function registerRoutes(deeds: RegisterDeeds, pool: Pool, pages: Pages, sums: Pool): readonly OperatorRoute[] {
  return [
    ...supplierRoutes({ pool, pages, ...deeds }),
    // Before those of one certificate: `/certificates/orders` is none.
    ...certificateOrderRoutes({ pool, pages, ...deeds }),
    ...certificateRoutes({ pool, sums, pages, ...deeds }),
  ];
}
