/** One program that runs any of its roles, in one process or in several. */
import { Fault } from '../domain/fault.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Log } from '../platform/log.ts';
import { deliverySettings, startDelivery } from './delivery.ts';
import { intakeSettings, startIntake } from './intake.ts';
import type { Running } from './parts.ts';
import { startSupplierApi, supplierApiSettings } from './supplier-api.ts';

export const roleNames = ['intake', 'delivery', 'supplier-api'] as const;
export type RoleName = (typeof roleNames)[number];

const settingsOf: Readonly<Record<RoleName, readonly SettingKey[]>> = {
  intake: intakeSettings,
  delivery: deliverySettings,
  'supplier-api': supplierApiSettings,
};

/** The settings that these roles need, for `readSettings`. */
export function settingsFor(roles: readonly RoleName[]): SettingKey[] {
  return [...new Set(roles.flatMap((role) => settingsOf[role]))];
}

export interface Gateway extends Running {
  /** The port of the suppliers' listener, when that role runs here. */
  readonly supplierPort: number | undefined;
}

/**
 * Starts the roles, delivery before intake, so that what is taken finds its alarm clock.
 * @throws Fault when one cannot start; those that did are stopped again.
 */
export async function startGateway(
  settings: Settings,
  roles: readonly RoleName[],
  log: Log,
  version: string,
): Promise<Gateway> {
  if (roles.length === 0) throw new Fault('argument-invalid', `name at least one role of ${roleNames.join(', ')}`);
  const running: Running[] = [];
  let supplierPort: number | undefined;
  const stop = async (): Promise<void> => {
    // Intake first: what it takes in its last moment is stored, and delivered when the gateway runs again.
    for (const part of running.reverse()) await part.stop();
  };
  try {
    if (roles.includes('supplier-api')) {
      const listener = await startSupplierApi(settings, log.with({ role: 'supplier-api' }));
      running.push(listener);
      supplierPort = listener.port;
    }
    if (roles.includes('delivery'))
      running.push(await startDelivery(settings, log.with({ role: 'delivery' }), version));
    if (roles.includes('intake')) running.push(await startIntake(settings, log.with({ role: 'intake' })));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop, supplierPort };
}
