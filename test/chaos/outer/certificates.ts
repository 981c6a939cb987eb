/**
 * Suppliers renew their certificates. `node certificates.ts FOLDER`; orders: `{"do":"renew","org":…,"keyFile":…,"certificateFile":…}`, the
 * answer has the files of the new one and its SHA-256. What was asked and what came of it goes to enrolled.jsonl. `{"do":"lists"}`: the
 * revocation lists are fetched, as anybody may; what is on them goes to lists.jsonl.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnrolledLine, ListLine } from './certificate-lines.ts';
import { folderArgument, serveControl } from './control.ts';
import { fetchList, serialsIn } from './enrolling/list.ts';
import { renew } from './enrolling/renew.ts';
import { openJournal } from './journal.ts';
import { readNamed, readWorld } from './world.ts';

const folder = folderArgument();
const world = readWorld(folder);
const journal = openJournal<EnrolledLine>(folder, 'enrolled.jsonl');
const lists = openJournal<ListLine>(folder, 'lists.jsonl');
const own = join(folder, 'enrolled');
mkdirSync(own, { recursive: true });
let made = 0;

serveControl(
  {
    renew: async (order) => {
      if (world.api === undefined) throw new Error('there is no gateway to ask');
      const org = String(order['org']);
      const { keyPem, certificatePem, fingerprint } = await renew({
        org,
        journal,
        shows: {
          key: readNamed(folder, String(order['keyFile'])),
          cert: readNamed(folder, String(order['certificateFile'])),
        },
        ca: readNamed(folder, world.api.caFile),
        ports: world.api.ports,
      });
      const name = join(own, `${org}-${++made}`);
      const [keyFile, certificateFile] = [`${name}.key.pem`, `${name}.pem`];
      writeFileSync(keyFile, keyPem, { mode: 0o600 });
      writeFileSync(certificateFile, certificatePem);
      return { keyFile, certificateFile, fingerprint };
    },
    lists: async () => {
      for (const url of world.lists ?? [])
        lists.write({ event: 'list', url, serials: serialsIn(await fetchList(url)) });
      return {};
    },
  },
  () => undefined,
);
