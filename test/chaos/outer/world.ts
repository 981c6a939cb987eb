/** FOLDER/world.json: who there is around the gateway. Written before anything starts; everybody outside reads it. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const tempers = [
  'healthy',
  'slow',
  'flapping',
  'down',
  'refusing',
  'resetting',
  'lying',
  'wrong-certificate',
  'mass-refusing',
  'tar-pit',
] as const;
export type Temper = (typeof tempers)[number];

/** How a program fetches: `late` with its receipts, or `never`; `forgetful`: it dies between a fetch and its receipt, now and then. */
export const collectorTempers = [
  'off',
  'prompt',
  'late',
  'never',
  'fetching-twice',
  'receipting-twice',
  'forgetful',
] as const;
export type CollectorTemper = (typeof collectorTempers)[number];

export const messageTypes = ['purchase-order', 'self-invoice', 'self-invoice-credit'] as const;
export type MessageType = (typeof messageTypes)[number];

/** A key and a certificate with its chain, PEM; paths are absolute, or of the folder. */
export interface Credential {
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** One listener of a supplier. An organisation may have several, each with message types of its own. */
export interface WorldSupplier extends Credential {
  readonly org: string;
  readonly name: string;
  /** The name of the address in the register; `main` when left out. */
  readonly lane?: string;
  readonly ordering: 'any' | 'strict';
  readonly concurrency: number;
  readonly format: 'cloudevents' | 'sfti';
  readonly messageTypes: readonly MessageType[];
  /** At the start. */
  readonly temper: Temper;
  readonly port: number;
  /** What it shows when it shows a wrong one: theirs, and registered nowhere. */
  readonly otherCertificate?: Credential;
  /** Its program that fetches, at the start; left out: it has none. It shows the supplier's own certificate. */
  readonly collects?: CollectorTemper;
}

export interface World {
  readonly seed: number;
  readonly environment: 'test' | 'production';
  /** The organisation number that the gateway sends for: the buyer in every document. */
  readonly sender: string;
  /** `source` of the envelopes. */
  readonly source?: string;
  readonly queues: { readonly in: string; readonly status: string; readonly dead: string };
  /** `password` is the path of the file that holds it. */
  readonly broker: { readonly url: string; readonly user: string; readonly password: string };
  /** PEM file: who signs the gateway's client certificate. */
  readonly gatewayCa: string;
  /** Whose key signs the envelopes. */
  readonly signing: { readonly certificateFile: string };
  /** Where the gateway is fetched from: doors of 127.0.0.1 that lead to the same, and whose certificates it shows. */
  readonly api?: { readonly ports: readonly number[]; readonly caFile: string };
  /** Where the revocation lists are handed out: URLs. */
  readonly lists?: readonly string[];
  readonly suppliers: readonly WorldSupplier[];
}

export function readWorld(folder: string): World {
  return JSON.parse(readFileSync(join(folder, 'world.json'), 'utf8')) as World;
}

/** A file that the world names. */
export function readNamed(folder: string, path: string): string {
  return readFileSync(resolve(folder, path), 'utf8');
}

export const laneOf = ({ lane }: { readonly lane?: string | undefined }): string => lane ?? 'main';

/** How a document is known: by everyone, for ever. */
export const keyOf = (type: string, org: string, number: string): string => `${type}|${org}|${number}`;
