/** The settings of sign-in by OpenID Connect: whose provider, and which of its words stand for which roles. */
import type { Finding } from '../../domain/fault.ts';
import { parseRolesByClaim } from '../../domain/operator-role.ts';
import { file, isOnThisMachine, type Reader, text } from './readers.ts';
import { optional, preset } from './setting.ts';

/** As OpenID Connect Discovery 1.0, 2.1 has it; plain HTTP is for this machine itself. */
const issuer: Reader<string> = (value) => {
  const parsed = URL.canParse(value) && value.length <= 500 ? new URL(value) : undefined;
  const safe = parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isOnThisMachine(parsed.hostname));
  if (parsed === undefined || !safe || /[?#]/.test(value) || parsed.username !== '' || parsed.password !== '')
    throw new Error(
      'must be an https URL without user, question and fragment, such as https://login.example.se, or http on this machine itself',
    );
  return value;
};

const scope: Reader<string> = (value) => {
  const words = value.trim().split(/\s+/);
  // RFC 6749, 3.3.
  if (!words.includes('openid') || !words.every((word) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word)))
    throw new Error('must be words with spaces between, `openid` one of them');
  return words.join(' ');
};

const short: Reader<string> = (value) => {
  if (value.trim() === '' || value.length > 60) throw new Error('must have 1 to 60 characters');
  return value.trim();
};

export const oidcTable = {
  oidcIssuer: optional(
    'KUVERT_OIDC_ISSUER',
    issuer,
    'The OpenID Connect provider that operators sign in with, as it names itself: `https://login.example.se/realms/staff`. What is to be known of it is read from `/.well-known/openid-configuration` below that. Left out, with the three that go with it: local accounts only.',
  ),
  oidcClientId: optional('KUVERT_OIDC_CLIENT_ID', text, 'What the provider calls this console.'),
  oidcClientSecret: optional('KUVERT_OIDC_CLIENT_SECRET', text, 'The secret that the provider gave it.', {
    secret: true,
  }),
  oidcRoles: optional(
    'KUVERT_OIDC_ROLES',
    parseRolesByClaim,
    'Which values of KUVERT_OIDC_ROLES_CLAIM give which roles: `kuvert-operators=operator; kuvert-admins=administrator,auditor`. Roles add up. Whoever has none of the values does not get in.',
  ),
  oidcRolesClaim: preset(
    'KUVERT_OIDC_ROLES_CLAIM',
    text,
    'groups',
    'The claim that is looked at: a text or a list of texts, in the ID token or else in the answer of the user info endpoint. `realm_access.roles` is `roles` in `realm_access`, where there is no claim of the whole name.',
  ),
  oidcScope: preset(
    'KUVERT_OIDC_SCOPE',
    scope,
    'openid profile',
    'What the provider is asked for, with `openid` in it; some want another word for groups.',
  ),
  oidcName: preset(
    'KUVERT_OIDC_NAME',
    short,
    'OpenID Connect',
    'The name of the provider on the button “Sign in with …”.',
  ),
  oidcCaFile: optional(
    'KUVERT_OIDC_CA_FILE',
    file,
    "PEM file with the authorities that may have issued the provider's certificate (default: those that Node knows).",
  ),
} as const;

const together = ['oidcIssuer', 'oidcClientId', 'oidcClientSecret', 'oidcRoles'] as const;

/** Part of them is a sign-in that somebody meant to have. @param mistaken those that are given, but not right */
export function oidcDisagreements(
  values: Readonly<Partial<Record<(typeof together)[number], unknown>>>,
  mistaken: ReadonlySet<string>,
): Finding[] {
  const missing = together.filter((key) => values[key] === undefined && !mistaken.has(oidcTable[key].name));
  if (missing.length === together.length) return [];
  return missing.map((key) => ({
    where: oidcTable[key].name,
    rule: 'oidc',
    text: `${oidcTable[key].name} must be set where another of ${together.map((one) => oidcTable[one].name).join(', ')} is`,
  }));
}
