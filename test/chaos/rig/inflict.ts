/** How each kind of fault is brought about and healed again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayName, ServerName } from './cast.ts';
import { changed, revoked, rolled, withdrawn } from './certificates.ts';
import type { DiskName } from './disks.ts';
import type { Gateway } from './gateways.ts';
import type { Mode } from './link.ts';
import type { Fault, FaultKind } from './plan.ts';
import type { DeliveryMode } from './register.ts';
import type { ChaosStage } from './stage.ts';

/** Why a fault cannot be brought about on this machine. */
export type LeftOut = { readonly leftOut: string };

type Inflict = (stage: ChaosStage, fault: Fault, lasts: () => Promise<unknown>) => Promise<LeftOut | undefined>;

const gatewayOf = (stage: ChaosStage, { target }: Fault): Gateway => {
  const gateway = stage.gateways.get(target as GatewayName);
  if (!gateway) throw new Error(`there is no gateway ${target}`);
  return gateway;
};
const serverOf = ({ target }: Fault): ServerName => target as ServerName;
/** `supplier-3` → 2 */
export const supplierIndex = (name: string): number => Number(name.slice(name.lastIndexOf('-') + 1)) - 1;
const supplierOf = (stage: ChaosStage, { target }: Fault) => {
  const index = supplierIndex(target);
  const supplier = stage.suppliers[index];
  if (!supplier) throw new Error(`there is no supplier ${target}`);
  return { ...supplier, index };
};

const ended =
  (signal: 'SIGKILL' | 'SIGTERM'): Inflict =>
  async (stage, fault, lasts) => {
    const gateway = gatewayOf(stage, fault);
    await gateway.end(signal);
    await lasts();
    gateway.revive();
    return undefined;
  };

const stopped: Inflict = async (stage, fault, lasts) => {
  const gateway = gatewayOf(stage, fault);
  gateway.pause();
  await lasts();
  gateway.resume();
  return undefined;
};

const connection =
  (mode: (how: string) => Mode): Inflict =>
  async ({ ways }, { target, how }, lasts) => {
    ways.set(target, mode(how));
    await lasts();
    ways.set(target, { kind: 'open' });
    return undefined;
  };
const cut = connection(() => ({ kind: 'cut' }));
const slow = connection((how) => ({ kind: 'slow', milliseconds: Number(how) }));
const throttled = connection((how) => ({ kind: 'throttled', bytesPerSecond: Number(how) }));
const halfOpen = connection((how) => ({ kind: 'half-open', way: how === 'up' ? 'up' : 'down' }));
const reset: Inflict = async ({ ways }, { target }) => {
  ways.link(target).reset();
  return undefined;
};

const frames =
  (mix: Readonly<Record<string, number>>): Inflict =>
  async ({ producer }, { number }) => {
    await producer.ask({ do: 'send', count: 20, seed: 2_000_000_000 + number, mix });
    return undefined;
  };

/** What happens to the certificates of a supplier. */
const certificates =
  (act: typeof rolled): Inflict =>
  async (stage, fault, lasts) => {
    const { index, ...supplier } = supplierOf(stage, fault);
    await act(stage, { index, supplier }, fault, lasts);
    return undefined;
  };

/** How an address is delivered to changes while messages come; its program fetches meanwhile, if it is fetched from. */
const delivered = async (stage: ChaosStage, index: number, how: string, reason: string): Promise<void> => {
  const { org } = stage.suppliers[index] ?? {};
  await stage.programs.ask({
    do: 'collect',
    org,
    temper: how === 'pull' ? 'prompt' : stage.suppliers[index]?.collects,
  });
  await stage.register.deliver(index, how as DeliveryMode, reason);
};

const inflicts: Readonly<Record<FaultKind, Inflict>> = {
  'gateway-killed': ended('SIGKILL'),
  'gateway-restarted': ended('SIGTERM'),
  'gateway-stopped': stopped,
  'server-killed': async ({ servers }, fault, lasts) => {
    await servers.kill(serverOf(fault));
    await lasts();
    await servers.revive(serverOf(fault));
    return undefined;
  },
  'server-stopped': async ({ servers }, fault, lasts) => {
    servers.pause(serverOf(fault));
    await lasts();
    servers.resume(serverOf(fault));
    return undefined;
  },
  'redis-emptied': async ({ servers }) => {
    await servers.emptyRedis();
    return undefined;
  },
  'disk-full': async ({ servers }, { target }, lasts) => {
    if (!servers.disks) return { leftOut: servers.withoutDisks ?? 'there are no small disks' };
    servers.disks.fill(target as DiskName);
    await lasts();
    servers.disks.free(target as DiskName);
    // ActiveMQ starts itself anew inside the same Java, with whatever the disk had left then: an operator starts it once more.
    if (target === 'activemq') await servers.restart(target);
    await servers.revive(target as DiskName);
    return undefined;
  },
  'server-connection-cut': cut,
  'server-connection-reset': reset,
  'server-connection-slow': slow,
  'server-connection-throttled': throttled,
  'server-connection-half-open': halfOpen,
  'supplier-connection-cut': cut,
  'supplier-connection-reset': reset,
  'supplier-connection-slow': slow,
  'supplier-connection-throttled': throttled,
  'supplier-connection-half-open': halfOpen,
  'clock-stepped': async (stage, fault, lasts) => {
    const gateway = gatewayOf(stage, fault);
    if (!gateway.stepClock(Number(fault.how))) return { leftOut: 'libfaketime is not installed' };
    await lasts();
    gateway.stepClock(0);
    return undefined;
  },
  'supplier-tempered': async (stage, fault, lasts) => {
    const { org, temper } = supplierOf(stage, fault);
    await stage.endpoints.ask({ do: 'temper', org, temper: fault.how });
    await lasts();
    await stage.endpoints.ask({ do: 'temper', org, temper });
    return undefined;
  },
  'certificate-changed': certificates((stage, who, _fault, lasts) => changed(stage, who, lasts)),
  'certificate-withdrawn': certificates((stage, who, _fault, lasts) => withdrawn(stage, who, lasts)),
  'endpoint-rolled': certificates(rolled),
  'program-rolled': certificates(rolled),
  'endpoint-revoked': certificates((stage, who, _fault, lasts) => revoked(stage, who, lasts)),
  'program-revoked': certificates((stage, who, _fault, lasts) => revoked(stage, who, lasts)),
  'ca-killed': ended('SIGKILL'),
  'ca-restarted': ended('SIGTERM'),
  'ca-stopped': stopped,
  'ca-store-cut': cut,
  'ca-store-half-open': halfOpen,
  'address-moved': async ({ register, ways }, { target }, lasts) => {
    const index = supplierIndex(target);
    const [first, second] = ways.fronts(index);
    await register.change(index, { port: second }, 'they have moved');
    await lasts();
    await register.change(index, { port: first }, 'they have moved back');
    return undefined;
  },
  // A slip of whoever writes the register: the URL is another company's, the certificates are right.
  'address-misled': async ({ register, ways }, { target, how }, lasts) => {
    const index = supplierIndex(target);
    const { port } = register.entry(index);
    await register.change(index, { port: ways.fronts(supplierIndex(how))[0] }, 'a new address');
    await lasts();
    await register.change(index, { port }, 'the address was wrong');
    return undefined;
  },
  'frames-doubled': frames({ doubled: 0.5 }),
  'frames-reordered': frames({ reordered: 0.5 }),
  'lane-paused': async (stage, fault, lasts) => {
    const { org } = supplierOf(stage, fault);
    await stage.operator('supplier', 'pause', org, '--reason', 'their maintenance');
    await lasts();
    await stage.operator('supplier', 'resume', org, '--reason', 'they are ready');
    return undefined;
  },
  'delivery-changed': async (stage, { target, how }, lasts) => {
    const index = supplierIndex(target);
    const before = stage.register.entry(index).delivery;
    await delivered(stage, index, how, 'they asked for it');
    await lasts();
    await delivered(stage, index, before, 'and do not want it any more');
    return undefined;
  },
  'collector-withdrawn': certificates((stage, who, _fault, lasts) => withdrawn(stage, who, lasts)),
  'collector-tempered': async (stage, fault, lasts) => {
    const { org, collects } = supplierOf(stage, fault);
    await stage.programs.ask({ do: 'collect', org, temper: fault.how });
    await lasts();
    await stage.programs.ask({ do: 'collect', org, temper: collects });
    return undefined;
  },
  'api-killed': ended('SIGKILL'),
  'api-stopped': stopped,
  'api-restarted': ended('SIGTERM'),
  'api-connection-cut': cut,
  'api-connection-reset': reset,
  'api-connection-slow': slow,
  'api-connection-half-open': halfOpen,
  'api-store-cut': cut,
  'api-store-half-open': halfOpen,
  'messages-resent': async (stage, fault) => {
    const { org } = supplierOf(stage, fault);
    const range = ['--from-sequence', '1', '--to-sequence', '8'];
    await stage.operator('message', 'resend', '--recipient', org, ...range, '--reason', 'they lost them', '--yes');
    return undefined;
  },
};

/**
 * Brings the fault about and heals it after its time.
 * @throws when it could not be done, which is a failure of the campaign
 */
export function inflict(stage: ChaosStage, fault: Fault): Promise<LeftOut | undefined> {
  return inflicts[fault.kind](stage, fault, () => sleep(fault.lasts));
}
