/** Roles as they are named after a command. */
import { Fault } from '../domain/fault.ts';
import type { RoleName } from '../roles/start.ts';

/**
 * None named: the usual ones, which is all but the authority.
 * @throws Fault `argument-invalid` for a name that is no role
 */
export function readRoles(
  named: readonly string[],
  { roleNames, usualRoles }: { readonly roleNames: readonly RoleName[]; readonly usualRoles: readonly RoleName[] },
  command: string,
): RoleName[] {
  const unknown = named.filter((name) => !(roleNames as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new Fault(
      'argument-invalid',
      `there is no role ${unknown.join(', ')}; the roles are ${roleNames.join(', ')}\nThe right form: ${command} [role...]`,
    );
  return named.length === 0 ? [...usualRoles] : roleNames.filter((name) => named.includes(name));
}
