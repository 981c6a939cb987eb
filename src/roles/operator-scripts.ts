/** The operators' routes for scripts, put together. */
import { accountsApi } from '../operations/face/api/accounts.ts';
import { auditApi } from '../operations/face/api/audit.ts';
import { certificateOrdersApi, type OrdersApiParts } from '../operations/face/api/certificate-orders.ts';
import { type CertificatesApiParts, certificatesApi } from '../operations/face/api/certificates.ts';
import { contractRoutes } from '../operations/face/api/contract.ts';
import { type DeadLettersApiParts, deadLettersApi } from '../operations/face/api/dead-letters.ts';
import { type JobsApiParts, jobsApi } from '../operations/face/api/jobs.ts';
import { type LanesApiParts, lanesApi } from '../operations/face/api/lanes.ts';
import { messageContentApi } from '../operations/face/api/message-content.ts';
import { messagesApi } from '../operations/face/api/messages.ts';
import { type OverviewApiParts, overviewApi } from '../operations/face/api/overview.ts';
import { suppliersApi } from '../operations/face/api/suppliers.ts';
import type { OperatorRoute } from '../operations/face/route.ts';
import type { Prover } from '../operations/open-evidence.ts';

export type ScriptParts = OverviewApiParts &
  LanesApiParts &
  CertificatesApiParts &
  OrdersApiParts &
  DeadLettersApiParts &
  JobsApiParts &
  Prover;

export const scriptRoutes = (parts: ScriptParts): readonly OperatorRoute[] => [
  ...contractRoutes(),
  ...overviewApi(parts),
  ...suppliersApi(parts),
  ...lanesApi(parts),
  ...messagesApi(parts),
  ...messageContentApi(parts),
  ...deadLettersApi(parts),
  ...certificatesApi(parts),
  ...certificateOrdersApi(parts),
  ...auditApi(parts),
  ...jobsApi(parts),
  ...accountsApi(parts),
];
