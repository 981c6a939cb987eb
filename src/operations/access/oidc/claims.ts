/** Who the provider says that it is, and what that gives them here. Pure. */
import { type OperatorRole, operatorRoles, type RolesByClaim } from '../../../domain/operator-role.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Somebody whom the provider has signed in. */
export interface Person {
  readonly issuer: string;
  /** The provider's name for them, which it gives to nobody else, ever. Their other names may change hands. */
  readonly subject: string;
  /** What their account could be called. */
  readonly name: string;
  readonly displayName: string;
  readonly roles: readonly OperatorRole[];
  /** Why there are no roles: the claim was not there, or had none of the values that give one. */
  readonly lacks: 'claim' | 'value' | undefined;
}

/** @returns undefined: there is no such claim */
export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((inside, part) => {
    const object = typeof inside === 'object' && inside !== null ? (inside as Claims) : {};
    return Object.hasOwn(object, part) ? object[part] : undefined;
  }, claims);
}

export function personOf(
  claims: Claims & { readonly iss: string; readonly sub: string },
  rules: { readonly claim: string; readonly roles: RolesByClaim },
): Person {
  const said = claimOf(claims, rules.claim);
  const values = [said].flat().filter((value) => typeof value === 'string');
  const given = new Set(values.flatMap((value) => rules.roles.get(value) ?? []));
  const roles = operatorRoles.filter((role) => given.has(role));
  const name = nameOf(textOf(claims['preferred_username']) ?? textOf(claims['email']) ?? claims.sub);
  return {
    issuer: claims.iss,
    subject: claims.sub,
    name,
    displayName: (textOf(claims['name']) ?? textOf(claims['preferred_username']) ?? name).slice(0, 200),
    roles,
    lacks: roles.length > 0 ? undefined : said === undefined ? 'claim' : 'value',
  };
}

/** A text with something in it, on one line. */
function textOf(claim: unknown): string | undefined {
  const text = typeof claim === 'string' ? claim.replaceAll(/[\s\p{C}]+/gu, ' ').trim() : '';
  return text === '' ? undefined : text;
}

/** Room is left for a number behind it. */
const mostName = 90;

/** As accounts are called: `Åsa.Ek@example.se` → `asa.ek@example.se`. */
function nameOf(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._@-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, mostName);
  return plain === '' ? 'operator' : plain;
}
