/** What the mailbox needs of the world, and what its routes have in common. */
import type { IncomingMessage } from 'node:http';
import type { Fault } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import type { Log } from '../platform/log.ts';
import type { Fetchable, Giving } from '../store/collect/fetch.ts';
import type { Receipted } from '../store/collect/receipts.ts';
import type { OwnAddress, OwnAttempt } from '../store/collect/standing.ts';
import type { StoredEnvelope } from '../store/lane/due.ts';
import type { Pool } from '../store/pool.ts';
import type { Caller, CallerOf } from './caller.ts';
import type { Gate } from './gate.ts';
import type { WaitingRoom } from './waiting.ts';

export interface MailboxParts {
  readonly log: Log;
  readonly pool: Pool;
  readonly environment: Environment;
  readonly callerOf: CallerOf;
  readonly waiting: WaitingRoom;
  /** What a caller asks of the store goes through it; who the caller is, is asked before. */
  readonly gate: Gate;
  /** A Fault: the message cannot be sealed as it is. */
  readonly seal: (fetched: Fetchable & { readonly document: Buffer }) => Promise<StoredEnvelope | Fault>;
  /** The exact bytes of an envelope. @throws Fault `envelope-changed` */
  readonly bytes: (envelope: StoredEnvelope, document: Buffer) => Buffer;
  /** Is told of what was given out and receipted, when that is done. Left out: nobody counts. */
  readonly count?: {
    fetched(): void;
    receipted(given: readonly Pick<Receipted, 'result'>[]): void;
  };
  /** Sentences for the supplier. */
  readonly explain: {
    lane(address: OwnAddress, language: Caller['language']): string;
    attempt(attempt: OwnAttempt, language: Caller['language']): string;
  };
}

export function givingOf(caller: Caller, { socket }: IncomingMessage): Giving {
  return { fingerprint: caller.fingerprint, remoteAddress: socket.remoteAddress };
}
