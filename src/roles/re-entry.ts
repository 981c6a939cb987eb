/** Intake's way for a document that an operator enters: the same reading, checking, storing and answering. */
import { readDocument } from '../documents/read.ts';
import { parseMessageType } from '../domain/message.ts';
import { parseOrganisationNumber } from '../domain/organisation-number.ts';
import { type Frame, frameFacts } from '../intake/broker/frame.ts';
import { check } from '../intake/check.ts';
import { type ReceiveDeps, receive } from '../intake/receive.ts';
import type { EnteredFrame, Entrance } from '../operations/dead-letters/re-entry.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Log } from '../platform/log.ts';
import { accept } from '../store/accept/accept.ts';
import { withdraw } from '../store/accept/withdraw.ts';
import { createTeller } from '../store/collect/channels.ts';
import type { Pool } from '../store/pool.ts';
import { notifyWake } from '../store/wake.ts';

export const reentrySettings = [
  'senderOrganisation',
  'documentRules',
  'documentBytes',
  'documentDepth',
  'documentElements',
] as const satisfies readonly SettingKey[];
type ReentrySettings = Pick<Settings, 'environment' | (typeof reentrySettings)[number]>;

export function createEntrance(
  settings: ReentrySettings,
  pool: Pool,
  log: Log,
  now: () => Date,
): Entrance & { readonly close: () => Promise<void> } {
  const teller = createTeller(pool, log);
  const limits = { bytes: settings.documentBytes, depth: settings.documentDepth, elements: settings.documentElements };
  const deps: ReceiveDeps = {
    read: (bytes, transport) => readDocument(bytes, limits, transport),
    store: (batch) => accept(pool, batch),
    withdraw: (frame) => withdraw(pool, frame, now()),
    // The workers hear of it over PostgreSQL: this role has no alarm clock.
    wake: (lanes) => notifyWake(pool, lanes),
    tell: teller.tell,
    environment: settings.environment,
    sender: settings.senderOrganisation,
    rules: settings.documentRules,
    now,
    log,
  };
  return {
    read: (entered) => {
      const taken = check(deps, frameOf(entered));
      const { recipient, messageType, documentNumber } = taken.kind === 'document' ? taken.key : taken;
      const fault = taken.kind === 'dead-letter' ? taken.fault : undefined;
      return {
        recipient: parseOrganisationNumber(recipient ?? ''),
        messageType: parseMessageType(messageType ?? ''),
        documentNumber,
        fault,
      };
    },
    // There is no broker that waits for a word.
    receive: (entered) => receive(deps, { frames: [frameOf(entered)], ack: () => undefined }),
    close: teller.close,
  };
}

function frameOf({ name, headers, document, isText }: EnteredFrame): Frame {
  const named = { ...headers, 'message-id': name };
  return { ...frameFacts(named), headers: named, body: document, isText, beyondLimit: undefined };
}
