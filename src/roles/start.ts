/** One program that runs any of its roles, in one process or in several. */
import { Fault } from '../domain/fault.ts';
import type { Signer } from '../envelope/signer.ts';
import { type Inspected, settingsFault } from '../platform/config/read.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Log } from '../platform/log.ts';
import { startAuditHeads } from './audit-heads.ts';
import { caSettings, startCa } from './ca.ts';
import { type Credentials, inspectCredentials, loadCredentials } from './credentials.ts';
import { deliverySettings, startDelivery } from './delivery.ts';
import { healthSettings, startHealth } from './health.ts';
import { intakeSettings, startIntake } from './intake.ts';
import { operatorApiSettings, startOperatorApi } from './operator-api.ts';
import { type RoleName, type Running, roleNames } from './parts.ts';
import { stopAll } from './stop.ts';
import { startSupplierApi, supplierApiSettings } from './supplier-api.ts';

export { type RoleName, roleNames, usualRoles } from './parts.ts';

const settingsOf: Readonly<Record<RoleName, readonly SettingKey[]>> = {
  intake: intakeSettings,
  delivery: deliverySettings,
  'supplier-api': supplierApiSettings,
  'operator-api': operatorApiSettings,
  ca: caSettings,
};

/** The settings that these roles need, for `readSettings`. */
export function settingsFor(roles: readonly RoleName[]): SettingKey[] {
  return [...new Set([...roles.flatMap((role) => settingsOf[role]), ...healthSettings])];
}

/**
 * All that the roles need to be told, tried before any server is touched: the settings, and the files that they name.
 * @param inspected the environment, looked at with `settingsFor(roles)` among what is needed
 * @throws Fault `setting-invalid` with a finding for every mistake in either
 */
export function prepare(
  roles: readonly RoleName[],
  inspected: Inspected,
  now: Date,
): { readonly settings: Settings; readonly credentials: Credentials } {
  const { credentials, findings } = inspectCredentials(inspected.values, roles, now);
  const all = [...inspected.findings, ...findings];
  if (all.length > 0) throw settingsFault(all);
  return { settings: inspected.values as Settings, credentials };
}

export interface Gateway extends Running {
  /** The port of the suppliers' listener, when that role runs here. */
  readonly supplierPort: number | undefined;
  /** Where browsers reach the console, when that role runs here. */
  readonly operatorOrigin: string | undefined;
  /** The port of metrics and probes, when the settings ask for them. */
  readonly metricsPort: number | undefined;
  /** Every role looks at once for changed keys and certificates. */
  readonly reload: () => Promise<void>;
}

/**
 * Starts the roles, delivery before intake, so that what is taken finds its alarm clock.
 * @param credentials from `prepare`; left out: read from the files that the settings name, before a server is touched.
 * @throws Fault when one cannot start; those that did are stopped again.
 */
export async function startGateway(
  settings: Settings,
  roles: readonly RoleName[],
  log: Log,
  version: string,
  credentials: Credentials = loadCredentials(settings, roles, new Date()),
): Promise<Gateway> {
  if (roles.length === 0) throw new Fault('argument-invalid', `name at least one role of ${roleNames.join(', ')}`);
  const running = new Map<string, Running>();
  let supplierPort: number | undefined;
  let operatorOrigin: string | undefined;
  let signer: (() => Signer) | undefined;
  const logOf = (role: RoleName) => log.with({ role });
  const health = await startHealth(settings, roles, log.with({ role: 'health' }));
  const stop = async () => {
    health?.rolesRun(false);
    await stopAll(running, settings.stopTimeout, log);
    await health?.close();
  };
  try {
    if (roles.includes('ca')) running.set('ca', await startCa(settings, logOf('ca'), { credentials: credentials.ca }));
    if (roles.includes('supplier-api')) {
      const listener = await startSupplierApi(
        settings,
        logOf('supplier-api'),
        health?.meters.mailbox,
        credentials['supplier-api'],
        undefined,
        health?.meters.observe,
      );
      running.set('supplier-api', listener);
      supplierPort = listener.port;
      signer = listener.signer;
    }
    if (roles.includes('delivery')) {
      const steps = health?.meters.delivery;
      const started = await startDelivery(settings, logOf('delivery'), version, steps, credentials.delivery);
      running.set('delivery', started);
      signer = started.signer;
    }
    if (roles.includes('intake')) {
      const started = await startIntake(settings, logOf('intake'), health?.meters.intake, credentials.intake);
      running.set('intake', started);
      health?.watchBroker(started.brokerAway);
    }
    if (roles.includes('operator-api')) {
      const console = await startOperatorApi(settings, logOf('operator-api'), {
        credentials: credentials['operator-api'],
        observe: health?.meters.observe,
      });
      running.set('operator-api', console);
      operatorOrigin = console.origin;
    }
    if (signer !== undefined)
      running.set('audit heads', await startAuditHeads(settings, log.with({ role: 'audit-heads' }), signer));
  } catch (error) {
    await stop();
    throw error;
  }
  health?.rolesRun(true);
  const reload = async () => {
    for (const role of running.values()) await role.reload?.();
  };
  return { stop, supplierPort, operatorOrigin, metricsPort: health?.port, reload };
}
