/** A store that forgets when the process ends: for tests and for trying things out. */
import type { Parts, Received, ReceivedStore } from './received.ts';

export interface MemoryStore extends ReceivedStore {
  find(id: string): Received | undefined;
  keep(message: Received, parts: Parts): Received | undefined;
  list(): Iterable<Received>;
  /** The bytes that came with this id. */
  partsOf(id: string): Parts | undefined;
}

export function memoryStore(): MemoryStore {
  const received = new Map<string, { readonly message: Received; readonly parts: Parts }>();
  return {
    find: (id) => received.get(id)?.message,
    keep: (message, parts) => {
      const before = received.get(message.id);
      if (before !== undefined) return before.message;
      received.set(message.id, { message, parts });
      return undefined;
    },
    list: () => [...received.values()].map(({ message }) => message),
    partsOf: (id) => received.get(id)?.parts,
  };
}
