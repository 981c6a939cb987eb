/** A supplier of the demo: the reference receiver, with a temper; or a program that fetches. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageTypes } from '../../domain/message.ts';
import type { TlsListener } from '../../platform/http/listen.ts';
import { freePorts } from '../../platform/local/ports.ts';
import { openFolder } from '../../receiver/folder.ts';
import { createTake, type TakeOptions } from '../../receiver/take.ts';
import type { Stage } from '../../roles/stage.ts';
import { keysOfSet } from '../key-source.ts';
import { readText } from '../read-text.ts';
import { startReceiver } from '../receive-server.ts';
import { type Player, unwanted } from './cast.ts';
import { type Fetcher, startFetcher } from './fetcher.ts';

export interface DemoSupplier {
  /** Its entry in a supplier file (schemas/supplier/1.json). */
  readonly entry: Readonly<Record<string, unknown>>;
  /** Starts listening on the port that the entry names, or fetching; until then nobody is there. */
  readonly open: () => Promise<void>;
  /** SHA-256 (hex) of each document that it has, by message id, from the files it wrote. */
  readonly documents: () => Promise<Map<string, string>>;
  /** What stands in the way of fetching, if anything does. */
  readonly trouble: () => string | undefined;
  readonly close: () => Promise<void>;
}

/** How often the busy one answers 503 before it has time. */
const busyTimes = 3;

/** @param gatewayPort the suppliers' listener: where the key set is, and what is fetched */
export async function createSupplier(player: Player, stage: Stage, gatewayPort: number): Promise<DemoSupplier> {
  const [port = 0] = await freePorts(1);
  const files = stage.supplierCredentials.get(player.organisationNumber);
  if (!files) throw new Error(`no certificate was made for ${player.name}`);
  const ca = readText(stage.caFile);
  const cert = readText(files.certificateFile);
  const path = join(stage.folder, 'suppliers');
  const folder = openFolder(join(path, player.organisationNumber));
  const gateway = `https://127.0.0.1:${gatewayPort}`;
  const fetches = player.temper === 'fetching';
  const credentials = { cert, key: readText(files.keyFile), ca };
  let listener: TlsListener | undefined;
  let fetcher: Fetcher | undefined;
  let keys: ReturnType<typeof keysOfSet> | undefined;
  const taking: TakeOptions = {
    store: folder,
    keys: () => (keys ??= keysOfSet(`${gateway}/.well-known/jwks.json`, ca)),
    recipients: [player.organisationNumber],
    environment: 'test',
    mostBytes: 1_048_576,
    objection: ({ documentNumber }) =>
      player.temper === 'picky' && documentNumber === unwanted.documentNumber ? unwanted.objection : undefined,
    now: () => new Date(),
  };
  return {
    entry: {
      organisationNumber: player.organisationNumber,
      name: player.name,
      addresses: [
        {
          environment: 'test',
          ...(fetches ? { delivery: 'pull' } : { delivery: 'push', url: `https://localhost:${port}/kuvert` }),
          certificates: [cert],
          messageTypes,
          envelopeFormat: player.format,
        },
      ],
    },
    open: async () => {
      if (fetches) {
        fetcher = startFetcher(gateway, credentials, createTake(taking));
        return;
      }
      listener = await startReceiver(taking, {
        host: '127.0.0.1',
        port,
        credentials,
        clients: undefined,
        pretend: player.temper === 'busy' ? { status: 503, times: busyTimes, retryAfter: undefined } : undefined,
        onEvent: () => undefined,
      });
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
    trouble: () => fetcher?.trouble(),
    close: async () => {
      await fetcher?.stop();
      await listener?.close(0);
      folder.close();
    },
  };
}
