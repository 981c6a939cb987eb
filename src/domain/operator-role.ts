/** The roles of operators, and which words of an identity provider stand for them. Pure. */

export const operatorRoles = ['viewer', 'operator', 'security-officer', 'auditor', 'administrator'] as const;
export type OperatorRole = (typeof operatorRoles)[number];

/** What a claim may say → the roles that it gives. */
export type RolesByClaim = ReadonlyMap<string, readonly OperatorRole[]>;

/**
 * Reads `kuvert-operators=operator; CN=Kuvert Admins,DC=example=administrator,auditor`: entries between semicolons, the roles after the last
 * equals sign, for the names of groups have commas and equals signs of their own. Throws an Error whose message completes “NAME …”.
 */
export function parseRolesByClaim(text: string): RolesByClaim {
  const given = new Map<string, readonly OperatorRole[]>();
  for (const entry of text.split(';').map((part) => part.trim())) {
    if (entry === '') continue;
    const at = entry.lastIndexOf('=');
    const value = entry.slice(0, Math.max(0, at)).trim();
    if (value === '')
      throw new Error(`must be entries such as kuvert-operators=operator between “;”; “${entry}” is none`);
    if (given.has(value)) throw new Error(`has “${value}” twice`);
    given.set(value, rolesIn(entry.slice(at + 1), entry));
  }
  if (given.size === 0) throw new Error('must have an entry, such as kuvert-operators=operator');
  return given;
}

function rolesIn(text: string, entry: string): readonly OperatorRole[] {
  const named = text.split(',').map((one) => one.trim());
  const roles = operatorRoles.filter((role) => named.includes(role));
  const unknown = named.filter((one) => !(operatorRoles as readonly string[]).includes(one));
  if (unknown.length > 0)
    throw new Error(
      `has “${entry}”, in which “${unknown.join(', ')}” is no role; the roles are ${operatorRoles.join(', ')}`,
    );
  return roles;
}
