/** The keys that verify what was ever signed here: those that the files name, and all on record, also those to come. */
import { jwks } from '../envelope/keys.ts';
import { readSigningPems } from '../store/enrol/own-certificates.ts';
import type { Db } from '../store/pool.ts';

export interface KeyList {
  /** For `/.well-known/jwks.json`. */
  readonly current: () => object;
  /** Reads what is on record; before it was read once there is no list. */
  readonly refresh: () => Promise<void>;
}

/** @param inFiles PEM, the present key's first */
export function keyList(db: Db, inFiles: () => readonly string[]): KeyList {
  let list: object | undefined;
  return {
    current: () => {
      if (list === undefined) throw new Error('the key list has not been read');
      return list;
    },
    refresh: async () => {
      const [present = '', ...old] = inFiles();
      list = jwks([present, ...(await readSigningPems(db)), ...old]);
    },
  };
}
