/** What a receiver remembers of each message, and the place where it is kept. */

/** One received message, as its store has it. */
export interface Received {
  readonly id: string;
  readonly recipient: string;
  readonly sequence: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly messageType: string;
  readonly documentNumber: string;
  readonly environment: string;
  /** SHA-256 of the envelope's bytes, lower-case hex. */
  readonly sha256: string;
  /** A name for the document that is safe as a path: made of numbers and the id, never of what a document says. */
  readonly document: string;
  readonly receivedAt: string;
}

/** What came, byte for byte. */
export interface Parts {
  /** The document as its sender wrote it. */
  readonly document: Uint8Array;
  /** The envelope: with its signature and the key set it can be verified again at any time. */
  readonly envelope: Uint8Array;
  /** The header `x-jws-signature`. */
  readonly signature: string;
}

/**
 * Where messages are kept. What it does may be asynchronous; a folder and a memory come with this library, a database is
 * easily written: the id is the primary key.
 */
export interface ReceivedStore {
  /** What is kept under this id. */
  find(id: string): Received | undefined | Promise<Received | undefined>;
  /**
   * Keeps a message: when this returns (or resolves) it is on disk and stays there, for the 2xx or receipt that follows
   * ends the sender's part. Must be one step: of two that come with one id at the same time, one is kept.
   * @returns undefined, or what was kept under this id before: then nothing has changed
   */
  keep(message: Received, parts: Parts): Received | undefined | Promise<Received | undefined>;
  /** Everything that is kept, in any order. */
  list(): Iterable<Received> | Promise<Iterable<Received>>;
}
