/** Which role may do what. A permission is needed by each route; nothing else decides. Pure. */
import { type OperatorRole, operatorRoles } from '../../domain/operator-role.ts';

export { type OperatorRole, operatorRoles };

export const permissions = ['view', 'act', 'certify', 'open', 'audit', 'administer'] as const;
/**
 * - `view`: everything but what the others open; contacts and sole traders' numbers masked
 * - `act`: resend, release, hold, pause, resume, cancel, re-enter, test call
 * - `certify`: certificate orders, their contacts, revoking
 * - `open`: documents and contact data, each time with a reason that is audited
 * - `audit`: the audit
 * - `administer`: accounts and tokens of others
 */
export type Permission = (typeof permissions)[number];

const mayOf: Readonly<Record<OperatorRole, readonly Permission[]>> = {
  viewer: ['view'],
  operator: ['view', 'act', 'open'],
  'security-officer': ['view', 'certify', 'open', 'audit'],
  auditor: ['view', 'open', 'audit'],
  administrator: ['view', 'administer'],
};

/** Roles add up. */
export function permissionsOf(roles: readonly OperatorRole[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => mayOf[role]));
}
