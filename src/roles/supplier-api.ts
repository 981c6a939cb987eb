/** The supplier-api role: the listener that suppliers reach, with the keys that verify our signatures. */
import { supplierApp } from '../collection/face.ts';
import { jwks } from '../envelope/keys.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import { listenTls } from '../platform/http/listen.ts';
import type { Log } from '../platform/log.ts';
import { type Running, readFileOf } from './parts.ts';

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

/** @throws Fault when a file of the settings is not right or the address cannot be had */
export async function startSupplierApi(
  settings: SupplierApiSettings,
  log: Log,
): Promise<Running & { readonly port: number }> {
  const old = settings.signingOldCertificatesFile;
  const certificates = [
    readFileOf('signingCertificateFile', settings.signingCertificateFile),
    ...(old === undefined ? [] : [readFileOf('signingOldCertificatesFile', old)]),
  ];
  const keys = jwks(certificates);
  const listener = await listenTls(
    { log, now: () => new Date() },
    {
      key: readFileOf('supplierKeyFile', settings.supplierKeyFile),
      cert: readFileOf('supplierCertificateFile', settings.supplierCertificateFile),
      ca: readFileOf('caFile', settings.caFile),
    },
    supplierApp({ log, jwks: () => keys }),
    { host: settings.supplierHost, port: settings.supplierPort, requestCertificate: true },
  );
  log.info('the suppliers listener runs', { host: listener.host, port: listener.port });
  return { port: listener.port, stop: () => listener.close() };
}
