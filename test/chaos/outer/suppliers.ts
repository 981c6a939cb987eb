/**
 * All suppliers, a TLS listener each. `node suppliers.ts FOLDER`; orders: `{"do":"temper","org":…,"temper":…}`,
 * `{"do":"certificate","org":…,"keyFile":…,"certificateFile":…}`: it shows that one from now on; with `"lane"` of that listener only.
 */
import { folderArgument, type Order, serveControl } from './control.ts';
import { openJournal } from './journal.ts';
import type { AnsweredLine, ReceivedLine } from './lines.ts';
import { type Listener, listen } from './listener.ts';
import { type Credential, laneOf, readNamed, readWorld, type Temper, tempers } from './world.ts';

const folder = folderArgument();
const world = readWorld(folder);
const journal = openJournal<ReceivedLine | AnsweredLine>(folder, 'received.jsonl');
let requests = 0;
const listeners: { readonly org: string; readonly lane: string; readonly listener: Listener }[] = [];

const shown = ({ keyFile, certificateFile }: Credential) => ({
  key: readNamed(folder, keyFile),
  cert: readNamed(folder, certificateFile),
});

for (const supplier of world.suppliers) {
  const { org, port, temper, otherCertificate } = supplier;
  const lane = laneOf(supplier);
  const listener = await listen({
    org,
    lane,
    port,
    temper,
    journal,
    environment: world.environment,
    own: shown(supplier),
    other: otherCertificate && shown(otherCertificate),
    gatewayCa: readNamed(folder, world.gatewayCa),
    signingCertificate: readNamed(folder, world.signing.certificateFile),
    number: () => ++requests,
  });
  listeners.push({ org, lane, listener });
}

function meant(order: Order): Listener[] {
  const found = listeners.filter(
    ({ org, lane }) => org === order['org'] && (order['lane'] === undefined || order['lane'] === lane),
  );
  if (found.length === 0) throw new Error(`no listener of ${String(order['org'])}`);
  return found.map(({ listener }) => listener);
}

serveControl(
  {
    temper: async (order) => {
      const temper = tempers.find((one) => one === order['temper']);
      if (temper === undefined) throw new Error(`no such temper: ${String(order['temper'])}`);
      for (const one of meant(order)) one.temper(temper satisfies Temper);
      return {};
    },
    certificate: async (order) => {
      const next = shown({ keyFile: String(order['keyFile']), certificateFile: String(order['certificateFile']) });
      for (const one of meant(order)) one.take(next);
      return {};
    },
  },
  () => {
    for (const { listener } of listeners) listener.close();
  },
);
