/** The end of all faults. */
import { serverNames } from './cast.ts';
import { restored } from './certificates.ts';
import type { ChaosStage } from './stage.ts';

/** Whatever is left of faults, also of those that could not be healed: nothing of it stands in the way any more. */
export async function healAll(stage: ChaosStage): Promise<void> {
  const { ways, servers, gateways, endpoints, register, operator, suppliers } = stage;
  ways.heal();
  for (const name of ['postgresql', 'activemq'] as const) servers.disks?.free(name);
  for (const name of serverNames) await servers.revive(name);
  for (const gateway of gateways.values()) {
    gateway.stepClock(0);
    gateway.resume();
    gateway.revive();
  }
  for (const [i, supplier] of suppliers.entries()) {
    const { org, delivery, collects } = supplier;
    await endpoints.ask({ do: 'temper', org, temper: 'healthy' });
    await stage.programs.ask({ do: 'collect', org, temper: delivery === 'pull' ? 'prompt' : collects });
    if (register.entry(i).delivery !== delivery) await register.deliver(i, delivery, 'the campaign ends');
    const [port] = ways.fronts(i);
    if (register.entry(i).port !== port) await register.change(i, { port }, 'the campaign ends');
    await restored(stage, { index: i, supplier });
  }
  const { rows } = await stage.pool.query<{ org: string }>(
    "select organisation_number as org from lane join address using (id) where lane.state = 'paused'",
  );
  for (const { org } of rows) await operator('supplier', 'resume', org, '--reason', 'the campaign ends');
  for (const gateway of gateways.values()) await gateway.running(60_000);
}
