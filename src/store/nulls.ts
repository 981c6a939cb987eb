/** PostgreSQL says null where we say undefined. */

/** A row as it is read, with null for each part that may be undefined. */
export type NullsOf<T> = { readonly [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] };

export const withoutNulls = <T extends object>(row: NullsOf<T>): T =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? undefined])) as T;
