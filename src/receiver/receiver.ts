/**
 * The door of the receiver library, `kuvert/receiver`: what a supplier's program needs to take envelopes that are pushed or
 * fetched. `npm run build` makes the package of it.
 */

export { Fault, type FaultCode, type Finding } from '../domain/fault.ts';
export type { EnvelopeFormat, Environment, MessageType } from '../domain/message.ts';
export { type OrganisationNumber, parseOrganisationNumber } from '../domain/organisation-number.ts';
export { signatureHeader } from '../envelope/facts.ts';
export { keysOfCertificates, keysOfJwks, type VerificationKeys } from '../envelope/keys.ts';
export { type OpenedEnvelope, type OpenOptions, openEnvelope } from '../envelope/open.ts';
export { type Folder, openFolder, readReceived } from './folder.ts';
export { explainGap, type Gap, gapsOf } from './gaps.ts';
export {
  createHandler,
  type Handler,
  type HandlerEvent,
  type HandlerOptions,
  onlyCertificates,
} from './handler.ts';
export { fetchKeys, type KeepOptions, type KeySource, keepKeys, keysFromUrl } from './keys.ts';
export { type MemoryStore, memoryStore } from './memory.ts';
export { inOrder } from './order.ts';
export type { Parts, Received, ReceivedStore } from './received.ts';
export { createTake, type Take, type Taken, type TakeOptions } from './take.ts';
