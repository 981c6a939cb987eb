/** The supplier-api role: the listener that suppliers reach, with the keys that verify our signatures. */
import { supplierApp } from '../collection/face.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import { listenTls } from '../platform/http/listen.ts';
import type { Log } from '../platform/log.ts';
import { loadCredentials, type SupplierApiCredentials } from './credentials.ts';
import type { Running } from './parts.ts';

export const supplierApiSettings = [
  'supplierHost',
  'supplierPort',
  'supplierKeyFile',
  'supplierCertificateFile',
  'signingCertificateFile',
  'signingOldCertificatesFile',
  'caFile',
] as const satisfies readonly SettingKey[];
export type SupplierApiSettings = Pick<Settings, (typeof supplierApiSettings)[number]>;

/**
 * @param credentials left out: read from the files that the settings name.
 * @throws Fault when a file of the settings is not right or the address cannot be had
 */
export async function startSupplierApi(
  settings: SupplierApiSettings,
  log: Log,
  credentials: SupplierApiCredentials = loadCredentials(settings, ['supplier-api'], new Date())['supplier-api'],
): Promise<Running & { readonly port: number }> {
  const { keys, listener: own } = credentials;
  const listener = await listenTls({ log, now: () => new Date() }, own, supplierApp({ log, jwks: () => keys }), {
    host: settings.supplierHost,
    port: settings.supplierPort,
    requestCertificate: true,
  });
  log.info('the suppliers listener runs', { host: listener.host, port: listener.port });
  return { port: listener.port, stop: () => listener.close() };
}
