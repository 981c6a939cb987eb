/** The OpenID Connect provider of the settings, if they name one. */
import { createProvider, type Provider } from '../operations/access/oidc/provider.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Log } from '../platform/log.ts';

export const oidcSettings = [
  'oidcIssuer',
  'oidcClientId',
  'oidcClientSecret',
  'oidcRoles',
  'oidcRolesClaim',
  'oidcScope',
  'oidcName',
  'oidcCaFile',
] as const satisfies readonly SettingKey[];

/** @param ca PEM of the authorities that may have issued its certificate @returns undefined: local accounts only */
export function providerOf(
  settings: Pick<Settings, (typeof oidcSettings)[number]>,
  ca: string | undefined,
  log: Log,
): Provider | undefined {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecret: clientSecret, oidcRoles: roles } = settings;
  // That all are given or none was found out when they were read.
  if (issuer === undefined || clientId === undefined || clientSecret === undefined || roles === undefined)
    return undefined;
  const { oidcScope: scope, oidcRolesClaim: claim, oidcName: name } = settings;
  return createProvider({ issuer, clientId, clientSecret, roles, scope, claim, name, ca }, log);
}
