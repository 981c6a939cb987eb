/** A supplier of the demo: the reference receiver, with a temper. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageTypes } from '../../domain/message.ts';
import type { TlsListener } from '../../platform/http/listen.ts';
import { freePorts } from '../../platform/local/ports.ts';
import { openFolder } from '../../receiver/folder.ts';
import type { Stage } from '../../roles/stage.ts';
import { keysOfSet } from '../key-source.ts';
import { readText } from '../read-text.ts';
import { startReceiver } from '../receive-server.ts';
import { type Player, unwanted } from './cast.ts';

export interface DemoSupplier {
  /** Its entry in a supplier file (schemas/supplier/1.json). */
  readonly entry: Readonly<Record<string, unknown>>;
  /** Starts listening on the port that the entry names; until then nobody is there. */
  readonly open: () => Promise<void>;
  /** SHA-256 (hex) of each document that it has, by message id, from the files it wrote. */
  readonly documents: () => Promise<Map<string, string>>;
  readonly close: () => Promise<void>;
}

/** How often the busy one answers 503 before it has time. */
const busyTimes = 3;

/** @param keysPort where the gateway's key set is served */
export async function createSupplier(player: Player, stage: Stage, keysPort: number): Promise<DemoSupplier> {
  const [port = 0] = await freePorts(1);
  const files = stage.supplierCredentials.get(player.organisationNumber);
  if (!files) throw new Error(`no certificate was made for ${player.name}`);
  const ca = readText(stage.caFile);
  const cert = readText(files.certificateFile);
  const path = join(stage.folder, 'suppliers');
  const folder = openFolder(join(path, player.organisationNumber));
  let listener: TlsListener | undefined;
  return {
    entry: {
      organisationNumber: player.organisationNumber,
      name: player.name,
      addresses: [
        {
          environment: 'test',
          delivery: 'push',
          url: `https://localhost:${port}/kuvert`,
          certificates: [cert],
          messageTypes,
          envelopeFormat: player.format,
        },
      ],
    },
    open: async () => {
      let keys: ReturnType<typeof keysOfSet> | undefined;
      listener = await startReceiver(
        {
          store: folder,
          keys: () => (keys ??= keysOfSet(`https://127.0.0.1:${keysPort}/.well-known/jwks.json`, ca)),
          recipients: [player.organisationNumber],
          environment: 'test',
          mostBytes: 1_048_576,
          objection: ({ documentNumber }) =>
            player.temper === 'picky' && documentNumber === unwanted.documentNumber ? unwanted.objection : undefined,
          now: () => new Date(),
        },
        {
          host: '127.0.0.1',
          port,
          credentials: { cert, key: readText(files.keyFile), ca },
          clients: undefined,
          pretend: player.temper === 'busy' ? { status: 503, times: busyTimes, retryAfter: undefined } : undefined,
          onEvent: () => undefined,
        },
      );
    },
    documents: async () =>
      new Map(
        [...folder.list()].map(({ id, document }) => [
          id,
          createHash('sha256')
            .update(readFileSync(join(path, player.organisationNumber, document)))
            .digest('hex'),
        ]),
      ),
    close: async () => {
      await listener?.close(0);
      folder.close();
    },
  };
}
