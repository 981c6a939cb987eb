/**
 * The programs of suppliers that fetch. `node collectors.ts FOLDER`; orders: `{"do":"collect","org":…,"temper":…}`;
 * `{"do":"certificate","org":…,"keyFile":…,"certificateFile":…}`: it shows that one from now on; `{"do":"numbers"}`: each asks what became
 * of its numbers. What they fetched, said and were told goes to collected.jsonl, their connections to connections.jsonl.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionLine } from './certificate-lines.ts';
import { type Client, createClient } from './collecting/client.ts';
import { type Collector, startCollector } from './collecting/collector.ts';
import { type Mailbox, openMailbox } from './collecting/mailbox.ts';
import { folderArgument, serveControl } from './control.ts';
import { openJournal } from './journal.ts';
import type { CollectedLine } from './lines.ts';
import { type CollectorTemper, collectorTempers, readNamed, readWorld } from './world.ts';

const folder = folderArgument();
const world = readWorld(folder);
const journal = openJournal<CollectedLine>(folder, 'collected.jsonl');
const collectors = new Map<string, Collector>();
const mailboxes = new Map<string, Mailbox>();
const clients = new Map<string, Client>();
const line = openJournal<ConnectionLine>(folder, 'connections.jsonl');
let connections = 0;
const connectedOf =
  (org: string) =>
  (identity: string): (() => void) => {
    const about = { connection: ++connections, org, identity };
    line.write({ event: 'connected', ...about });
    return () => line.write({ event: 'ended', ...about });
  };

/** The last ids that each was told of. */
const told: { readonly org: string; readonly id: string }[] = [];
const others = {
  note: (org: string, id: string): void => {
    told.push({ org, id });
    if (told.length > 100) told.shift();
  },
  of: (org: string): string | undefined => told.findLast((one) => one.org !== org)?.id,
};

if (world.api !== undefined)
  for (const supplier of world.suppliers) {
    const { org, collects } = supplier;
    if (collects === undefined) continue;
    const client = createClient({
      key: readNamed(folder, supplier.keyFile),
      cert: readNamed(folder, supplier.certificateFile),
      ca: readNamed(folder, world.api.caFile),
      ports: world.api.ports,
      connected: connectedOf(org),
    });
    clients.set(org, client);
    const mailbox = openMailbox({
      org,
      client,
      journal,
      environment: world.environment,
      signingCertificate: readNamed(folder, world.signing.certificateFile),
    });
    mailboxes.set(org, mailbox);
    collectors.set(org, startCollector({ org, client, mailbox, others, temper: collects }));
  }

/** So often, and so long between two times, in milliseconds, while the gateway is away or has no time. */
const tries = { most: 20, pause: 500 } as const;

async function askNumbers(mailbox: Mailbox): Promise<boolean> {
  for (let i = 0; i < tries.most; i++) {
    if (await mailbox.numbers().catch(() => false)) return true;
    await sleep(tries.pause);
  }
  return false;
}

serveControl(
  {
    collect: async (order) => {
      const temper = collectorTempers.find((one) => one === order['temper']);
      if (temper === undefined) throw new Error(`no such temper: ${String(order['temper'])}`);
      const collector = collectors.get(String(order['org']));
      if (!collector) throw new Error(`${String(order['org'])} has no program that fetches`);
      collector.temper(temper satisfies CollectorTemper);
      return {};
    },
    certificate: async (order) => {
      const read = (file: unknown): string => readNamed(folder, String(file));
      clients.get(String(order['org']))?.take({ key: read(order['keyFile']), cert: read(order['certificateFile']) });
      return {};
    },
    numbers: async () => {
      const told = await Promise.all([...mailboxes.values()].map(askNumbers));
      return { told: told.filter((one) => one).length };
    },
  },
  () => {
    for (const collector of collectors.values()) collector.stop();
  },
);
