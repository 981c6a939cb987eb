/** The messages that a person means by an id or a document number. */
import { Fault } from '../domain/fault.ts';
import { findMessages, type MessageRow } from '../store/messages.ts';
import type { Pool } from '../store/pool.ts';

/** One document number may name a handful of versions, types and recipients; more is no way to name a message. */
const mostFound = 20;

/** @throws Fault `not-found` */
export async function find(pool: Pool, reference: string): Promise<MessageRow[]> {
  const found = await findMessages(pool, reference, mostFound);
  if (found.length === 0)
    throw new Fault('not-found', `no message has the id or document number ${reference}; see \`kuvert message list\``);
  return found;
}

/** @throws Fault `not-found` · `argument-invalid` naming those to choose from */
export async function findOne(pool: Pool, reference: string): Promise<MessageRow> {
  const found = await find(pool, reference);
  const [first, ...more] = found;
  if (first !== undefined && more.length === 0) return first;
  const choices = found.map(
    ({ id, messageType: type, recipient, version, state }) =>
      `  ${id}  ${type} to ${recipient}, version ${version}, ${state}`,
  );
  throw new Fault(
    'argument-invalid',
    `${found.length} messages have the document number ${reference}; name one by its id:\n${choices.join('\n')}`,
  );
}
